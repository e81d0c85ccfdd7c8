"""How strongly systems feel: planted extremity is found, and nothing where nothing was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, linregress, wasserstein_distance
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import Scheme, get_scheme
from mllmsent.affect.scheme import Dimension
from mllmsent.analysis import Evidence
from mllmsent.analysis.evidence import Scored
from mllmsent.analysis.intensity.counted_answers import CountedAnswers, count_answers
from mllmsent.analysis.intensity.find import find_intensity
from mllmsent.analysis.intensity.levels import level_codes, strengths, zones
from mllmsent.analysis.intensity.scores import Lens
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling, holm, label_sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

QUICK = Resampling(n_resamples=200)
POLARITY = get_scheme("polarity5")
PEOPLE = np.array([0.2, 0.2, 0.25, 0.2, 0.15])
"""Shares of the five classes in what people said."""


def evidence_of_answers(
    scheme: Scheme,
    truth: Sequence[Any] | Floats,
    answers: Mapping[str, Sequence[Any] | Floats],
    *,
    dimension: str = "",
    groups: Sequence[str] | None = None,
    distributions: Sequence[Mapping[str, float]] | None = None,
) -> Evidence:
    """Systems whose answers are given; None is unread."""
    ids = [f"item-{number:05}" for number in range(len(truth))]
    items = pd.DataFrame({"item_id": ids, "group": list(groups or ids)})
    targets: dict[str, Any] = {"item_id": ids, "scheme": scheme.name, "annotator_group": "all"}
    if dimension:
        targets |= {"dimension": dimension, "mean": [float(value) for value in truth]}
    else:
        targets |= {"label": list(truth)}
    if distributions is not None:
        targets |= {"distribution": list(distributions)}
    parts = []
    for name, own in answers.items():
        said: dict[str, Any] = {"label": list(own)}
        if dimension:
            said = {
                "values": [None if value is None else {dimension: float(value)} for value in own]
            }
        status = ["unparsed" if answer is None else "ok" for answer in own]
        place = {"item_id": ids, "system_id": name, "scheme": scheme.name, "status": status}
        parts.append(pd.DataFrame(place | said).assign(condition="none", repeat=0))
    systems = pd.DataFrame({"system_id": list(answers), "name": list(answers)}).assign(
        pathway="direct", model=list(answers)
    )
    return Evidence(
        check_table("items", items),
        check_table("targets", pd.DataFrame(targets)),
        check_table("predictions", pd.concat(parts, ignore_index=True)),
        check_table("systems", systems),
        {scheme.name: scheme},
    )


def labels(codes: NDArray[np.intp]) -> list[str]:
    return [POLARITY.label_names[code] for code in codes]


def avoiding_middles(codes: NDArray[np.intp], rng: np.random.Generator, share: float) -> list[str]:
    """What is slightly negative or positive is called so no more, in a share of the cases."""
    pushed = np.where(codes == 1, 0, np.where(codes == 3, 4, codes))
    return labels(np.where(rng.random(len(codes)) < share, pushed, codes))


def noisy(codes: NDArray[np.intp], rng: np.random.Generator, share: float = 0.4) -> list[str]:
    """Wrong in a share of the cases, and distributed as before: those answers are dealt anew."""
    wrong = rng.random(len(codes)) < share
    return labels(np.where(wrong, rng.choice(5, len(codes), p=PEOPLE), codes))


def row_of(table: pd.DataFrame, **wanted: str) -> Any:
    for column, value in wanted.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_system_whose_middles_collapse_is_found_and_a_noisy_one_is_not() -> None:
    rng = np.random.default_rng(0)
    codes = rng.choice(5, 400, p=PEOPLE)
    evidence = evidence_of_answers(
        POLARITY,
        labels(codes),
        {"shouts": avoiding_middles(codes, rng, 0.6), "errs": noisy(codes, rng)},
    )
    found = find_intensity(evidence, resampling=QUICK)
    extremity = found.tables["extremity"]
    shouts = row_of(extremity, system="shouts", against="targets")
    assert shouts["extreme_low"] > 0.1
    assert shouts["mild_high"] < -0.1
    assert shouts["extreme_p_holm"] < 0.01
    assert shouts["neutral_difference"] == 0
    errs = row_of(extremity, system="errs", against="targets")
    assert errs["extreme_p_holm"] > 0.05
    assert errs["mild_p_holm"] > 0.05
    assert errs["slope_high"] < 0.9, "noise in answers flattens their slope, whatever their spread"
    texts = [statement.text for statement in found.statements]
    assert any(
        "1 of 2 systems is more often extreme" in text and "shouts" in text for text in texts
    )
    assert any("1 of 2 systems is less often mild" in text for text in texts)


def counted(codes: NDArray[np.intp], said: list[str]) -> CountedAnswers:
    """One system's answers without a run around them."""
    names = POLARITY.label_names
    sample = label_sample(labels(codes), said, names)
    rows = pd.DataFrame({"item_id": [str(number) for number in range(len(codes))]})
    entry = Scored("s", "s", POLARITY.name, "", rows, sample, 0)
    return count_answers([entry], POLARITY)[0]


