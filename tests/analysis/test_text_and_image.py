"""Which of text and image is followed: what was planted is found, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.affect import get_scheme
from mllmsent.analysis import Evidence
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze
from mllmsent.analysis.text_and_image.find import find_text_and_image
from mllmsent.analysis.text_and_image.parts_followed import label_following, number_weights
from mllmsent.data import TargetSpec, compute_targets, load_dataset
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling
from mllmsent.metrics.grouping import Grouping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

QUICK = Resampling(n_resamples=300)
LABELS = ("negative", "neutral", "positive")
WAYS = ("image-only", "text-only", "none")


def planted(
    n: int, image: float, text: float, seed: int, groups: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Grouping]:
    """Labels of the parts at random, and of both those of the image or text this often.

    In groups, what is followed is drawn for a group and not for an item.
    """
    rng = np.random.default_rng(seed)
    one, other = rng.integers(3, size=(2, n))
    index = np.arange(n) if not groups else np.arange(n) % groups
    what = rng.random(groups or n)[index]
    third = (-one - other) % 3  # where the two differ, the label that is neither
    both = np.where(what < image, one, np.where(what < image + text, other, third))
    both = np.where(one == other, one, both)
    return one, other, both, Grouping.of(index.tolist(), n)


def run_of(
    systems: Mapping[str, Sequence[NDArray[Any]]],
    truth: NDArray[np.intp] | None = None,
    *,
    scheme: str = "polarity3",
) -> Evidence:
    """Tables of systems' answers to image, text and both: codes, -1 for unread, or valences."""
    kind = get_scheme(scheme)
    n = len(next(iter(systems.values()))[0])
    ids = [f"item-{number:05}" for number in range(n)]
    names = np.array([*kind.label_names, None], dtype=object)
    parts = []
    for system, answers in systems.items():
        for condition, said in zip(WAYS, answers, strict=True):
            part: Any = pd.DataFrame({"item_id": ids, "system_id": system, "scheme": scheme,
                                 "condition": condition, "repeat": 0, "status": "ok"})  # fmt: skip
            if kind.dimension_names:
                part["values"] = [{"valence": value} for value in said]
            else:
                part["label"] = names[said]
                part.loc[said == -1, "status"] = "unparsed"
            parts.append(part)
    targets = pd.DataFrame({"item_id": ids if truth is not None else [], "scheme": scheme,
                            "annotator_group": "all"})  # fmt: skip
    if truth is not None:
        targets["label"] = names[truth]
    return Evidence(
        items=check_table("items", pd.DataFrame({"item_id": ids, "group": ids})),
        targets=check_table("targets", targets),
        predictions=check_table("predictions", pd.concat(parts, ignore_index=True)),
        systems=check_table("systems", pd.DataFrame({"system_id": list(systems), "name": list(systems),
                                                     "pathway": "direct", "model": list(systems)})),
        schemes={scheme: kind},
    )  # fmt: skip


def test_planted_following_lies_in_its_intervals_as_often_as_they_say() -> None:
    inside = np.zeros((200, 3), bool)
    for seed in range(200):
        found = label_following(*planted(240, 0.6, 0.25, seed)[:3], LABELS,
                                Grouping.of(None, 240), resampling=QUICK, n_permutations=100)  # fmt: skip
        assert not isinstance(found, str)
        for place, (score, true) in enumerate(
            [(found.first, 0.6), (found.second, 0.25), (found.lean, 0.35)]
        ):
            inside[seed, place] = score.interval.low <= true <= score.interval.high
    # the 99 % binomial bounds of 95 % in 200 worlds
    assert ((inside.mean(axis=0) >= 0.905) & (inside.mean(axis=0) <= 0.985)).all(), inside.mean(
        axis=0
    )


def test_items_of_a_group_that_follow_together_are_not_many_witnesses() -> None:
    inside, clear = 0, 0
    for seed in range(200):
        one, other, both, grouping = planted(300, 0.5, 0.5, seed, groups=60)
        found = label_following(
            one, other, both, LABELS, grouping, resampling=QUICK, n_permutations=300
        )
        assert not isinstance(found, str)
        inside += found.first.interval.low <= 0.5 <= found.first.interval.high
        clear += found.p <= 0.05
    assert 181 <= inside <= 197
    assert clear <= 19  # nothing is planted: 5 % of 200, and the 99 % bound of that


