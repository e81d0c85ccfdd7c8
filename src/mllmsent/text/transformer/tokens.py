"""Texts as tokens: cut where they are too long, and batched by how long they are.

Texts of about one length go together, so that little is padding. A batch has at most so many texts
and so many tokens, padding included: memory is bounded by tokens and not by texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError, printable
from mllmsent.models.local.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from mllmsent.models.local.checkpoint import Checkpoint

__all__ = [
    "Encoded",
    "Tokens",
    "by_length",
    "filled",
    "read_tokenizer",
    "require_words",
    "shuffled_batches",
]

# Batches are cut from so many batches' worth of texts at a time, sorted by length: enough that
# neighbors are alike, few enough that a batch is another one in every epoch.
_POOL = 50
_BLUR = 0.05
_INFINITE = 10**9
_VOCABULARY = ("tokenizer.json", "vocab.*", "*.model", "*.tiktoken")
_AGAIN = "Copy or download the model again, with tokenizer.json and its like."


@dataclass(frozen=True, slots=True)
class Encoded:
    """Texts as tokens.

    Attributes:
        ids: The tokens of each text, special ones included.
        cut: Whether each was longer.
        types: Of pairs, 0 for each token of the first and 1 for each of the second text, where the
            tokenizer tells them apart.
    """

    ids: list[list[int]]
    cut: list[bool]
    types: list[list[int]] | None = None

    @property
    def lengths(self) -> list[int]:
        """How many tokens each text has."""
        return [len(each) for each in self.ids]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A tokenizer.

    Attributes:
        tokenizer: A `PreTrainedTokenizerBase`.
        pad_id: What fills rows; it is masked, so any token would do.
        longest: Most tokens that it says its model reads.
    """

    tokenizer: Any
    pad_id: int
    longest: int

    def encode(
        self, texts: Sequence[str], max_length: int, pairs: Sequence[str] | None = None
    ) -> Encoded:
        """Texts as tokens.

        Args:
            texts: Any texts.
            max_length: Most tokens of one, special ones included; its end is cut off.
            pairs: What follows each text, and is not cut.
        """
        if not texts:
            return Encoded([], [])
        second = () if pairs is None else (list(pairs),)
        # Whether a text is too long must be found out first: a tokenizer that cuts does not tell.
        with quiet():
            found = self.tokenizer(list(texts), *second, verbose=False)
            ids = [list(each) or [self.pad_id] for each in found["input_ids"]]
            types = found.get("token_type_ids") if pairs is not None else None
            cut = [len(each) > max_length for each in ids]
            for row in np.flatnonzero(cut).tolist():
                short = self.tokenizer(
                    texts[row],
                    *(() if pairs is None else (pairs[row],)),
                    truncation="longest_first" if pairs is None else "only_first",
                    max_length=max_length,
                    verbose=False,
                )
                ids[row] = short["input_ids"]
                if types is not None:
                    types[row] = short["token_type_ids"]
        return Encoded(ids, cut, types)

    def padded(
        self, ids: Sequence[Sequence[int]], device: torch.device
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(texts, longest) tokens, filled up on the right, and a mask of what is no filling."""
        mask = filled([[1] * len(each) for each in ids], 0)
        return filled(ids, self.pad_id).to(device), mask.to(device)


def filled(rows: Sequence[Sequence[int]], value: int) -> torch.Tensor:
    """(rows, longest) numbers, filled up on the right with a value."""
    import torch  # noqa: PLC0415 - heavy

    table = np.full((len(rows), max(map(len, rows))), value, dtype=np.int64)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return torch.from_numpy(table)


def require_words(checkpoint: Checkpoint) -> None:
    """Refuse a checkpoint without a tokenizer: transformers would make one up that knows no word.

    Raises:
        InputError: If it has none.
    """
    if not any(path for pattern in _VOCABULARY for path in checkpoint.folder.glob(pattern)):
        raise InputError("Its tokenizer is not there.", cure=_AGAIN, file=checkpoint.folder)


def read_tokenizer(checkpoint: Checkpoint) -> Tokens:
    """The tokenizer of a checkpoint.

    Raises:
        InputError: If it has none that can be read.
    """
    import transformers  # noqa: PLC0415 - heavy

    require_words(checkpoint)
    try:
        with quiet():
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(
                checkpoint.folder, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:
        told = printable((str(error).strip().splitlines() or [""])[0])[:300]
        raise InputError(
            f"Its tokenizer cannot be read: {told}",
            cure=_AGAIN,
            file=checkpoint.folder,
        ) from error
    words, known = len(tokenizer), checkpoint.config.get("vocab_size")
    if isinstance(known, int) and words > known:
        raise InputError(
            f"Its tokenizer has {words} words and its model knows {known}: they are not of one model.",
            cure=_AGAIN,
            file=checkpoint.folder,
        )
    ends = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    longest = tokenizer.model_max_length
    # A tokenizer that knows no limit says 10^30.
    return Tokens(
        tokenizer=tokenizer,
        pad_id=next(int(each) for each in ends if each is not None),
        longest=int(longest) if longest and longest < _INFINITE else _INFINITE,
    )


def by_length(
    lengths: Sequence[int], rows: Sequence[int], *, most_tokens: int, most_rows: int | None = None
) -> list[list[int]]:
    """Rows in batches, the shortest texts first.

    Args:
        lengths: (n,) tokens of each text.
        rows: Which texts.
        most_tokens: Most tokens of a batch, padding included; one text alone may have more.
        most_rows: Most texts of a batch.
    """
    order = sorted(rows, key=lambda row: (lengths[row], row))
    return _cut(lengths, order, most_tokens, len(order) if most_rows is None else most_rows)


def shuffled_batches(
    lengths: Sequence[int],
    rows: Sequence[int],
    *,
    most_tokens: int,
    most_rows: int,
    seeds: Sequence[int],
) -> Iterator[list[int]]:
    """Rows in batches of about one length, in an order and in company that the seeds decide.

    Every row is in one batch. See `by_length` for the arguments.
    """
    random = np.random.default_rng(list(seeds))
    order = np.asarray(rows)[random.permutation(len(rows))]
    # Sorted by lengths that are a little wrong, so that neighbors are others in every epoch.
    about = np.asarray(lengths)[order] * random.uniform(1 - _BLUR, 1 + _BLUR, len(order))
    batches: list[list[int]] = []
    for start in range(0, len(order), _POOL * most_rows):
        pool = slice(start, start + _POOL * most_rows)
        alike = order[pool][about[pool].argsort()].tolist()
        batches += _cut(lengths, alike, most_tokens, most_rows)
    for place in random.permutation(len(batches)).tolist():
        yield batches[place]


def _cut(
    lengths: Sequence[int], order: Sequence[int], most_tokens: int, most_rows: int
) -> list[list[int]]:
    """Rows, in an order, cut into batches as large as they may be."""
    batches: list[list[int]] = []
    longest = 0
    for row in order:
        longest = max(longest, lengths[row])
        last = batches[-1] if batches else None
        if last is None or len(last) == most_rows or (len(last) + 1) * longest > most_tokens:
            batches.append([row])
            longest = lengths[row]
        else:
            last.append(row)
    return batches
