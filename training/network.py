"""The network: a small LLaVA, and heads that read a scene's factors off its vision tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from mllmsent.dioramas.scene import EXPRESSIONS, FACTORS, POSTURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mllmsent.dioramas.scene import Scene
    from training.packing import Batch
    from training.recipe import Recipe
    from training.votes import Verdict

__all__ = [
    "LOCAL_CLASSES",
    "FactorHeads",
    "answer_loss",
    "build_model",
    "factor_names",
    "factors_of",
    "feelings_of",
    "mirrored",
    "open_eyes",
    "vision_tokens",
]

_SINGLE = ("setting", "time", "weather", "light", "palette", "company")
_WHO = ("child", "adult", "elder", "dog", "cat")
_SLOTS = 6
_SOFT = ("polarity5", "mikels")
_ATTENTION = "mllmsent_training"
_WHITENING_FLOOR = 0.02
"""Added to the variance of each component, so that noise is not blown up."""
_PLACE_SPREAD = 0.5
"""Standard deviation of places' embeddings at the start; that of patches is about 1."""
_LOCAL_FROM = 0.25
"""A class is to be seen in a patch where it covers this share of it."""

LOCAL_CLASSES = (
    *(f"face {name}" for name in EXPRESSIONS),
    *(f"who {name}" for name in _WHO),
    *(f"posture {name}" for name in POSTURES),
    *(f"setting {name}" for name in FACTORS["setting"]),
    *(f"sky {name}" for name in FACTORS["weather"]),
    *FACTORS["object"],
)
"""What may be seen in a single patch. A window shows the sky, so that weather is learned indoors."""
_LOCAL_GROUPS = (
    len(EXPRESSIONS),
    len(_WHO),
    len(POSTURES),
    len(FACTORS["setting"]),
    len(FACTORS["weather"]),
)
"""Sizes of the groups of which a patch shows one at most; objects are told one by one."""


def build_model(recipe: Recipe, tokenizer: Any) -> Any:
    """A LLaVA with random weights, of the recipe's size."""
    from transformers import (  # noqa: PLC0415 - a heavy library
        AttentionInterface,
        AttentionMaskInterface,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
    )
    from transformers.masking_utils import eager_mask  # noqa: PLC0415 - a heavy library

    ends = {
        "bos_token_id": None,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            image_size=recipe.image_size,
            patch_size=recipe.patch_size,
            hidden_size=recipe.vision.width,
            intermediate_size=recipe.vision.inner,
            num_hidden_layers=recipe.vision.layers,
            num_attention_heads=recipe.vision.heads,
            projection_dim=recipe.vision.width,
        ),
        text_config=LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.text.width,
            intermediate_size=recipe.text.inner,
            num_hidden_layers=recipe.text.layers,
            num_attention_heads=recipe.text.heads,
            num_key_value_heads=recipe.text.heads,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            **ends,
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=recipe.image_tokens,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        tie_word_embeddings=True,
    )
    AttentionInterface.register(_ATTENTION, _plain_attention)
    AttentionMaskInterface.register(_ATTENTION, eager_mask)
    model = LlavaForConditionalGeneration(config)
    model.set_attn_implementation(_ATTENTION)
    for name, value in ends.items():
        setattr(model.generation_config, name, value)
    return model


def open_eyes(model: Any, pixels: torch.Tensor) -> None:
    """Give the vision tower a first layer that tells patches apart, before anything is learned.

    Patches of pictures differ mostly in their mean color, and random weights see little else.
    The first layer becomes the patches' principal components, each scaled to unit variance, so
    that a mouth weighs as much as a wall; places get embeddings large enough to be told apart.

    Args:
        model: The model.
        pixels: Normalized pixels of some pictures, shape (pictures, 3, size, size).
    """
    embeddings = model.model.vision_tower.embeddings
    weight = embeddings.patch_embedding.weight
    width, _, side, _ = weight.shape
    patches = nn.functional.unfold(pixels, side, stride=side).transpose(1, 2).flatten(0, 1)
    spread = torch.cov((patches - patches.mean(0)).double().T)
    values, vectors = torch.linalg.eigh(spread)
    count = min(width, len(values))
    chosen = vectors[:, -count:] / (values[-count:] + _WHITENING_FLOOR).sqrt()
    with torch.no_grad():
        weight[:count] = chosen.T.reshape(count, *weight.shape[1:]).to(weight.dtype)
        embeddings.position_embedding.weight.normal_(std=_PLACE_SPREAD)


def vision_tokens(model: Any, pixels: torch.Tensor) -> torch.Tensor:
    """What the vision tower makes of pictures.

    Args:
        model: The model.
        pixels: Normalized pixels, shape (pictures, 3, size, size).

    Returns:
        Shape (pictures, tokens, width).
    """
    output = model.model.vision_tower(pixel_values=pixels, output_hidden_states=True)
    tokens: torch.Tensor = output.hidden_states[-1][:, 1:]
    return tokens


