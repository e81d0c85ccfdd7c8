"""Conditions that change descriptions: nobody describes again, and classifiers read what is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.runs.test_study_classifiers import CARD, STUDY, told, write
from tests.runs.test_study_readers import Reads, reader

from mllmsent import api
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.data.description_changes import change_description
from mllmsent.foundation import InputError
from mllmsent.loopback import serve
from mllmsent.runs.prepare import prepare
from mllmsent.runs.study import parse_study

__all__ = ["told"]

ROOT = Path(__file__).parents[2]

SHORT = "shorten:words=9"
CONDITIONS = f'conditions: [none, mask-affect, "{SHORT}"]\n'
DRAWN = """\
name: drawn
dataset: {source: dioramas, options: {n: 24, seed: 7, size: 48}}
schemes:
  - {scheme: polarity3, source: polarity5, fold: polarity5-to-polarity3}
models: [simulated/keen]
pathways: [direct, described, scene]
repeats: 2
folds: {n: 2}
intervals: {resamples: 100}
"""
N = 22
"""Of the scenes that are drawn, those that most people agree on."""


def run(tmp_path: Path, text: str, out: str = "run") -> api.Run:
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return api.run(tmp_path / "study.yaml", out=tmp_path / out)


def to_send(tmp_path: Path, text: str, out: str = "run") -> int:
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    return int(api.plan(tmp_path / "study.yaml", out=tmp_path / out).summary()["to_send"])


@dataclass(frozen=True)
class Twice:
    """A study run without conditions, and then in the same folder with them.

    Attributes:
        keys: The requests of the first run.
        predictions: What was read in the first.
        systems: Which systems read in the first.
        run: The second.
        plans: How many requests plans with conditions would send: before, between and after.
    """

    keys: set[str]
    predictions: pd.DataFrame
    systems: set[str]
    run: api.Run
    plans: list[int]


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    folder = tmp_path_factory.mktemp("drawn")
    plans = [to_send(folder, DRAWN + CONDITIONS)]
    first = run(folder, DRAWN)
    keys, predictions = set(first.responses["request_key"]), first.predictions
    systems = set(first.systems["system_id"])
    plans.append(to_send(folder, DRAWN + CONDITIONS))
    second = run(folder, DRAWN + CONDITIONS)
    plans.append(to_send(folder, DRAWN + CONDITIONS))
    return Twice(keys, predictions, systems, second, plans)


def test_who_describes_is_asked_once_whatever_becomes_of_the_descriptions(twice: Twice) -> None:
    assert twice.plans == [N * 2 * 3, 0, 0]
    assert twice.run.folder.manifest["requests"]["sent"] == 0, "added to a study, they cost nothing"
    assert set(twice.run.responses["request_key"]) == twice.keys
    assert set(twice.run.responses["condition"]) == {"none"}


def test_descriptions_stand_in_the_table_as_each_condition_leaves_them(twice: Twice) -> None:
    rows = twice.run.descriptions
    plain = rows[rows["condition"] == "none"].set_index("request_key")["text"]
    assert len(plain) == N * 2
    for condition in ("mask-affect", SHORT):
        changed = rows[rows["condition"] == condition].set_index("request_key")["text"]
        assert set(changed.index) == set(plain.index)
        assert (changed != plain.loc[changed.index]).mean() > 0.5
        assert list(changed) == [
            change_description(text, condition) for text in plain.loc[changed.index]
        ]


def test_only_what_reads_descriptions_answers_under_them_and_plain_answers_stay_the_same(
    twice: Twice,
) -> None:
    pathways = twice.run.systems.set_index("system_id")["pathway"]
    said = twice.run.predictions
    counts = said.groupby([said["system_id"].map(pathways), "condition"]).size().to_dict()
    readers = (pathways == "described").sum()
    assert counts == {
        ("direct", "none"): N * 2,
        ("scene", "none"): N * 2,
        ("described", "none"): N * 2 * readers,
        ("described", "mask-affect"): N * 2 * readers,
        ("described", SHORT): N * 2 * readers,
    }
    place = ["system_id", "scheme", "item_id", "repeat"]
    pd.testing.assert_frame_equal(
        said[said["condition"] == "none"].sort_values(place).reset_index(drop=True),
        twice.predictions.sort_values(place).reset_index(drop=True),
    )
    assert set(twice.run.systems["system_id"]) == twice.systems


def test_vader_feels_nothing_where_no_word_of_feeling_is_left(twice: Twice) -> None:
    systems = twice.run.systems
    (vader,) = systems.loc[systems["classifier"] == "vader", "system_id"]
    own = twice.run.predictions[twice.run.predictions["system_id"] == vader]
    assert set(own.loc[own["condition"] == "mask-affect", "label"]) == {"neutral"}
    assert set(own.loc[own["condition"] == "none", "label"]) > {"neutral"}


def test_a_condition_that_changes_descriptions_needs_some(photos: Path, tmp_path: Path) -> None:
    base = (
        "name: small\ndataset: photos\nschemes: [polarity3]\n"
        'models: [{model: vllm/m, options: {base_url: "http://127.0.0.1:9/v1"}}]\n'
    )
    for more, said in (
        (CONDITIONS, "'mask-affect' changes descriptions, and in this study nobody describes"),
        ("pathways: [described]\nconditions: [mask-affect]\n", "nothing is described so"),
        ("pathways: [described]\nconditions: [none, mask-afect]\n", "'mask-affect'"),
        ("pathways: [described]\nconditions: [none, shorten, 'shorten:words=20']\n", "are one"),
    ):
        with pytest.raises(InputError) as caught:
            prepare(parse_study(base + more), tmp_path, tmp_path)
        assert said in str(caught.value)


def test_descriptions_that_came_with_a_dataset_are_changed_as_well(
    told: Path, tmp_path: Path
) -> None:
    study = STUDY + CONDITIONS + "classifiers: [linear, {model: linear, describers: together}]\n"
    ran = run(tmp_path, study)
    rows = ran.predictions.groupby(["system_id", "condition"]).size()
    assert len(rows) == 3 * 3
    assert (rows.groupby("system_id").nunique() == 1).all(), "under each condition as many"
    said = " ".join(ran.folder.manifest["notes"])
    assert "Condition mask-affect changes" in said, "few of these texts have a word of feeling"
    assert SHORT not in said


def test_a_name_that_a_dataset_uses_itself_is_refused(told: Path, tmp_path: Path) -> None:
    file = told / "dataset.yaml"
    file.write_text(CARD.replace("text: text", "text: text, condition: mask-affect"))
    with pytest.raises(InputError, match="comes with descriptions under condition 'mask-affect'"):
        prepare(parse_study(STUDY + CONDITIONS), tmp_path, tmp_path)


def test_a_language_model_is_asked_about_each_text_once(told: Path, tmp_path: Path) -> None:
    with serve(Reads()) as server:
        classifiers = f"classifiers: [{reader(server)}]\n"
        planned = to_send(tmp_path, STUDY + CONDITIONS + classifiers)
        ran = run(tmp_path, STUDY + CONDITIONS + classifiers)
        texts = ran.descriptions[["describer", "text"]]
        n_texts = len(texts["text"].unique())
        assert len(server.log) == planned == n_texts
        assert 2 * 119 <= n_texts < 3 * 119, "what a condition leaves as it is is asked once"
        run(tmp_path, STUDY + CONDITIONS + classifiers)
        assert len(server.log) == planned
    assert set(ran.responses["condition"]) <= {"none", "mask-affect", SHORT}
    counts = ran.predictions.groupby(["system_id", "condition"]).size()
    assert sorted(set(counts)) == [60]


def test_a_plan_counts_questions_about_texts_that_are_not_there_yet(tmp_path: Path) -> None:
    with serve(Reads()) as server:
        base = DRAWN.replace("[simulated/keen]", f"[{reader(server)}]").replace(
            "repeats: 2", "repeats: 1"
        )
        base = base.replace("[direct, described, scene]", "[described]")
        classifiers = f"classifiers: [{reader(server)}]\n"
        assert to_send(tmp_path, base + classifiers) == 2 * N
        assert to_send(tmp_path, base + CONDITIONS + classifiers) == 4 * N


def planted(folder: Path, n: int = 120) -> None:
    """A dataset whose texts say what it is like in a word of feeling, and again in a thing."""
    feeling = {"negative": "sad", "neutral": "wooden", "positive": "happy"}
    things = {"negative": "cranes", "neutral": "shelves", "positive": "garlands"}
    random = np.random.default_rng(3)
    labels = [list(feeling)[row % 3] for row in range(n)]
    folder.mkdir()
    ids = [f"item{row:03}" for row in range(n)]
    write(folder / "items.csv", [["id", "label", "place"], *(
        [name, label, "here"] for name, label in zip(ids, labels, strict=True)
    )])  # fmt: skip
    rows = [["id", "who", "text"]]
    for name, label in zip(ids, labels, strict=True):
        # Three in ten name whatever thing comes to mind.
        thing = things[label if random.random() < 0.7 else str(random.choice(list(things)))]
        told = f"We see {thing} by house {random.integers(80)}: {feeling[label]}."
        rows.append([name, "ann", told])
    write(folder / "descriptions.csv", rows)
    (folder / "dataset.yaml").write_text(CARD, encoding="utf-8")


def test_what_words_of_feeling_are_worth_to_a_classifier_is_found(tmp_path: Path) -> None:
    planted(tmp_path / "told")
    study = STUDY.replace("[dataset/ann, dataset/ben]", "[dataset/ann]")
    ran = run(tmp_path, study + "conditions: [none, mask-affect]\nclassifiers: [vader, linear]\n")
    found = analyze(Material(ran.folder), ["description_quality"])["description_quality"]
    effects: dict[str, Any] = {row["reader"]: row for _, row in found.tables["effects"].iterrows()}
    assert {row["second_condition"] for row in effects.values()} == {"mask-affect"}
    # Words of feeling tell every label to VADER, and without them it says one of three; who has learned
    # goes by things besides.
    assert effects["vader"]["low"] < -2 / 3 < effects["vader"]["high"]
    assert effects["vader"]["high"] < effects["linear"]["low"]
    assert effects["linear"]["high"] < 0
    said = " ".join(statement.text for statement in found.statements)
    assert "lead to the right label less often under mask-affect than under none" in said


def test_the_study_on_the_page_of_the_analysis_can_be_run(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "analyses" / "description_quality.md").read_text(encoding="utf-8")
    (study,) = re.findall(r"```yaml\n(name: words\n.*?)```", page, re.DOTALL)
    ran = run(tmp_path, study.replace("n: 300", "n: 12").replace("size: 64", "size: 48"))
    assert len(ran.responses) == 12
    assert set(ran.predictions["condition"]) == {"none", "mask-affect", "shorten:words=20"}


def test_tables_of_measures_are_no_words_and_stay_whole(tmp_path: Path) -> None:
    study = DRAWN.replace("[simulated/keen]", "[simulated/keen, classical/table]")
    study = study.replace("[direct, described, scene]", "[described]").replace("s: 2", "s: 1")
    ran = run(tmp_path, study + CONDITIONS + "classifiers: [measures, linear]\nanalyses: []\n")
    given = ran.descriptions.groupby("describer")["condition"].unique().map(set).to_dict()
    assert given == {
        "simulated/keen": {"none", "mask-affect", SHORT},
        "classical/table": {"none"},
    }
    (measures,) = ran.systems.loc[ran.systems["classifier"] == "measures", "system_id"]
    own = ran.predictions[ran.predictions["system_id"] == measures]
    assert set(zip(own["condition"], own["status"], strict=True)) == {("none", "ok")}
    assert "are no words" in " ".join(ran.folder.manifest["notes"])
