"""Running the language model: a beginning once, and what follows it for every row.

Positions are always given: a row's tokens count from its own first token, whatever padding stands
before it, so that an answer does not depend on what else is in the batch.
"""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.models.local.vision import encoder_outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from mllmsent.models.local.images import SeenImage
    from mllmsent.models.local.loading import Loaded
    from mllmsent.models.local.vision import ImageFeatures

__all__ = [
    "Beginning",
    "State",
    "branch",
    "can_branch",
    "counts_padding",
    "extend",
    "join_rows",
    "prefill",
    "take_rows",
]


_RUNNING = ("conv_states", "recurrent_states")
"""What layers of linear attention (Qwen3.5) keep in place of keys and values, by number."""


@dataclass(frozen=True)
class Beginning:
    """The first tokens of a row, with the images among them.

    Attributes:
        ids: Token ids.
        images: The images in the order of their tokens.
        features: What the vision encoder made of each; None where it has not been asked.
    """

    ids: Sequence[int]
    images: Sequence[SeenImage] = ()
    features: Sequence[ImageFeatures] | None = None


@dataclass
class State:
    """Where each row of a batch stands.

    Attributes:
        cache: Keys and values of everything read, one entry per row.
        mask: (rows, tokens) 1 where a token was read, 0 where a row is padded.
        lengths: (rows,) tokens read, padding not counted.
        shift: (rows, 1) what multimodal positions differ by from the count of tokens; None in
            families that count tokens.
        logits: (rows, vocabulary) of what comes next, 32 bit.
    """

    cache: Any
    mask: torch.Tensor
    lengths: torch.Tensor
    shift: torch.Tensor | None
    logits: torch.Tensor


def prefill(loaded: Loaded, rows: Sequence[Beginning]) -> State:
    """Read the beginnings of several rows; shorter ones are padded on the left."""
    import torch  # noqa: PLC0415 - heavy

    longest = max(len(row.ids) for row in rows)
    pads = [longest - len(row.ids) for row in rows]
    ids = torch.tensor(
        [[loaded.pad_id] * pad + list(row.ids) for pad, row in zip(pads, rows, strict=True)],
        device=loaded.device,
    )
    mask = torch.ones_like(ids)
    for number, pad in enumerate(pads):
        mask[number, :pad] = 0
    is_image = ((ids == loaded.image_token_id) & (mask == 1)).long()
    inputs = _image_inputs(loaded, rows)
    positions, shift = _positions(loaded, rows, ids, mask, is_image)
    for name in ("token_type_ids", "mm_token_type_ids"):
        if name in _parameters(loaded):
            inputs[name] = is_image
    out = loaded.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        use_cache=True,
        logits_to_keep=1,
        **inputs,
    )
    return State(out.past_key_values, mask, mask.sum(1), shift, out.logits[:, -1].float())


def extend(
    loaded: Loaded, state: State, ids: torch.Tensor, mask: torch.Tensor, *, every: bool = False
) -> torch.Tensor:
    """Read more tokens in every row; the state moves on.

    Args:
        loaded: The model.
        state: Where the rows stand.
        ids: (rows, tokens) the next tokens.
        mask: (rows, tokens) 0 where a row has fewer; padding may stand before or after its tokens.
        every: Whether logits after every token are wanted, not only after the last.

    Returns:
        Logits, 32 bit: (rows, tokens, vocabulary) with `every`, else (rows, vocabulary).
    """
    import torch  # noqa: PLC0415 - torch takes seconds to import

    steps = mask.cumsum(1)
    positions = (state.lengths[:, None] + steps - 1).clamp(min=0)
    if state.shift is not None:
        positions = (positions + state.shift).unsqueeze(0).expand(3, -1, -1)
    state.mask = torch.cat([state.mask, mask], 1)
    out = loaded.model(
        input_ids=ids,
        attention_mask=state.mask,
        position_ids=positions,
        past_key_values=state.cache,
        use_cache=True,
        logits_to_keep=0 if every else 1,
    )
    state.cache = out.past_key_values
    state.lengths = state.lengths + steps[:, -1]
    logits: torch.Tensor = out.logits.float()
    state.logits = logits[:, -1]
    return logits if every else state.logits


