"""Audits of answers that are numbers or sets of labels, and of systems that say one thing only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.audit.faults.numbers import good_numbers, with_values
from tests.audit.measuring import AUDIT_OF
from tests.audit.run_faults import plant
from tests.audit.sound_numbers import sound_ratings
from tests.audit.sound_runs import changed, sound_import
from tests.audit.sound_sets import sound_sets_import

from mllmsent.audit import Finding, RunTables, audit_run
from mllmsent.audit.runs.correlations import together, williams
from mllmsent.audit.runs.scores import scores_of
from mllmsent.audit.runs.sheets import UNREAD
from mllmsent.audit.text_likeness import similar_texts


def the(code: str, run: RunTables) -> Finding:
    found = [one for one in audit_run(run, only=[AUDIT_OF[code]]) if one.code == code]
    assert found, code
    return found[0]


def test_sound_numbers_and_sets_are_left_in_peace() -> None:
    assert audit_run(sound_ratings(1)) == []
    assert audit_run(sound_sets_import(1)) == []


# --- numbers


def test_the_score_of_a_scale_that_is_turned_back_is_the_right_one() -> None:
    run, system, dimension = good_numbers(0, least=0.45)
    sheet = next(s for s in run.sheets if (s.system_id, s.dimension) == (system, dimension))
    ends = sheet.scale.low + sheet.scale.high
    turned = with_values(run, system, lambda old: {**old, dimension: ends - old[dimension]})
    finding = the("inverted-scale", turned)
    assert f"becomes {scores_of(sheet).main:.3f}" in finding.effect
    assert len(finding.rows) == sheet.read.sum()


def test_a_mean_learned_from_the_other_folds_is_no_turned_scale() -> None:
    run = sound_ratings(3)
    (sheet, *_) = [one for one in run.sheets if one.trained]
    means = {
        item: float(sheet.truth[sheet.folds != fold].mean())
        for item, fold in zip(sheet.items, sheet.folds, strict=True)
    }
    table = run.table("predictions")
    own = table["system_id"] == sheet.system_id
    rng = np.random.default_rng(0)
    values: list[Any] = [
        {**old, sheet.dimension: means[item] + 0.02 * rng.normal()} if is_own else old
        for item, old, is_own in zip(table["item_id"], table["values"], own, strict=True)
    ]
    learned = changed(run, {"predictions": table.assign(values=values)})
    answers = next(
        one
        for one in learned.sheets
        if one.system_id == sheet.system_id and one.dimension == sheet.dimension
    )
    assert np.corrcoef(answers.truth, answers.answer)[0, 1] < 0
    assert audit_run(learned, only=["misread-scales"]) == []


def test_valence_heard_in_everything_is_no_exchange() -> None:
    run = sound_ratings(0)
    table = run.table("predictions")
    heard: list[Any] = [old and dict.fromkeys(old, old["valence"]) for old in table["values"]]
    same = changed(run, {"predictions": table.assign(values=heard)})
    assert audit_run(same, only=["misread-scales"]) == []


def test_williams_test_is_that_of_the_textbook() -> None:
    """Steiger (1980), p. 246: r12 = .4, r13 = .1, r23 = .5, n = 103."""
    wanted = np.array([[1, 0.4, 0.1], [0.4, 1, 0.5], [0.1, 0.5, 1]])
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(103, 3))
    white = np.linalg.solve(np.linalg.cholesky(np.cov(raw.T)), (raw - raw.mean(axis=0)).T)
    answer, better, worse = np.linalg.cholesky(wanted) @ white
    t = stats.t.isf(williams(answer, better, worse), 100)
    determinant = np.linalg.det(wanted)
    by_hand = 0.3 * np.sqrt(102 * 1.5 / (2 * 102 / 100 * determinant + 0.0625 * 0.5**3))
    assert t == pytest.approx(by_hand)


def test_what_must_hold_together_does_not_where_one_part_hardly_does() -> None:
    assert together([1e-9, 0.2]) == 1.0
    assert together([0.01, 0.04]) < 0.01


def test_an_exchange_of_dimensions_is_told_with_both_scores() -> None:
    run, system, one = good_numbers(0, least=0.5, both=True)
    right = [sheet for sheet in run.sheets if sheet.system_id == system][:2]
    other = right[1].dimension
    exchanged = with_values(run, system, lambda old: {**old, one: old[other], other: old[one]})
    finding = the("swapped-dimensions", exchanged)
    for sheet in right:
        assert f"becomes {scores_of(sheet).main:.3f}" in finding.effect


def test_what_was_not_asked_in_a_dimension_lacks_nothing_there() -> None:
    run = sound_ratings(0)
    name = run.sheets[0].scheme.dimension_names[0]
    (system, *_) = run.systems["system_id"]
    only = with_values(run, str(system), lambda values: {name: values[name]})
    assert {one.dimension for one in only.sheets if one.system_id == system} == {name}
    assert audit_run(only, only=["missing-items", "constant-answers", "misread-scales"]) == []


# --- sets


def test_sets_are_scored_as_leaderboards_score_them() -> None:
    sheet = sound_sets_import(1).sheets[0]
    rows = sheet.members(sheet.truth), sheet.members(sheet.answer)
    hits = (rows[0] & rows[1]).sum(axis=0)
    f1 = 2 * hits / (rows[0].sum(axis=0) + rows[1].sum(axis=0))
    assert scores_of(sheet).main == pytest.approx(f1.mean())
    assert scores_of(sheet).rows == pytest.approx((rows[0] == rows[1]).all(axis=1).mean())


def test_the_order_of_the_labels_in_a_set_does_not_matter() -> None:
    run = sound_sets_import(2)
    rows = run.table("imported_rows")
    turned = rows.assign(target=["|".join(reversed(one.split("|"))) for one in rows["target"]])
    again = changed(run, {"imported_rows": turned}).sheets[0]
    assert again.truth.tolist() == run.sheets[0].truth.tolist()
    assert UNREAD not in again.truth


def test_a_number_beyond_the_scale_is_told_with_how_far_it_lies() -> None:
    run = sound_ratings(2)
    sheet = run.sheets[0]
    scale = sheet.scale
    item = next(one for one, read in zip(sheet.items, sheet.read, strict=True) if read)
    far = with_values(
        run, sheet.system_id, lambda old: {**old, scale.name: scale.high + 91}, {item}
    )
    finding = the("value-outside-scale", far)
    assert [row.item_id for row in finding.rows] == [item]
    assert f"as far as {scale.high + 91:g}" in finding.message


def test_what_is_named_where_it_is_not_seen_is_told_with_the_opposite() -> None:
    finding = the("below-chance", plant("below-chance", 1).run)
    assert "that it does not name instead" in finding.effect


# --- one thing only, or nothing


def test_one_answer_for_images_that_people_do_not_tell_apart_is_no_fault() -> None:
    run = sound_import(0)
    name = run.sheets[0].scheme.label_names[0]
    rows = run.table("imported_rows").assign(target=name, label=name)
    same = changed(run, {"imported_rows": rows})
    assert audit_run(same, only=["constant-answers"]) == []


def test_a_system_without_a_row_in_a_scheme_that_most_have_is_missing_there() -> None:
    planted = plant("missing-items", 1)
    (system,) = planted.systems
    (finding,) = audit_run(planted.run, only=["missing-items"])
    assert finding.systems == (system,)
    assert "no answer at all" in finding.message


def test_every_item_as_often_as_every_other_is_called_repeats() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows").assign(fold=None, target=None)
    twice = changed(run, {"imported_rows": pd.concat([rows, rows], ignore_index=True)})
    finding, *_ = audit_run(twice, only=["repeated-items"])
    assert finding.severity == "info"
    assert "2 times" in finding.message
    assert "for want of targets" in finding.effect


def test_two_tables_with_schemes_of_their_own_lack_nothing() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows")
    (scheme,) = run.schemes.values()
    other = sound_import(2)
    theirs = other.table("imported_rows")
    theirs = theirs.assign(system_id="other-" + theirs["system_id"])
    systems = other.systems.assign(
        system_id="other-" + other.systems["system_id"], name="other-" + other.systems["name"]
    )
    both = RunTables(
        {
            "systems": pd.concat([run.systems, systems], ignore_index=True),
            "imported_rows": pd.concat([rows, theirs], ignore_index=True),
        },
        {**run.schemes, **other.schemes},
    )
    assert scheme.name not in other.schemes
    assert audit_run(both, only=["missing-items"]) == []


# --- texts


def test_a_describer_with_few_phrases_repeats_itself_without_copying() -> None:
    rng = np.random.default_rng(0)
    places = ["a wide meadow with rolling green hills", "a town street with old brick houses",
              "a sandy shore beside the calm sea", "a small room with one open window"]  # fmt: skip
    times = ["late at night under a clear sky", "in the morning while it is raining",
             "at sunset with clouds in the west", "at noon when the sun stands high"]  # fmt: skip
    beings = ["an old man looks on with a smile", "two children play with a red ball",
              "nobody is there and nothing moves", "a dog sleeps beside an empty chair"]  # fmt: skip
    texts = sorted(
        {
            f"we see {rng.choice(places)} {rng.choice(times)} and {rng.choice(beings)} here"
            for _ in range(60)
        }
    )
    assert list(similar_texts(texts, 0.7)) == []
    copy = f"{texts[0]} and now"
    assert [pair[:2] for pair in similar_texts([*texts, copy], 0.7)] == [(0, len(texts))]