@pytest.mark.slow
def test_a_planted_extremity_lies_in_its_interval_as_often_as_it_says() -> None:
    """60 % of 40 % mild answers are pushed to the ends: 24 points, and 0.24 ranks on average."""
    system = PEOPLE + 0.6 * np.array([PEOPLE[1], -PEOPLE[1], 0, -PEOPLE[3], PEOPLE[3]])
    ranks = np.arange(5)
    variances = [shares @ ranks**2 - (shares @ ranks) ** 2 for shares in (PEOPLE, system)]
    moved = 0.6 * (PEOPLE[1] + PEOPLE[3])
    true = {
        ("zones", "extreme"): moved,
        ("answers", "wasserstein"): moved,
        ("answers", "ks"): 0.12,
        ("answers", "variance_ratio"): variances[1] / variances[0],
        ("intensity", "mean_difference"): moved / 2,
    }
    held = dict.fromkeys(true, 0)
    lens = Lens.of(POLARITY, "")
    for seed in range(200):
        rng = np.random.default_rng(seed)
        codes = rng.choice(5, 150, p=PEOPLE)
        shouts = counted(codes, avoiding_middles(codes, rng, 0.6))
        scores = lens.scores([shouts], QUICK)[0]["targets"]
        for name, value in true.items():
            interval = scores[name].interval
            held[name] += interval.low <= value <= interval.high
    for name, count in held.items():
        assert 0.905 <= count / 200 <= 0.985, name


@pytest.mark.slow
def test_where_nothing_is_planted_nothing_is_found_more_often_than_it_says() -> None:
    """Three systems, five tests of each, one correction: a board in twenty may speak."""
    lens = Lens.of(POLARITY, "")
    plain, wrong = 0, 0
    for seed in range(200):
        rng = np.random.default_rng([seed, 1])
        codes = rng.choice(5, 80, p=PEOPLE)
        systems = [counted(codes, noisy(codes, rng)) for _ in range(3)]
        tests = lens.tests(systems, n_swaps=400, seed=seed)
        p_values = [
            own[name].p_value
            for own in tests
            for name in (
                ("answers", "wasserstein"), ("intensity", "wasserstein"), ("zones", "extreme"),
                ("zones", "mild"), ("zones", "neutral"),
            )
        ]  # fmt: skip
        plain += p_values[0] <= 0.05
        wrong += holm(p_values).min() <= 0.05
    assert 0.015 <= plain / 200 <= 0.095
    # Family-wise at most 5 %, and less where tests go together.
    assert wrong / 200 <= 0.095


def test_distances_and_slope_are_those_of_scipy() -> None:
    rng = np.random.default_rng(2)
    scheme = get_scheme("vad")
    valence = np.clip(rng.normal(5.5, 1.8, 300), 1, 9).round(1)
    said = np.clip(valence + rng.normal(0.4, 1, 300), 1, 9).round()
    evidence = evidence_of_answers(scheme, valence, {"s": said}, dimension="valence")
    tables = find_intensity(evidence, resampling=QUICK).tables
    answers = row_of(tables["distances"], of="answers")
    assert answers["ks"] == pytest.approx(ks_2samp(valence, said).statistic, abs=1e-6)
    assert answers["wasserstein"] == pytest.approx(wasserstein_distance(valence, said), abs=1e-6)
    assert answers["wasserstein_share"] == pytest.approx(answers["wasserstein"] / 8)
    points = [
        np.bincount(np.floor(each + 0.5 + 1e-9).astype(int), minlength=10)[1:]
        for each in (valence, said)
    ]
    assert answers["bins"] == 9
    assert answers["js"] == pytest.approx(jensenshannon(points[0], points[1], base=2), abs=1e-6)
    assert answers["mean_difference"] == pytest.approx(said.mean() - valence.mean(), abs=1e-9)
    assert answers["variance_ratio"] == pytest.approx(said.var() / valence.var(), abs=1e-6)
    felt = [np.abs(each - 5) / 4 for each in (valence, said)]
    intensity = row_of(tables["distances"], of="intensity")
    assert intensity["ks"] == pytest.approx(ks_2samp(felt[0], felt[1]).statistic, abs=1e-6)
    assert intensity["wasserstein"] == pytest.approx(
        wasserstein_distance(felt[0], felt[1]), abs=1e-6
    )
    extremity = tables["extremity"].iloc[0]
    assert extremity["slope"] == pytest.approx(linregress(felt[0], felt[1]).slope, abs=1e-6)


