"""VADER by its published thresholds."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from mllmsent.affect import get_scheme, load_scheme
from mllmsent.foundation import InputError
from mllmsent.text import decide_labels
from mllmsent.text.lexicon import LexiconClassifier, LexiconOptions

GOOD, BAD, PLAIN = (
    "What a wonderful, happy day!",
    "A terrible, sad disaster.",
    "A table and a chair.",
)


def read(
    texts: list[str], scheme_name: str, neutral_as: str | None = None
) -> tuple[tuple[str, ...], ...]:
    scheme = get_scheme(scheme_name)
    classifier = LexiconClassifier(scheme, LexiconOptions(neutral_as=neutral_as))
    return decide_labels(classifier.predict(texts), scheme, classifier.score_kind)


@pytest.fixture
def fixed_compound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts that are numbers have that compound score."""

    class Analyzer:
        def polarity_scores(self, text: str) -> dict[str, float]:
            return {"compound": float(text)}

    monkeypatch.setattr("mllmsent.text.lexicon.vader", Analyzer)


def test_good_bad_and_plain_texts_are_told_apart() -> None:
    assert read([GOOD, BAD, PLAIN], "polarity3") == (("positive",), ("negative",), ("neutral",))


@pytest.mark.usefixtures("fixed_compound")
def test_every_compound_score_is_read_as_the_authors_published_it() -> None:
    """All 20,001 scores that four decimals allow, the thresholds themselves among them."""
    compound = np.round(np.arange(-10_000, 10_001) / 10_000, 4)
    published = np.where(
        compound >= 0.05, "positive", np.where(compound <= -0.05, "negative", "neutral")
    )
    decided = read([str(number) for number in compound], "polarity3")
    assert [names[0] for names in decided] == published.tolist()


@pytest.mark.usefixtures("fixed_compound")
@pytest.mark.parametrize("neutral_as", ["negative", "positive"])
def test_in_two_classes_neutral_goes_where_the_problem_folds_it(neutral_as: str) -> None:
    compound = ["-0.05", "-0.0499", "0.0", "0.0499", "0.05"]
    decided = read(compound, "polarity2", neutral_as=neutral_as)
    assert [names[0] for names in decided] == ["negative", *[neutral_as] * 3, "positive"]


@pytest.mark.usefixtures("fixed_compound")
def test_in_two_classes_neutral_is_no_label_where_nothing_says_which() -> None:
    decided = read(["-0.05", "-0.0499", "0.0", "0.0499", "0.05"], "polarity2")
    assert decided == (("negative",), (), (), (), ("positive",))


def test_the_compound_score_can_be_had_and_is_in_the_margins() -> None:
    classifier = LexiconClassifier(get_scheme("polarity3"))
    compound = classifier.compound([GOOD, BAD, PLAIN])
    analyzer = SentimentIntensityAnalyzer()
    assert compound.tolist() == [
        analyzer.polarity_scores(text)["compound"] for text in (GOOD, BAD, PLAIN)
    ]
    positive = classifier.predict([GOOD, BAD, PLAIN])[:, 2]
    np.testing.assert_allclose(positive + 0.05, compound)


def test_valence_is_the_compound_score_stretched_onto_the_scale() -> None:
    scheme = load_scheme(
        {
            "name": "pleasant",
            "kind": "dimensional",
            "dimensions": [{"name": "pleasure", "low": 1, "high": 7, "synonyms": ["valence"]}],
        }
    )
    classifier = LexiconClassifier(scheme)
    values = classifier.predict([GOOD, BAD, PLAIN])
    assert values.shape == (3, 1)
    np.testing.assert_allclose(values[:, 0], 4 + 3 * classifier.compound([GOOD, BAD, PLAIN]))
    assert values[2, 0] == pytest.approx(4)


@pytest.mark.parametrize("blank", ["", "  \n\t"])
@pytest.mark.parametrize("scheme_name", ["polarity3", "polarity2"])
def test_a_blank_text_is_not_neutral_but_nothing(blank: str, scheme_name: str) -> None:
    assert read([blank, GOOD], scheme_name) == ((), ("positive",))


@pytest.mark.parametrize(
    ("scheme_name", "reason"),
    [
        ("polarity5", "three classes"),
        ("ekman", "no other emotion"),
        ("ekman7", "no other emotion"),
        ("mikels-multi", "no other emotion"),
        ("free", "no other emotion"),
        ("valence-arousal", "not arousal"),
        ("vad", "not arousal or dominance"),
        ("intensity", "not intensity"),
    ],
)
def test_schemes_it_cannot_read_are_named_with_the_reason(scheme_name: str, reason: str) -> None:
    classifier = LexiconClassifier(get_scheme(scheme_name))
    assert reason in (classifier.supports(classifier.scheme) or "")
    with pytest.raises(InputError, match=reason):
        classifier.predict([GOOD])


@pytest.mark.parametrize("scheme_name", ["polarity2", "polarity3"])
def test_schemes_it_can_read_are_supported(scheme_name: str) -> None:
    classifier = LexiconClassifier(get_scheme(scheme_name))
    assert classifier.supports(classifier.scheme) is None


@pytest.mark.parametrize(
    ("scheme_name", "neutral_as"), [("polarity3", "positive"), ("polarity2", "positiv")]
)
def test_a_fold_of_neutral_that_makes_no_sense_is_named(scheme_name: str, neutral_as: str) -> None:
    classifier = LexiconClassifier(get_scheme(scheme_name), LexiconOptions(neutral_as=neutral_as))
    assert "neutral_as" in (classifier.supports(classifier.scheme) or "")


def test_labels_in_other_words_are_known_by_their_synonyms() -> None:
    scheme = load_scheme(
        {
            "name": "mood",
            "kind": "categorical",
            "labels": [
                {"name": "up", "synonyms": ["positive"]},
                {"name": "down", "synonyms": ["negative"]},
            ],
        }
    )
    classifier = LexiconClassifier(scheme)
    decided = decide_labels(classifier.predict([GOOD, BAD]), scheme, "margin")
    assert decided == (("up",), ("down",))


@given(st.text(max_size=200))
def test_any_text_has_a_compound_score_within_its_range_or_none_at_all(text: str) -> None:
    (compound,) = LexiconClassifier(get_scheme("polarity3")).compound([text])
    assert np.isnan(compound) if not text.strip() else -1 <= compound <= 1


def test_a_saved_one_reads_the_same(tmp_path: Path) -> None:
    scheme = get_scheme("polarity2")
    classifier = LexiconClassifier(scheme, LexiconOptions(neutral_as="negative"))
    classifier.save(tmp_path)
    again = LexiconClassifier.load(tmp_path)
    assert again.identity == classifier.identity
    np.testing.assert_array_equal(
        again.predict([GOOD, BAD, PLAIN]), classifier.predict([GOOD, BAD, PLAIN])
    )