def test_planted_weights_lie_in_their_intervals_as_often_as_they_say() -> None:
    inside = np.zeros((200, 3), bool)
    clear = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one, other = rng.uniform(1, 9, (2, 150))
        both = 0.7 + 0.6 * one + 0.3 * other + rng.normal(0, 1, 150)
        found = number_weights(one, other, both, Grouping.of(None, 150), resampling=QUICK)
        even = number_weights(
            one, other, both - 0.3 * one, Grouping.of(None, 150), resampling=QUICK
        )
        assert not isinstance(found, str)
        assert not isinstance(even, str)
        for place, (score, true) in enumerate(
            [(found.first, 0.6), (found.second, 0.3), (found.lean, 0.3)]
        ):
            inside[seed, place] = score.interval.low <= true <= score.interval.high
        clear += even.p <= 0.05
    assert ((inside.mean(axis=0) >= 0.905) & (inside.mean(axis=0) <= 0.985)).all(), inside.mean(
        axis=0
    )
    assert clear <= 19


def test_weights_are_those_of_least_squares() -> None:
    import statsmodels.api as sm  # noqa: PLC0415 - slow to import

    rng = np.random.default_rng(1)
    one = rng.uniform(1, 9, 400)
    other = 0.5 * one + rng.uniform(1, 9, 400)
    both = 1e3 + 0.6 * one + 0.3 * other + rng.normal(0, 1, 400)
    groups = np.arange(400) // 4
    fit = sm.OLS(both, sm.add_constant(np.column_stack([one, other]))).fit(
        cov_type="cluster", cov_kwds={"groups": groups}
    )
    found = number_weights(one, other, both, Grouping.of(groups.tolist(), 400),
                           resampling=Resampling(n_resamples=4000))  # fmt: skip
    assert not isinstance(found, str)
    assert [found.first.value, found.second.value] == pytest.approx(fit.params[1:], abs=1e-9)
    robust = fit.conf_int()[1:]
    for score, (low, high) in zip((found.first, found.second), robust, strict=True):
        width = high - low
        assert score.interval.low == pytest.approx(low, abs=0.12 * width)
        assert score.interval.high == pytest.approx(high, abs=0.12 * width)


def test_who_follows_the_image_and_who_the_text_is_told_apart() -> None:
    one, other, both, _ = planted(300, 0.8, 0.1, 3)
    _, _, even, _ = planted(300, 0.45, 0.45, 3)
    evidence = run_of(
        {"looks": (one, other, both), "reads": (other, one, both), "both": (one, other, even)}
    )
    found = find_text_and_image(evidence, resampling=QUICK)
    table: Any = found.tables["followed"].set_index("system")
    assert table.loc["looks", "lean"] > 0.5
    assert table.loc["reads", "lean"] < -0.5
    assert (table.loc[["looks", "reads"], "p_holm"] < 0.01).all()
    assert table.loc["both", "p_holm"] > 0.05
    assert (table["image"] + table["text"] + table["neither"]).tolist() == pytest.approx([1, 1, 1])
    assert table.loc["looks", "n_read"] == 300
    assert table.loc["looks", "n"] == table.loc["looks", "n_apart"] == (one != other).sum()
    assert found.statements[0].text.startswith(
        "The image is clearly followed more than the text by 1 of 3"
    )
    assert "of the image in 0." in found.statements[1].text
    assert found.lacking == ("polarity3: nobody said what is right, so no part adds to a score.",)


def test_what_is_followed_is_told_of_what_was_read() -> None:
    one, other, both, _ = planted(300, 0.7, 0.2, 3)
    unread, one = both.copy(), one.copy()
    unread[:50] = -1
    one[50:80] = -1
    found = find_text_and_image(run_of({"a": (one, other, unread)}), resampling=QUICK)
    row: Any = found.tables["followed"].iloc[0]
    read = np.arange(300) < 50
    apart = (one != other) & (one != -1)
    assert row["n_read"] == 270
    assert row["n_apart"] == apart.sum()
    assert row["n"] == (apart & ~read).sum()


def test_what_a_part_adds_is_found_and_nothing_where_it_adds_nothing() -> None:
    """The text tells what is right, the image nothing: the text adds, the image does not."""
    rng = np.random.default_rng(2)
    truth = rng.integers(3, size=400)
    image = rng.integers(3, size=400)
    text = np.where(rng.random(400) < 0.8, truth, rng.integers(3, size=400))
    both = np.where(rng.random(400) < 0.8, truth, rng.integers(3, size=400))
    found = find_text_and_image(run_of({"a": (image, text, both)}, truth), resampling=QUICK)
    added: Any = found.tables["added"].set_index("part")
    assert added.loc["text", "low"] > 0.3
    assert added.loc["text", "p_holm"] < 0.01
    assert added.loc["image", "p_holm"] > 0.05
    assert added.loc["image", "low"] < 0 < added.loc["image", "high"]
    scores: Any = found.tables["scores"].set_index("shown")
    assert set(scores.index) == {"image", "text", "both"}
    assert added.loc["text", "added"] == pytest.approx(
        scores.loc["both", "value"] - scores.loc["image", "value"]
    )
    assert added.loc["image", "without"] == pytest.approx(scores.loc["text", "value"])
    assert any("The text beside the image changes the Macro F1 of 1 of 1 systems clearly" in statement.text
               for statement in found.statements)  # fmt: skip