def test_arousal_is_never_taken_for_intensity() -> None:
    scheme = get_scheme("vad")
    rng = np.random.default_rng(3)
    arousal = rng.uniform(1, 9, 50)
    found = find_intensity(
        evidence_of_answers(scheme, arousal, {"s": arousal}, dimension="arousal"), resampling=QUICK
    )
    assert set(found.tables["distances"]["of"]) == {"answers"}
    assert not len(found.tables["extremity"])
    assert "vad, arousal: nobody can say how strong an answer is" in " ".join(found.lacking)


def test_a_dimension_of_intensity_is_intensity_itself_and_valence_beside_it_is_not() -> None:
    intensity = get_scheme("intensity").dimension("intensity")
    both = Scheme("both", "dimensional", dimensions=(Dimension("valence", 1, 9), intensity))
    own = strengths(both, "intensity")
    assert own is not None
    assert (own[0], own[-1]) == (0, 1)
    assert strengths(both, "valence") is None
    alone = strengths(get_scheme("vad"), "valence")
    assert alone is not None
    assert (alone[0], alone[120], alone[-1]) == (1, 0, 1)


def test_whole_points_of_a_scale_are_counted_as_they_are() -> None:
    scale = get_scheme("vad").dimension("valence")
    codes = level_codes(np.array([1.0, 4.5, 5.0, 9.0, 12.0, np.nan]), scale)
    assert codes.tolist() == [0, 105, 120, 240, 240, -1]
    strength = strengths(get_scheme("vad"), "valence")
    assert strength is not None
    zone = zones("valence", strength)
    points = level_codes(np.arange(1.0, 10.0), scale)
    assert zone[points].argmax(axis=1).tolist() == [0, 0, 1, 1, 2, 1, 1, 0, 0]


def test_single_votes_are_another_distribution_than_majorities() -> None:
    """People who never agree on the ends: majorities are mild, votes are not."""
    votes = [
        {"positive": 0.4, "slightly positive": 0.6},
        {"negative": 0.4, "slightly negative": 0.6},
    ]
    truth = ["slightly positive", "slightly negative"] * 50
    evidence = evidence_of_answers(
        POLARITY, truth, {"s": ["positive", "slightly negative"] * 50}, distributions=votes * 50
    )
    extremity = find_intensity(evidence, resampling=QUICK).tables["extremity"]
    assert row_of(extremity, against="targets")["people_extreme"] == 0
    against = row_of(extremity, against="votes")
    assert against["people_extreme"] == pytest.approx(0.4)
    assert against["extreme_difference"] == pytest.approx(0.1)


def test_single_ratings_are_read_from_the_annotations() -> None:
    scheme = get_scheme("vad")
    evidence = evidence_of_answers(scheme, [5.0, 5.0, 5.0], {"s": [5, 5, 5]}, dimension="valence")
    said = pd.DataFrame(
        [
            {
                "item_id": item,
                "annotator_id": who,
                "scheme": "vad",
                "dimension": "valence",
                "value": value,
            }
            for item in evidence.items["item_id"]
            for who, value in (("a", 1.0), ("b", 9.0))
        ]
    )
    found = find_intensity(evidence, check_table("annotations", said), resampling=QUICK)
    votes = row_of(found.tables["extremity"], against="votes")
    assert votes["people_extreme"] == 1
    assert "Of single ratings, 100% are extreme, of means 0%" in found.statements[-1].text


def test_images_of_one_group_are_one_chance_to_differ() -> None:
    """Eight themes of fifty images: their answers go together, and so the interval is wide."""
    rng = np.random.default_rng(4)
    theme = rng.integers(0, 2, 8)
    codes = np.repeat(np.where(theme, 4, 1), 50)
    said = labels(np.where(np.repeat(rng.random(8) < 0.5, 50), 4, codes))
    groups = [f"theme-{number // 50}" for number in range(400)]
    alone = find_intensity(
        evidence_of_answers(POLARITY, labels(codes), {"s": said}), resampling=QUICK
    )
    together = find_intensity(
        evidence_of_answers(POLARITY, labels(codes), {"s": said}, groups=groups), resampling=QUICK
    )
    widths = [
        row["extreme_high"] - row["extreme_low"]
        for found in (alone, together)
        for row in found.tables["extremity"].to_dict(orient="records")
    ]
    assert widths[1] > 3 * widths[0]
    assert row_of(together.tables["distances"], of="answers")["n_groups"] == 8


