"""Versions against each other: planted flips are found, equal versions pass, and protocols are kept."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent import compare
from mllmsent.affect import get_scheme
from mllmsent.analysis.material import Material
from mllmsent.analysis.versions.changes import Change, measure_changes
from mllmsent.analysis.versions.find import TABLES, compare_runs, enough_draws
from mllmsent.analysis.versions.gates import check_gate, parse_gate
from mllmsent.analysis.versions.matching import SystemMatch, match_systems
from mllmsent.analysis.versions.pairs import VersionPair, pair_versions
from mllmsent.dioramas.simulated.systems import SystemSpec, simulate_systems
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling, holm, label_sample
from mllmsent.runs.folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

POLARITY = get_scheme("polarity3")
LABELS = POLARITY.label_names


def label_change(
    truth: Any, old: Any, new: Any, *, resamples: int = 1000, groups: Any = None
) -> Change:
    """What changed between two columns of labels; an empty one was not read."""
    old, new = ([label or None for label in labels] for labels in (old, new))
    ids = [f"i{number}" for number in range(len(truth))] if groups is None else groups
    pair = VersionPair(
        run="new",
        match=SystemMatch("old", "new", "a system"),
        scheme=POLARITY,
        dimension="",
        old=label_sample(truth, old, LABELS, ids),
        new=label_sample(truth, new, LABELS, ids),
        rows=pd.DataFrame(
            {"item_id": ids, "repeat": 0, "frame_t": np.nan, "status_old": "ok", "status_new": "ok"}
        ),
        planned=len(truth),
        dropped=0,
    )
    return measure_changes([pair], Resampling(n_resamples=resamples))[0]


class Population:
    """Many items with the answers of two versions, of which worlds are samples."""

    def __init__(self, old: SystemSpec, new: SystemSpec, n: int = 8000) -> None:
        rng = np.random.default_rng(5)
        ids = [f"i{number}" for number in range(n)]
        self.truth = rng.choice(LABELS, n, p=[0.3, 0.2, 0.5])
        items = check_table("items", pd.DataFrame({"item_id": ids}))
        truth = dict(zip(ids, self.truth.tolist(), strict=True))
        said, systems = simulate_systems(items, truth, POLARITY, [old, new], seed=1)
        self.old, self.new = (
            said[said["system_id"] == system]["label"].astype(object).fillna("").to_numpy()
            for system in systems["system_id"]
        )

    def truly(self, name: str) -> float:
        """The value of a quantity over everything."""
        right = [answers == self.truth for answers in (self.old, self.new)]
        if name == "accuracy":
            return float(right[1].mean() - right[0].mean())
        if name == "negative_flips":
            return float((right[0] & ~right[1]).mean())
        if name == "churn":
            return float((self.old != self.new).mean())
        of = self.truth == name[len("recall[") : -1]
        return float(right[1][of].mean() - right[0][of].mean())

    def sample(self, seed: int, n: int = 200) -> Change:
        """A world: some of the items."""
        rows = np.random.default_rng(seed).choice(len(self.truth), n, replace=False)
        return label_change(self.truth[rows], self.old[rows], self.new[rows])


def test_planted_negative_flips_are_found_item_by_item(tmp_path: Path) -> None:
    base = make_run(tmp_path / "v1", Recipe(n_items=60, images=False, schemes=("polarity3",)))
    new, planted = spoiled(base, tmp_path / "v2", every=7)
    found = compare(base.path, new.path)
    items = found.tables["items"]
    lost = items[items["change"] == "negative flip"]
    assert set(zip(lost["new_id"], lost["item_id"], strict=True)) == planted
    assert len(lost) == len(items) == len(planted)
    flips = found.tables["flips"]
    assert flips["negative"].sum() == len(planted)
    assert not flips["positive"].any()


def test_equal_accuracy_and_other_errors_is_churn_and_no_change() -> None:
    same = Population(SystemSpec("a", 0.7), SystemSpec("b", 0.7))
    change = same.sample(0, n=2000)
    accuracy = change.score("accuracy").interval
    assert accuracy.low < 0 < accuracy.high
    churn = change.score("churn").interval
    assert change.flips is not None
    independent = change.flips.independent_churn
    assert churn.low > 0.3
    assert churn.low < independent < churn.high
    assert change.score("negative_flips").value == pytest.approx(0.21, abs=0.03)


def test_versions_that_share_their_errors_churn_less_than_independent_ones() -> None:
    alike = Population(SystemSpec("a", 0.7), SystemSpec("b", 0.7, follows="a", correlation=0.9))
    change = alike.sample(0, n=2000)
    assert change.flips is not None
    assert change.score("churn").interval.high < change.flips.independent_churn - 0.1


@pytest.mark.slow
def test_planted_differences_lie_in_their_intervals_as_often_as_they_say() -> None:
    """99 % binomial bounds of 95 % in 200 worlds."""
    world = Population(
        SystemSpec("a", 0.7), SystemSpec("b", 0.76, follows="a", correlation=0.7, invalid=0.05)
    )
    names = ("accuracy", "negative_flips", "churn", "recall[negative]")
    inside = dict.fromkeys(names, 0)
    for seed in range(200):
        change = world.sample(seed)
        for name in names:
            interval = change.score(name).interval
            inside[name] += interval.low <= world.truly(name) <= interval.high
    for name, count in inside.items():
        assert 0.905 <= count / 200 <= 0.985, name


@pytest.mark.slow
def test_a_gate_stops_equal_versions_no_more_often_than_it_says() -> None:
    """Nominal are 2.5 % for a gate at 0; of 200 worlds, at most 11 by the 99 % binomial bound."""
    equal = Population(SystemSpec("a", 0.7), SystemSpec("b", 0.7, follows="a", correlation=0.5))
    gate = parse_gate("accuracy < 0", [POLARITY])
    strict = parse_gate("low(accuracy) < -0.01", [POLARITY])
    stopped, shown = 0, 0
    for seed in range(200):
        change = equal.sample(seed)
        stopped += check_gate(gate, [change], 0.95)[0].failed
        shown += not check_gate(strict, [change], 0.95)[0].failed
    assert stopped <= 11
    assert shown <= 11  # 200 items do not show that a version is no worse


def test_a_gate_on_many_systems_widens_its_intervals_and_the_strict_form_does_not() -> None:
    equal = Population(SystemSpec("a", 0.7), SystemSpec("b", 0.7))
    changes = [equal.sample(seed) for seed in range(5)]
    (first, *_) = results = check_gate(parse_gate("accuracy < 0", [POLARITY]), changes, 0.95)
    assert [result.level for result in results] == pytest.approx([0.99] * 5)
    assert first.high == changes[0].score("accuracy", level=0.99).interval.high == first.tested
    strict = check_gate(parse_gate("low(accuracy) < 0", [POLARITY]), changes, 0.95)
    assert {result.level for result in strict} == {0.95}
    assert strict[0].tested == changes[0].score("accuracy").interval.low


def test_a_version_that_is_surely_worse_is_stopped() -> None:
    worse = Population(SystemSpec("a", 0.8), SystemSpec("b", 0.6)).sample(0, n=600)
    for text in (
        "accuracy < -0.05", "macro_f1 < -0.01", "mae_ranks > 0.05", "negative_flips > 0.1",
        "recall[negative] < -0.05", "low(churn) > 0.2",
    ):  # fmt: skip
        assert check_gate(parse_gate(text, [POLARITY]), [worse], 0.95)[0].failed, text
    for text in ("accuracy < -0.5", "value(accuracy) < -0.3", "negative_flips > 0.9"):
        assert not check_gate(parse_gate(text, [POLARITY]), [worse], 0.95)[0].failed, text


def test_the_same_answers_pass_every_gate_even_the_strict_one() -> None:
    rng = np.random.default_rng(0)
    truth, said = rng.choice(LABELS, 80), rng.choice(LABELS, 80)
    same = label_change(truth, said, said)
    for text in ("low(macro_f1) < 0", "accuracy < 0", "low(recall[neutral]) < 0", "coverage < 0"):
        (result,) = check_gate(parse_gate(text, [POLARITY]), [same], 0.95)
        assert not result.failed, text
        assert (result.value, result.low, result.high) == (0, 0, 0)


def test_what_cannot_be_tested_has_not_passed() -> None:
    one = label_change(["positive"], ["positive"], ["negative"])
    (result,) = check_gate(parse_gate("accuracy < -0.5", [POLARITY]), [one], 0.95)
    assert result.failed
    assert "no interval" in result.why
    (nothing,) = check_gate(parse_gate("ccc < 0", [get_scheme("valence-arousal")]), [one], 0.95)
    assert nothing.failed
    assert "could be compared" in nothing.why


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("macrof1 < -0.01", ["position 1", "'macro_f1'", "recall[negative]"]),
        ("macro_f1 -0.01", ["position 15", "`<` or `>`"]),
        ("macro_f1 < little", ["position 12", "number"]),
        ("macro_f1 < nan", ["position 12", "number"]),
        ("< -0.01", ["position 1", "a metric is due"]),
        ("lo(macro_f1) < 0", ["position 1", "'low'"]),
        ("low(macro_f1 < 0", ["position 13", "`)`"]),
        ("recall[negatve] < 0", ["recall[negative]"]),
        ("macro_f1 > 0.1", ["more macro_f1 is better", "macro_f1 <"]),
        ("mae_ranks < -0.1", ["less mae_ranks is better", "mae_ranks >"]),
        ("low( bogus ) < 0", ["position 6", "'bogus'"]),
    ],
)
def test_a_gate_that_cannot_be_read_says_where_and_what_could_stand_there(
    text: str, parts: Sequence[str]
) -> None:
    with pytest.raises(InputError) as error:
        parse_gate(text, [POLARITY])
    for part in parts:
        assert part in str(error.value)


def test_a_label_may_hold_a_sign_of_its_own() -> None:
    odd = replace(
        POLARITY, labels=(replace(POLARITY.labels[0], name="a < b"), *POLARITY.labels[1:])
    )
    gate = parse_gate(" high( recall[a < b] ) <-.5 ", [odd])
    assert (gate.quantity, gate.bound, gate.limit) == ("recall[a < b]", "high", -0.5)


def test_dimensions_have_shifts_instead_of_flips(tmp_path: Path) -> None:
    recipe = Recipe(n_items=80, images=False, schemes=("valence-arousal",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    said = base.table("predictions")
    moved: Any = [
        None if values is None else {name: min(9.0, value + 0.5) for name, value in values.items()}
        for values in said["values"]
    ]
    said = said.assign(values=moved)
    new = rewritten(base, tmp_path / "v2", predictions=said)
    changes: Any = compare(base.path, new.path).tables["changes"].set_index(["dimension", "metric"])
    shift = changes.loc["valence", "mean_shift"]
    assert (shift["difference"] > 0.4).all()
    assert (shift["low"] > 0.35).all()
    by_how_much = changes.loc["valence", "mean_change"]["difference"].tolist()
    assert by_how_much == pytest.approx(shift["difference"].tolist())
    assert len(compare(base.path, new.path).tables["flips"]) == 0


def test_systems_are_matched_by_all_but_their_version(tmp_path: Path) -> None:
    base = make_run(tmp_path / "v1", Recipe(n_items=40, images=False, schemes=("polarity3",)))
    systems = base.table("systems")
    newer = systems.assign(
        system_id=[f"n{number}" for number in range(len(systems))], strategy_version="2+abc"
    )
    found = match_systems(systems, newer)
    assert [pair.base_id for pair in found.pairs] == systems["system_id"].tolist()
    assert {pair.changed for pair in found.pairs} == {("strategy_version",)}
    assert (found.gone, found.added, found.unclear) == ((), (), ())
    renamed = newer.assign(model=newer["model"].str.replace("keen", "sharp"))
    apart = match_systems(systems, renamed)
    assert len(apart.gone) == len(apart.added) == 4
    said = match_systems(systems, renamed, ["simulated/keen=simulated/sharp"])
    assert not said.gone
    assert sum(pair.said for pair in said.pairs) == 4


def test_systems_that_could_be_several_are_told_and_can_be_named(tmp_path: Path) -> None:
    base = make_run(tmp_path / "v1", Recipe(n_items=40, images=False, pathways=("direct",)))
    systems = base.table("systems").head(1)
    twice = pd.concat([systems.assign(system_id="x", settings="{}"), systems.assign(system_id="y")])
    found = match_systems(systems, twice)
    assert not found.pairs
    assert "--match" in found.unclear[0]
    own = systems["system_id"].iloc[0]
    assert match_systems(systems, twice, [f"{own}=y"]).pairs[0].new_id == "y"
    for words, part in (("nobody=x", "'nobody'"), (f"{own}=z", "'z'"), ("x", "OLD=NEW")):
        with pytest.raises(InputError, match=part):
            match_systems(systems, twice, [words])


def test_other_protocols_are_told_and_compared_on_shared_items_only_if_asked(
    tmp_path: Path,
) -> None:
    recipe = Recipe(n_items=60, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    targets = base.table("targets")
    kept = targets[targets["item_id"] < "scene-0040"].copy()
    first = kept.index[kept["label"].notna()][0]
    kept.loc[first, "label"] = next(name for name in LABELS if name != kept.loc[first, "label"])
    new = rewritten(base, tmp_path / "v2", targets=kept, protocol={"min_agreement": 5})
    with pytest.raises(InputError) as error:
        compare(base.path, new.path)
    for part in ("items:", "targets: another target of 1", "min_agreement: 3 against 5", "shared"):
        assert part in str(error.value)
    found = compare(base.path, new.path, shared_items=True, fail_if="macro_f1 < -0.01")
    assert any("Compared on the items that both have" in note for note in found.notes)
    assert any("1 answers are left out" in note for note in found.notes)
    assert found.passed
    assert set(found.tables["changes"]["n_items"]) <= set(range(30, 40))


def test_an_incomplete_version_does_not_pass_a_gate(tmp_path: Path) -> None:
    recipe = Recipe(n_items=60, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    said = base.table("predictions")
    new = rewritten(base, tmp_path / "v2", predictions=said[said["item_id"] < "scene-0030"])
    found = compare(base.path, new.path, fail_if="macro_f1 < -0.5")
    assert not found.passed
    assert any("too few for a gate" in result.why for result in found.gates)


def test_what_was_never_asked_of_a_system_is_no_reason_to_fail(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, images=False, pathways=("direct",), status_shares={})
    base = make_run(tmp_path / "v1", recipe)
    said = base.table("predictions")
    system, other = said["system_id"].unique()[:2]
    numbers = said["scheme"] == "valence-arousal"
    fewer = said[~(numbers & (said["system_id"] == system))]
    one = rewritten(base, tmp_path / "one", predictions=fewer)
    assert compare(one.path, one.path, fail_if="ccc < -0.01").passed
    without = (fewer["scheme"] == "valence-arousal") & (fewer["system_id"] == other)
    lost = rewritten(base, tmp_path / "two", predictions=fewer[~without])
    found = compare(one.path, lost.path, fail_if=["ccc < -0.01", "macro_f1 < -0.01"])
    assert {result.gate for result in found.gates if result.failed} == {"ccc < -0.01"}


def test_runs_stand_in_the_order_of_time(tmp_path: Path) -> None:
    recipe = Recipe(n_items=50, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "late", recipe)
    spoiled(base, tmp_path / "early", every=5, made="2025-01-01T00:00:00+00:00")
    spoiled(base, tmp_path / "latest", every=3, made="2027-01-01T00:00:00+00:00")
    found = compare(*(tmp_path / name for name in ("late", "latest", "early")))
    assert found.tables["runs"]["run"].tolist() == ["early", "late", "latest"]
    line = found.tables["timeline"]
    of_one = line[line["base_id"] == line["base_id"].iloc[0]]
    assert of_one["run"].tolist() == ["early", "late", "latest"]
    assert of_one["value"].iloc[1] > of_one["value"].iloc[0] > of_one["value"].iloc[2]
    assert any("not the earliest" in note for note in found.notes)
    assert set(found.tables) == set(TABLES)


def test_the_p_value_is_corrected_for_all_systems_and_runs(tmp_path: Path) -> None:
    recipe = Recipe(n_items=50, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    spoiled(base, tmp_path / "v2", every=4)
    found = compare(base.path, tmp_path / "v2", tmp_path / "v2")
    ranked = found.tables["changes"].query("ranked")
    assert len(ranked) == 6
    assert ranked["p_holm"].tolist() == pytest.approx(holm(ranked["p"].tolist()).tolist())
    assert (ranked["p_holm"] > ranked["p"]).any()
    assert "(Holm over 6 tests)" in found.found.statements[0].text


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"scheme": "polarty3"}, "'polarity3'"),
        ({"system": "nobody"}, "'nobody'"),
        ({"match": "nobody=x"}, "'nobody'"),
        ({"fail_if": "f1 < 0"}, "position 1"),
    ],
)
def test_wrong_words_are_told(options: dict[str, Any], part: str, tmp_path: Path) -> None:
    recipe = Recipe(n_items=20, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    with pytest.raises(InputError) as error:
        compare(base.path, base.path, **options)
    assert part in str(error.value)


def test_one_run_alone_and_runs_without_a_scheme_in_common_are_told(tmp_path: Path) -> None:
    one = make_run(tmp_path / "a", Recipe(n_items=20, images=False, schemes=("polarity3",)))
    other = make_run(tmp_path / "b", Recipe(n_items=20, images=False, schemes=("mikels",)))
    with pytest.raises(InputError, match="one run only"):
        compare_runs(Material(one), [])
    with pytest.raises(InputError, match="share no scheme"):
        compare(one.path, other.path)


def rewritten(
    run: RunFolder,
    folder: Path,
    *,
    predictions: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
    systems: pd.DataFrame | None = None,
    made: str = "2026-02-01T00:00:00+00:00",
    protocol: dict[str, Any] | None = None,
) -> RunFolder:
    """A copy of a run with other tables."""
    manifest = json.loads((run.path / "manifest.json").read_text(encoding="utf-8"))
    manifest["created_at"] = made
    if protocol:
        for name, own in manifest["protocols"].items():
            manifest["protocols"][name] = own | protocol | {"hash": "another"}
    tables = {name: run.table(name) for name in ("items", "systems", "predictions", "targets")}
    if predictions is not None:
        tables["predictions"] = predictions
    if targets is not None:
        tables["targets"] = targets
    if systems is not None:
        tables["systems"] = systems
    copy = RunFolder(folder)
    copy.write(run.study, manifest, tables)
    return copy


def spoiled(
    run: RunFolder, folder: Path, *, every: int, made: str = "2026-02-01T00:00:00+00:00"
) -> tuple[RunFolder, set[tuple[str, str]]]:
    """A copy in which every so many right answers are wrong, and which those are."""
    said = run.table("predictions").reset_index(drop=True)
    truth = Material(run).evidence.truth("polarity3")
    right = [
        place
        for place, (item, label) in enumerate(zip(said["item_id"], said["label"], strict=True))
        if isinstance(label, str) and truth.get(item) == label
    ][::every]
    for place in right:
        label = said.loc[place, "label"]
        said.loc[place, "label"] = next(name for name in LABELS if name != label)
    planted = {(str(said.loc[p, "system_id"]), str(said.loc[p, "item_id"])) for p in right}
    return rewritten(run, folder, predictions=said, made=made), planted


def test_a_pair_holds_the_questions_that_both_were_asked(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, images=False, schemes=("polarity3",), pathways=("direct",))
    run = Material(make_run(tmp_path / "v1", recipe))
    (old, new, _) = run.evidence.scored("polarity3")
    pair = pair_versions(
        old, new, run="v2", match=SystemMatch("a", "b", "x"), scheme=POLARITY, planned=40
    )
    assert pair is not None
    assert pair.truth == [run.evidence.truth("polarity3")[item] for item in pair.rows["item_id"]]
    said = old.rows.set_index("item_id")["label"]
    for item, answer in zip(pair.rows["item_id"], pair.answers(pair.old), strict=True):
        assert (said[item] if isinstance(said[item], str) else None) == answer
    assert not math.isnan(pair.missing)


def test_a_system_that_is_gone_has_passed_no_gate(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    systems, said = base.table("systems"), base.table("predictions")
    kept = systems.head(1)
    fewer = rewritten(
        base,
        tmp_path / "v2",
        systems=kept,
        predictions=said[said["system_id"].isin(kept["system_id"])],
    )
    found = compare(base.path, fewer.path, fail_if="macro_f1 < -0.5")
    assert not found.passed
    assert sum("no system like" in result.why for result in found.gates) == len(systems) - 1
    assert compare(
        base.path, fewer.path, fail_if="macro_f1 < -0.5", system=str(kept["name"].iloc[0])
    ).passed
    added = compare(fewer.path, base.path, fail_if="macro_f1 < -0.5")
    assert added.passed, "what is new cannot have become worse"


def test_a_scheme_that_is_gone_has_passed_no_gate_unless_another_one_is_named(
    tmp_path: Path,
) -> None:
    recipe = Recipe(n_items=40, images=False, schemes=("polarity3", "mikels"), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    fewer = make_run(tmp_path / "v2", replace(recipe, schemes=("polarity3",)))
    gate = "value(coverage) < -1"
    found = compare(base.path, fewer.path, fail_if=gate, shared_items=True)
    assert {result.scheme for result in found.gates if result.failed} == {"mikels"}
    assert compare(
        base.path, fewer.path, fail_if=gate, shared_items=True, scheme="polarity3"
    ).passed


def test_answers_about_changed_images_do_not_stand_beside_those_about_the_images(
    tmp_path: Path,
) -> None:
    recipe = Recipe(n_items=40, images=False, schemes=("polarity3",), pathways=("direct",))
    base = make_run(tmp_path / "v1", recipe)
    grey = RunFolder(tmp_path / "v2")
    grey.write(
        base.study.model_copy(update={"conditions": ("grey",)}),
        base.manifest,
        {
            "items": base.table("items"),
            "systems": base.table("systems"),
            "targets": base.table("targets"),
            "predictions": base.table("predictions").assign(condition="grey"),
        },
    )
    with pytest.raises(InputError, match="condition: none against grey"):
        compare(base.path, grey.path)
    told = compare(base.path, grey.path, shared_items=True)
    assert any("condition: none against grey" in note for note in told.notes)


def test_a_gate_draws_as_often_as_its_widened_intervals_need(tmp_path: Path) -> None:
    recipe = Recipe(
        n_items=30, images=False, schemes=("polarity3",), pathways=("direct",), resamples=100
    )
    base = Material(make_run(tmp_path / "v1", recipe))
    gate, strict = (parse_gate(text, [POLARITY]) for text in ("churn < 0", "low(churn) < 0"))
    asked = base.resampling
    assert enough_draws(asked, [strict], 60) == asked
    assert enough_draws(asked, [gate], 1).n_resamples == 2000
    # Of 9600 draws, four lie beyond a bound that errs by 0.025 / 60.
    assert enough_draws(asked, [gate, strict], 60).n_resamples == 9600


def test_a_model_can_be_held_against_one_that_both_runs_have(tmp_path: Path) -> None:
    recipe = Recipe(n_items=20, images=False, schemes=("polarity3",), pathways=("direct",))
    systems = make_run(tmp_path / "v1", recipe).table("systems")
    model = dict(zip(systems["system_id"], systems["model"], strict=True))
    one, other = systems["model"].unique()[:2]
    found = match_systems(systems, systems, [f"{one}={other}"])
    assert {(model[pair.base_id], model[pair.new_id]) for pair in found.pairs if pair.said} == {
        (one, other)
    }
    assert not found.gone
    assert not found.added
    swapped = match_systems(systems, systems, [f"{one}={other}", f"{other}={one}"])
    assert {model[pair.base_id] for pair in swapped.pairs if pair.said} == {one, other}
    assert all(model[pair.base_id] != model[pair.new_id] for pair in swapped.pairs if pair.said)
