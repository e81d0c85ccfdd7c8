"""Judges of descriptions in a study: asked second, once about each text, and read beyond doubt."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.runs.test_study_classifiers import STUDY as TOLD_STUDY
from tests.runs.test_study_classifiers import told

from mllmsent import api
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.foundation import InputError
from mllmsent.loopback import Reply, serve
from mllmsent.report import build_report
from mllmsent.runs.prepare import prepare
from mllmsent.runs.study import parse_study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from mllmsent.loopback import LoopbackServer

__all__ = ["told"]

ROOT = Path(__file__).parents[2]

CRITERIA = ("accuracy", "completeness", "affect")
ACCURACY = "quality_accuracy, by "
SHORT = "shorten:words=3"


@dataclass(frozen=True)
class Judges:
    """Describes pictures by their bytes, and marks descriptions, now and then as nobody should.

    As "twin" it describes all pictures alike.
    """

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str | Reply:
        picture = hashlib.sha256(images[-1]).hexdigest()[:4]
        if "<description>" not in text:
            return "a picture" if model == "twin" else f"a picture of {picture} ends"
        assert schema is not None
        assert list(schema["properties"]) == list(CRITERIA)
        number = int(hashlib.sha256((picture + text).encode()).hexdigest(), 16) % 5
        if model == "odd" and number == 0:
            return Reply("", refusal="I do not mark.")
        marks = dict.fromkeys(CRITERIA, float(number + 1))
        if model == "odd" and number == 1:
            marks["affect"] = 7.0
        return json.dumps(marks)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serve(Judges()) as running:
        yield running


def model(server: LoopbackServer, name: str, more: str = "") -> str:
    return f'{{model: vllm/{name}, options: {{base_url: "{server.url}"}}{more}}}'


def study(server: LoopbackServer, judges: str, *, models: str = "", more: str = "") -> str:
    return (
        "name: small\ndataset: photos\nschemes: [polarity3]\npathways: [described]\n"
        f"classifiers: [vader]\nmodels: [{models or model(server, 'm')}]\njudges: [{judges}]\n"
        f"intervals: {{resamples: 100}}\n{more}"
    )


def run(folder: Path, text: str) -> api.Run:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return api.run(folder / "study.yaml", out=folder / "run")


def plan(folder: Path, text: str) -> dict[str, Any]:
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return api.plan(folder / "study.yaml", out=folder / "run").summary()


def judged(run: api.Run) -> pd.DataFrame:
    responses: pd.DataFrame = run.responses[run.responses["stage"] == "judgement"]
    return responses.set_index("request_key")


def test_each_description_is_marked_by_who_is_shown_the_picture_with_it(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    ran = run(tmp_path, study(server, model(server, "j")))
    asked = judged(ran)
    assert len(asked) == 18
    assert set(asked["model"]) == {"vllm/j"}
    assert set(asked["describer"]) == {"vllm/m · describe"}
    said = dict(zip(ran.descriptions["item_id"], ran.descriptions["text"], strict=True))
    picture = dict(
        zip(ran.folder.table("items")["item_id"], ran.folder.table("items")["path"], strict=True)
    )
    log = {entry.images[-1]: entry for entry in server.log.entries if entry.model == "j"}
    for item, text in said.items():
        sent = log[hashlib.sha256((photos / picture[item]).read_bytes()).hexdigest()]
        assert f"<description>\n{text}\n</description>" in sent.text
        assert "accuracy from 1 (most of what it says is not in the image) to 5" in sent.text
    marks = {row["item_id"]: json.loads(row["text"]) for _, row in asked.iterrows()}
    for row in ran.descriptions.to_dict(orient="records"):
        for criterion in CRITERIA:
            assert row[f"quality_{criterion}, by vllm/j"] == marks[row["item_id"]][criterion]
    assert not any("Judge" in warning for warning in ran.warnings())
    assert ran.folder.manifest["strategies"]["judge"]["messages"][1].startswith("user: [item]")


def test_a_text_is_marked_once_and_a_changed_one_is_another_text(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    """Of four words three are left, of two all; the picture that a judge sees is never changed."""
    twins = f"{model(server, 'm')}, {model(server, 'twin')}"
    changed = f'conditions: [none, grey, "{SHORT}"]\nrepeats: 2\n'
    text = study(server, model(server, "j"), models=twins, more=changed)
    ran = run(tmp_path, text)
    rows = ran.descriptions
    assert len(rows) == 18 * 2 * 3 * 2
    different = rows.drop_duplicates(["item_id", "text"])
    asked = judged(ran)
    assert asked.index.is_unique
    assert len(asked) == len(different)
    assert len(different) == 18 * (1 + 1 + 1 + 1), "of m plain, grey and short; and of twin"
    column = f"{ACCURACY}vllm/j"
    assert (rows.groupby(["item_id", "text"])[column].nunique() == 1).all()
    sent = {image for entry in server.log.entries if entry.model == "j" for image in entry.images}
    plain = {hashlib.sha256(file.read_bytes()).hexdigest() for file in photos.rglob("*.png")}
    assert sent == plain


def test_what_was_marked_is_not_asked_again_and_the_plan_counts_and_prices_it(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    text = study(server, f"{model(server, 'j')}, openai/gpt-4o")
    lines = {line["model"]: line for line in plan(tmp_path, text)["models"]}
    assert {name: line["to_send"] for name, line in lines.items()} == dict.fromkeys(
        ("vllm/m", "vllm/j", "openai/gpt-4o"), 18
    )
    assert lines["openai/gpt-4o"]["cost_usd"] > 0
    text = study(server, model(server, "j"))
    run(tmp_path, text)
    n_sent = len(server.log)
    assert n_sent == 36
    again = api.run(tmp_path / "run")
    assert len(server.log) == n_sent, "the run folder's own study, from its own folder"
    assert again.descriptions[f"{ACCURACY}vllm/j"].notna().all()
    assert plan(tmp_path, text)["to_send"] == 0


def test_marks_that_cannot_be_read_are_none_and_counted(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    """A mark off the scale is no mark, nor are those beside it."""
    ran = run(tmp_path, study(server, model(server, "odd")))
    asked = judged(ran).set_index("item_id")
    refused = set(asked.index[asked["status"] == "refused"])
    off = set(asked.index[asked["text"].str.contains("7.0")])
    assert refused
    assert off
    without = ran.descriptions.set_index("item_id")[f"{ACCURACY}vllm/odd"].isna()
    assert set(without.index[without]) == refused | off
    said = f"Judge vllm/odd has no marks for {len(refused | off)} of 18 descriptions "
    assert f"{said}({len(off)} unread, {len(refused)} refused)." in ran.warnings()
    assert any("can be trusted here is not known" in told for told in lacking(ran))


def lacking(ran: api.Run) -> Sequence[str]:
    found = analyze(Material(ran.folder), ["description_quality"])["description_quality"]
    return found.lacking


def test_two_judges_are_held_against_each_other(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    """They give the same marks here, each in columns of its own."""
    two = f"{model(server, 'j')}, {model(server, 'k', ', name: second')}"
    ran = run(tmp_path, study(server, two))
    found = analyze(Material(ran.folder), ["description_quality"])["description_quality"]
    agreement = found.tables["judge_agreement"]
    assert set(agreement["criterion"]) == set(CRITERIA)
    assert set(agreement["agreement"]) == {1.0}
    assert "Judges vllm/j and second agree by" in " ".join(each.text for each in found.statements)


def test_who_marks_its_own_words_is_told(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    named = model(server, "m", ", name: eye")
    ran = run(tmp_path, study(server, f"eye, {model(server, 'j')}", models=named))
    (warning,) = (each for each in ran.warnings() if "its own descriptions" in each)
    assert warning.startswith("Judge eye also marks its own descriptions (eye)")
    assert set(judged(ran)["model"]) == {"eye", "vllm/j"}
    assert f"{ACCURACY}eye" in ran.descriptions


def test_a_wording_of_ones_own_has_its_own_criteria(
    photos: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nversion: '1'\ntitle: Mine\npathway: described\ncriteria:\n"
        "  - {name: wit, low_anchor: dull, high_anchor: funny}\n"
        "messages:\n  - {role: user, image: first, text: 'wit of {{ description }}, 1 to 5?'}\n",
        encoding="utf-8",
    )
    with serve(Wits()) as other:
        mine = f'{{model: vllm/w, options: {{base_url: "{other.url}"}}, strategy: mine.yaml}}'
        ran = run(tmp_path, study(server, mine))
        again = api.run(tmp_path / "run")
        assert len(other.log) == 18
    assert set(ran.descriptions["quality_wit, by vllm/w"]) == {2.0}
    assert list(again.descriptions.columns) == list(ran.descriptions.columns)


@dataclass(frozen=True)
class Wits:
    """Finds nothing funny, and says so in words."""

    def answer(
        self,
        images: Sequence[bytes],
        text: str,
        schema: Mapping[str, Any] | None,
        model: str,
        sample_seed: int,
    ) -> str:
        return "wit: 2"


def test_descriptions_of_what_cannot_be_shown_are_not_marked(
    told: Path, tmp_path: Path, server: LoopbackServer
) -> None:
    ran = run(tmp_path, f"{TOLD_STUDY}classifiers: [vader]\njudges: [{model(server, 'j')}]\n")
    assert not len(server.log)
    assert "Descriptions of 60 items are not marked" in " ".join(ran.warnings())


@pytest.mark.parametrize(
    ("judges", "message"),
    [
        ("simulated/keeen", "Did you mean 'keen'"),
        ("opnai/gpt-4o", "Did you mean 'openai'"),
        ("eyes", "nor one of the study's models. Did you mean 'eye'?"),
        ("{model: eye, options: {timeout_s: 3}}", "has the options of that model"),
        ("classical/words", "answers no questions"),
        ("{model: simulated/keen, strategy: describe}", "'describe' has no criteria"),
        ("{model: simulated/keen, strategy: jugde}", "Did you mean 'judge'"),
        ("{model: simulated/keen, criteria: [wit]}", "Unknown key"),
        ("eye, {model: eye, name: other}", "'eye' and 'other' are one judge"),
        ("eye, eye", "Two judges are called 'eye'"),
    ],
)
def test_who_cannot_judge_is_told_before_anything_is_sent(
    photos: Path, tmp_path: Path, judges: str, message: str
) -> None:
    text = (
        "name: small\ndataset: photos\nschemes: [polarity3]\npathways: [described]\n"
        f"models: [{{model: simulated/keen, name: eye}}]\njudges: [{judges}]\n"
    )
    with pytest.raises(InputError) as caught:
        prepare(parse_study(text), tmp_path, tmp_path)
    assert message in str(caught.value)


def test_judges_need_descriptions_and_their_wording_is_asked_of_nobody_else(
    photos: Path, tmp_path: Path
) -> None:
    base = "name: small\ndataset: photos\nschemes: [polarity3]\nmodels: [simulated/keen]\n"
    with pytest.raises(InputError, match="nobody describes"):
        parse_study(f"{base}judges: [simulated/gloomy]\n")
    described = f"{base}pathways: [described]\nstrategies: [judge]\n"
    with pytest.raises(InputError, match=re.escape("is asked of judges")):
        prepare(parse_study(described), tmp_path, tmp_path)


@pytest.mark.slow
def test_the_study_on_the_page_of_the_analysis_says_whom_to_trust(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "analyses" / "description_quality.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(name: judged\n.*?)```", page, re.DOTALL)
    small = text.replace("n: 300", "n: 45").replace("size: 64", "size: 48")
    quick = "analyses: [description_quality]\nintervals: {resamples: 200}\n"
    ran = run(tmp_path, small + quick)
    assert dict(ran.responses["stage"].value_counts()) == {"judgement": 180, "description": 90}
    report = build_report(ran.folder)
    rows = report.figures["description-judges"].table.set_index(["model", "detail"])
    good, bad = ("Accuracy, by simulated/gloomy", "Accuracy, by simulated/hasty")
    everybody = rows.xs("all descriptions", level="detail")
    assert everybody["low"][good] > 0
    assert everybody["note"][good] == ""
    assert everybody["low"][bad] < 0
    assert everybody["note"][bad] == "not shown to follow the truth"
    assert "Marked by simulated/gloomy and simulated/hasty" in report.html
