"""`docs/` says what is the case: its lists are the code's, and its examples run."""

from __future__ import annotations

import asyncio
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import recall_score

import mllmsent
from mllmsent.affect import get_scheme, load_scheme, read_answer
from mllmsent.analysis import Evidence
from mllmsent.data.readers import Source
from mllmsent.dioramas import SystemSpec, simulate_systems
from mllmsent.features import features
from mllmsent.foundation.config import parse_document
from mllmsent.foundation.tables import TABLES, check_table
from mllmsent.metrics import label_sample
from mllmsent.models import Message, Model, Request
from mllmsent.prompts import load_strategy, render
from mllmsent.text import TextClassifier, cross_validate
from mllmsent.text.linear import LinearOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "mllmsent"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CLASSIFIERS = (ROOT / "docs" / "text-classifiers.md").read_text(encoding="utf-8")
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "README.md"]


def example(heading: str, language: str = "python", page: str = PAGE) -> str:
    """The code block under a heading."""
    section = re.split(rf"^#+ {re.escape(heading)}$", page, flags=re.MULTILINE)[1]
    found = re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def run(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, "docs", "exec"), names)
    return names


def test_the_layers_are_those_that_are_checked_and_the_empty_rooms_are_empty() -> None:
    drawing = example("The layers", "text")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    drawn = [line.split()[0] for line in drawing.splitlines()]
    assert drawn == contract["layers"]
    said_empty = {line.split()[0] for line in drawing.splitlines() if "(empty yet)" in line}
    empty = {
        room.name
        for room in SOURCE.iterdir()
        if room.is_dir() and {path.name for path in room.rglob("*.py")} == {"__init__.py"}
    }
    assert said_empty == empty


def test_every_entry_point_group_is_on_the_page_and_no_other() -> None:
    in_code = {
        group
        for path in SOURCE.rglob("*.py")
        for group in re.findall(r'group="(mllmsent\.\w+)"', path.read_text(encoding="utf-8"))
    }
    table = PAGE.partition("| what | registry |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(mllmsent\.\w+)`", table)) == in_code
    for place in re.findall(r"`([a-z]+/[\w/.]*)`", table):
        assert (SOURCE / place).exists(), place


def test_every_column_of_every_table_is_documented_with_its_type() -> None:
    page = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page, flags=re.MULTILINE | re.DOTALL)
    )
    assert list(sections) == list(TABLES)
    for name, schema in TABLES.items():
        rows = re.findall(
            r"^\| (\*{0,2})`(\w+)`\*{0,2} \| (\w+) \| (.+) \|$", sections[name], re.MULTILINE
        )
        assert {column: kind for stars, column, kind, _ in rows if stars} == schema.required
        assert {column: kind for stars, column, kind, _ in rows if not stars} == schema.optional
    named = PAGE.partition("tables of a run are Parquet files:")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", named) == list(TABLES)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings]
            assert anchor in slugs, target


def test_the_scheme_is_read_and_reads() -> None:
    scheme = load_scheme(parse_document(example("Scheme", "yaml")).value)
    assert scheme.label_names == ("awe", "boredom", "unease")
    assert scheme.label("awe").definition == get_scheme("mikels").label("awe").definition
    assert read_answer("It is boring.", scheme).labels == ("boredom",)


def test_the_strategy_asks_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text(example("Strategy", "yaml"), encoding="utf-8")
    strategy = load_strategy(tmp_path / "plain.yaml")
    messages = render(strategy, get_scheme("polarity3"), "a text", emotion_target="evoked")
    words = " ".join(str(part) for message in messages for part in message.parts)
    assert "negative, neutral, positive" in words


def test_the_format_reads_a_dataset(tmp_path: Path) -> None:
    for number, name in enumerate(["a.png", "b.png"]):
        Image.linear_gradient("L").rotate(90 * number).save(tmp_path / name)
    (tmp_path / "mine.moods").write_text("a.png=positive\nb.png=negative\n", encoding="utf-8")
    kind = run(example("Dataset format"))["FORMAT"]
    source = Source("mine.moods", tmp_path / "mine.moods")
    assert kind.recognizes(source)
    dataset = kind.read(source)
    assert dataset.items["path"].tolist() == ["a.png", "b.png"]
    assert dataset.norms["label"].tolist() == ["positive", "negative"]
    assert not len(dataset.faults)


def test_the_condition_changes_the_image() -> None:
    condition = run(example("Condition"))["POSTER"]
    image = Image.fromarray(np.arange(192, dtype=np.uint8).reshape(8, 8, 3))
    bits = {parameter.name: parameter.default for parameter in condition.parameters}
    changed = condition.apply(image, bits, np.random.default_rng(0))
    assert changed.size == image.size
    assert len(np.unique(np.asarray(changed))) <= 4 < len(np.unique(np.asarray(image)))