def can_branch(loaded: Loaded, state: State) -> bool:
    """Whether continuations of a row can be read side by side: where attention takes any mask."""
    whole = loaded.model.config
    implementations = {
        config._attn_implementation  # noqa: SLF001 - transformers has no public name
        for config in (whole, whole.get_text_config())
    }
    return implementations <= {"sdpa", "eager"} and not counts_padding(state)


def branch(
    loaded: Loaded, state: State, branches: Sequence[Sequence[Sequence[int]]]
) -> torch.Tensor:
    """Read several continuations of every row, none of which sees another.

    They stand behind one another in their row, under a mask that hides each from the others, and
    every one has the positions that it would have alone. So no keys and values are copied for each.

    Args:
        loaded: The model; see `can_branch`.
        state: Where the rows stand; stays as it is.
        branches: For each row, the token ids of its continuations.

    Returns:
        Logits after every token of a row's continuations, one behind the other, 32 bit: (rows,
        most tokens of a row, vocabulary).
    """
    import torch  # noqa: PLC0415 - torch takes seconds to import

    width = max(sum(map(len, row)) for row in branches)
    ids, steps, numbers = [], [], []
    for row in branches:
        spare = width - sum(map(len, row))
        ids.append([token for one in row for token in one] + [loaded.pad_id] * spare)
        steps.append([step for one in row for step in range(len(one))] + [0] * spare)
        numbers.append([number for number, one in enumerate(row) for _ in one] + [-1] * spare)
    device = loaded.device
    step, number = torch.tensor(steps, device=device), torch.tensor(numbers, device=device)
    sees = (number[:, :, None] == number[:, None, :]) & (step[:, :, None] >= step[:, None, :])
    before = (state.mask == 1)[:, None, :].expand(-1, width, -1)
    positions = state.lengths[:, None] + step
    if state.shift is not None:
        positions = (positions + state.shift).unsqueeze(0).expand(3, -1, -1)
    seen = torch.cat([before, sees], -1)
    mask = torch.zeros(seen.shape, dtype=loaded.dtype, device=device)
    mask.masked_fill_(~seen, torch.finfo(loaded.dtype).min)
    cache = copy.copy(state.cache)
    # Layers put new tokens behind their own by making new tensors: copies leave the old ones alone.
    cache.layers = [copy.copy(layer) for layer in state.cache.layers]
    logits: torch.Tensor = loaded.model(
        input_ids=torch.tensor(ids, device=device),
        attention_mask=mask[:, None],
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=0,
    ).logits.float()
    return logits


