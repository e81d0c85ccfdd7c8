"""What is taken for what."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as reference_confusions
from sklearn.metrics import precision_recall_fscore_support
from tests.analysis.small_evidence import STATUSES, make_evidence

from mllmsent.analysis.confusion import NO_LABEL, confusions, label_scores, paired_values
from mllmsent.metrics import Resampling

LABELS = ("negative", "neutral", "positive")
FEW = Resampling(n_resamples=100)

said = st.sampled_from([*LABELS, "unparsed", "refused"])


def test_silence_is_a_column_of_its_own_and_no_answer_is_none() -> None:
    """Unread and refused answers are confusions with silence; failed questions are not counted."""
    truth = dict.fromkeys("abcde", "negative")
    answers = dict(zip("abcde", ["negative", "positive", *STATUSES], strict=True))
    table = confusions(make_evidence("polarity3", truth, {"m/direct": answers}).scored("polarity3"))
    row = table[table["truth"] == "negative"].set_index("answer")
    assert row["count"].to_dict() == {
        "negative": 1, "neutral": 0, "positive": 1, NO_LABEL: 2,
    }  # fmt: skip
    assert row["share"].to_dict()[NO_LABEL] == 0.5
    assert table[table["truth"] == "neutral"]["share"].isna().all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(LABELS), said), min_size=1, max_size=40))
def test_counts_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth = {f"i{number}": pair[0] for number, pair in enumerate(pairs)}
    answers = {f"i{number}": pair[1] for number, pair in enumerate(pairs)}
    table = confusions(make_evidence("polarity3", truth, {"m/direct": answers}).scored("polarity3"))
    ours = table.pivot_table(index="truth", columns="answer", values="count", sort=False)
    told = [NO_LABEL if answer in STATUSES else answer for answer in answers.values()]
    names = [*LABELS, NO_LABEL]
    theirs = reference_confusions(list(truth.values()), told, labels=names)[:3]
    assert (ours[names].to_numpy() == theirs).all()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(LABELS), said), min_size=2, max_size=30))
def test_scores_of_labels_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth = {f"i{number}": pair[0] for number, pair in enumerate(pairs)}
    answers = {f"i{number}": pair[1] for number, pair in enumerate(pairs)}
    scored = make_evidence("polarity3", truth, {"m/direct": answers}).scored("polarity3")
    table = label_scores(scored, FEW)
    theirs = precision_recall_fscore_support(
        list(truth.values()), list(answers.values()), labels=list(LABELS), zero_division=math.nan
    )
    for column, expected in zip(("precision", "recall", "f1"), theirs[:3], strict=True):
        for ours, other in zip(table[column], expected, strict=True):
            assert ours == pytest.approx(other, nan_ok=True)
    assert table["support"].tolist() == theirs[3].tolist()


def test_items_with_several_labels_have_scores_but_no_confusions() -> None:
    evidence = make_evidence(
        "mikels-multi", {"a": "awe|fear", "b": "awe"}, {"m/direct": {"a": "awe", "b": "awe"}}
    )
    scored = evidence.scored("mikels-multi")
    assert len(confusions(scored)) == 0
    recalls = label_scores(scored, FEW).set_index("label")["recall"]
    assert (recalls["awe"], recalls["fear"]) == (1.0, 0.0)


def test_values_are_paired_where_both_spoke() -> None:
    truth = {"a": 2.0, "b": 5.0, "c": 8.0}
    answers = {"a": 3.0, "b": "unparsed", "c": 8.5}
    evidence = make_evidence("intensity", truth, {"m/direct": answers}, dimension="intensity")
    table = paired_values(evidence.scored("intensity"))
    assert table[["item_id", "truth", "answer"]].to_numpy().tolist() == [
        ["a", 2.0, 3.0],
        ["c", 8.0, 8.5],
    ]


def test_nothing_scored_gives_tables_without_rows() -> None:
    assert len(confusions([])) == len(label_scores([], FEW)) == len(paired_values([])) == 0
