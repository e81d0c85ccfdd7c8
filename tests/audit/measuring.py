"""How often planted faults are found, and sound runs are left in peace."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.audit.faults.copies import with_pictures
from tests.audit.run_faults import plant
from tests.audit.sound_numbers import sound_ratings
from tests.audit.sound_runs import sound_import, sound_study
from tests.audit.sound_sets import sound_sets_import, sound_sets_study

from mllmsent.audit import audit_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mllmsent.audit.runs.tables import RunTables

__all__ = ["AUDIT_OF", "RUNS_OF_A_SET", "Recall", "alarms_in_sound_set", "recall_of", "sound_set"]

AUDIT_OF = {
    "shuffled-ids": "shuffled-ids",
    "permuted-targets": "permuted-targets",
    "contradictory-targets": "contradictory-targets",
    "foreign-texts": "foreign-texts",
    "permuted-labels": "permuted-labels",
    "below-chance": "permuted-labels",
    "inverted-scale": "misread-scales",
    "swapped-dimensions": "misread-scales",
    "constant-answers": "constant-answers",
    "copied-descriptions": "copied-descriptions",
    "describer-style": "describer-style",
    "truncated-descriptions": "truncated-descriptions",
    "duplicate-texts-across-folds": "texts-across-folds",
    "near-duplicate-texts-across-folds": "texts-across-folds",
    "duplicate-images-across-folds": "images-across-folds",
    "near-duplicate-images-across-folds": "images-across-folds",
    "missing-items": "missing-items",
    "repeated-items": "repeated-items",
    "label-outside-scheme": "outside-scheme",
    "value-outside-scale": "outside-scale",
    "unreadable-answers-labeled": "unreadable-answers",
    "tiny-class": "fold-classes",
    "class-absent-from-fold": "fold-classes",
    "claim-not-reproduced": "claims",
    "claim-of-another-score": "claims",
    "interval-not-as-claimed": "claimed-intervals",
    "selected-on-reported-fold": "selection",
}
"""Code to the audit that gives it."""


@dataclass(frozen=True)
class Recall:
    """What became of planted faults of one code.

    Attributes:
        planted: How many were planted.
        found: How many were found, with the right systems and all planted rows.
        missed: Seeds of the others.
    """

    planted: int
    found: int
    missed: tuple[int, ...]


def recall_of(code: str, seeds: Iterable[int]) -> Recall:
    """How many planted faults of a code are found, each where it was planted."""
    results = {seed: _is_found(code, seed) for seed in seeds}
    missed = tuple(seed for seed, found in results.items() if not found)
    return Recall(len(results), len(results) - len(missed), missed)


def _is_found(code: str, seed: int) -> bool:
    planted = plant(code, seed)
    findings = [
        finding for finding in audit_run(planted.run, only=[AUDIT_OF[code]]) if finding.code == code
    ]
    named = {system for finding in findings for system in finding.systems}
    items = {row.item_id for finding in findings for row in finding.rows}
    right_systems = not planted.systems or not planted.systems.isdisjoint(named)
    return bool(findings) and right_systems and planted.items <= items


RUNS_OF_A_SET = 4
"""How many runs a sound set is."""


def sound_set(seed: int) -> Iterator[tuple[str, RunTables]]:
    """A sound import and a sound study of labels, of a size; and by turns ratings and label sets.

    Yields:
        What it is, and the run.
    """
    size = ("usual", "small", "usual", "large", "usual")[seed % 5]
    yield f"import of labels, {size}", sound_import(seed, size)
    study = sound_study(seed, size)
    yield f"study of labels, {size}", with_pictures(study) if seed % 5 == 0 else study
    yield "study of ratings", sound_ratings(seed)
    if seed % 2:
        yield "import of label sets", sound_sets_import(seed)
    else:
        yield "study of label sets", sound_sets_study(seed)


def alarms_in_sound_set(seed: int) -> Counter[tuple[str, str]]:
    """Codes that audits give in a sound set, each with the kind of run it was given in."""
    return Counter(
        (finding.code, what) for what, run in sound_set(seed) for finding in audit_run(run)
    )
