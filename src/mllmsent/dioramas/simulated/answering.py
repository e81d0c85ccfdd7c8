"""Simulated models behind one method: images and a question in, the text of an answer out.

It is what `mllmsent.loopback` takes as its `Answerer`: a server on this machine that speaks the
OpenAI chat protocol and answers from the dioramas' truth with planted faults.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas.dice import Dice
from mllmsent.dioramas.sampling import sample_scene
from mllmsent.dioramas.simulated.mllm import SimulatedMLLM
from mllmsent.dioramas.simulated.profiles import profile_names
from mllmsent.dioramas.simulated.reading import scene_in_words
from mllmsent.dioramas.simulated.recognition import Album
from mllmsent.foundation import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["DioramaAnswerer"]


class DioramaAnswerer:
    """Answers questions about the dioramas of a folder.

    Asked about a description and no picture, a simulated model goes by the description's words. A
    picture that is not among the folder's is answered as by a model that sees nothing in it that it
    knows: confidently, about a scene that is made up from the picture's bytes.

    Args:
        folder: As `make_dioramas` wrote it; None for a server that knows no picture.

    Raises:
        InputError: If the folder holds no dioramas.
    """

    def __init__(self, folder: Path | None) -> None:
        self._album = None if folder is None else Album(folder)

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        """Answer a question about the last of the images.

        Args:
            images: Image files' bytes; earlier ones are examples.
            text: Every text of the conversation.
            schema: JSON Schema of the wanted answer, or None.
            model: Name of the simulated model: "keen", "simulated/keen".
            sample_seed: Number of the sample.

        Raises:
            InputError: If no simulated model has that name.
        """
        name = model.rpartition("/")[2]
        if name not in profile_names():
            raise InputError(
                f"No simulated model is called {name!r}.", cure=nearest(name, profile_names())
            )
        simulated = SimulatedMLLM(name)
        shown = images[-1] if images else b""
        known = None if self._album is None or not images else self._album.recognize(shown)
        if known is not None:
            return simulated.answer(
                known.scene, text, schema, sample=sample_seed, sight=known.sight
            )
        described = None if images else scene_in_words(_described(text))
        if described is not None:
            return simulated.answer(described, text, schema, sample=sample_seed)
        what = hashlib.sha256(shown or text.encode()).hexdigest()
        made_up = Dice("unknown picture", what).whole(1_000_000)
        return simulated.answer(sample_scene(-1, made_up), text, schema, sample=sample_seed)


def _described(text: str) -> str:
    """What is asked about, where nothing is shown: what stands before the last question."""
    before, _, _ = text.rstrip().rpartition("\n\n")
    return before.rpartition("\n\n")[2]
