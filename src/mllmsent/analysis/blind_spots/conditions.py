"""What can be said of items, for a search of subgroups: every condition as yes or no for each item.

- The metadata: each value, and each third of many numbers (`item_subgroups`, which also says what is
  left out and why).
- The factors of a diorama, where it is known what was drawn and metadata does not have them.
- What is measured in pictures, in thirds.
- The words of descriptions, each describer's for itself.
- Where the groups of annotators, as of cultures, disagree, and which of them says what alone
  (`annotator_groups`).

Conditions that hold of the very same items are one, which names the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.blind_spots.annotator_groups import group_conditions
from mllmsent.analysis.item_subgroups import LEAST_SUPPORT, find_subgroups

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.dioramas import Scene

__all__ = ["ItemConditions", "item_conditions"]

MOST_WORDS = 100
"""Words of descriptions, the commonest of those that some descriptions have and some have not."""

LONGEST_READ = 2000
"""Of longer descriptions so many characters are read."""

_WORD = r"(?u)\b[^\W\d_]{3,}\b"


@dataclass(frozen=True, eq=False)
class ItemConditions:
    """Conditions that items meet or not.

    Attributes:
        items: Ids of N items.
        names: Each of K conditions, for people: "weather is rain".
        also: For each the names of others that hold of the very same items.
        holds: (N, K).
        is_word: Which of them are of words that descriptions have, (K,).
        left_out: Column of the metadata to why it makes no conditions.
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    also: tuple[tuple[str, ...], ...]
    holds: NDArray[np.bool_]
    is_word: NDArray[np.bool_]
    left_out: Mapping[str, str]

    def without_words(self) -> ItemConditions:
        """The same without the words of descriptions, for questions about these."""
        kept = np.flatnonzero(~self.is_word)
        return ItemConditions(
            items=self.items,
            names=tuple(self.names[place] for place in kept),
            also=tuple(self.also[place] for place in kept),
            holds=self.holds[:, kept],
            is_word=self.is_word[kept],
            left_out=self.left_out,
        )

    def of(self, items: Sequence[str]) -> NDArray[np.bool_]:
        """The conditions of some of the items, in their order."""
        place = {item: row for row, item in enumerate(self.items)}
        return self.holds[[place[item] for item in items]]


def item_conditions(
    evidence: Evidence,
    *,
    measures: pd.DataFrame | None = None,
    descriptions: pd.DataFrame | None = None,
    scenes: Mapping[str, Scene] | None = None,
    condition: str = "none",
) -> ItemConditions:
    """The conditions of the items that a run asks about.

    Args:
        evidence: The run's tables.
        measures: item_id and what is measured in its picture, a column each.
        descriptions: Table `descriptions`.
        scenes: Item to what was drawn.
        condition: The condition under which images were described.
    """
    asked = evidence.items[evidence.items["item_id"].isin(set(evidence.predictions["item_id"]))]
    items = tuple(asked["item_id"].astype(str))
    place = {item: row for row, item in enumerate(items)}
    labels = {label for scheme in evidence.schemes.values() for label in scheme.label_names}
    names: list[str] = []
    columns: list[NDArray[np.bool_]] = []
    left_out: dict[str, str] = {}
    drawn = _drawn(scenes or {}, items, set(asked.columns))
    for table, told in ((asked, True), (drawn, False), (measures, False)):
        if table is None or len(table.columns) < 2:
            continue
        own = table[table["item_id"].isin(items)]
        found = find_subgroups(own, groups=evidence.groups, labels=labels, least=LEAST_SUPPORT)
        left_out |= dict(found.left_out) if told else {}
        for each in found.subgroups:
            holds = np.zeros(len(items), bool)
            holds[[place[item] for item in each.items]] = True
            for name in (f"{each.column} is {each.value}", *each.also):
                names.append(name)
                columns.append(holds)
    for name, holds in group_conditions(evidence, place):
        names.append(name)
        columns.append(holds)
    n_plain = len(names)
    for name, holds in _words(descriptions, place, condition):
        names.append(name)
        columns.append(holds)
    return _merged(items, names, columns, n_plain, left_out)


def _drawn(
    scenes: Mapping[str, Scene], items: Sequence[str], there: Collection[str]
) -> pd.DataFrame | None:
    """The factors of scenes that the metadata does not have."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    from mllmsent.dioramas.causes import features_of  # noqa: PLC0415 - likewise

    rows: list[dict[str, Any]] = [
        {"item_id": item}
        | {
            factor: next(iter(values), None)
            for factor, values in features_of(scenes[item]).items()
            if factor not in there and factor != "object"
        }
        for item in items
        if item in scenes
    ]
    return pd.DataFrame(rows) if rows else None


def _words(
    descriptions: pd.DataFrame | None, place: Mapping[str, int], condition: str
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """A condition for each word of each describer that is neither rare nor everywhere."""
    if descriptions is None or not len(descriptions):
        return
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 - slow to import

    rows = descriptions[descriptions["item_id"].isin(list(place)) & descriptions["text"].notna()]
    if "condition" in rows:
        rows = rows[rows["condition"].fillna("none") == condition]
    describers = list(dict.fromkeys(rows["describer"]))
    for describer in describers:
        own = rows[rows["describer"] == describer]
        texts = own.groupby("item_id", sort=False)["text"].agg(" ".join).str[:LONGEST_READ]
        if len(texts) < 2 * LEAST_SUPPORT:
            continue
        reader = CountVectorizer(
            binary=True,
            token_pattern=_WORD,
            stop_words="english",
            min_df=LEAST_SUPPORT,
            max_df=len(texts) - LEAST_SUPPORT,
            max_features=max(1, MOST_WORDS // len(describers)),
        )
        try:
            table = reader.fit_transform(texts)
        except ValueError:  # no word is left
            continue
        where = np.array([place[str(item)] for item in texts.index])
        said = table.toarray().astype(bool)
        for word, column in zip(reader.get_feature_names_out(), said.T, strict=True):
            holds = np.zeros(len(place), bool)
            holds[where] = column
            yield f"{describer} writes “{word}”", holds


def _merged(
    items: tuple[str, ...],
    names: Sequence[str],
    columns: Sequence[NDArray[np.bool_]],
    n_plain: int,
    left_out: Mapping[str, str],
) -> ItemConditions:
    """Conditions of the very same items as one, the first of them; `n_plain` are before all words."""
    of_items: dict[bytes, list[int]] = {}
    for number, holds in enumerate(columns):
        of_items.setdefault(holds.tobytes(), []).append(number)
    kept = [same[0] for same in of_items.values()]
    return ItemConditions(
        items=items,
        names=tuple(names[number] for number in kept),
        also=tuple(tuple(names[other] for other in same[1:]) for same in of_items.values()),
        holds=np.stack([columns[number] for number in kept], axis=1)
        if kept
        else np.zeros((len(items), 0), bool),
        is_word=np.array(kept, dtype=int) >= n_plain,
        left_out=dict(left_out),
    )
