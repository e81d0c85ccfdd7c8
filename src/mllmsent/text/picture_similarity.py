"""How alike pictures and texts about them are, to an encoder that has seen many of both.

The similarity of a text is the mean over its sentences of the cosine between the vector of the picture
and that of the sentence, -1 to 1 (the cosine of CLIPScore, without its scaling: Hessel and others,
EMNLP 2021). By sentences, because these encoders read 64 or 77 tokens and a description has more: read
as a whole, it would be judged by how it begins. A single sentence that is too long is cut, and counted
as such.

What was computed is kept under digests of picture, text and encoder, part by part: whoever asks again,
or goes on, computes only what is new.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.data.image_faults import ImageError
from mllmsent.data.images import open_image
from mllmsent.data.result_cache import ResultCache
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.work import report_work
from mllmsent.models.local.dual_encoder import (
    load_dual_encoder,
    picture_vectors,
    text_vectors,
)
from mllmsent.text.sentences import split_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.data.images import ImageRef
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.dual_encoder import DualEncoder

__all__ = ["Likeness", "picture_text_likeness"]

_VERSION = "1"
"""Changes when the same picture and text get another number."""
_CACHE = ResultCache("image-text-similarity")
_AT_ONCE = 64
"""Texts after which what was computed is kept."""
_PICTURES_AT_ONCE = 8
"""Pictures that are open together: each may take a hundred megabytes."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a picture and a text are.

    Attributes:
        similarity: Mean cosine of the sentences, -1 to 1.
        cut: How many sentences are longer than the encoder reads.
    """

    similarity: float
    cut: int


@dataclass(frozen=True, slots=True)
class _Pair:
    picture: ImageRef
    sentences: tuple[str, ...]


def picture_text_likeness(
    pairs: Sequence[tuple[ImageRef | None, str]], checkpoint: Checkpoint
) -> tuple[list[Likeness | None], str]:
    """How alike pictures and texts are; see the module.

    Args:
        pairs: Pictures and texts.
        checkpoint: The encoder, as `find_dual_encoder` found it.

    Returns:
        For each pair its likeness, None without a picture that can be read or without words; and why
        the first picture that cannot be read cannot, empty where all can.

    Raises:
        InputError: If the encoder is needed and cannot be loaded or computed with.
        MissingExtraError: If it is needed and the extra `local` is not installed.
    """
    made_by = [_VERSION, version("transformers"), checkpoint.digest]
    wanted: dict[str, _Pair] = {}
    keys: list[str] = []
    for picture, text in pairs:
        # A piece without a letter is the number or ornament of a list, and no sentence.
        pieces = [piece for piece in split_sentences(text) if any(map(str.isalpha, piece))]
        key = ""
        if picture is not None and pieces:
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            key = json_digest([picture.sha256, digest, made_by])
            wanted[key] = _Pair(picture, tuple(pieces))
        keys.append(key)
    found = {key: read for key, kept in _CACHE.get_many(wanted).items() if (read := _read(kept))}
    missing = {key: pair for key, pair in wanted.items() if key not in found}
    why = ""
    for fresh, fault in _computed(checkpoint, missing):
        _CACHE.put_many({key: _written(each) for key, each in fresh.items()})
        found |= fresh
        why = why or fault
    return [found.get(key) for key in keys], why


def _computed(
    checkpoint: Checkpoint, pairs: Mapping[str, _Pair]
) -> Iterator[tuple[dict[str, Likeness], str]]:
    """Results by key, in parts, each with why a picture of it could not be read."""
    if not pairs:
        return
    encoder = load_dual_encoder(checkpoint)
    # What several people say of one picture stands together: it is looked at once.
    keys = sorted(pairs, key=lambda key: pairs[key].picture.sha256)
    with report_work("Similarity of pictures and descriptions", len(keys)) as done:
        for start in range(0, len(keys), _AT_ONCE):
            part = {key: pairs[key] for key in keys[start : start + _AT_ONCE]}
            yield _of_part(encoder, part)
            done(len(part))


def _of_part(encoder: DualEncoder, pairs: Mapping[str, _Pair]) -> tuple[dict[str, Likeness], str]:
    seen, why = _seen(encoder, {each.picture.sha256: each.picture for each in pairs.values()})
    pairs = {key: each for key, each in pairs.items() if each.picture.sha256 in seen}
    if not pairs:
        return {}, why
    sentences = list(dict.fromkeys(one for each in pairs.values() for one in each.sentences))
    vectors, cut = text_vectors(encoder, sentences)
    places = {sentence: place for place, sentence in enumerate(sentences)}
    found = {}
    for key, each in pairs.items():
        own = [places[sentence] for sentence in each.sentences]
        cosines = vectors[own].astype(np.float64) @ seen[each.picture.sha256].astype(np.float64)
        found[key] = Likeness(float(cosines.mean()), int(cut[own].sum()))
    return found, why


def _seen(
    encoder: DualEncoder, pictures: Mapping[str, ImageRef]
) -> tuple[dict[str, NDArray[np.float32]], str]:
    """The vectors of pictures that can be read, and why the first that cannot cannot."""
    found: dict[str, NDArray[np.float32]] = {}
    why = ""
    every = list(pictures.values())
    for start in range(0, len(every), _PICTURES_AT_ONCE):
        opened = {}
        for ref in every[start : start + _PICTURES_AT_ONCE]:
            try:
                opened[ref.sha256] = open_image(ref.read_bytes(), file=ref.path)
            except ImageError as error:
                why = why or error.message
        if opened:
            vectors = picture_vectors(encoder, list(opened.values()))
            found |= dict(zip(opened, vectors, strict=True))
    return found, why


def _written(found: Likeness) -> bytes:
    return json.dumps([found.similarity, found.cut]).encode()


def _read(kept: bytes) -> Likeness | None:
    try:
        similarity, cut = json.loads(kept)
        read = Likeness(float(similarity), int(cut))
    except (ValueError, TypeError):
        return None
    return read if abs(read.similarity) <= 1.001 else None
