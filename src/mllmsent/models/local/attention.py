"""Which parts of an image a model attends to while it writes, at the price of a few rows.

Implementations of attention that are fast never make the weights that could be looked at; the eager
one makes all of them, a matrix of prompt by prompt for each head and layer (7 GB for 1500 tokens in
a model of 28 layers with 28 heads). Here the prompt is read by the fast one, up to its last token;
from there on one token at a time is read by the eager one, beside the keys and values of all before
it. The weights are the same, and of every matrix only one row is ever made.

Attention shows where information may have come from, not what an answer was made of.
"""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from mllmsent.models.local.forward import Beginning
    from mllmsent.models.local.grids import ImageGrid
    from mllmsent.models.local.loading import Loaded

__all__ = ["ImageAttention", "Recorder", "attend", "image_attention", "record_attention"]


@dataclass(frozen=True)
class ImageAttention:
    """Attention over images while an answer was written.

    A step is the choice of one token: its attention is that of the position from which the token was
    predicted, the prompt's last for the first token.

    Attributes:
        ids: The tokens that were written, with the one that ended the answer where it came to that.
        words: What each of them adds to the text: nothing where it is part of a character that a
            later one completes.
        grids: For each image, its grids; none where the family's geometry is not known.
        maps: For each image and each of its grids, (steps, layers, heads, rows, columns): the share
            of a head's attention that falls on each cell. All that a head attends to, words
            included, sums to 1.
        shares: (images, steps, layers, heads) share that falls on each image, tokens that stand for
            no place included.
    """

    ids: tuple[int, ...]
    words: tuple[str, ...]
    grids: tuple[tuple[ImageGrid, ...], ...]
    maps: tuple[tuple[NDArray[np.float32], ...], ...]
    shares: NDArray[np.float32]


