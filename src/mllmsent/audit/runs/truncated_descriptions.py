"""Descriptions that stop before their end.

A text that a limit cut has no mark at its end, and it is long: cut texts pile up at the limit. Texts
without a mark that are as long as any others were written so and are left alone. Where the server
said why it stopped ("length"), that decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mllmsent.audit.finding import AffectedRow, Finding, counted
from mllmsent.audit.run_registry import RunAudit
from mllmsent.audit.runs.describers import described, readers_of
from mllmsent.audit.runs.scores import scores_of, side_by_side
from mllmsent.models.stop_reasons import is_cut_off

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.audit.runs.tables import RunTables

__all__ = ["TRUNCATED_DESCRIPTIONS", "cut_texts"]

FEWEST = 3
"""Cut texts below which lengths say nothing."""

FEWEST_PILED = 10
"""The same of texts of one length, where others are longer."""

RARE = 1e-4
"""How seldom the unended texts of a describer would be so long by chance."""

PILED = 0.15
"""Largest scatter (of the mean) of the lengths of texts that a limit in tokens cut."""

BELOW, HIGHER = 10, 2
"""Characters below a limit in which there are at most half as many texts as at it."""

LONG = 8
"""Words: what is shorter may be a caption."""

_ENDS = tuple(".!?…。！？؟।\"'”’»)]}*`>:;|~")


class _Cut(NamedTuple):
    rows: NDArray[np.bool_]
    how: str


def check(run: RunTables) -> Iterator[Finding]:
    """Describers of whose texts some were cut."""
    table = described(run).drop_duplicates(["describer", "item_id", "words"])
    stopped = _stopped(run)
    for describer, rows in table.groupby("describer", sort=False):
        said = rows["item_id"].isin(stopped.get(str(describer), set())).to_numpy()
        found = _Cut(said, "the server stopped them at the limit of tokens") if said.any() else None
        found = found or cut_texts([str(text) for text in rows["text"]])
        if found is not None:
            yield _finding(run, str(describer), rows, found)


def cut_texts(texts: list[str]) -> _Cut | None:
    """Which texts of one describer a limit cut; None where none shows.

    Args:
        texts: Texts by one describer, none of them empty.
    """
    unended = np.array([not text.rstrip().endswith(_ENDS) for text in texts])
    if unended.sum() < FEWEST:
        return None
    words = np.array([len(text.split()) for text in texts], dtype=float)
    letters = np.array([len(text) for text in texts])
    at_limit = _at_limit(unended, letters)
    if at_limit is not None and words[at_limit].mean() >= LONG:
        return _Cut(at_limit, f"they end at {letters[at_limit].max():,} characters")
    if (~unended).sum() < max(FEWEST, 0.02 * len(texts)):
        return _all_cut(unended, words)
    return _cut_among_ended(unended, words)


def _at_limit(unended: NDArray[np.bool_], letters: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Texts that a limit in characters cut: many of the very same length, and few about it.

    They are the longest of all, or, where only some files had the limit, a plain pile.
    """
    counts = np.bincount(letters[unended], minlength=letters.max() + 1)
    pairs = counts[1:] + counts[:-1]  # a space at the end may be gone
    for limit, fewest in ((int(letters.max()), FEWEST), (int(pairs.argmax()) + 1, FEWEST_PILED)):
        found = unended & (letters >= limit - 1) & (letters <= limit)
        about = (letters >= limit - 1 - BELOW) & (letters <= limit + BELOW)
        # Below the longest all texts count; about a pile only those that end as it does.
        others = about & ~found & (unended if limit < letters.max() else True)
        if found.sum() >= max(fewest, HIGHER * others.sum()):
            return found
    return None


def _cut_among_ended(unended: NDArray[np.bool_], words: NDArray[np.float64]) -> _Cut | None:
    """Texts without an end that are longer than those with one, and all about as long."""
    from scipy import stats  # noqa: PLC0415 - 200 ms that only audits need

    ended, middle = words[~unended], float(np.median(words[unended]))
    longer = stats.mannwhitneyu(words[unended], ended, alternative="greater").pvalue <= RARE
    # Of very few no test is sure; but they may all be longer than every text that ends.
    longer |= bool(words[unended].min() > ended.max())
    # Texts of ordinary length without a mark are habit; the limit is where the long ones end.
    cut = unended & (words >= (1 - 2 * PILED) * middle)
    scatter = float(np.std(words[cut]) / np.mean(words[cut]))
    piled = cut.sum() >= FEWEST and scatter <= PILED
    if longer and piled and middle >= max(np.quantile(ended, 0.75), LONG):
        return _Cut(cut, f"they end near {middle:.0f} words, in the middle of a sentence")
    return None


def _all_cut(unended: NDArray[np.bool_], words: NDArray[np.float64]) -> _Cut | None:
    """Where hardly a text has an end: cut ones are all about as long, captions are not."""
    lengths = words[unended]
    if np.median(lengths) < 2 * LONG or np.std(lengths) / np.mean(lengths) > PILED:
        return None
    return _Cut(unended, f"all end near {np.median(lengths):.0f} words")


def _stopped(run: RunTables) -> dict[str, set[str]]:
    """Describer to the items whose description the server says it cut."""
    responses = run.table("responses")
    cut = responses[
        (responses["stage"] == "description")
        & responses["stop_reason"].fillna("").map(is_cut_off).astype(bool)
        & (responses["condition"] == "none")
        & (responses["repeat"] == 0)
    ]
    return {str(model): set(rows["item_id"]) for model, rows in cut.groupby("model", sort=False)}


def _finding(run: RunTables, describer: str, table: pd.DataFrame, cut: _Cut) -> Finding:
    rows = table[cut.rows]
    items = set(rows["item_id"])
    readers = readers_of(run, describer)
    effect = "What descriptions say last, often the mood, is missing"
    for sheet in readers[:1]:
        inside = sheet.rows["item_id"].isin(items).to_numpy() & sheet.scored
        outside = sheet.scored & ~inside
        if inside.any() and outside.any():
            parts = [scores_of(sheet.take(which)) for which in (inside, outside)]
            effect += (
                f": {sheet.name} is {side_by_side(parts[0], f'these {parts[0].n:,}', parts[1], 'the others')}; "
                f"{scores_of(sheet)}, without them {parts[1]}"
            )
    return Finding(
        code="truncated-descriptions",
        severity="warning",
        message=f"{counted(len(rows), 'description')} of {len(table):,} by {describer} stop before "
        f"their end: {cut.how}.",
        cure="Ask again with a higher limit (`max_tokens`), for these items at least.",
        effect=f"{effect}.",
        rows=tuple(
            AffectedRow(
                str(row["item_id"]),
                row["file"] if isinstance(row["file"], str) else None,
                int(row["row"]) if str(row["row"]).isdigit() else None,
                note=f"ends: ...{str(row['text']).rstrip()[-40:]!r}",
            )
            for row in rows.to_dict("records")
        ),
        systems=(describer,),
    )


TRUNCATED_DESCRIPTIONS = RunAudit("truncated-descriptions", "Descriptions that a limit cut.", check)
