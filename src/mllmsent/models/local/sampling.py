"""How the next token is chosen: greedily, or drawn with a seed that is the answer's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from mllmsent.models.interface import Settings
    from mllmsent.models.local.loading import Loaded

__all__ = ["Sampling", "sampling_of"]

_EXTRA = ("top_k", "min_p", "repetition_penalty", "no_repeat_ngram_size", "min_tokens")


@dataclass(frozen=True)
class Sampling:
    """How tokens of one answer are chosen.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: Nucleus sampling mass, or None.
        top_k: Only so many of the likeliest, or None.
        min_p: Only those at least this likely beside the likeliest, or None.
        repetition_penalty: Divides what was written or asked already (Keskar et al. 2019), or None.
        no_repeat_ngram_size: Sequences of this length are not written twice, or None.
        seed: Seed of the draws.
    """

    temperature: float = 0.0
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    seed: int = 0

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest token is taken as it is."""
        return not self.temperature and not self._penalties

    def check(self) -> None:
        """Raise TypeError or ValueError, in the words of transformers, where a number does not fit."""
        _ = self._penalties, self._warpers

    def dice(self) -> torch.Generator | None:
        """What an answer is drawn with, new for every attempt at it; None where nothing is drawn."""
        import torch  # noqa: PLC0415 - heavy

        return torch.Generator().manual_seed(self.seed) if self.temperature else None

    def choose(
        self,
        logits: torch.Tensor,
        prompt: Sequence[int],
        written: Sequence[int],
        dice: torch.Generator | None,
    ) -> int:
        """The next token of a row.

        Each row draws for itself, so that an answer does not depend on its neighbors.

        Args:
            logits: (vocabulary,) what comes next, 32 bit.
            prompt: Token ids of the prompt.
            written: Token ids of the answer so far.
            dice: What this answer is drawn with.
        """
        import torch  # noqa: PLC0415 - heavy

        scores = logits[None]
        seen = torch.tensor([[*prompt, *written]], device=logits.device)
        for change in (*self._penalties, *self._warpers):
            scores = change(seen, scores)
        if not self.temperature:
            return int(scores.argmax())
        weights = torch.softmax(scores[0], -1).cpu()
        return int(torch.multinomial(weights, 1, generator=dice))

    @cached_property
    def _penalties(self) -> list[Any]:
        from transformers.generation import logits_process as known  # noqa: PLC0415 - heavy

        found: list[Any] = []
        if self.repetition_penalty not in {None, 1.0}:
            found.append(known.RepetitionPenaltyLogitsProcessor(self.repetition_penalty))
        if self.no_repeat_ngram_size:
            found.append(known.NoRepeatNGramLogitsProcessor(self.no_repeat_ngram_size))
        return found

    @cached_property
    def _warpers(self) -> list[Any]:
        from transformers.generation import logits_process as known  # noqa: PLC0415 - heavy

        if not self.temperature:
            return []
        found: list[Any] = [known.TemperatureLogitsWarper(self.temperature)]
        if self.top_k:
            found.append(known.TopKLogitsWarper(self.top_k))
        if self.top_p is not None and self.top_p < 1:
            found.append(known.TopPLogitsWarper(self.top_p))
        if self.min_p:
            found.append(known.MinPLogitsWarper(self.min_p))
        return found


def sampling_of(settings: Settings, loaded: Loaded, seed: int) -> Sampling:
    """What a study's settings mean for a model.

    Args:
        settings: The study's settings; a temperature of None is the model's own default.
        loaded: The model, whose `generation_config.json` has its own defaults.
        seed: Seed of the answer.

    Raises:
        InputError: If `extra` names something that local models do not take, or a number that does
            not fit.
    """
    unknown = sorted(set(settings.extra) - set(_EXTRA))
    if unknown:
        raise InputError(
            f"Local models do not take the setting {unknown[0]!r}.",
            item="settings.extra",
            cure=f"They take: {', '.join(_EXTRA)}.",
        )
    least = settings.extra.get("min_tokens", 0)
    if not isinstance(least, int) or isinstance(least, bool) or least < 0:
        raise InputError(
            f"The setting `min_tokens` is a whole number from 0 up, not {least!r}.",
            item="settings.extra",
        )
    own = loaded.model.generation_config
    draws = bool(own.do_sample) if settings.temperature is None else settings.temperature > 0
    given: Mapping[str, Any] = settings.extra
    defaults = own if settings.temperature is None else None
    temperature = settings.temperature
    if temperature is None:
        temperature = (own.temperature or 1.0) if draws else 0.0
    found = Sampling(
        temperature=temperature,
        top_p=settings.top_p if settings.top_p is not None else getattr(defaults, "top_p", None),
        top_k=given.get("top_k", getattr(defaults, "top_k", None)),
        min_p=given.get("min_p", getattr(defaults, "min_p", None)),
        # These are part of how the model is meant to write, whatever the temperature.
        repetition_penalty=given.get("repetition_penalty", own.repetition_penalty),
        no_repeat_ngram_size=given.get("no_repeat_ngram_size", own.no_repeat_ngram_size),
        seed=seed,
    )
    try:
        found.check()
    except (TypeError, ValueError) as error:
        raise InputError(
            f"A setting of how tokens are chosen does not fit: {error}.",
            item="settings.extra",
            cure="Say it as `generate` of transformers takes it.",
        ) from None
    return found