def told(evidence: Evidence, column: str = "label", **parts: NDArray[Any]) -> Evidence:
    """The same, where people said something of the image alone and of the text alone."""
    (scheme,) = evidence.schemes.values()
    ids = evidence.items["item_id"].tolist()
    names = np.array([*scheme.label_names, None], dtype=object)
    tables = [
        pd.DataFrame({"item_id": ids, "scheme": scheme.name, "annotator_group": f"shown={part}",
                      "dimension": "valence" if column == "mean" else None,
                      column: said if column == "mean" else names[said]})
        for part, said in parts.items()
    ]  # fmt: skip
    targets = pd.concat([evidence.targets, *tables], ignore_index=True)
    return replace(evidence, targets=check_table("targets", targets))


def as_asked_plainly(evidence: Evidence) -> Evidence:
    said = evidence.predictions
    return replace(evidence, predictions=said[said["condition"] == "none"])


def test_what_people_said_of_the_parts_makes_items_incongruent_for_all_systems_alike() -> None:
    """One follows the image in 0.6 of them and the text in 0.25, one answers by chance."""
    image, text, both, _ = planted(400, 0.6, 0.25, 5)
    chance = np.random.default_rng(8).integers(3, size=400)
    plain = as_asked_plainly(run_of({"a": (image, text, both), "b": (image, text, chance)}))
    found = find_text_and_image(told(plain, image=image, text=text), resampling=QUICK)
    rows: Any = found.tables["followed"].set_index("system")
    assert set(rows["told_by"]) == {"people"}
    assert rows["n_apart"].tolist() == [(image != text).sum()] * 2
    row = rows.loc["a"]
    assert row["image_low"] < 0.6 < row["image_high"]
    assert row["text_low"] < 0.25 < row["text_high"]
    assert row["p_holm"] < 0.01
    assert rows.loc["b", "p_holm"] > 0.05
    assert rows.loc["b", "low"] < 0 < rows.loc["b", "high"]
    assert found.statements[0].text == (
        "Held against what people said of each, the image is clearly followed more than the text by 1 of "
        "2 systems, the text more than the image by 0."
    )
    assert (
        "on which people's labels for the image alone and for the text alone differ, a gives"
        in (found.statements[1].text)
    )
    assert found.lacking[0].startswith("No question was asked under condition image-only or text-")


def test_people_and_the_system_itself_tell_the_parts_apart() -> None:
    """The system reads the parts otherwise than people do, and follows its own reading of the image."""
    rng = np.random.default_rng(6)
    image, text, own_image, own_text = rng.integers(3, size=(4, 400))
    evidence = told(run_of({"a": (own_image, own_text, own_image)}), image=image, text=text)
    found = find_text_and_image(evidence, resampling=QUICK)
    rows: Any = found.tables["followed"].set_index("told_by")
    assert rows.loc["system", "image"] == 1
    assert rows.loc["people", "p_holm"] > 0.05
    assert rows.loc["people", "n_apart"] == (image != text).sum()


def test_parts_of_which_people_say_the_same_or_one_only_have_no_shares() -> None:
    image, text, both, _ = planted(200, 0.6, 0.25, 5)
    plain = as_asked_plainly(run_of({"a": (image, text, both)}))
    alike = find_text_and_image(told(plain, image=image, text=image), resampling=QUICK)
    assert not len(alike.tables["followed"])
    assert alike.lacking[1].startswith(
        "polarity3: by what people said of the parts, a: what is said"
    )
    assert "in 0 groups" in alike.lacking[1]
    one = find_text_and_image(told(plain, image=image), resampling=QUICK)
    assert not len(one.tables["followed"])
    assert one.lacking[1].startswith(
        "polarity3: people said something of shown=image alone; to tell"
    )
    assert len(find_text_and_image(plain, resampling=QUICK).lacking) == 1


def test_people_s_means_of_the_parts_have_weights_too() -> None:
    rng = np.random.default_rng(4)
    image, text, own = rng.uniform(1, 9, (3, 200))
    both = 0.2 * image + 0.7 * text + rng.normal(0, 0.2, 200)
    plain = as_asked_plainly(run_of({"a": (own, own, both)}, scheme="valence-arousal"))
    found = find_text_and_image(told(plain, "mean", image=image, text=text), resampling=QUICK)
    (row,) = found.tables["weights"].to_dict(orient="records")
    assert row["told_by"] == "people"
    assert row["image_low"] < 0.2 < row["image_high"]
    assert row["text_low"] < 0.7 < row["text_high"]
    assert "people's mean for the text alone weighs 0.7" in found.statements[0].text


