"""The published cells and ours beside them, from both layouts, without a look at what is tested."""

import csv
import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from benchmarks.published import CELLS, read_cells
from benchmarks.reproduce import PUBLISHED, main, reproduce
from benchmarks.reproduced import verdict
from click.testing import CliRunner
from sklearn.metrics import f1_score
from tests.runs.imports.published import Photos, write_experiment
from tests.text.corpus import Memory

from benchmarks import published
from mllmsent.affect import Scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Config
from mllmsent.metrics import fold_mean, get_metric, label_sample
from mllmsent.text import CLASSIFIERS
from mllmsent.text.interface import Floats

MADE: list["Noted"] = []


class NoOptions(Config):
    """None."""


class Noted(Memory):
    """Keeps what it was told, and says neutral of what it does not know."""

    options = NoOptions

    def __init__(self, scheme: Scheme, options: NoOptions | None = None) -> None:
        super().__init__(scheme=scheme, name="noted")
        self.read: list[str] = []
        MADE.append(self)

    def predict(self, texts: Sequence[str]) -> Floats:
        self.read += texts
        scores: Floats = np.eye(len(self.scheme.labels))[[1] * len(texts)]
        return scores


@pytest.fixture
def noted() -> Iterator[None]:
    MADE.clear()
    CLASSIFIERS._loaded["noted"] = Noted  # type: ignore[assignment] # never loaded
    yield
    CLASSIFIERS._loaded.pop("noted")


@pytest.fixture
def experiments(tmp_path: Path) -> Path:
    """The four experiments; where five agree, a third of the items on which three do."""
    root = tmp_path / "theirs"
    for problem, codes in (("p3", "012"), ("p5", "01234")):
        photos = Photos(120, codes=tuple(codes))
        few = {fold: rows[::3] for fold, rows in photos.folds("o", right=0.8).items()}
        for sigma, folds in ((3, photos.folds("o", right=0.6)), (5, few)):
            write_experiment(root, f"openai-modernbert-experiment-{problem}-alpha{sigma}", folds)
    return root


def test_the_published_cells_are_recomputed_to_four_decimals(shared_data: Path) -> None:
    cells = read_cells(shared_data)
    assert [(cell.problem, cell.sigma) for cell in cells] == list(CELLS)
    for cell in cells:
        sample = label_sample(cell.labels, cell.predicted, cell.scheme.label_names)
        score = fold_mean(get_metric("weighted_f1"), sample, cell.folds).mean.value
        assert round(score, 4) == PUBLISHED[cell.problem, cell.sigma]


def test_both_layouts_give_the_same_cell(shared_data: Path) -> None:
    tables = read_cells(shared_data)[CELLS.index(("P3", 5))]
    logs = shared_data / (
        "published-raw/experiments-finetuning/openai-modernbert-experiment-p3-alpha5/logs"
    )
    rows = pd.concat([pd.read_csv(file) for file in sorted(logs.glob("test_logs_0*.csv"))])
    assert rows["id"].tolist() == list(tables.ids)
    assert [text.strip() for text in rows["text"]] == [text.strip() for text in tables.texts]


def test_the_page_and_the_numbers_are_written_and_say_the_same(
    experiments: Path, tmp_path: Path
) -> None:
    asked = ["--data", str(experiments), "--classifier", "linear", "--seeds", "2"]
    result = CliRunner().invoke(main, [*asked, "--out", str(tmp_path / "out"), "--workers", "1"])
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "reproduce.md").read_text()
    numbers = json.loads((tmp_path / "out" / "reproduce.json").read_text())
    assert page in result.output
    assert [(cell["problem"], cell["sigma"]) for cell in numbers["cells"]] == list(CELLS)
    first = numbers["cells"][0]
    theirs = []
    for fold in range(1, 6):
        with (
            experiments
            / "experiments-finetuning/openai-modernbert-experiment-p3-alpha3"
            / f"logs/test_logs_0{fold}.csv"
        ).open() as file:
            rows = list(csv.DictReader(file))
        theirs.append(
            f1_score(
                [row["target"] for row in rows],
                [row["prediction"] for row in rows],
                average="weighted",
            )
        )
    assert first["recomputed"][0] == pytest.approx(np.mean(theirs))
    value, low, high = first["difference"]
    assert value == pytest.approx(first["ours"][0] - first["recomputed"][0])
    assert low < value < high
    assert f"| P3, 3 | 120 | 0.7754 | {first['recomputed'][0]:.4f} | {first['ours'][0]:.4f}" in page
    assert numbers["new_seeds"][0]["seeds"] == [1000, 1001]
    assert "New divisions: 2" in page
    assert str(experiments) not in json.dumps(numbers)


