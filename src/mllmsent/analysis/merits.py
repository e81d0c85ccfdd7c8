"""How good each answer is, question by question, for several systems side by side.

An answer's merit is 1 or 0 for right or wrong (what could not be read is wrong, a set of labels is
right as a whole), and for dimensions the absolute error as a negative number, of the answers that
were read. A description's merit is 1 or 0 for what it names rightly or not. Merits can be averaged
over any items, which macro F1 and correlations cannot, and those of two systems can be subtracted
question by question.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mllmsent.analysis.pathways import is_right
from mllmsent.metrics.membership import Blocks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Scored
    from mllmsent.analysis.item_subgroups import Subgroup
    from mllmsent.metrics.metric import Floats, Totals

__all__ = ["Merits"]


@dataclass(frozen=True, eq=False)
class Merits:
    """The questions of one scheme and dimension (or factor), and how well each system did on each.

    Attributes:
        systems: Id of each system to its name for people, the leader first.
        dimension: The dimension that was asked about; else empty.
        metric: "accuracy", "exact_match", "mae" or "named_right".
        sign: 1 where more is better, -1 where less is.
        items: The item of each of R questions.
        group: The group of each question, as a number below `n_groups`.
        n_groups: How many groups there are.
        merits: (R, 2 M - 1): of M systems how good each answer is (1 or 0 for right or wrong; an
            error is negative), then by how much the leader's is better than each other's. NaN where
            there is none.
    """

    systems: Mapping[str, str]
    dimension: str
    metric: str
    sign: int
    items: NDArray[Any]
    group: NDArray[np.intp]
    n_groups: int
    merits: Floats

    @classmethod
    def of(cls, scheme: Scheme, systems: Sequence[Scored]) -> Self:
        """Line up the answers of several systems in one scheme and dimension.

        Args:
            scheme: The scheme.
            systems: The systems, the leader first.
        """
        import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

        columns: dict[str, pd.Series] = {}
        of_item: dict[str, str] = {}
        for entry in systems:
            # `Evidence.scored` names a system's questions by item, repeat and moment.
            key = entry.rows[["item_id", "repeat", "frame_t"]].fillna({"frame_t": -1.0})
            merit = _merit_of_each(scheme, entry)
            columns[entry.system_id] = pd.Series(merit, index=pd.MultiIndex.from_frame(key))
            of_item |= dict(zip(entry.rows["item_id"], entry.rows["group"], strict=True))
        dimension = systems[0].dimension
        return cls.lined_up(
            columns,
            names={entry.system_id: entry.name for entry in systems},
            groups=of_item,
            metric="mae" if dimension else "exact_match" if scheme.multi_label else "accuracy",
            dimension=dimension,
        )

    @classmethod
    def lined_up(
        cls,
        merits: Mapping[str, pd.Series],
        *,
        names: Mapping[str, str],
        groups: Mapping[str, str],
        metric: str,
        dimension: str = "",
    ) -> Self:
        """Line up the merits of several systems.

        Args:
            merits: System to the merit of each of its answers, the leader first; of all of them the
                index says which question is answered, each once, its level `item_id` about what.
            names: System to its name for people.
            groups: Item to what it moves with.
            metric: What the mean of the merits is called.
            dimension: The dimension that was asked about.
        """
        import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

        table = pd.concat(list(merits.values()), axis=1, sort=False)
        items = table.index.get_level_values("item_id").astype(str).to_numpy()
        own, group = np.unique([groups[item] for item in items], return_inverse=True)
        alone = table.to_numpy(float)
        return cls(
            systems={system: names[system] for system in merits},
            dimension=dimension,
            metric=metric,
            sign=-1 if metric == "mae" else 1,
            items=items,
            group=group,
            n_groups=len(own),
            merits=np.concatenate([alone, alone[:, :1] - alone[:, 1:]], axis=1),
        )

    def sides(self, subgroup: Subgroup) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which questions are about items inside, and which outside."""
        inside = np.array([item in subgroup.items for item in self.items], dtype=bool)
        known = np.array([item in subgroup.known for item in self.items], dtype=bool)
        return inside, known & ~inside

    def blocks(self, subgroup: Subgroup) -> Blocks:
        """The questions of each group on each side, summed."""
        inside, outside = self.sides(subgroup)
        rows = inside | outside
        return Blocks.of(self.merits[rows], self.group[rows], inside[rows])

    def totals(self, subgroup: Subgroup) -> Totals:
        """Weights of groups to sums and counts inside and outside, (B, side, sum or count, Q)."""
        parts = np.zeros((self.n_groups, 2, 2, self.merits.shape[1]))
        for side, rows in enumerate(self.sides(subgroup)):
            np.add.at(parts[:, side, 0], self.group[rows], np.nan_to_num(self.merits[rows]))
            np.add.at(parts[:, side, 1], self.group[rows], ~np.isnan(self.merits[rows]))
        flat = parts.reshape(self.n_groups, -1)
        return lambda weights: (weights @ flat).reshape(len(weights), *parts.shape[1:])


def _merit_of_each(scheme: Scheme, entry: Scored) -> Floats:
    """How good each answer is: right or wrong, or the error as a negative number."""
    read = (entry.rows["status"] == "ok").to_numpy()
    truth = entry.rows["truth"].tolist()
    if entry.dimension:
        answers = [(values or {}).get(entry.dimension) for values in entry.rows["values"]]
        return np.array(
            [
                -abs(answer - said) if ok and answer is not None else math.nan
                for ok, answer, said in zip(read, answers, truth, strict=True)
            ]
        )
    return np.array(
        [
            float(ok and is_right(scheme, label, said))
            for ok, label, said in zip(read, entry.rows["label"], truth, strict=True)
        ]
    )
