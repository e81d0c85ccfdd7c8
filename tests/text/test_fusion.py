"""Several classifiers as one."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.text.corpus import Memory, described

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.config import Config
from mllmsent.text import CLASSIFIERS, cross_validate, get_classifier, load_classifier
from mllmsent.text.fusion import FusionClassifier, FusionOptions

POLARITY = get_scheme("polarity3")
WORDS = {"model": "linear", "options": {"class_weight": "none"}}
LETTERS = {"model": "linear", "options": {"characters": [2, 3], "c": 10}}
MADE: list["Overconfident"] = []


class NoOptions(Config):
    """None."""


class Overconfident(Memory):
    """Is sure of the texts that it has learned from, and decides the others by their length."""

    options = NoOptions

    def __init__(self, scheme: Scheme, options: NoOptions | None = None) -> None:
        super().__init__(scheme=scheme, name="overconfident", score_kind="margin")
        MADE.append(self)

    def predict(self, texts: Sequence[str]) -> NDArray[np.float64]:
        known = super().predict(texts)
        places = np.eye(3)[[len(text) % 3 for text in texts]]
        return np.where(np.isnan(known), places, 5 * known)


@pytest.fixture
def overconfident() -> Iterator[None]:
    """A classifier that must not be believed about what it has learned from."""
    MADE.clear()
    CLASSIFIERS._loaded["overconfident"] = Overconfident  # type: ignore[assignment] # never loaded
    yield
    CLASSIFIERS._loaded.pop("overconfident")


def fusion(scheme: Scheme = POLARITY, **options: Any) -> FusionClassifier:
    return FusionClassifier(scheme, FusionOptions(**({"members": [WORDS, LETTERS]} | options)))


def learned(texts: list[str], labels: list[str], **options: Any) -> FusionClassifier:
    classifier = fusion(**options)
    classifier.fit(texts, np.array(labels, dtype=object), seed=0)
    return classifier


def test_it_says_the_mean_of_what_its_members_say() -> None:
    texts, labels = described(60, signal=0.6)
    ours = learned(texts[:40], labels[:40]).predict(texts[40:])
    each = []
    for member in (WORDS, LETTERS):
        alone = get_classifier("linear", POLARITY, member["options"])  # type: ignore[arg-type]
        alone.fit(texts[:40], np.array(labels[:40], dtype=object), seed=0)
        each.append(alone.predict(texts[40:]))
    np.testing.assert_allclose(ours, np.mean(each, axis=0))
    np.testing.assert_allclose(ours.sum(axis=1), 1)


def test_of_values_too() -> None:
    scheme = get_scheme("valence-arousal")
    texts, labels = described(40)
    values = np.array([[9.0, 5.0] if label == "positive" else [1.0, 5.0] for label in labels])
    classifier = fusion(scheme)
    classifier.fit(texts, values, seed=0)
    assert classifier.score_kind == "value"
    read = classifier.predict(texts)[:, 0]
    assert read[np.array(labels) == "positive"].min() > read[np.array(labels) != "positive"].max()


def test_what_a_member_knows_by_heart_does_not_count_as_knowing(overconfident: None) -> None:
    """Its margins of texts that it has learned from are perfect, and of others worth nothing."""
    texts, labels = described(90, signal=0.0)
    texts = [f"{text} {row}" for row, text in enumerate(texts)]
    classifier = learned(texts, labels, members=["overconfident", "vader"])
    scores = classifier.predict(texts)
    assert scores.max() < 0.75, "calibrated on what it had seen, it would be certain"
    shares = [labels.count(name) / 90 for name in POLARITY.label_names]
    np.testing.assert_allclose(scores.mean(axis=0), shares, atol=0.08)


def test_what_is_chosen_is_chosen_without_looking_at_the_tested_fold() -> None:
    texts, labels = described(120)
    rates = []
    for seed in range(3):
        dealt = np.random.default_rng(seed).permutation(labels).tolist()
        options = {"members": [WORDS, LETTERS], "weights": "chosen", "inner_folds": 3}
        result = cross_validate(
            partial(get_classifier, "fusion", POLARITY, options),
            texts,
            dealt,
            np.arange(120) % 3,
            scheme=POLARITY,
        )
        said = [names[0] for names in result.labels()]
        rates.append(np.mean([name == label for name, label in zip(said, dealt, strict=True)]))
    assert np.mean(rates) == pytest.approx(1 / 3, abs=3 * np.sqrt(2 / 9 / (3 * 120)))


def test_weights_go_to_who_reads_better() -> None:
    texts, labels = described(120, signal=0.8)
    # Terms that stand in so many texts are fillers: that member knows nothing, and is sure of it.
    blind = {"model": "linear", "options": {"min_texts": 25, "words": [1, 1], "c": 1e4}}
    classifier = learned(texts, labels, members=[WORDS, blind], weights="chosen")
    members = classifier.fitted["members"]
    assert members[0]["weight"] >= 0.7
    assert sum(each["weight"] for each in members) == pytest.approx(1)
    assert members[0]["terms"] > members[1]["terms"]


def test_inner_divisions_keep_groups_whole(overconfident: None) -> None:
    texts, labels = described(40)
    texts = [f"{text} {row}" for row, text in enumerate(texts)]
    groups = np.array([f"group{row // 4}" for row in range(40)], dtype=object)
    classifier = fusion(members=["overconfident", "vader"])
    classifier.fit(texts, np.array(labels, dtype=object), seed=0, groups=groups)
    fits = [seen for made in MADE for seen in made.seen if len(seen[0]) < 40]
    assert len(fits) == 5
    for known, names, _ in fits:
        assert names is not None
        left_out = {groups[texts.index(text)] for text in set(texts) - set(known)}
        assert left_out.isdisjoint(names.tolist())


def test_a_text_that_one_member_cannot_decide_is_decided_by_the_others() -> None:
    texts, labels = described(30)
    two = get_scheme("polarity2")
    rows = [row for row, label in enumerate(labels) if label != "neutral"]
    classifier = fusion(two, members=["vader", "linear"])
    classifier.fit(
        [texts[row] for row in rows], np.array([labels[row] for row in rows], dtype=object), seed=0
    )
    scores = classifier.predict(["A chair.", "", "  "])
    assert np.isfinite(scores[0]).all()
    assert np.isnan(scores[1:]).all()


@pytest.mark.parametrize("members", [[WORDS, LETTERS], ["vader", "linear"]])
def test_saved_it_comes_back_and_reads_the_same(tmp_path: Path, members: list[Any]) -> None:
    texts, labels = described(40, signal=0.5)
    classifier = learned(texts, labels, members=members, weights="chosen", inner_folds=2)
    classifier.save(tmp_path)
    loaded = load_classifier(tmp_path)
    assert loaded.identity == classifier.identity
    assert loaded.fitted == classifier.fitted
    np.testing.assert_array_equal(loaded.predict(texts), classifier.predict(texts))


def test_a_saved_one_without_a_member_or_with_a_stranger_is_refused(tmp_path: Path) -> None:
    texts, labels = described(20)
    learned(texts, labels).save(tmp_path)
    stranger = get_classifier("linear", get_scheme("polarity5"))
    stranger.fit(["a b", "b c"], np.array(["positive", "very negative"], dtype=object), seed=0)
    stranger.save(tmp_path / "members" / "1")
    with pytest.raises(InputError, match="do not fit each other"):
        load_classifier(tmp_path)
    (tmp_path / "members" / "1" / "classifier.json").unlink()
    with pytest.raises(InputError, match="No classifier is saved here"):
        load_classifier(tmp_path)


def test_what_it_is_is_what_its_members_are() -> None:
    plain = fusion().identity
    assert [member["classifier"] for member in plain["members"]] == ["linear", "linear"]
    assert plain != fusion(weights="chosen").identity
    assert plain != fusion(members=[WORDS, "linear"]).identity
    told = get_classifier("fusion", get_scheme("polarity2"), {"members": ["vader", "linear"]},
                          neutral_as="positive")  # fmt: skip
    assert told.identity["members"][0]["neutral_as"] == "positive"


def test_a_scheme_that_a_member_cannot_read_is_refused_by_the_members_name() -> None:
    classifier = fusion(get_scheme("mikels"), members=["vader", "linear"])
    reason = classifier.supports(classifier.scheme)
    assert reason is not None
    assert reason.startswith("Its member vader does not read in mikels:")
    with pytest.raises(InputError, match="member vader"):
        classifier.predict(["a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": ["linear"]}, "at least 2"),
        ({"members": ["linear", "linear"]}, "'linear' is there twice"),
        ({"members": ["linear", {"modle": "vader"}]}, "Did you mean 'model'"),
        ({"weights": "choosen"}, "Did you mean 'chosen'"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        get_classifier("fusion", POLARITY, options)


def test_a_member_that_is_no_classifier_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'linear'"):
        _ = get_classifier("fusion", POLARITY, {"members": ["liner", "vader"]}).trains
