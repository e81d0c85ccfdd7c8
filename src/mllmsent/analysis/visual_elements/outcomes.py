"""What people felt and systems answered, a number per item: what elements of pictures are held against.

A mean or a number as it is; the place of a label in its order; of labels without order, for each
label whether it is the answer. An item that was asked about several times has the mean of what
could be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mllmsent.analysis.answers import UNREAD, answers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.answers import Answers
    from mllmsent.analysis.evidence import Evidence

__all__ = ["PEOPLE", "Outcome", "Panel", "outcomes_of", "panels_of"]

PEOPLE = "people"
"""Who people are where a table names systems."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """One number per item, by people and by each system.

    Attributes:
        label: The label whose being the answer it is; empty for a number, or a place in an order.
        people: Item to what people said; items without are absent.
        systems: Indexed by item_id, a column per system_id; NaN where nothing could be read.
    """

    label: str
    people: pd.Series
    systems: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Panel:
    """Outcomes that are known of the very same items.

    Attributes:
        known: Which of the items they are.
        who: Whose each of S outcomes is, and the label that it is about. People come before the
            systems that are compared with them.
        outcomes: For each of all items the S outcomes, NaN outside of `known`.
        against: For each outcome the place of people's; None for people's own.
        shown: For each outcome whether this panel tells of it; people beside systems only compare.
    """

    known: NDArray[np.bool_]
    who: list[tuple[str, str]]
    outcomes: NDArray[np.float64]
    against: list[int | None]
    shown: list[bool]


def outcomes_of(
    evidence: Evidence, scheme: Scheme, dimension: str = "", *, condition: str = "none"
) -> list[Outcome]:
    """The outcomes of a scheme, or of a dimension of it.

    Args:
        evidence: The run's tables.
        scheme: The scheme; not an open vocabulary.
        dimension: The dimension; empty for labels.
        condition: The condition under which systems answered.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    answers = answers_of(evidence, scheme, dimension, condition=condition)
    truth = evidence.truth(scheme.name, dimension)
    if dimension:
        return [Outcome("", pd.Series(truth, dtype=float), _means(answers, answers.numbers.get))]
    places = {name: number for number, name in enumerate(scheme.label_names)}
    if scheme.kind == "ordered" and not scheme.multi_label:
        ranks = pd.Series(truth, dtype=object).map(places).astype(float)
        coded = {name: _known(codes) for name, codes in answers.codes.items()}
        return [Outcome("", ranks, _means(answers, coded.get))]
    held = {name: _held(answers, name, scheme) for name in answers.systems}
    said = [
        {str(label)} if isinstance(label, str) else {str(each) for each in label}
        for label in truth.values()
    ]
    return [
        Outcome(
            label,
            pd.Series([label in labels for labels in said], index=list(truth), dtype=float),
            _means(answers, {name: answer[:, place] for name, answer in held.items()}.get),
        )
        for label, place in places.items()
    ]


def panels_of(outcomes: Sequence[Outcome], index: pd.Index) -> Iterator[Panel]:
    """Outcomes of people, and of systems beside them, by the items that they are known of.

    Args:
        outcomes: Of one scheme or dimension.
        index: The items, by item_id.
    """
    people: list[NDArray[np.float64]] = [
        each.people.reindex(index).to_numpy(dtype=float) for each in outcomes
    ]
    systems = [each.systems.reindex(index) for each in outcomes]
    names = [str(name) for name in outcomes[0].systems] if outcomes else []
    labels = [each.label for each in outcomes]
    n = len(labels)
    has_people = ~np.isnan(people[0]) if n else np.zeros(len(index), dtype=bool)
    of_people = [(PEOPLE, label) for label in labels]
    if has_people.any():
        yield Panel(has_people, of_people, np.column_stack(people), [None] * n, [True] * n)
    # Who answered the very same items is told of at once.
    alike: dict[bytes, list[str]] = {}
    for name in names:
        known = systems[0][name].notna().to_numpy() & (has_people | ~has_people.any())
        alike.setdefault(known.tobytes(), []).append(name)
    for key, part in alike.items():
        known = np.frombuffer(key, dtype=bool)
        who = [(name, label) for name in part for label in labels]
        said = [own[name].to_numpy(dtype=float) for name in part for own in systems]
        if has_people.any():
            against: list[int | None] = [None] * n + list(range(n)) * len(part)
            shown = [False] * n + [True] * len(who)
            yield Panel(known, of_people + who, np.column_stack([*people, *said]), against, shown)
        elif said:
            yield Panel(known, who, np.column_stack(said), [None] * len(who), [True] * len(who))


def _known(codes: NDArray[np.intp]) -> NDArray[np.float64]:
    known: NDArray[np.float64] = np.where(codes == UNREAD, np.nan, codes)
    return known


def _held(answers: Answers, system: str, scheme: Scheme) -> NDArray[np.float64]:
    """(N, labels) whether each label is answered; NaN where nothing could be read."""
    names = scheme.label_names
    if not scheme.multi_label:
        codes = answers.codes[system]
        held: NDArray[np.float64] = (codes[:, None] == np.arange(len(names))).astype(float)
        held[codes == UNREAD] = np.nan
        return held
    said = answers.rows[system]
    sets = [set(str(label).split("|")) for label in said]
    held = np.array([[float(name in each) for name in names] for each in sets]).reshape(
        -1, len(names)
    )
    held[said.isna().to_numpy()] = np.nan
    return held


def _means(answers: Answers, column: Callable[[str], NDArray[np.float64] | None]) -> pd.DataFrame:
    """Item to the mean of a system's numbers that are there."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    items = answers.rows.index.get_level_values("item_id").astype(str)
    columns = {name: column(name) for name in answers.systems}
    table = pd.DataFrame(columns, index=pd.Index(items, name="item_id"), dtype=float)
    if table.index.is_unique:
        return table
    return table.groupby(level=0, sort=False).mean()
