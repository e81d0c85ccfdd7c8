"""Real photographs: what goes with people's feelings, and how far measures alone tell them.

The numbers are those of docs/analyses/visual_elements.md and docs/features.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mllmsent import api

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("oasis")]

STUDY = """
name: measures
dataset: {{source: oasis-dev, root: {root}}}
schemes: [valence-arousal-1-7]
models: [classical/table]
pathways: [described]
classifiers: [measures]
folds: {{kind: grouped, n: 5}}
analyses: [visual_elements]
"""


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    """`examples/measures.yaml`: 94 photographs measured and read, out of fold over their themes."""
    pytest.importorskip("cv2")
    pytest.importorskip("skimage")
    folder = tmp_path_factory.mktemp("oasis")
    file = folder / "study.yaml"
    file.write_text(STUDY.format(root=shared_data / "oasis-dev"), encoding="utf-8")
    return api.run(file, out=folder / "run")


@pytest.fixture(scope="module")
def elements(run: api.Run) -> pd.DataFrame:
    """What goes with people's means, an element a row."""
    table = run.analyze("visual_elements")["visual_elements"].tables["elements"]
    return table[table["who"] == "people"]


def test_the_themes_of_the_photographs_stay_whole(run: api.Run) -> None:
    items = run.items.set_index("item_id")
    folds = run.predictions.drop_duplicates("item_id").set_index("item_id")["fold"]
    assert len(folds) == 94
    by_theme = folds.groupby(items["group"].reindex(folds.index)).nunique()
    assert len(by_theme) == 45
    assert (by_theme == 1).all()


def test_edges_in_all_directions_go_with_arousal(elements: pd.DataFrame) -> None:
    rows = elements[elements["dimension"] == "arousal"].set_index("element")
    (clear,) = rows.index[rows["p_fdr"] <= 0.05]
    row = rows.loc[clear]
    assert clear == "edge_entropy"
    assert row["n"] == 94
    assert row[["rho", "low", "high"]].tolist() == pytest.approx([0.43, 0.19, 0.61], abs=0.01)


def test_nothing_clear_goes_with_valence(elements: pd.DataFrame) -> None:
    rows = elements[(elements["dimension"] == "valence") & elements["rho"].notna()]
    assert len(rows) == 35
    assert (rows["p_fdr"] > 0.05).all()
    largest = rows.sort_values("rho", key=abs).iloc[-1]
    assert largest[["rho", "low", "high"]].tolist() == pytest.approx([0.26, -0.03, 0.50], abs=0.01)


@pytest.mark.parametrize(
    ("dimension", "told"), [("valence", (-0.17, -0.42, 0.08)), ("arousal", (0.29, 0.08, 0.50))]
)
def test_measures_alone_tell_arousal_a_little_and_valence_not(
    run: api.Run, dimension: str, told: tuple[float, float, float]
) -> None:
    row = run.leaderboard().set_index("dimension").loc[dimension]
    found = [row["pearson"], row["pearson_low"], row["pearson_high"]]
    assert found == pytest.approx(told, abs=0.015)
