"""Experiments in the published layout, written by tests with a truth that they know."""

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Photos", "write_experiment"]

Row = Mapping[str, str]


@dataclass(frozen=True)
class Photos:
    """Items with a class each, in five folds.

    Attributes:
        n: How many.
        codes: The classes' codes.
        seed: Of classes and answers.
    """

    n: int = 200
    codes: Sequence[str] = ("0", "1", "2")
    seed: int = 1
    targets: list[str] = field(init=False)

    def __post_init__(self) -> None:
        dice = random.Random(self.seed)
        object.__setattr__(self, "targets", [dice.choice(self.codes) for _ in range(self.n)])

    def folds(self, describer: str, *, right: float = 0.7, seed: int = 0) -> dict[int, list[Row]]:
        """Fold to rows as a system with that share of right answers has them."""
        dice = random.Random(f"{self.seed} {describer} {seed}")
        rows: dict[int, list[Row]] = {fold: [] for fold in range(1, 6)}
        for number, target in enumerate(self.targets):
            answer = target if dice.random() < right else dice.choice(self.codes)
            rows[1 + number % 5].append(
                {
                    "id": f"photo{number:04}",
                    "text": f"{describer} sees a street with {number} windows in it.",
                    "target": target,
                    "prediction": answer,
                }
            )
        return rows


def write_experiment(
    root: Path,
    name: str,
    folds: Mapping[int, Sequence[Row]],
    *,
    track: str = "finetuning",
    without: Sequence[str] = (),
) -> Path:
    """Write the files of one experiment and give its folder."""
    folder = root / f"experiments-{track}" / name
    (folder / "logs").mkdir(parents=True)
    for fold, rows in folds.items():
        columns = [column for column in rows[0] if column not in without]
        with (folder / "logs" / f"test_logs_{fold:02}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
    return folder
