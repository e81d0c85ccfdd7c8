"""Training on all rows, and the card that says how well it will read."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score
from tests.text.corpus import described

from mllmsent.affect import Scheme, get_scheme
from mllmsent.foundation import InputError
from mllmsent.text import cross_validate, get_classifier, load_classifier
from mllmsent.text.model_card import save_trained, training_record
from mllmsent.text.training import TrainingRows, train

POLARITY = get_scheme("polarity3")


def rows(
    texts: list[str], targets: list[Any], scheme: Scheme = POLARITY, **changes: Any
) -> TrainingRows:
    names = [f"item{row}" for row in range(len(texts))]
    given: dict[str, Any] = {"ids": names, "groups": names}
    return TrainingRows("a test", scheme, texts=texts, targets=targets, **(given | changes))


def test_the_scores_are_of_texts_that_were_not_learned_from_and_the_classifier_knows_all() -> None:
    texts, labels = described(90, signal=0.7)
    folds = np.arange(90) % 3
    trained = train(rows(texts, labels, folds=folds, fold_rule="by hand"), "linear", seed=1)
    result = cross_validate(
        lambda: get_classifier("linear", POLARITY), texts, labels, folds, scheme=POLARITY, seed=1
    )
    said = [names[0] for names in result.labels()]
    for average in ("macro", "weighted"):
        score = trained.scores[f"{average}_f1"]
        assert score.value == pytest.approx(f1_score(labels, said, average=average))
        assert score.interval.low < score.value < score.interval.high
    recalls = recall_score(labels, said, labels=list(POLARITY.label_names), average=None)
    found = [trained.recalls[name].value for name in POLARITY.label_names]
    np.testing.assert_allclose(found, recalls)
    whole = get_classifier("linear", POLARITY)
    whole.fit(texts, np.array(labels, dtype=object), seed=1)
    np.testing.assert_array_equal(trained.classifier.predict(texts), whole.predict(texts))
    assert trained.fold_rule == "by hand"


def test_rows_that_are_not_divided_are_divided_with_groups_whole() -> None:
    """Each text stands there twice: were its copy learned from, it would be read perfectly."""
    texts, labels = described(60, signal=0.0)
    texts = [f"{text} {row} {row}x" for row, text in enumerate(texts)]
    groups = [f"group{row % 60}" for row in range(120)]
    trained = train(rows(texts * 2, labels * 2, ids=groups, groups=groups), "linear")
    assert trained.scores["accuracy"].value < 0.6
    assert trained.fold_rule == "stratified by label, items and groups whole, 5 folds, seed 42"


def test_dimensions_and_label_sets_have_scores_of_their_own() -> None:
    texts, labels = described(60)
    scheme = get_scheme("valence-arousal")
    values = [{"valence": 9.0 if label == "positive" else 2.0, "arousal": 4.0} for label in labels]
    values[0]["arousal"] = 5.0
    trained = train(rows(texts, values, scheme), "linear", {"alpha": 0.1})
    assert trained.scores["valence ccc"].value > 0.5
    assert not trained.counts
    assert not trained.recalls
    scheme = get_scheme("mikels-multi")
    sets = ["awe|excitement" if label == "positive" else "fear" for label in labels]
    trained = train(rows(texts, sets, scheme), "linear", {"c": 100})
    assert trained.scores["micro_f1"].value > 0.6
    assert trained.counts == {
        "awe": labels.count("positive"),
        "excitement": labels.count("positive"),
        "fear": 60 - labels.count("positive"),
    }


def test_what_is_saved_comes_with_a_card_that_says_what_it_is(tmp_path: Path) -> None:
    texts, labels = described(60, signal=0.7)
    texts[0] = "  "
    given = rows(texts, labels, describers=["dataset/<script>|x"])
    trained = train(given, "linear", {"c": [0.1, 1]})
    save_trained(trained, tmp_path / "reader")
    card = (tmp_path / "reader" / "README.md").read_text(encoding="utf-8")
    assert "| learned from | 59 texts about 59 items |" in card
    assert f"| macro_f1 | {trained.scores['macro_f1'].value:.3f} [" in card
    assert "| negative |" in card
    assert "1 texts are empty" in card
    assert "dataset/\\<script\\>\\|x" in card
    assert "mllmsent predict" in card
    record = json.loads((tmp_path / "reader" / "training.json").read_text(encoding="utf-8"))
    assert record["cross_validated"]["macro_f1"]["value"] == trained.scores["macro_f1"].value
    assert record["fitted"] == trained.classifier.fitted
    loaded = load_classifier(tmp_path / "reader")
    np.testing.assert_array_equal(loaded.predict(texts), trained.classifier.predict(texts))
    save_trained(trained, tmp_path / "reader")  # its own folder may be written again


def test_no_path_of_this_machine_stands_in_a_record(tmp_path: Path) -> None:
    texts, labels = described(20)
    trained = train(rows(texts, labels), "vader")
    assert str(tmp_path) not in json.dumps(training_record(trained))
    assert trained.fold_rule == "none: it does not learn"


def test_what_does_not_learn_can_be_saved_all_the_same(tmp_path: Path) -> None:
    save_trained(train(rows(*described(20)), "vader"), tmp_path / "vader")
    assert load_classifier(tmp_path / "vader").name == "vader"


def test_a_folder_that_holds_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("words", encoding="utf-8")
    trained = train(rows(*described(20)), "vader")
    with pytest.raises(InputError, match="no saved classifier"):
        save_trained(trained, tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        save_trained(trained, tmp_path / "thesis.tex")
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["", "  "], ["positive", "negative"], "There is no text to learn from"),
        (["a", "b"], ["positive", "positive"], "Every text is labelled 'positive'"),
        (["a", "b"], ["positive", "sad"], "no label 'sad'"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_in_words(
    texts: list[str], labels: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(rows(texts, labels), "linear")


def test_one_item_alone_cannot_be_tested() -> None:
    with pytest.raises(InputError, match="one item or group"):
        train(
            rows(["a", "b"], ["positive", "negative"], ids=["x", "x"], groups=["x", "x"]), "linear"
        )