def answer_loss(
    model: Any, vision: torch.Tensor, beginning: Sequence[int], batches: Sequence[Batch]
) -> tuple[torch.Tensor, torch.Tensor]:
    """How far the model's answers are from what is wanted.

    Args:
        model: The model.
        vision: `vision_tokens` of all pictures.
        beginning: Token ids with which shared conversations begin, up to the picture's last.
        batches: Questions and answers about them.

    Returns:
        Sum of the weighted cross-entropies in nats, and the sum of the weights.
    """
    features = model.model.multi_modal_projector(vision)
    ids = torch.tensor([beginning]).expand(len(vision), -1)
    start = model.model.language_model(
        inputs_embeds=_embedded(model, ids, features),
        attention_mask=_causal(len(beginning), 0),
        position_ids=torch.arange(len(beginning))[None],
        use_cache=True,
    ).past_key_values
    losses, weights = [], []
    for batch in batches:
        shown = None if batch.is_shared else features[batch.pictures]
        before = len(beginning) if batch.is_shared else 0
        length = batch.ids.shape[1]
        hidden = model.model.language_model(
            inputs_embeds=_embedded(model, batch.ids, shown),
            attention_mask=_causal(length, before),
            position_ids=before + torch.arange(length)[None],
            past_key_values=_continued(start, batch.pictures) if batch.is_shared else None,
            use_cache=batch.is_shared,
        ).last_hidden_state
        logits = model.lm_head(hidden.flatten(0, 1)[batch.places]).float()
        found = logits.log_softmax(-1).gather(1, batch.wanted)
        losses.append((-(found * batch.shares).sum(1) * batch.weights).sum())
        weights.append(batch.weights.sum())
    return torch.stack(losses).sum(), torch.stack(weights).sum()


def _causal(length: int, before: int) -> torch.Tensor:
    """What tokens may see: 0 for themselves and all before, -inf for what comes after."""
    hidden = torch.ones(length, before + length, dtype=torch.bool).triu(before + 1)
    return torch.zeros(hidden.shape).masked_fill(hidden, -torch.inf)[None, None]


def _plain_attention(
    _module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float,
    **_options: Any,
) -> tuple[torch.Tensor, None]:
    """Attention step by step; for heads this small, twice as fast on a CPU as the fused kernel."""
    kind = query.dtype
    if torch.is_autocast_enabled("cpu"):
        kind = torch.get_autocast_dtype("cpu")
    with torch.autocast("cpu", enabled=False):
        query, key, value = query.to(kind), key.to(kind), value.to(kind)
        scores = (query * scaling) @ key.transpose(2, 3)
        if attention_mask is not None:
            scores = scores + attention_mask.to(kind)
        mixed = torch.softmax(scores, -1) @ value
    return mixed.transpose(1, 2).contiguous(), None


def _embedded(model: Any, ids: torch.Tensor, features: torch.Tensor | None) -> torch.Tensor:
    embedded: torch.Tensor = model.get_input_embeddings()(ids)
    if features is None:
        return embedded
    is_picture = (ids == model.config.image_token_id)[..., None]
    return embedded.masked_scatter(is_picture, features.to(embedded.dtype))


def _continued(start: Any, pictures: torch.Tensor) -> Any:
    """Keys and values of each segment's picture, to be added to."""
    from transformers import DynamicCache  # noqa: PLC0415 - a heavy library

    cache = DynamicCache()
    for number, layer in enumerate(start.layers):
        cache.update(layer.keys[pictures], layer.values[pictures], number)
    return cache


def factor_names() -> tuple[str, ...]:
    """What the factor heads tell, one name each."""
    slots = [
        f"{name}-{slot}" for slot in range(_SLOTS) for name in ("who", "expression", "posture")
    ]
    return (*_SINGLE, "closeness", *slots, *FACTORS["object"])


def factors_of(scene: Scene | None) -> list[int]:
    """A scene's factors as class numbers, in the order of `factor_names`; -100 is not asked."""
    if scene is None:
        return [-100] * len(factor_names())
    row = [FACTORS[name].index(getattr(scene, name)) for name in _SINGLE]
    row.append(FACTORS["closeness"].index(scene.closeness) if scene.company == "pair" else -100)
    for slot in range(_SLOTS):
        if slot >= len(scene.subjects):
            row.extend((0, -100, -100))
            continue
        subject = scene.subjects[slot]
        is_person = subject.kind == "person"
        row.append(1 + _WHO.index(subject.age if is_person else subject.kind))
        row.append(EXPRESSIONS.index(subject.expression))
        row.append(POSTURES.index(subject.posture) if is_person else -100)
    row.extend(int(thing in scene.objects) for thing in FACTORS["object"])
    return row


