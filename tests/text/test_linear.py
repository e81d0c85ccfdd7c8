"""TF-IDF with logistic and ridge regression."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from tests.text.corpus import described

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.text import decide_labels, encode_targets, get_classifier, load_classifier
from mllmsent.text.linear import LinearClassifier, LinearOptions

POLARITY = get_scheme("polarity3")
FIXED = LinearOptions(class_weight="none")
CHOOSING = LinearOptions(c=(0.1, 1.0, 10.0), class_weight=("none", "balanced"))


def trained(
    texts: list[str],
    targets: Sequence[Any] | NDArray[Any],
    scheme: Scheme,
    options: LinearOptions = FIXED,
    groups: NDArray[Any] | None = None,
) -> LinearClassifier:
    classifier = LinearClassifier(scheme, options)
    classifier.fit(texts, encode_targets(targets, scheme)[0], seed=0, groups=groups)
    return classifier


@pytest.mark.parametrize("weight", ["none", "balanced"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_probabilities_are_those_of_scikit_learn(
    n_classes: int, weight: Literal["none", "balanced"]
) -> None:
    texts, labels = described(150, signal=0.7)
    rows = [row for row, label in enumerate(labels) if n_classes == 3 or label != "neutral"]
    texts, labels = [texts[row] for row in rows], [labels[row] for row in rows]
    scheme = get_scheme(f"polarity{n_classes}")
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(
            C=3.0, class_weight=None if weight == "none" else weight, tol=1e-8, max_iter=10_000
        ),
    ).fit(texts[:60], labels[:60])
    assert reference.classes_.tolist() == sorted(scheme.label_names)
    options = LinearOptions(c=3.0, class_weight=weight)
    ours = trained(texts[:60], labels[:60], scheme, options).predict(texts[60:])
    order = [scheme.label_names.index(name) for name in reference.classes_]
    np.testing.assert_allclose(ours[:, order], reference.predict_proba(texts[60:]), atol=2e-3)


def test_by_the_root_of_its_texts_a_class_counts_between_alike_and_as_often_as_it_is() -> None:
    texts, labels = described(240, signal=0.6)
    rare = [row for row, label in enumerate(labels) if label != "neutral" or row % 4 == 0]
    texts, labels = [texts[row] for row in rare], [labels[row] for row in rare]
    names, counts = np.unique(labels[:100], return_counts=True)
    weights = dict(zip(names, counts**-0.5 * counts.sum() / (counts**0.5).sum(), strict=True))
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(class_weight=weights, tol=1e-8, max_iter=10_000),
    ).fit(texts[:100], labels[:100])
    ours = trained(texts[:100], labels[:100], POLARITY, LinearOptions(class_weight="root"))
    order = [POLARITY.label_names.index(name) for name in reference.classes_]
    read = ours.predict(texts[100:])
    np.testing.assert_allclose(read[:, order], reference.predict_proba(texts[100:]), atol=2e-3)
    often = {}
    for kind in ("none", "root", "balanced"):
        options = LinearOptions.model_validate({"class_weight": kind})
        other = trained(texts[:100], labels[:100], POLARITY, options)
        often[kind] = other.predict(texts[100:])[:, 1].mean()
    assert often["none"] < often["root"] < often["balanced"]


def test_values_are_those_of_scikit_learn_and_stay_on_their_scales() -> None:
    texts, labels = described(90)
    height = np.array([POLARITY.label_names.index(label) for label in labels])
    values = np.stack([1 + 4 * height, 9 - 3 * height], axis=1).astype(float)
    scheme = get_scheme("valence-arousal")
    options = LinearOptions(alpha=0.01)
    ours = trained(texts[:60], values[:60], scheme, options).predict(texts[60:])
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    reference = Ridge(alpha=0.01, tol=1e-8).fit(vectors.fit_transform(texts[:60]), values[:60])
    expected = reference.predict(vectors.transform(texts[60:]))
    assert (expected > 9).any()
    np.testing.assert_allclose(ours, expected.clip(1, 9), atol=0.02)


def test_several_labels_are_learned_each_for_itself() -> None:
    scheme = get_scheme("mikels-multi")
    words = dict(zip(scheme.label_names, "abcdefgh", strict=True))
    random = np.random.default_rng(3)
    sets = [set(random.choice(scheme.label_names, size=2, replace=False)) for _ in range(120)]
    texts = [" ".join(words[name] * 3 for name in sorted(held)) for held in sets]
    classifier = trained(texts[:80], sets[:80], scheme, LinearOptions(c=100.0, class_weight="none"))
    scores = classifier.predict(texts[80:])
    assert (scores.sum(axis=1) > 1.2).all()
    decided = decide_labels(scores, scheme, classifier.score_kind)
    assert [set(names) for names in decided] == sets[80:]


def test_a_label_that_no_text_has_gets_probability_zero() -> None:
    texts, labels = described(60)
    rows = [row for row, label in enumerate(labels) if label != "neutral"]
    classifier = trained([texts[row] for row in rows], [labels[row] for row in rows], POLARITY)
    scores = classifier.predict(["some table near an office", "grave"])
    assert (scores[:, 1] == 0).all()
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_one_label_alone_is_certain() -> None:
    classifier = trained(["grave ruin", "ruin storm"], ["negative", "negative"], POLARITY)
    assert classifier.predict(["puppy"]).tolist() == [[1.0, 0.0, 0.0]]


def test_a_label_of_several_that_all_or_no_texts_have_is_certain() -> None:
    scheme = get_scheme("mikels-multi")
    classifier = trained(["xx yy", "yy zz", "xx zz"], ["awe|fear", "awe", "awe|fear"], scheme)
    scores = dict(zip(scheme.label_names, classifier.predict(["xx"])[0], strict=True))
    assert scores["awe"] == 1
    assert scores["anger"] == 0
    assert 0 < scores["fear"] < 1


def test_texts_without_words_leave_the_shares_of_the_labels() -> None:
    classifier = trained(["?!", "...", "-", "*"], ["negative"] * 3 + ["positive"], POLARITY)
    np.testing.assert_allclose(classifier.predict(["anything at all"]), [[0.75, 0.0, 0.25]])


def test_a_blank_text_decides_nothing_and_unknown_words_decide_by_the_prior() -> None:
    texts, labels = described(60)
    scores = trained(texts, labels, POLARITY).predict(["", " \n", "zzz qqq"])
    assert np.isnan(scores[:2]).all()
    assert np.isfinite(scores[2]).all()


def test_runs_of_characters_read_a_language_that_does_not_part_its_words() -> None:
    texts = ["阳光明媚的公园", "破败的废墟", "公园里的阳光", "一片废墟"] * 5
    labels = ["positive", "negative", "positive", "negative"] * 5
    new = ["阳光下的草地", "废墟旁的树"]
    with_characters = LinearOptions(characters=(1, 2), c=10.0, class_weight="none")
    classifier = trained(texts, labels, POLARITY, with_characters)
    decided = decide_labels(classifier.predict(new), POLARITY, "probability")
    assert decided == (("positive",), ("negative",))
    words_only = trained(texts, labels, POLARITY, FIXED).predict(new)
    np.testing.assert_allclose(words_only[0], words_only[1])


def test_what_is_chosen_is_chosen_from_the_candidates_and_told() -> None:
    texts, labels = described(150, signal=0.8)
    classifier = trained(
        texts, labels, POLARITY, LinearOptions(c=(1e-6, 10.0), class_weight=("none", "balanced"))
    )
    assert classifier.fitted["c"] == 10.0
    assert classifier.fitted["class_weight"] in {"none", "balanced"}
    assert classifier.fitted["terms"] > 0


def test_the_penalty_of_values_is_chosen_too() -> None:
    texts, labels = described(120)
    values = [[9.0 if label == "positive" else 1.0] for label in labels]
    scheme = get_scheme("intensity")
    classifier = trained(texts, values, scheme, LinearOptions(alpha=(0.1, 1e6)))
    assert classifier.fitted == {"alpha": 0.1, "terms": classifier.fitted["terms"]}


def test_choosing_keeps_groups_whole() -> None:
    """Rows of one group share a word that tells the label and says nothing of other groups.

    Whoever divides groups believes that the word helps and chooses a weak penalty.
    """
    random = np.random.default_rng(1)
    texts, labels, groups = [], [], []
    for group in range(40):
        label = str(random.choice(["negative", "positive"]))
        for _ in range(4):
            texts.append(" ".join([f"mark{group}", *random.choice(["aa", "bb", "cc"], size=5)]))
            labels.append(label)
            groups.append(f"g{group}")
    options = LinearOptions(c=(1e-4, 100.0), class_weight="none")
    known = trained(texts, labels, get_scheme("polarity2"), options)
    honest = trained(texts, labels, get_scheme("polarity2"), options, groups=np.array(groups))
    assert known.fitted["c"] == 100.0
    assert honest.fitted["c"] == 1e-4


@pytest.mark.parametrize("labels", [["negative"], ["negative", "positive"]])
def test_too_few_texts_to_choose_from_still_give_a_classifier(labels: list[str]) -> None:
    texts = ["grave ruin", "puppy garland"][: len(labels)]
    scores = trained(texts, labels, POLARITY, CHOOSING).predict(["grave"])
    assert scores.argmax() == 0


def test_equal_seeds_give_equal_classifiers() -> None:
    texts, labels = described(80, signal=0.6)
    first, second = (trained(texts, labels, POLARITY, CHOOSING) for _ in range(2))
    np.testing.assert_array_equal(first.predict(texts), second.predict(texts))


def test_no_text_gets_no_scores() -> None:
    texts, labels = described(30)
    assert trained(texts, labels, POLARITY).predict([]).shape == (0, 3)


@pytest.mark.parametrize("scheme_name", ["polarity3", "mikels-multi", "valence-arousal"])
def test_a_saved_one_reads_the_same(scheme_name: str, tmp_path: Path) -> None:
    texts, labels = described(60)
    scheme = get_scheme(scheme_name)
    every: dict[str, list[Any]] = {
        "polarity3": labels,
        "mikels-multi": ["awe" if label == "positive" else "fear|anger" for label in labels],
        "valence-arousal": [[1.0 + len(label) / 2, 5.0] for label in labels],
    }
    targets = every[scheme_name]
    options = LinearOptions(characters=(2, 3), c=1.0, class_weight="none", alpha=1.0)
    classifier = trained(texts, targets, scheme, options)
    classifier.save(tmp_path / "saved")
    again = load_classifier(tmp_path / "saved")
    assert again.identity == classifier.identity
    assert again.fitted == classifier.fitted
    assert again.scheme.digest() == scheme.digest()
    new, _ = described(20, seed=9)
    np.testing.assert_array_equal(again.predict(new), classifier.predict(new))


def test_nothing_saved_is_a_pickle(tmp_path: Path) -> None:
    texts, labels = described(30)
    trained(texts, labels, POLARITY).save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays.npz", "classifier.json"]
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert {arrays[name].dtype.kind for name in arrays.files} == {"f"}


def _cut_arrays(folder: Path) -> None:
    (folder / "arrays.npz").write_bytes((folder / "arrays.npz").read_bytes()[:200])


def _pickled_arrays(folder: Path) -> None:
    np.savez(folder / "arrays.npz", weights=np.array([print], dtype=object))


def _lost_terms(folder: Path) -> None:
    content = json.loads((folder / "classifier.json").read_text())
    content["terms"][0].pop()
    (folder / "classifier.json").write_text(json.dumps(content))


def _without(key: str) -> Callable[[Path], object]:
    def damage(folder: Path) -> None:
        content = json.loads((folder / "classifier.json").read_text())
        del content[key]
        (folder / "classifier.json").write_text(json.dumps(content))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        _cut_arrays,
        _pickled_arrays,
        _lost_terms,
        _without("options"),
        _without("scheme"),
        _without("classifier"),
        _without("format"),
        lambda folder: (folder / "arrays.npz").unlink(),
        lambda folder: (folder / "classifier.json").unlink(),
        lambda folder: (folder / "classifier.json").write_text("{"),
        lambda folder: (folder / "classifier.json").write_text("[" * 100_000),
    ],
)
def test_a_damaged_one_is_refused_with_its_file(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    texts, labels = described(30)
    trained(texts, labels, POLARITY).save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError) as caught:
        load_classifier(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_one_that_has_learned_nothing_says_so(tmp_path: Path) -> None:
    classifier = LinearClassifier(POLARITY)
    assert classifier.fitted == {}
    with pytest.raises(InputError, match="learned nothing yet"):
        classifier.predict(["grave"])
    with pytest.raises(InputError, match="learned nothing yet"):
        classifier.save(tmp_path)


def test_no_texts_and_no_fixed_labels_are_refused() -> None:
    with pytest.raises(InputError, match="no texts"):
        trained([], [], POLARITY)
    free = LinearClassifier(get_scheme("free"))
    assert "fixed list" in (free.supports(free.scheme) or "")
    with pytest.raises(InputError, match="fixed list"):
        free.predict(["grave"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_text": 3}, "min_texts"),
        ({"c": 0}, "greater than 0"),
        ({"c": []}, "at least 1"),
        ({"words": [2, 1]}, "shortest"),
        ({"class_weight": "balance"}, "balanced"),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        get_classifier("linear", POLARITY, options)