@pytest.mark.usefixtures("noted")
def test_items_of_lower_agreement_are_learned_from_and_tested_ones_never(
    experiments: Path,
) -> None:
    reproduce(experiments, classifier="noted", seeds=1)
    learned = [each for each in MADE if each.seen]
    assert len(learned) == 4 * 5 * 2  # cells, folds, the published division and a new one
    for each in learned:
        ((texts, _, _),) = each.seen
        assert not set(texts) & set(each.read)
        assert len(set(texts) | set(each.read)) == 120


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ((0.01, 0.001, 0.02), "beaten"),
        ((0.01, -0.001, 0.02), "level, above"),
        ((-0.01, -0.02, 0.001), "level, below"),
        ((-0.01, -0.02, -0.001), "not reached"),
    ],
)
def test_beaten_is_said_only_of_an_interval_above_zero(
    difference: tuple[float, float, float], words: str
) -> None:
    assert verdict(difference) == words


@pytest.mark.parametrize("place", ["nowhere", "empty", "three of four"])
def test_a_wrong_folder_is_told_with_its_cure(place: str, experiments: Path) -> None:
    folder = experiments.parent / "nowhere"
    if place == "empty":
        folder.mkdir()
    elif place == "three of four":
        folder = experiments
        lost = experiments / "experiments-finetuning/openai-modernbert-experiment-p5-alpha5"
        lost.rename(lost.parent / "bart-experiment-p5-alpha5")
    result = CliRunner().invoke(
        main, ["--data", str(folder), "--out", str(experiments.parent / "out")]
    )
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    cure = "alpha5" if place == "three of four" else "make reproduce DATA=FOLDER"
    assert cure in " ".join(result.output.split())


def test_an_item_that_is_tested_twice_is_refused(experiments: Path) -> None:
    logs = experiments / "experiments-finetuning/openai-modernbert-experiment-p3-alpha5/logs"
    (logs / "test_logs_02.csv").write_text((logs / "test_logs_01.csv").read_text())
    with pytest.raises(InputError, match="tested twice"):
        read_cells(experiments)


def test_without_a_folder_the_four_experiments_are_fetched_and_nothing_else(
    experiments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    asked: list[tuple[str, str, list[str]]] = []

    def snapshot_download(repo: str, *, repo_type: str, allow_patterns: list[str]) -> str:
        asked.append((repo, repo_type, allow_patterns))
        return str(experiments)

    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(published, "BESIDE", experiments / "not there")
    assert published.find_data(None) == experiments
    ((repo, kind, patterns),) = asked
    assert (repo, kind) == ("Neemias/multimodal-LLMs-See-Sentiment", "dataset")
    write_experiment(experiments, "bart-experiment-p3-alpha3", Photos(10).folds("m"))
    files = [file.relative_to(experiments).as_posix() for file in experiments.rglob("*.csv")]
    wanted = {file for file in files if any(fnmatch(file, pattern) for pattern in patterns)}
    assert len(wanted) == 20
    assert all("openai-modernbert" in file for file in wanted)


def test_no_folder_and_no_hub_is_told_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub")

    def snapshot_download(*_: object, **__: object) -> str:
        raise OSError("https://secret@example.org refused")

    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(published, "BESIDE", tmp_path / "not there")
    result = CliRunner().invoke(main, ["--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "make reproduce DATA=FOLDER" in " ".join(result.output.split())
    assert "secret" not in result.output


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["--data", "nowhere", "--out", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "--out" in result.output