def take_rows(state: State, rows: Sequence[int]) -> State:
    """A new state of some rows, each as often as it is named; the old one stays as it is."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    index = torch.tensor(list(rows), device=state.mask.device)
    cache = copy.copy(state.cache)
    cache.layers = [_layer_rows(layer, index) for layer in state.cache.layers]
    return State(
        cache,
        state.mask[index],
        state.lengths[index],
        None if state.shift is None else state.shift[index],
        state.logits[index],
    )


def join_rows(states: Sequence[State]) -> State:
    """One state of the rows of several, in order; shorter ones are padded on the left.

    Not for caches that do not hold every token (`counts_padding`).
    """
    import torch  # noqa: PLC0415 - torch takes seconds to import

    if len(states) == 1:
        return states[0]
    longest = max(state.mask.shape[1] for state in states)
    pads = [longest - state.mask.shape[1] for state in states]
    pad = torch.nn.functional.pad
    cache = copy.copy(states[0].cache)
    cache.layers = []
    for layers in zip(*(state.cache.layers for state in states), strict=True):
        joined = copy.copy(layers[0])
        if getattr(layers[0], "keys", None) is not None:
            for name in ("keys", "values"):
                parts = [
                    pad(getattr(layer, name), (0, 0, more, 0))
                    for layer, more in zip(layers, pads, strict=True)
                ]
                setattr(joined, name, torch.cat(parts))
        cache.layers.append(joined)
    shifts = [state.shift for state in states if state.shift is not None]
    return State(
        cache,
        torch.cat([pad(state.mask, (more, 0)) for state, more in zip(states, pads, strict=True)]),
        torch.cat([state.lengths for state in states]),
        torch.cat(shifts) if shifts else None,
        torch.cat([state.logits for state in states]),
    )


def counts_padding(state: State) -> bool:
    """Whether a layer keeps the last tokens only, or what all came to: padding would count there."""
    return any(
        getattr(layer, "is_sliding", False) or hasattr(layer, _RUNNING[0])
        for layer in state.cache.layers
    )


def _layer_rows(layer: Any, index: torch.Tensor) -> Any:
    # A layer's method selects in place; a copy with its own tensors leaves the original alone.
    taken = copy.copy(layer)
    if getattr(layer, "keys", None) is not None and layer.keys.numel():
        taken.batch_select_indices(index.to(layer.keys.device))
    for name in _RUNNING if hasattr(layer, _RUNNING[0]) else ():
        states = getattr(layer, name)
        # New ones: they are written in place.
        rows = {n: None if t is None else t[index.to(t.device)] for n, t in states.items()}
        setattr(taken, name, rows)
    return taken


def _image_inputs(loaded: Loaded, rows: Sequence[Beginning]) -> dict[str, Any]:
    """What a forward pass is told of the images, in the order of their tokens."""
    images = [image for row in rows for image in row.images]
    if not images:
        return {}
    takes = _parameters(loaded)
    features = [each for row in rows for each in (row.features or ())]
    if len(features) == len(images):
        return {"mm_encoder_outputs": {"image": encoder_outputs(features)}}
    inputs = {}
    for name in takes & set(images[0].tensors):
        tensor = _stacked([image.tensors[name] for image in images])
        dtype = loaded.dtype if tensor.is_floating_point() else tensor.dtype
        inputs[name] = tensor.to(loaded.device, dtype)
    return inputs


def _stacked(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """What belongs to several images as one; where one has fewer crops, zeros, as processors do."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    widest = [max(sizes) for sizes in zip(*(tensor.shape[1:] for tensor in tensors), strict=True)]
    padded = []
    for tensor in tensors:
        # Pairs of before and after, the last axis first.
        missing = [
            more
            for size, most in zip(reversed(tensor.shape[1:]), reversed(widest), strict=True)
            for more in (0, most - size)
        ]
        padded.append(torch.nn.functional.pad(tensor, missing) if any(missing) else tensor)
    return torch.cat(padded)


def _positions(
    loaded: Loaded,
    rows: Sequence[Beginning],
    ids: torch.Tensor,
    mask: torch.Tensor,
    is_image: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Positions of the tokens, and what later ones differ by from the count of tokens."""
    import torch  # noqa: PLC0415 - torch takes seconds to import

    base = loaded.model.model
    if not hasattr(base, "get_rope_index"):
        return (mask.cumsum(1) - 1).clamp(min=0), None
    # Multimodal rotary positions (Qwen-VL): an image takes as many as its longer side has patches.
    grids = [image.tensors["image_grid_thw"] for row in rows for image in row.images]
    positions, shift = base.get_rope_index(
        ids,
        mm_token_type_ids=is_image,
        image_grid_thw=torch.cat(grids).to(loaded.device) if grids else None,
        attention_mask=mask,
    )
    return positions, shift


def _parameters(loaded: Loaded) -> set[str]:
    known = set(inspect.signature(loaded.model.forward).parameters)
    return known | set(inspect.signature(loaded.model.model.forward).parameters)
