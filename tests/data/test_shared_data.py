"""The cards of real data, on the real data: published numbers, two cultures, single raters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import pearsonr

from mllmsent.data import (
    Dataset,
    FoldSpec,
    TargetSpec,
    agreement_counts,
    assign_folds,
    compute_targets,
    load_dataset,
)
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

PROBLEMS = [("p3", 3), ("p3", 5), ("p5", 3), ("p5", 5)]


@pytest.fixture(scope="module")
def described(shared_data: Path) -> Dataset:
    return load_dataset("published-descriptions", root=shared_data / "published-descriptions")


@pytest.fixture(scope="module")
def predictions(shared_data: Path) -> pd.DataFrame:
    return pd.read_parquet(shared_data / "published-descriptions" / "predictions.parquet")


@pytest.fixture(scope="module")
def bass(shared_data: Path) -> Dataset:
    return load_dataset("bass", root=shared_data / "bass")


@pytest.fixture(scope="module")
def raters(shared_data: Path) -> Dataset:
    return load_dataset("oasis-raters", root=shared_data / "oasis-raters")


def test_described_items_without_images_are_a_dataset(described: Dataset) -> None:
    summary = described.summary()
    assert summary["items"] == 4505
    assert summary["images"] == 0
    assert summary["descriptions"] == {"gpt-4o-mini": 4505, "minigpt4": 4505}
    assert described.image(described.items["item_id"][0]) is None


@pytest.mark.filterwarnings("ignore::mllmsent.data.FoldWarning")
@pytest.mark.parametrize(("problem", "sigma"), PROBLEMS)
def test_the_published_labels_and_folds_come_out_exactly(
    described: Dataset, predictions: pd.DataFrame, problem: str, sigma: int
) -> None:
    """Every classifier of the paper was tested on these rows, in these folds, in this order."""
    targets = compute_targets(described, TargetSpec(problem=problem, min_agreement=sigma))
    folds = assign_folds(described.items, targets, FoldSpec(kind="published"))
    codes = {
        "p3": ["neutral", "negative", "positive"],
        "p5": ["negative", "slightly negative", "neutral", "slightly positive", "positive"],
    }[problem]
    labels = targets.set_index("item_id")["label"]
    rows = predictions[(predictions["problem"] == problem) & (predictions["sigma"] == sigma)]
    for _, published in rows.groupby(["captioner", "classifier", "training"]):
        assert len(published) == len(folds) == len(labels)
        assert (published["id"].map(folds) == published["fold"]).all()
        assert (
            published["id"].map(labels) == published["target"].map(dict(enumerate(codes)))
        ).all()
        for fold, part in published.sort_values("row").groupby("fold"):
            assert part["id"].tolist() == folds.index[folds == fold].tolist()


def test_two_class_problems_cannot_be_had_from_agreed_labels(described: Dataset) -> None:
    with pytest.raises(InputError, match="needs the votes"):
        compute_targets(described, TargetSpec(problem="P2+", min_agreement=3))


def test_bass_has_two_cultures_that_agree_on_valence_and_hardly_on_arousal(bass: Dataset) -> None:
    assert not len(bass.faults)
    targets = compute_targets(bass, TargetSpec(scheme="valence-arousal"))
    wide = targets.pivot_table("mean", "item_id", ["dimension", "annotator_group"])
    assert len(wide) == 583
    for dimension, published in [("valence", 0.94), ("arousal", 0.28)]:
        us, ch = wide[dimension, "culture=us"], wide[dimension, "culture=ch"]
        assert pearsonr(us, ch).statistic == pytest.approx(published, abs=0.005)
        pooled = wide[dimension, "all"]
        assert ((pooled >= np.minimum(us, ch)) & (pooled <= np.maximum(us, ch))).all()


def test_palette_images_are_images(bass: Dataset) -> None:
    palettes = 0
    for item, path in zip(bass.items["item_id"], bass.items["path"], strict=True):
        with Image.open(bass.root / path) as image:
            palettes += image.mode == "P"
            reference = bass.image(item)
            assert reference is not None
            assert (reference.width, reference.height) == image.size
    assert palettes == 64


def test_ratings_of_oasis_become_votes_at_declared_cuts(raters: Dataset, shared_data: Path) -> None:
    """Against the same computed from the file by hand."""
    spec = TargetSpec(
        scheme="polarity3", source="valence-0-100", cuts=(40, 60), annotator_groups=("sex",)
    )
    targets = compute_targets(raters, spec)
    raw = pd.read_csv(shared_data / "oasis-raters" / "ratings.csv")
    names = ["negative", "neutral", "positive"]
    raw["label"] = pd.cut(raw["valence_0_100"], [-1, 40, 60, 101], right=False, labels=names)

    def shares(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.crosstab(rows["image"], rows["label"], normalize="index")

    for group, rows in [("all", raw), ("sex=Female", raw[raw["rater_sex"] == "Female"])]:
        own = targets[targets["annotator_group"] == group].set_index("item_id")
        soft = pd.DataFrame(own["distribution"].tolist(), index=own.index)
        expected = shares(rows).loc[own.index, names]
        np.testing.assert_allclose(soft[names], expected)
        best = expected.max(axis=1)
        tied = (expected.eq(best, axis=0).sum(axis=1) > 1).to_numpy()
        assert own["label"].isna().tolist() == tied.tolist()
        winners = expected.idxmax(axis=1)[~tied].tolist()
        assert own["label"].dropna().tolist() == winners
    assert agreement_counts(targets)["items"].tolist() == [62, 62, 62]


def test_agreement_among_the_raters_falls_as_more_is_asked(raters: Dataset) -> None:
    labeled = []
    for least in (1, 52, 70, 90):
        spec = TargetSpec(
            scheme="polarity3", source="valence-0-100", cuts=(40, 60), min_agreement=least
        )
        labeled.append(int(agreement_counts(compute_targets(raters, spec))["labeled"][0]))
    assert labeled == sorted(labeled, reverse=True)
    assert labeled[0] > labeled[-1] > 0


def test_mean_ratings_are_those_of_the_file_rescaled(raters: Dataset, shared_data: Path) -> None:
    raw = pd.read_csv(shared_data / "oasis-raters" / "ratings.csv")
    moments = raw.groupby("image")["valence_0_100"].agg(["mean", "std", "count"])
    spec = TargetSpec(scheme="valence-arousal", source="valence-0-100")
    targets = compute_targets(raters, spec).set_index("item_id")
    expected = moments.loc[targets.index]
    np.testing.assert_allclose(targets["mean"].astype(float), 1 + expected["mean"] * 0.08)
    np.testing.assert_allclose(targets["sd"].astype(float), expected["std"] * 0.08)
    assert targets["n"].tolist() == expected["count"].tolist()


def test_oasis_norms_pass_through_for_men_and_women(shared_data: Path) -> None:
    dataset = load_dataset("oasis-dev", root=shared_data / "oasis-dev")
    table = pd.read_csv(shared_data / "oasis-dev" / "norms.csv").set_index("file")
    targets = compute_targets(dataset, TargetSpec(scheme="valence-arousal-1-7"))
    for group, suffix in [("all", ""), ("sex=Male", "_men"), ("sex=Female", "_women")]:
        rows = targets[
            (targets["annotator_group"] == group) & (targets["dimension"] == "arousal")
        ].set_index("item_id")
        np.testing.assert_allclose(
            rows["mean"].astype(float), table.loc[rows.index, f"Arousal_mean{suffix}"]
        )
    assert dataset.summary()["groups"] == 45


def test_the_models_repeats_are_its_annotators(shared_data: Path) -> None:
    dataset = load_dataset("qwen3vl-direct", root=shared_data / "qwen3vl-direct")
    assert dataset.synthetic
    assert len(dataset) == 50
    assert dataset.summary()["votes"] == {"polarity5": 500}
    spec = TargetSpec(problem="P3", min_agreement=6, annotator_groups=("mode",))
    counts = agreement_counts(compute_targets(dataset, spec)).set_index("annotator_group")
    assert counts.loc["all", "items"] == 50
    assert set(counts.index) == {"all", "mode=no_persona_think", "mode=no_persona_no_think"}
    assert sorted(dataset.descriptions["repeat"].unique()) == [0, 1, 2, 3, 4]


def test_photographs_without_any_label_are_a_dataset(shared_data: Path) -> None:
    dataset = load_dataset("scene-fixations", root=shared_data / "scene-fixations")
    assert len(dataset) == dataset.summary()["images"] == 40
    with pytest.raises(InputError, match="has nothing"):
        compute_targets(dataset, TargetSpec(scheme="polarity3"))


def test_group_kfold_on_oasis_keeps_themes_whole(shared_data: Path) -> None:
    dataset = load_dataset("oasis-dev", root=shared_data / "oasis-dev")
    targets = compute_targets(dataset, TargetSpec(scheme="valence-arousal-1-7"))
    folds = assign_folds(dataset.items, targets)
    themes: Any = dataset.items.set_index("item_id")["group"]
    assert folds.groupby(themes).nunique().max() == 1
    assert folds.value_counts().between(15, 23).all()
