"""Audits of runs: what each says, in which rows, and with which number."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from tests.audit.run_faults import plant
from tests.audit.sound_runs import changed, claims_of, sound_import, sound_study, value_of

from mllmsent.audit import RUN_AUDITS, Finding, RunTables, audit_run, run_audit_names
from mllmsent.audit.runs import chance
from mllmsent.audit.runs.claimed_spreads import spread_of
from mllmsent.audit.runs.recomputed import meant_by, ways_of_scoring
from mllmsent.audit.runs.rounding import rounded_off
from mllmsent.audit.runs.scores import kappa, scores_of
from mllmsent.audit.runs.truncated_descriptions import cut_texts
from mllmsent.foundation import InputError


def the(code: str, run: RunTables, *, audit: str | None = None) -> Finding:
    found = [one for one in audit_run(run, only=[audit or code]) if one.code == code]
    assert found, code
    return found[0]


def codes(run: RunTables, audit: str) -> set[str]:
    return {finding.code for finding in audit_run(run, only=[audit])}


def test_a_sound_import_and_a_sound_study_are_left_in_peace() -> None:
    assert audit_run(sound_import(3)) == []
    assert audit_run(sound_study(3)) == []


def test_a_run_without_anything_has_no_faults() -> None:
    assert audit_run(RunTables({}, {})) == []


def test_an_audit_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="claims"):
        audit_run(RunTables({}, {}), only=["claim"])


def test_every_audit_says_what_it_looks_for() -> None:
    for name in run_audit_names():
        audit = RUN_AUDITS.get(name)
        assert audit.name == name
        assert audit.description.endswith(".")


def test_findings_are_plain_json_with_the_promised_keys() -> None:
    finding = the(
        "label-outside-scheme", plant("label-outside-scheme", 1).run, audit="outside-scheme"
    )
    plain = json.loads(json.dumps(finding.as_dict()))
    assert list(plain) == ["code", "severity", "systems", "rows", "message", "effect"]
    assert {"item_id", "file", "row", "note"} <= plain["rows"][0].keys()


# --- ids and labels


def test_a_shuffled_file_is_told_with_its_score_by_rows_and_by_ids() -> None:
    planted = plant("shuffled-ids", 0)
    finding = the("shuffled-ids", planted.run)
    (system,) = planted.systems
    sheet = next(one for one in planted.run.sheets if one.system_id == system)
    assert finding.systems == (system,)
    assert f"macro F1 {scores_of(sheet).main:.3f}" in finding.effect
    right = next(one for one in planted.run.sheets if one.system_id != system)
    truth = dict(zip(right.items, right.truth.tolist(), strict=True))
    by_id = sheet.with_truth(np.array([truth[item] for item in sheet.items]))
    assert f"macro F1 {scores_of(by_id).main:.3f}" in finding.effect


def test_ids_in_another_order_are_told_from_shuffled_targets() -> None:
    assert (
        "the right ones for these rows" in the("shuffled-ids", plant("shuffled-ids", 1).run).message
    )


def test_of_two_files_that_disagree_none_is_called_the_wrong_one() -> None:
    planted = plant("shuffled-ids", 2)
    (system,) = planted.systems
    other = next(one.system_id for one in planted.run.sheets if one.system_id != system)
    rows = planted.run.table("imported_rows")
    two = changed(planted.run, {"imported_rows": rows[rows["system_id"].isin([system, other])]})
    findings = [one for one in audit_run(two) if one.code == "shuffled-ids"]
    assert {name for one in findings for name in one.systems} == {system, other}
    assert all("cannot tell" in one.message for one in findings)


def test_a_permutation_is_named_and_the_score_it_gives_is_the_right_one() -> None:
    planted = plant("permuted-labels", 0)
    (system,) = planted.systems
    finding = the("permuted-labels", planted.run)
    sound = sound_import(0) if planted.run.is_imported else sound_study(0)
    sheet = next(one for one in sound.sheets if one.system_id == system)
    assert f"becomes {scores_of(sheet).main:.3f}" in finding.effect


def test_a_scale_that_is_turned_around_is_told_whole() -> None:
    run = sound_import(1)  # five ordered classes
    names = run.sheets[0].scheme.label_names
    turned = dict(zip(names, reversed(names), strict=True))
    rows = run.table("imported_rows").copy()
    best = max(run.sheets, key=lambda sheet: scores_of(sheet).main)
    own = rows["system_id"] == best.system_id
    rows.loc[own, "label"] = rows.loc[own, "label"].map(turned)
    finding = the("permuted-labels", changed(run, {"imported_rows": rows}))
    assert f"becomes {scores_of(best).main:.3f}" in finding.effect


def test_a_class_that_is_answered_for_another_is_bias_and_no_permutation() -> None:
    run = sound_import(0)
    names = run.sheets[0].scheme.label_names
    rows = run.table("imported_rows").copy()
    # Whatever is neutral is called positive, and so is what is positive.
    rows.loc[rows["target"] == names[1], "label"] = names[2]
    rows.loc[rows["target"] == names[2], "label"] = names[2]
    assert codes(changed(run, {"imported_rows": rows}), "permuted-labels") == set()


def test_constant_answers_are_no_permutation_and_not_below_chance() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows").assign(label=run.sheets[0].scheme.label_names[0])
    assert codes(changed(run, {"imported_rows": rows}), "permuted-labels") == set()


def test_random_answers_are_hardly_ever_called_permuted_or_below_chance() -> None:
    run = sound_import(1)
    names = np.array(run.sheets[0].scheme.label_names)
    rows = run.table("imported_rows")
    alarms = 0
    for seed in range(20):
        random = np.random.default_rng(seed).choice(names, len(rows))
        chance_run = RunTables(
            {**run.tables, "imported_rows": rows.assign(label=random)}, run.schemes
        )
        alarms += bool(codes(chance_run, "permuted-labels"))
    assert alarms <= 1


def test_random_pairs_keep_both_margins() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    drawn = chance.random_pairs(one, other, 3, draws=200, seed=1)
    assert (drawn.sum(axis=2) == np.bincount(one, minlength=3)).all()
    assert (drawn.sum(axis=1) == np.bincount(other, minlength=3)).all()
    expected = (np.bincount(one, minlength=3) * np.bincount(other, minlength=3)).sum() / 50
    assert chance.right(drawn).mean() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("n_classes", [2, 3, 5, 7])
def test_the_best_permutation_undoes_a_permutation(n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    truth = rng.integers(0, n_classes, 300)
    moved = rng.permutation(n_classes)
    table = chance.pairs(truth, moved[truth], n_classes)
    agreeing, read_as = chance.best_permutation(table[None])
    assert agreeing[0] == 300
    assert (read_as[0][moved] == np.arange(n_classes)).all()


def test_kappa_is_one_for_equal_and_zero_at_chance() -> None:
    codes_ = np.array([0, 1, 0, 1])
    assert kappa(codes_, codes_) == 1
    assert kappa(codes_, np.array([0, 0, 1, 1])) == pytest.approx(0)


# --- descriptions


def test_texts_that_end_in_the_middle_at_one_length_are_cut() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(["word"] * int(n)) + "." for n in rng.integers(30, 90, 200)]
    limited = [text if len(text.split()) <= 60 else " ".join(text.split()[:60]) for text in texts]
    found = cut_texts(limited)
    assert found is not None
    assert found.rows.tolist() == [len(text.split()) > 60 for text in texts]


def test_texts_of_one_file_that_a_limit_cut_are_found_among_longer_ones() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(["word"] * int(n)) + "." for n in rng.integers(30, 90, 200)]
    cut = [text[:201] if number % 5 == 0 else text for number, text in enumerate(texts)]
    found = cut_texts(cut)
    assert found is not None
    assert found.rows.tolist() == [len(text) == 201 for text in cut]


def test_captions_without_full_stops_are_not_cut() -> None:
    rng = np.random.default_rng(0)
    assert cut_texts([" ".join(["word"] * int(n)) for n in rng.integers(5, 14, 200)]) is None


def test_forgotten_full_stops_at_any_length_are_not_cut() -> None:
    rng = np.random.default_rng(1)
    texts = [" ".join(["word"] * int(n)) + "." for n in rng.integers(30, 90, 200)]
    forgotten = [text[:-1] if number % 9 == 0 else text for number, text in enumerate(texts)]
    assert cut_texts(forgotten) is None


def test_describers_who_write_alike_are_not_suspected_of_each_other() -> None:
    run = sound_study(2)
    table = run.table("descriptions")
    alpha = table[table["describer"] == "alpha"]
    twin = plant("describer-style", 2).run.table("descriptions")
    # Two describers of one manner, with texts of their own each.
    items = alpha["item_id"].tolist()
    half = len(items) // 2
    same = pd.concat(
        [alpha.iloc[:half], alpha.iloc[half:].assign(describer="gamma")], ignore_index=True
    )
    assert len(twin)
    assert codes(changed(run, {"descriptions": same}), "describer-style") == set()


# --- rows and folds


def test_a_missing_item_is_told_with_the_score_on_what_all_have() -> None:
    planted = plant("missing-items", 3)
    finding = the("missing-items", planted.run)
    assert {row.item_id for row in finding.rows} == planted.items
    assert finding.systems == tuple(planted.systems)


def test_rows_that_name_no_item_are_not_missing() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows").copy()
    own = rows["system_id"] == "beta-bart"
    rows.loc[own, "item_id"] = [f"beta-bart, row {number}" for number in range(own.sum())]
    rows.loc[own, "id_from"] = "row"
    assert audit_run(changed(run, {"imported_rows": rows})) == []


def test_an_item_in_two_folds_was_trained_on_and_tested() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows")
    again = rows[(rows["system_id"] == "alpha-bert") & (rows["fold"] == 1)].head(3).assign(fold=4)
    twice = changed(run, {"imported_rows": pd.concat([rows, again], ignore_index=True)})
    finding = the("repeated-items", twice)
    assert finding.severity == "error"
    assert "trained on and tested" in finding.message
    assert len(finding.rows) == 6


def test_what_was_not_trained_may_have_copies_in_any_fold() -> None:
    planted = plant("duplicate-texts-across-folds", 0)
    systems = planted.run.table("systems").assign(training="none")
    assert codes(changed(planted.run, {"systems": systems}), "texts-across-folds") == set()


def test_a_way_of_saying_nothing_is_no_label_outside_the_scheme() -> None:
    run = sound_import(0)
    rows = run.table("imported_rows").copy()
    silent = ["nan", "refused", "", "I cannot tell from this image."]
    rows.loc[rows.index[: len(silent)], "raw_label"] = silent
    rows.loc[rows.index[: len(silent)], "label"] = None
    assert codes(changed(run, {"imported_rows": rows}), "outside-scheme") == set()


# --- claims


def test_scores_are_those_of_scikit_learn() -> None:
    sheet = sound_import(1).sheets[0]
    read = sheet.take(sheet.answer >= 0)
    for average in ("weighted", "macro", "micro"):
        expected = f1_score(read.truth, read.answer, average=average)
        assert value_of(read, f"{average} F1") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("metric", "meant"),
    [
        ("f1_score", ("weighted F1", False)),
        ("macro_f1", ("macro F1", True)),
        ("f1-weighted", ("weighted F1", True)),
        ("accuracy", ("accuracy", True)),
        ("balanced_accuracy", ("balanced accuracy", True)),
        ("time", None),
        ("val_loss", None),
    ],
)
def test_a_metrics_name_says_which_score_is_meant(
    metric: str, meant: tuple[str, bool] | None
) -> None:
    assert meant_by(metric) == meant


@pytest.mark.parametrize(
    ("metric", "spread"),
    [
        ("weighted_f1_low", ("weighted_f1", "low")),
        ("weighted_f1_ci_upper", ("weighted_f1", "high")),
        ("accuracy_std", ("accuracy", "sd")),
        ("f1_95_ci", ("f1", "half")),
        ("weighted_f1", None),
    ],
)
def test_a_claim_of_uncertainty_is_told_from_a_score(
    metric: str, spread: tuple[str, str] | None
) -> None:
    assert spread_of(metric) == spread


def test_rounding_and_percent_are_allowed_for() -> None:
    assert rounded_off(77.54) == pytest.approx((0.7754, 5e-5), rel=1e-3)
    assert rounded_off(0.775)[1] == pytest.approx(5e-4, rel=1e-3)
    assert rounded_off(0.7754321098)[1] == pytest.approx(1e-6)
    assert rounded_off(1.0) == (1.0, 0.005)


def test_what_a_file_calls_f1_may_be_any_f1_but_a_named_average_is_that_one() -> None:
    run = sound_import(0)
    sheet = run.sheets[0]
    macro = value_of(sheet, "macro F1", fold=1)
    assert abs(macro - value_of(sheet, "weighted F1", fold=1)) > 1e-4
    claims = run.table("imported_claims").copy()
    own = (claims["system_id"] == sheet.system_id) & (claims["fold"] == 1).fillna(value=False)
    claims.loc[own & (claims["metric"] == "f1_score"), "value"] = macro
    assert codes(changed(run, {"imported_claims": claims}), "claims") == set()
    claims.loc[own & (claims["metric"] == "f1_score"), "metric"] = "weighted_f1"
    finding = the(
        "claim-of-another-score", changed(run, {"imported_claims": claims}), audit="claims"
    )
    assert "is macro F1" in finding.message


def test_a_claim_of_folds_that_are_not_here_is_not_judged() -> None:
    run = sound_import(0)
    claims = claims_of(run)
    rows = run.table("imported_rows")
    one_fold = changed(run, {"imported_rows": rows[rows["fold"] == 1], "imported_claims": claims})
    assert codes(one_fold, "claims") == set()


def test_unread_rows_may_be_left_out_of_a_claim() -> None:
    run = sound_import(0)
    sheet = run.sheets[0]
    silent = sheet.with_answers(np.where(np.arange(len(sheet.answer)) % 7 == 0, -1, sheet.answer))
    assert {way.how for way in ways_of_scoring(silent, 1)} == {"", "of rows that could be read"}


# --- curves


def test_stopping_by_rows_of_its_own_is_no_selection() -> None:
    assert codes(sound_import(5), "selection") == set()


def test_the_room_that_selection_had_is_told() -> None:
    for seed in range(6):
        finding = the(
            "selected-on-reported-fold",
            plant("selected-on-reported-fold", seed).run,
            audit="selection",
        )
        chosen = finding.severity == "error"
        assert ("had from looking" in finding.effect) == chosen
        assert ("ended" in finding.message) != chosen


def test_equal_numbers_of_epochs_are_no_stopping() -> None:
    planted = plant("selected-on-reported-fold", 0)
    (system,) = planted.systems
    curves = planted.run.table("training_curves")
    own = (curves["system_id"] == system) & (curves["epoch"] <= 8)
    assert codes(changed(planted.run, {"training_curves": curves[own]}), "selection") == set()
