"""What a system that looks at nothing would score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score
from tests.analysis.small_evidence import make_evidence

from mllmsent.analysis.baseline import baseline
from mllmsent.metrics import Resampling

FEW = Resampling(n_resamples=100)
LABELS = ("negative", "neutral", "positive")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(LABELS), min_size=1, max_size=30))
def test_it_scores_as_scikit_learns_dummy_does(said: list[str]) -> None:
    truth = {f"i{number}": label for number, label in enumerate(said)}
    found = baseline(
        make_evidence("polarity3", truth, {"m/direct": truth}), "polarity3", resampling=FEW
    )
    assert found is not None
    nothing = np.zeros((len(said), 1))
    dummy = DummyClassifier(strategy="constant", constant=found.answer)
    always = dummy.fit(nothing, [*said[:-1], said[-1]]).predict(nothing)
    assert said.count(str(found.answer)) == max(map(said.count, LABELS))
    assert found.scores["accuracy"].value == pytest.approx(accuracy_score(said, always))
    assert found.scores["macro_f1"].value == pytest.approx(f1_score(said, always, average="macro"))


def test_for_a_dimension_it_says_the_mean() -> None:
    truth = {"a": 2.0, "b": 4.0, "c": 9.0}
    evidence = make_evidence("intensity", truth, {"m/direct": truth}, dimension="intensity")
    found = baseline(evidence, "intensity", "intensity", resampling=FEW)
    assert found is not None
    assert found.answer == pytest.approx(5.0)
    assert found.scores["rmse"].value == pytest.approx(np.std([2.0, 4.0, 9.0]))
    assert found.name == "always 5.00, the mean"


def test_it_is_scored_on_the_items_that_systems_were_asked_about() -> None:
    truth = {"a": "positive", "b": "negative", "c": "negative"}
    evidence = make_evidence("polarity3", truth, {"m/direct": {"a": "positive"}})
    found = baseline(evidence, "polarity3", resampling=FEW)
    assert found is not None
    assert (found.answer, len(found.sample.read)) == ("positive", 1)
    assert found.said == "“positive”"


def test_with_several_labels_it_says_the_commonest_one() -> None:
    truth = {"a": "awe|fear", "b": "fear", "c": "anger"}
    found = baseline(
        make_evidence("mikels-multi", truth, {"m/direct": truth}), "mikels-multi", resampling=FEW
    )
    assert found is not None
    assert found.answer == "fear"


def test_without_targets_there_is_none() -> None:
    evidence = make_evidence("polarity3", {"a": None}, {"m/direct": {"a": "positive"}})
    assert baseline(evidence, "polarity3", resampling=FEW) is None