def test_a_card_says_which_labels_are_of_the_image_and_which_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text(
        "id,words,by_image,by_text,label\na,one,positive,negative,neutral\nb,two,negative,negative,\n"
    )
    (tmp_path / "dataset.yaml").write_text(
        "name: posts\nemotion_target: expressed\nitems: {file: posts.csv, id: id, text: words}\nlabels:\n"
        "  - {scheme: polarity3, label: by_image, annotator_group: shown=image}\n"
        "  - {scheme: polarity3, label: by_text, annotator_group: shown=text}\n"
        "  - {scheme: polarity3, label: label}\n"
    )
    targets = compute_targets(load_dataset(tmp_path), TargetSpec(scheme="polarity3"))
    known = targets.set_index(["annotator_group", "item_id"])["label"].to_dict()
    assert known == {
        ("all", "a"): "neutral",
        ("shown=image", "a"): "positive",
        ("shown=image", "b"): "negative",
        ("shown=text", "a"): "negative",
        ("shown=text", "b"): "negative",
    }


def test_numbers_have_weights() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.uniform(1, 9, (2, 200))
    evidence = run_of({"a": (one, other, 0.2 * one + 0.7 * other)}, scheme="valence-arousal")
    found = find_text_and_image(evidence, resampling=QUICK)
    (row,) = found.tables["weights"].to_dict(orient="records")
    assert (row["image"], row["text"]) == pytest.approx((0.2, 0.7))
    assert row["dimension"] == "valence"
    assert "for the text alone weighs 0.70" in found.statements[0].text
    # Nobody was asked for arousal, so there are no numbers of it
    assert any("arousal" in sentence for sentence in found.lacking)


def test_only_items_asked_in_all_ways_are_scored() -> None:
    one, other, both, _ = planted(100, 0.8, 0.1, 3)
    evidence = run_of({"a": (one, other, both)}, one)
    said = evidence.predictions
    left_out = (said["condition"] == "text-only") & (said["item_id"] >= "item-00080")
    found = find_text_and_image(replace(evidence, predictions=said[~left_out]), resampling=QUICK)
    assert set(found.tables["scores"]["n"]) == {80}
    assert found.tables["followed"]["n_read"].tolist() == [80]


def test_what_is_lacking_is_told() -> None:
    one, other, both, _ = planted(100, 0.8, 0.1, 3)
    evidence = run_of({"a": (one, other, both), "same": (one, one, one)})
    said = evidence.predictions
    plain = replace(evidence, predictions=said[said["condition"] == "none"])
    (told,) = find_text_and_image(plain).lacking
    assert told.startswith("No question was asked under condition image-only or text-only; a study")
    apart = said[(said["condition"] != "none") == (said["item_id"] < "item-00050")]
    none = find_text_and_image(replace(evidence, predictions=apart))
    assert none.lacking[0].startswith("No item was asked about as it is, by its image alone")
    assert not none.statements
    found = find_text_and_image(evidence, resampling=QUICK)
    assert list(found.tables["followed"]["system"]) == ["a"]
    assert any("same: what is said of the image alone and of the text alone differs" in each and "in 0 groups" in each
               for each in found.lacking)  # fmt: skip
    sets = replace(
        evidence, schemes={"polarity3": replace(get_scheme("polarity3"), multi_label=True)}
    )
    assert (
        "one label or number per answer" in find_text_and_image(sets, resampling=QUICK).lacking[0]
    )


@pytest.mark.parametrize(
    ("image", "text", "said"),
    [
        (np.arange(5.0), np.arange(5.0)[::-1], "5 groups of items, and 10 are the least"),
        (np.full(20, 3.0), np.arange(20.0), "all numbers for one of the parts alone are the same"),
        (np.arange(20.0), 2 * np.arange(20.0), "tell each other"),
    ],
)
def test_numbers_without_weights_say_why(
    image: NDArray[np.float64], text: NDArray[np.float64], said: str
) -> None:
    found = number_weights(image, text, image, Grouping.of(None, len(image)), resampling=QUICK)
    assert isinstance(found, str)
    assert said in found


def test_a_run_without_such_items_is_told_so(tmp_path: Path) -> None:
    recipe = Recipe(n_items=20, models={"m/one": 0.8}, images=False)
    found = analyze(Material(make_run(tmp_path / "run", recipe)), ["text_and_image"])
    assert (
        found["text_and_image"]
        .lacking[0]
        .startswith("No question was asked under condition image-")
    )