def test_the_metric_is_the_worst_recall() -> None:
    metric = run(example("Metric"))["WORST_RECALL"]
    truth = ["a", "a", "a", "b", "b", "c"]
    said = ["a", "a", "b", "b", None, "c"]
    sample = label_sample(truth, said, ("a", "b", "c"), [str(row) for row in range(6)])
    reference = recall_score(
        truth, [name or "-" for name in said], labels=["a", "b", "c"], average=None
    )
    assert metric(sample) == pytest.approx(min(reference))


def test_the_model_answers_every_request() -> None:
    model = run(example("Model"))["make_model"]("zeno", {})
    assert isinstance(model, Model)
    requests = [Request((Message("user", ("How is it?",)),), sample=number) for number in range(3)]
    assert [each.text for each in asyncio.run(model.answer(requests))] == ["neutral"] * 3
    assert len({request.key(model.identity) for request in requests}) == 3


def test_the_classifier_is_one_and_reads() -> None:
    shouting = run(example("Classifier"))["Shouting"]
    scheme = get_scheme("polarity2")
    assert isinstance(shouting(scheme), TextClassifier)
    result = cross_validate(
        lambda: shouting(scheme), ["YES", "oh no", ""], [None] * 3, [0, 0, 0], scheme=scheme
    )
    assert result.labels() == (("positive",), ("negative",), ())
    assert "loud" in shouting(scheme).supports(get_scheme("ekman"))


def test_the_audit_finds_tiny_images_and_nothing_else(tmp_path: Path) -> None:
    audit = run(example("Audit"))["TINY"]
    Image.new("RGB", (200, 100)).save(tmp_path / "large.png")
    assert list(audit.check(mllmsent.load_dataset(str(tmp_path)))) == []
    Image.new("RGB", (20, 10)).save(tmp_path / "small.png")
    (finding,) = audit.check(mllmsent.load_dataset(str(tmp_path)))
    assert [row.item_id for row in finding.rows] == ["small.png"]


def test_the_analysis_finds_the_camera_with_which_a_system_fails() -> None:
    scheme = get_scheme("polarity3")
    ids = [f"i{number:03}" for number in range(300)]
    items = check_table(
        "items", pd.DataFrame({"item_id": ids, "camera": ["old", "new", "new"] * 100})
    )
    truth = dict(
        zip(ids, np.resize(["negative", "neutral", "positive", "positive"], 300), strict=True)
    )
    specs = [SystemSpec("good", accuracy=0.9), SystemSpec("bad", accuracy=0.5)]
    evidence = evidence_from(items, truth, specs)
    table = run(example("Analysis"))["by_camera"](evidence, scheme.name)
    assert set(table["camera"]) == {"old", "new"}
    assert (
        table[["low", "macro_f1", "high"]]
        .apply(lambda row: row.is_monotonic_increasing, axis=1)
        .all()
    )
    means = table.groupby("system")["macro_f1"].mean()
    assert means["good"] > means["bad"] + 0.2


def evidence_from(
    items: pd.DataFrame, truth: Mapping[str, str], specs: list[SystemSpec]
) -> Evidence:
    scheme = get_scheme("polarity3")
    predictions, systems = simulate_systems(items, truth, scheme, specs)
    targets = pd.DataFrame(
        {"item_id": list(truth), "scheme": scheme.name, "annotator_group": "all",
         "label": list(truth.values())}
    )  # fmt: skip
    return Evidence(
        items=items,
        targets=check_table("targets", targets),
        predictions=predictions,
        systems=systems,
        schemes={scheme.name: scheme},
    )


def test_the_example_of_text_classifiers_gives_what_it_says() -> None:
    names = run(example("What is promised", page=CLASSIFIERS))
    assert len(names["result"].labels()) == 4
    assert names["result"].scores.shape == (4, 3)
    assert [fit.n_train for fit in names["result"].fits] == [2, 2]
    assert names["result"].notes[0].startswith("Fold 0: no text to learn negative from")


def test_the_options_of_linear_are_listed_with_their_defaults() -> None:
    table = CLASSIFIERS.partition("| option of `linear`")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, re.MULTILINE))
    defaults = {name: field.default for name, field in LinearOptions.model_fields.items()}
    shown = {
        name: "none" if value is None else str(list(value) if name == "words" else value)
        for name, value in defaults.items()
    }
    shown |= {"c": "1", "alpha": "1", "class_weight": "balanced"}
    assert defaults["c"] == defaults["alpha"] == (1.0,)
    assert defaults["class_weight"] == ("balanced",)
    assert rows == shown


def test_every_measure_of_pictures_is_on_its_page() -> None:
    page = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w/]+) \| .+ \| (.+) \|$", page, re.MULTILINE)
    told = [
        (
            each.name,
            each.group,
            each.unit,
            each.meaning + (f" ({each.source})" if each.source else ""),
        )
        for each in features()
    ]
    assert rows == told