def test_what_cannot_be_computed_is_told_and_the_rest_goes_on() -> None:
    rng = np.random.default_rng(5)
    codes = rng.choice(5, 40, p=PEOPLE)
    answers: dict[str, list[Any]] = {
        "mute": [None] * 40,
        "same": ["neutral"] * 40,
        "fine": labels(codes),
    }
    found = find_intensity(evidence_of_answers(POLARITY, labels(codes), answers), resampling=QUICK)
    lacking = " ".join(found.lacking)
    assert "mute has no answer that could be read" in lacking
    assert "same always says the same" in lacking
    assert "single votes are not known" in lacking
    assert set(found.tables["distances"]["system"]) == {"same", "fine"}
    ekman = get_scheme("ekman")
    nominal = find_intensity(
        evidence_of_answers(ekman, ["anger", "fear"] * 20, {"s": ["fear"] * 40}), resampling=QUICK
    )
    assert "labels have no order" in " ".join(nominal.lacking)
    row = nominal.tables["distances"].iloc[0]
    assert np.isnan(row["ks"])
    assert row["js"] > 0
    sets = evidence_of_answers(POLARITY, labels(codes), {"s": labels(codes)})
    sets = replace(sets, schemes={"polarity5": replace(POLARITY, multi_label=True)})
    assert "one label or number per item" in find_intensity(sets).lacking[0]
    nobody = evidence_of_answers(POLARITY, ["neutral"], {"s": ["neutral"]})
    assert "one group of items" in " ".join(find_intensity(nobody, resampling=QUICK).lacking)
    unknown = replace(nobody, targets=nobody.targets.iloc[:0])
    assert "no system has an answer beside" in " ".join(find_intensity(unknown).lacking)


def test_unread_answers_are_in_no_distribution_and_coverage_says_so() -> None:
    rng = np.random.default_rng(6)
    codes = rng.choice(5, 100, p=PEOPLE)
    said: list[str | None] = [*labels(codes)[:60], *[None] * 40]
    found = find_intensity(
        evidence_of_answers(POLARITY, labels(codes), {"s": said, "t": labels(codes)}),
        resampling=QUICK,
    )
    rows = found.tables["distances"]
    half = row_of(rows, system="s", of="answers")
    assert (half["n"], half["coverage"]) == (60, 0.6)
    assert half["wasserstein"] == 0, "people are those of the very items that were read"
    assert row_of(rows, system="t", of="answers")["n"] == 100


def test_a_run_is_analyzed_by_name(tmp_path: Path) -> None:
    recipe = Recipe(n_items=40, models={"m/one": 0.8}, images=False, pathways=["direct"])
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["intensity"])["intensity"]
    assert {"targets", "votes"} == set(found.tables["distances"]["against"])
    assert set(found.tables["shares"]["of"]) == {"answers", "intensity", "zones"}
    for part in found.tables["shares"].groupby(["scheme", "dimension", "of", "who"], dropna=False):
        assert part[1]["share"].sum() == pytest.approx(1)


PUBLISHED = Path("../shared/data/published-descriptions")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="needs ../shared/data/published-descriptions")
def test_middles_do_not_collapse_in_the_published_text_model() -> None:
    """P5 at sigma 3, ModernBERT fine-tuned on GPT-4o mini's descriptions."""
    table = pd.read_parquet(PUBLISHED / "predictions.parquet")
    for column, value in {
        "problem": "p5", "sigma": 3, "captioner": "gpt-4o-mini", "classifier": "modernbert",
        "training": "finetuned",
    }.items():  # fmt: skip
        table = table[table[column] == value]
    truth, said = (labels(table[column].to_numpy()) for column in ("target", "prediction"))
    found = find_intensity(evidence_of_answers(POLARITY, truth, {"m": said}), resampling=QUICK)
    row = found.tables["extremity"].iloc[0]
    own, theirs = (sum("slightly" in label for label in each) for each in (said, truth))
    assert row["n"] == 3565
    assert row["mild_difference"] == pytest.approx((own - theirs) / 3565)
    assert 0 < row["mild_low"] < row["mild_high"]
    assert "1 of 1 systems is more often mild" in " ".join(each.text for each in found.statements)
