"""Texts as tokens, and batches of texts of one length."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.options import LocalOptions
from mllmsent.text.transformer.tokens import Tokens, by_length, read_tokenizer, shuffled_batches

Tiny = Callable[[str], Path]

LENGTHS = st.lists(st.integers(1, 300), min_size=1, max_size=80)


def tokens_of(folder: Path) -> Tokens:
    return read_tokenizer(find_checkpoint(str(folder), LocalOptions()))


@given(LENGTHS, st.integers(1, 1000), st.integers(1, 20))
def test_every_text_is_in_one_batch_that_is_not_too_large(
    lengths: list[int], most_tokens: int, most_rows: int
) -> None:
    rows = range(len(lengths))
    sorted_batches = by_length(lengths, rows, most_tokens=most_tokens, most_rows=most_rows)
    shuffled = list(
        shuffled_batches(lengths, rows, most_tokens=most_tokens, most_rows=most_rows, seeds=(1, 2))
    )
    for batches in (sorted_batches, shuffled):
        assert sorted(row for batch in batches for row in batch) == list(rows)
        for batch in batches:
            assert len(batch) <= most_rows
            size = len(batch) * max(lengths[row] for row in batch)
            assert size <= most_tokens or len(batch) == 1
    order = [lengths[row] for batch in sorted_batches for row in batch]
    assert order == sorted(order)


@given(st.integers(0, 1000))
def test_epochs_differ_in_order_and_in_company_and_seeds_repeat_them(seed: int) -> None:
    lengths = [1 + row % 50 for row in range(400)]

    def epoch(number: int) -> list[list[int]]:
        return list(
            shuffled_batches(
                lengths, range(400), most_tokens=800, most_rows=16, seeds=(seed, number)
            )
        )

    assert epoch(1) == epoch(1)
    assert epoch(1) != epoch(2)
    assert {frozenset(batch) for batch in epoch(1)} != {frozenset(batch) for batch in epoch(2)}
    longest = [max(lengths[row] for row in batch) for batch in epoch(1)]
    # Short texts are not always learned from first.
    assert longest != sorted(longest)


def test_little_of_a_batch_is_padding() -> None:
    lengths = [20 + (row * 7919) % 200 for row in range(1000)]
    batches = list(
        shuffled_batches(lengths, range(1000), most_tokens=10_000, most_rows=16, seeds=(0,))
    )
    padded = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)


@pytest.mark.parametrize("family", ["bert", "bart", "llama"])
def test_a_text_that_is_too_long_is_cut_and_keeps_its_marks(tiny: Tiny, family: str) -> None:
    tokens = tokens_of(tiny(family))
    encoded = tokens.encode(["grave", "street " * 50, ""], 16)
    assert encoded.cut == [False, True, False]
    assert encoded.lengths[1] == 16
    whole = tokens.encode(["grave"], 16).ids[0]
    assert encoded.ids[0] == whole
    assert encoded.ids[1][0] == whole[0]
    assert (encoded.ids[1][-1] == whole[-1]) == (family != "llama")
    assert all(encoded.ids)


def test_of_a_pair_the_first_text_is_cut_and_the_second_is_kept(tiny: Tiny) -> None:
    tokens = tokens_of(tiny("bert"))
    second = "The feeling of this scene is positive."
    encoded = tokens.encode(["grave ruin " * 50, "grave"], 40, [second, second])
    assert encoded.cut == [True, False]
    own = tokens.encode([second], 64).ids[0][1:]
    assert [each[-len(own) :] for each in encoded.ids] == [own, own]
    assert encoded.types is not None
    assert [sum(types) for types in encoded.types] == [len(own), len(own)]


def test_a_tokenizer_without_a_token_for_padding_fills_with_another(tiny: Tiny) -> None:
    import torch  # noqa: PLC0415 - heavy

    tokens = tokens_of(tiny("llama"))
    assert tokens.tokenizer.pad_token_id is None
    words, mask = tokens.padded([[5, 6, 7], [8]], torch.device("cpu"))
    assert words[0].tolist() == [5, 6, 7]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]
