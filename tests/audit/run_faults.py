"""Faults to plant in sound runs: for each code one or several ways, drawn by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tests.audit.faults import claims, copies, descriptions, ids_and_labels, numbers, rows, sets

if TYPE_CHECKING:
    from tests.audit.faults.planting import Plant, Planted

FAULTS: dict[str, tuple[Plant, ...]] = {
    "shuffled-ids": (
        ids_and_labels.a_shuffled_loader,
        ids_and_labels.ids_in_another_order,
        sets.shuffled_sets,
    ),
    "permuted-targets": (ids_and_labels.targets_in_another_code,),
    "contradictory-targets": (ids_and_labels.labels_that_contradict, sets.sets_that_contradict),
    "foreign-texts": (ids_and_labels.texts_of_others,),
    "permuted-labels": (ids_and_labels.permuted_answers, sets.labels_in_other_columns),
    "below-chance": (ids_and_labels.answers_that_avoid_the_truth, sets.zeros_for_ones),
    "inverted-scale": (numbers.a_scale_from_the_other_end,),
    "swapped-dimensions": (numbers.dimensions_in_each_others_place,),
    "constant-answers": (rows.one_label_for_all, sets.one_set_for_all, numbers.one_number_for_all),
    "copied-descriptions": (descriptions.copied_texts,),
    "describer-style": (descriptions.anothers_style,),
    "truncated-descriptions": (descriptions.truncated,),
    "duplicate-texts-across-folds": (copies.same_texts,),
    "near-duplicate-texts-across-folds": (copies.nearly_same_texts,),
    "duplicate-images-across-folds": (copies.same_pictures,),
    "near-duplicate-images-across-folds": (copies.copied_pictures,),
    "missing-items": (
        rows.rows_that_are_not_there,
        rows.a_scheme_without_rows,
        numbers.numbers_that_are_not_there,
    ),
    "repeated-items": (rows.rows_that_are_there_twice, sets.sets_that_are_there_twice),
    "label-outside-scheme": (rows.labels_of_no_scheme,),
    "value-outside-scale": (numbers.numbers_beyond_the_scale,),
    "unreadable-answers-labeled": (
        rows.labels_of_unreadable_answers,
        numbers.numbers_of_unreadable_answers,
    ),
    "tiny-class": (rows.a_tiny_class, sets.a_label_of_few_items),
    "class-absent-from-fold": (rows.a_fold_without_a_class,),
    "claim-not-reproduced": (claims.a_score_from_nowhere,),
    "claim-of-another-score": (claims.a_score_of_another_kind,),
    "interval-not-as-claimed": (claims.an_interval_that_is_none,),
    "selected-on-reported-fold": (claims.stopped_by_the_reported_fold,),
}
"""Code to the ways of planting it."""


def plant(code: str, seed: int) -> Planted:
    """A run with a fault of a code, by one of its ways."""
    rng = np.random.default_rng([seed, *code.encode()])
    ways = FAULTS[code]
    return ways[seed % len(ways)](seed, rng)
