"""A model of entailment is asked whether a text means a label."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.text.transformer.checkpoints import build_judge, transformers
from tests.text.transformer.reading import POLARITY, Told, made, plain

from mllmsent.affect import get_scheme
from mllmsent.foundation import InputError
from mllmsent.foundation.work import watching
from mllmsent.text import CutWarning, cross_validate
from mllmsent.text.transformer.classifier import TransformerClassifier

Tiny = Callable[[str], Path]
NLI = ("contradiction", "neutral", "entailment")
SENTENCE = "The feeling of this scene is {label}."


@pytest.fixture(scope="module", params=["bart", "bert"])
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_judge(tmp_path_factory.mktemp("judge") / request.param, NLI, request.param)


@pytest.mark.parametrize("several", [False, True])
def test_it_says_what_the_pipeline_of_transformers_says(judge: Path, several: bool) -> None:
    scheme = get_scheme("mikels-multi") if several else POLARITY
    texts, _ = plain(6)
    asked: Any = transformers.pipeline("zero-shot-classification", model=str(judge))
    classifier = made(judge, "zero-shot", scheme, hypotheses=SENTENCE)
    scores = classifier.predict(texts)
    for text, row in zip(texts, scores, strict=True):
        said = asked(
            text,
            candidate_labels=list(scheme.label_names),
            hypothesis_template=SENTENCE.replace("{label}", "{}"),
            multi_label=several,
        )
        expected = dict(zip(said["labels"], said["scores"], strict=True))
        np.testing.assert_allclose(row, [expected[n] for n in scheme.label_names], atol=1e-5)
    assert np.ptp(scores, axis=0).max() > 1e-4


def test_it_reads_at_once_and_comes_back_from_a_folder(judge: Path, tmp_path: Path) -> None:
    texts, labels = plain(12)
    classifier = made(judge, "zero-shot", hypotheses=[SENTENCE, "It feels {label}."])
    assert not classifier.trains
    classifier.fit(texts, labels, seed=0)
    assert classifier.fitted == {}
    with pytest.warns(CutWarning, match="1 of 13 texts"):
        scores = classifier.predict([*texts, " ", "grave " * 100])
    assert np.isnan(scores[12]).all()
    assert np.isfinite(scores[13]).all()
    alone = np.concatenate([classifier.predict([text]) for text in texts])
    np.testing.assert_allclose(alone, scores[:12], atol=1e-5)
    result = cross_validate(lambda: classifier, texts, labels, np.arange(12) % 2, scheme=POLARITY)
    np.testing.assert_allclose(result.scores, scores[:12], atol=1e-5)
    assert result.notes == ()
    long, told = ["grave " * 100, *texts[1:]], Told()
    with watching(told):
        noted = cross_validate(
            lambda: classifier, long, labels, np.arange(12) % 2, scheme=POLARITY
        ).notes
    assert noted == (
        "8.3% of the texts are longer than the classifier reads; their ends were left out.",
    )
    assert told.begun == [("Texts held against labels", 12 * 3 * 2)]
    assert sum(told.steps) == 12 * 3 * 2
    classifier.save(tmp_path / "saved")
    again = TransformerClassifier.load(tmp_path / "saved")
    np.testing.assert_allclose(again.predict(texts), scores[:12], atol=1e-6)
    assert again.identity == classifier.identity
    card = (tmp_path / "saved" / "README.md").read_text(encoding="utf-8")
    assert "Nothing was learned" in card


def test_a_model_without_entailment_is_refused_before_anything_is_read(
    tiny: Tiny, tmp_path: Path
) -> None:
    for folder in (tiny("bert"), build_judge(tmp_path / "stars", ("one star", "two stars"))):
        with pytest.raises(InputError, match="was not trained to tell entailment"):
            _ = made(folder, "zero-shot").identity
        with pytest.raises(InputError, match="bart-large-mnli"):
            made(folder, "zero-shot").predict(["grave"])


def test_two_classes_of_entailment_are_enough(tmp_path: Path) -> None:
    folder = build_judge(tmp_path / "judge", ("entailment", "not_entailment"))
    scores = made(folder, "zero-shot").predict(["grave", "puppy"])
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_values_are_not_entailed(judge: Path) -> None:
    scheme = get_scheme("valence-arousal")
    classifier = made(judge, "zero-shot", scheme)
    assert "no values" in str(classifier.supports(scheme))
    with pytest.raises(InputError, match="no values"):
        classifier.predict(["grave"])
