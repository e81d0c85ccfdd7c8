"""The similarity of pictures and descriptions, as a study asks for it and a finished run gets it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from tests.cli.saying import say
from tests.models.local.encoders import build_encoder
from tests.report.sample_run import Recipe, make_run

from mllmsent import api
from mllmsent.data.images import open_image
from mllmsent.foundation import InputError
from mllmsent.foundation.work import watching
from mllmsent.models.local.dual_encoder import (
    find_dual_encoder,
    load_dual_encoder,
    picture_vectors,
    text_vectors,
)
from mllmsent.runs.similarity import CUT, ENCODER, SIMILARITY
from mllmsent.text.sentences import split_sentences

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = """\
name: drawn
dataset: {source: dioramas, options: {n: 30, seed: 7, size: 48}}
schemes:
  - {scheme: polarity3, source: polarity5, fold: polarity5-to-polarity3}
models: [simulated/keen, simulated/hasty]
pathways: [described]
classifiers: [vader]
conditions: [none, mask-affect]
intervals: {resamples: 100}
encoder: hf/encoders/clip
"""


@dataclass
class Log:
    """Which work was reported, and how much of it."""

    begun: dict[str, int] = field(default_factory=dict)

    def begins(self, what: str, total: int) -> None:
        self.begun[what] = total

    def advances(self, what: str, steps: int) -> None:
        pass

    def ends(self, what: str) -> None:
        pass

    @property
    def compared(self) -> int:
        return self.begun.get("Similarity of pictures and descriptions", 0)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_encoder("clip", tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, built: Path) -> tuple[api.Run, Log]:
    """A run whose study names an encoder in a folder beside it."""
    place, log = tmp_path_factory.mktemp("study"), Log()
    with pytest.MonkeyPatch.context() as patched, watching(log):
        patched.setenv("MLLMSENT_CACHE", str(place / "cache"))
        shutil.copytree(built, place / "encoders" / "clip")
        (place / "study.yaml").write_text(DRAWN, encoding="utf-8")
        return api.run(place / "study.yaml", out=place / "runs" / "drawn"), log


@pytest.fixture(autouse=True)
def nothing_computed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))


def test_every_description_of_a_run_has_its_similarity(
    finished: tuple[api.Run, Log], built: Path
) -> None:
    run, _ = finished
    table = run.descriptions
    assert table[SIMILARITY].between(-1, 1).all()
    network = load_dual_encoder(find_dual_encoder(f"hf/{built}"))
    assert set(table[ENCODER]) == {f"clip@{network.checkpoint.digest[:12]}"}
    row = table[table["condition"] == "mask-affect"].iloc[-1]
    items = run.items.set_index("item_id")
    file = run.folder.dataset_root() / items.loc[row["item_id"], "path"]
    vectors, cut = text_vectors(network, split_sentences(row["text"]))
    expected = (vectors @ picture_vectors(network, [open_image(file)])[0]).mean()
    assert row[SIMILARITY] == pytest.approx(expected, abs=1e-5)
    assert row[CUT] == cut.sum()


def test_a_run_that_is_asked_again_or_moved_computes_nothing_again(
    finished: tuple[api.Run, Log], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, log = finished
    table = run.descriptions
    assert log.compared == len(table[["item_id", "text"]].drop_duplicates())
    place = run.folder.path.parents[1]
    monkeypatch.setenv("MLLMSENT_CACHE", str(place / "cache"))
    again = Log()
    with watching(again):
        same = api.run(run.folder.path, out=tmp_path / "elsewhere")
    assert again.compared == 0
    pd.testing.assert_frame_equal(same.descriptions, table)


def test_the_analysis_of_descriptions_has_it_among_the_qualities(
    finished: tuple[api.Run, Log],
) -> None:
    run, _ = finished
    found = run.analyze("description_quality")["description_quality"]
    qualities = found.tables["qualities"].query("quality == 'similarity'")
    assert set(qualities["describer"]) == {"simulated/keen", "simulated/hasty"}
    assert qualities["mean"].between(-1, 1).all()
    told = " ".join(found.lacking)
    assert ("sentences are longer than clip@" in told) == bool(run.descriptions[CUT].sum())


def test_a_run_tells_what_was_cut(finished: tuple[api.Run, Log]) -> None:
    run, _ = finished
    cut = run.descriptions[CUT]
    assert cut.sum() > 0
    start = (
        f"In {(cut > 0).sum()} of {len(cut)} descriptions, {cut.sum()} sentences are longer than"
    )
    assert any(note.startswith(start) for note in run.warnings())


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("hf/encoders/clip", "hf/./encoders/clap", "There is no such folder."),
        ("hf/encoders/clip", "clip", "Encoders are written"),
        ("[described]", "[direct]", "nobody describes"),
    ],
)
def test_what_cannot_be_used_is_told_before_anybody_is_asked(
    tmp_path: Path, built: Path, was: str, now: str, message: str
) -> None:
    shutil.copytree(built, tmp_path / "encoders" / "clip")
    study = DRAWN.replace(was, now).replace("conditions: [none, mask-affect]\n", "")
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        api.plan(tmp_path / "study.yaml")


def test_a_run_is_not_lost_for_an_encoder_that_does_not_load(tmp_path: Path, built: Path) -> None:
    folder = tmp_path / "encoders" / "clip"
    shutil.copytree(built, folder)
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] = 3
    (folder / "config.json").write_text(json.dumps(config))
    study = DRAWN.replace("n: 30", "n: 6").replace(", simulated/hasty", "")
    (tmp_path / "study.yaml").write_text(study, encoding="utf-8")
    run = api.run(tmp_path / "study.yaml", out=tmp_path / "run")
    assert run.complete
    assert len(run.predictions)
    assert SIMILARITY not in run.descriptions
    assert any("was measured: " in note and "not in its files" in note for note in run.warnings())


def described_run(folder: Path) -> api.Run:
    return api.Run(make_run(folder, Recipe(n_items=12, models={"m/one": 0.8, "m/two": 0.6})))


def test_a_finished_run_gets_it_from_the_command_line(
    tmp_path: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = described_run(tmp_path / "run")
    before = run.descriptions
    asked = ("analyses", "run", str(run.folder.path), "description_quality")
    assert say(capsys, *asked, "--encoder", f"hf/{built}").code == 0
    table = run.descriptions
    pd.testing.assert_frame_equal(table[before.columns], before)
    assert np.isfinite(table[SIMILARITY]).all()
    told = pd.read_csv(run.folder.path / "analysis" / "description_quality" / "qualities.csv")
    assert "similarity" in set(told["quality"])


def test_a_finished_run_without_its_pictures_is_left_as_it_was(tmp_path: Path, built: Path) -> None:
    run = described_run(tmp_path / "run")
    shutil.rmtree(run.folder.dataset_root())
    with pytest.raises(InputError, match="No picture of these descriptions can be read") as raised:
        run.measure_similarity(f"hf/{built}")
    assert "manifest.json" in raised.value.cure
    assert SIMILARITY not in run.descriptions


def test_some_pictures_that_are_gone_are_counted(tmp_path: Path, built: Path) -> None:
    run = described_run(tmp_path / "run")
    next(iter(sorted(run.folder.dataset_root().rglob("*.png")))).unlink()
    notes = run.measure_similarity(f"hf/{built}")
    missing, n = run.descriptions[SIMILARITY].isna().sum(), len(run.descriptions)
    assert 0 < missing < n
    assert notes[0].startswith(f"{missing} of {n} descriptions have no similarity to a picture: ")
    found = run.analyze("description_quality")["description_quality"]
    assert any("have no similarity to a picture" in sentence for sentence in found.lacking)


def test_a_run_without_descriptions_has_nothing_to_measure(tmp_path: Path, built: Path) -> None:
    run = api.Run(
        make_run(tmp_path / "run", Recipe(n_items=4, models={"m/one": 0.8}, pathways=("direct",)))
    )
    with pytest.raises(InputError, match="no descriptions"):
        run.measure_similarity(f"hf/{built}")


def test_a_wrong_encoder_on_the_command_line_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = described_run(tmp_path / "run")
    said = say(capsys, "analyses", "run", str(run.folder.path), "--encoder", "clip")
    assert said.code == 2
    assert "Write hf/clip." in said.err