def mirrored(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """A row of factors of the same picture with left and right exchanged."""
    start = len(_SINGLE) + 1
    slots = row[start : start + 3 * _SLOTS].reshape(_SLOTS, 3)
    last_person = _WHO.index("elder") + 1
    people = slots[(slots[:, 0] > 0) & (slots[:, 0] <= last_person)]
    animals = slots[slots[:, 0] > last_person]
    turned = row.copy()
    # people come first, each kind from the left
    found = np.concatenate([people[::-1], animals[::-1]]).ravel()
    turned[start : start + len(found)] = found
    return turned


def feelings_of(verdict: Verdict) -> list[float]:
    """A verdict as numbers: valence and arousal from -1 to 1, and shares of votes."""
    from mllmsent.affect import get_scheme  # noqa: PLC0415 - only here

    row = [(verdict.valence - 5) / 4, (verdict.arousal - 5) / 4]
    for name in _SOFT:
        row.extend(verdict.shares[name].get(label, 0.0) for label in get_scheme(name).label_names)
    return row


class FactorHeads(nn.Module):
    """Reads factors and feelings off vision tokens; trained beside the model, then thrown away.

    Each head has a query of its own that looks over the tokens, and a linear layer behind it.

    Args:
        width: Width of a vision token.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        slots = [1 + len(_WHO), len(EXPRESSIONS), len(POSTURES)] * _SLOTS
        self.sizes = [
            *(len(FACTORS[name]) for name in (*_SINGLE, "closeness")),
            *slots,
            *([2] * len(FACTORS["object"])),
        ]
        feelings = [2, 5, 8]
        self.queries = nn.Parameter(torch.randn(len(self.sizes) + len(feelings), width) * 0.2)
        self.key = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.local = nn.Linear(width, len(LOCAL_CLASSES))
        self.out = nn.ModuleList(nn.Linear(width, size) for size in [*self.sizes, *feelings])

    def forward(self, vision: torch.Tensor) -> list[torch.Tensor]:
        """Logits of every head, each of shape (pictures, classes)."""
        tokens = self.norm(vision.float())
        scores = torch.einsum("fd,bnd->bfn", self.queries, self.key(tokens))
        pooled = torch.softmax(scores / tokens.shape[-1] ** 0.5, -1) @ tokens
        return [out(pooled[:, number]) for number, out in enumerate(self.out)]

    def loss(
        self, vision: torch.Tensor, factors: torch.Tensor, feelings: torch.Tensor
    ) -> torch.Tensor:
        """Mean loss over heads.

        Args:
            vision: Vision tokens.
            factors: `factors_of` each picture, shape (pictures, factors).
            feelings: `feelings_of` each picture, shape (pictures, 15).
        """
        *logits, values, polarity, emotion = self(vision)
        known = [
            nn.functional.cross_entropy(found, factors[:, number])
            for number, found in enumerate(logits)
            if bool((factors[:, number] >= 0).any())
        ]
        soft = [
            nn.functional.cross_entropy(polarity, feelings[:, 2:7]),
            nn.functional.cross_entropy(emotion, feelings[:, 7:15]),
        ]
        off = nn.functional.mse_loss(values, feelings[:, :2])
        return (torch.stack(known).sum() + 2 * torch.stack(soft).sum() + 10 * off) / len(known)

    def local_loss(self, vision: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
        """How far single tokens are from telling what is in their part of the picture.

        Args:
            vision: Vision tokens.
            shares: `pictures.local_shares` of each picture, shape (pictures, tokens, classes).
        """
        logits = self.local(self.norm(vision.float())).flatten(0, 1)
        shares = shares.flatten(0, 1)
        parts = []
        start = 0
        for size in _LOCAL_GROUPS:
            most, seen = shares[:, start : start + size].max(1)
            known = most > _LOCAL_FROM
            if bool(known.any()):
                found = logits[:, start : start + size][known]
                parts.append(nn.functional.cross_entropy(found, seen[known]))
            start += size
        things = nn.functional.binary_cross_entropy_with_logits(
            logits[:, start:], (shares[:, start:] > _LOCAL_FROM).float(), reduction="none"
        )
        parts.append(things.sum(1).mean())
        return torch.stack(parts).sum()

    def accuracies(self, vision: torch.Tensor, factors: torch.Tensor) -> dict[str, float]:
        """Share of right classes by factor, subjects' slots together."""
        hits: dict[str, list[torch.Tensor]] = {}
        logits = self(vision)
        for number, name in enumerate(factor_names()):
            known = factors[:, number] >= 0
            right = (logits[number].argmax(1) == factors[:, number])[known]
            hits.setdefault(name.split("-")[0], []).append(right.float())
        return {name: round(float(torch.cat(parts).mean()), 3) for name, parts in hits.items()}