class Recorder:
    """Holds the attention of the last forward pass.

    Args:
        rows: How many of the last positions' attention is kept.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._layers: list[torch.Tensor] = []

    def take(self, keys: int | None = None) -> torch.Tensor:
        """The attention of the last forward pass; it is held no longer.

        Args:
            keys: How many positions there are, padding included; by default as many as the layer
                that sees most.

        Returns:
            (layers, batch, heads, rows, keys) on the CPU, 32 bit. A layer with a sliding window
            attends to the last positions only: to those before it, 0.
        """
        import torch  # noqa: PLC0415 - heavy

        layers, self._layers = self._layers, []
        longest = max(layer.shape[-1] for layer in layers)
        keys = longest if keys is None else keys
        return torch.stack(
            [torch.nn.functional.pad(layer, (keys - layer.shape[-1], 0)) for layer in layers]
        )

    def keep(self, _module: Any, _inputs: Any, output: Any) -> None:
        """A forward hook of an attention module, whose output is (states, weights)."""
        import torch  # noqa: PLC0415 - torch takes seconds to import

        # Copied: a part would keep the whole alive.
        self._layers.append(output[1][:, :, -self._rows :].to("cpu", torch.float32, copy=True))


@contextmanager
def record_attention(loaded: Loaded, *, rows: int = 1) -> Iterator[Recorder]:
    """While inside, the language model makes attention weights and some are recorded.

    The implementation of attention is the model's for everyone: nobody else may use the model
    meanwhile.

    Args:
        loaded: The model.
        rows: How many of the last positions' attention is kept.

    Yields:
        The recorder; after each forward pass of the model, its attention can be taken.
    """
    decoder = loaded.model.get_decoder()
    before = decoder.config._attn_implementation  # noqa: SLF001 - transformers has no public name
    recorder = Recorder(rows)
    modules = [layer.self_attn for layer in decoder.layers if hasattr(layer, "self_attn")]
    hooks = [module.register_forward_hook(recorder.keep) for module in modules]
    decoder.set_attn_implementation("eager")
    try:
        yield recorder
    finally:
        decoder.set_attn_implementation(before)
        for hook in hooks:
            hook.remove()


def image_attention(
    weights: torch.Tensor, positions: Sequence[int], grids: Sequence[ImageGrid]
) -> list[NDArray[np.float32]]:
    """Attention laid out on an image.

    Args:
        weights: (layers, heads, rows, keys) of one conversation.
        positions: Of all keys, which are the image's tokens, in order.
        grids: The image's grids.

    Returns:
        For each grid, (layers, heads, rows, grid rows, grid columns).
    """
    on_image = weights[..., list(positions)].numpy()
    return [
        on_image[..., list(grid.tokens)].reshape(*weights.shape[:3], grid.rows, grid.columns)
        for grid in grids
    ]


def attend(
    loaded: Loaded,
    beginning: Beginning,
    *,
    max_tokens: int = 16,
    answer: Sequence[int] = (),
) -> ImageAttention:
    """Attention over the images of one conversation while its answer is written.

    What is kept takes 4 bytes x layers x heads x image tokens for each token of the answer.

    Args:
        loaded: The model.
        beginning: The prompt, whose last token is text, and its images.
        max_tokens: Most tokens that are written, greedily; at least one is.
        answer: Tokens to be written instead, whatever the model would write: those of an answer
            given earlier.
    """
    import numpy as np  # noqa: PLC0415 - with torch
    import torch  # noqa: PLC0415 - heavy

    from mllmsent.models.local.forward import Beginning, extend, prefill  # noqa: PLC0415 - heavy
    from mllmsent.models.local.grids import image_grids  # noqa: PLC0415 - heavy

    places = _places(loaded, beginning)
    grids = tuple(image_grids(loaded, image) for image in beginning.images)
    ids: list[int] = []
    steps: list[list[list[NDArray[np.float32]]]] = []
    shares: list[NDArray[np.float32]] = []
    *before, last = beginning.ids
    with torch.inference_mode():
        state = prefill(loaded, [Beginning(before, beginning.images, beginning.features)])
        with record_attention(loaded) as recorder:
            for number in range(len(answer) or max(1, max_tokens)):
                token = torch.tensor([[last]], device=loaded.device)
                logits = extend(loaded, state, token, torch.ones_like(token))
                weights = recorder.take(state.mask.shape[1])[:, 0]
                last = answer[number] if answer else int(logits[0].argmax())
                ids.append(last)
                steps.append(
                    [
                        [on_grid[:, :, 0] for on_grid in image_attention(weights, place, grid)]
                        for place, grid in zip(places, grids, strict=True)
                    ]
                )
                shares.append(_shares(weights, places))
                if not answer and last in loaded.eos_ids:
                    break
    return ImageAttention(
        ids=tuple(ids),
        words=_words(loaded, ids),
        grids=grids,
        maps=tuple(
            tuple(np.stack([step[image][grid] for step in steps]) for grid in range(len(of_image)))
            for image, of_image in enumerate(grids)
        ),
        shares=np.stack(shares, axis=1),
    )


def _shares(weights: torch.Tensor, places: Sequence[Sequence[int]]) -> NDArray[np.float32]:
    """(images, layers, heads) share of the last row's attention."""
    import numpy as np  # noqa: PLC0415 - `--help` does without numpy

    row = weights[:, :, -1].numpy()
    shares = np.empty((len(places), *row.shape[:2]), np.float32)
    for image, place in enumerate(places):
        shares[image] = row[..., list(place)].sum(-1)
    return shares


def _places(loaded: Loaded, beginning: Beginning) -> list[list[int]]:
    """For each image, where in the prompt its tokens stand."""
    places = [i for i, token in enumerate(beginning.ids) if token == loaded.image_token_id]
    starts = [0]
    for image in beginning.images:
        starts.append(starts[-1] + image.n_tokens)
    return [places[start:end] for start, end in itertools.pairwise(starts)]


def _words(loaded: Loaded, ids: Sequence[int]) -> tuple[str, ...]:
    words: list[str] = []
    shown = 0
    for end in range(1, len(ids) + 1):
        text = loaded.tokenizer.decode(ids[:end])
        # A character that is not complete yet decodes to a question mark.
        whole = text if end == len(ids) else text.rstrip("\ufffd")
        words.append(whole[shown:])
        shown = max(shown, len(whole))
    return tuple(words)
