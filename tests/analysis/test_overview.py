"""What there is before anything is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.analysis.small_evidence import make_evidence

from mllmsent.affect import get_scheme
from mllmsent.analysis.overview import (
    answer_counts,
    people_agreement,
    status_counts,
    target_counts,
)
from mllmsent.foundation.tables import check_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW = Resampling(n_resamples=100)


def test_every_question_is_counted_by_what_became_of_it() -> None:
    """With or without a target: what could not be read is known without people."""
    evidence = make_evidence(
        "polarity3",
        {"a": "positive"},
        {"m/direct": {"a": "positive", "b": "unparsed", "c": "refused", "d": "failed"}},
    )
    (row,) = status_counts(evidence).to_dict(orient="records")
    assert (row["asked"], row["ok"], row["unparsed"], row["refused"], row["failed"]) == (
        4, 1, 1, 1, 1,
    )  # fmt: skip


def test_answers_are_counted_in_the_schemes_order() -> None:
    told = {"a": "positive", "b": "positive", "c": "negative", "d": "unparsed"}
    table = answer_counts(make_evidence("polarity3", {}, {"m/direct": told}), "polarity3")
    assert table["label"].tolist() == ["negative", "neutral", "positive"]
    assert table["count"].tolist() == [1, 0, 2]
    assert table["share"].tolist() == pytest.approx([1 / 3, 0, 2 / 3])


def test_in_an_open_vocabulary_the_commonest_words_come_first() -> None:
    told = {"a": "calm|longing", "b": "calm", "c": "unease"}
    table = answer_counts(make_evidence("free", {}, {"m/direct": told}), "free")
    assert dict(zip(table["label"], table["count"], strict=True)) == {
        "calm": 2, "longing": 1, "unease": 1,
    }  # fmt: skip
    assert table["label"].iloc[0] == "calm"


def test_targets_are_counted_over_the_items_that_have_one() -> None:
    truth = {"a": "positive", "b": "negative", "c": "positive", "d": None}
    table = target_counts(
        make_evidence("polarity3", truth, {"m/direct": {"a": "positive"}}), "polarity3"
    )
    assert table["count"].tolist() == [1, 0, 2]
    assert table["share"].sum() == pytest.approx(1)


def test_an_item_with_several_labels_counts_for_each() -> None:
    evidence = make_evidence(
        "mikels-multi", {"a": "awe|fear", "b": "awe"}, {"m/direct": {"a": "awe"}}
    )
    counts = target_counts(evidence, "mikels-multi").set_index("label")["count"]
    assert (counts["awe"], counts["fear"], counts["anger"]) == (2, 1, 0)


def said_of(
    rows: Sequence[tuple[str, str, object]], scheme: str, dimension: str = ""
) -> pd.DataFrame:
    return check_table(
        "annotations",
        pd.DataFrame(
            [
                {"item_id": item, "annotator_id": who, "scheme": scheme}
                | ({"dimension": dimension, "value": said} if dimension else {"label": said})
                for item, who, said in rows
            ]
        ),
    )


def test_people_who_all_agree_have_an_alpha_of_one() -> None:
    votes = [(item, who, said) for item, said in (("a", "positive"), ("b", "negative"))
             for who in "xyz"]  # fmt: skip
    table = people_agreement(
        said_of(votes, "polarity3"), {"polarity3": get_scheme("polarity3")}, FEW
    )
    (row,) = table.to_dict(orient="records")
    assert (row["alpha"], row["agreement"], row["level"]) == (1.0, 1.0, "ordinal")
    assert (row["items"], row["annotators"], row["per_item"]) == (2, 3, 3.0)


def test_the_level_of_agreement_is_that_of_the_scheme() -> None:
    votes = [("a", "x", "awe"), ("a", "y", "fear"), ("b", "x", "awe"), ("b", "y", "awe")]
    schemes = {"mikels": get_scheme("mikels")}
    assert people_agreement(said_of(votes, "mikels"), schemes, FEW)["level"].tolist() == ["nominal"]
    ratings: list[tuple[str, str, object]] = [
        ("a", "x", 1.0), ("a", "y", 2.0), ("b", "x", 8.0), ("b", "y", 9.0),
    ]  # fmt: skip
    table = people_agreement(said_of(ratings, "vad", "valence"), {}, FEW)
    assert table["level"].tolist() == ["interval"]
    assert table["alpha"].iloc[0] > 0.9


def test_votes_in_a_scheme_nobody_knows_are_nominal() -> None:
    votes = [("a", "x", "low"), ("a", "y", "low"), ("b", "x", "high"), ("b", "y", "low")]
    assert people_agreement(said_of(votes, "theirs"), {}, FEW)["level"].tolist() == ["nominal"]


def test_without_annotations_there_is_nothing_to_agree_on() -> None:
    table = said_of([("a", "x", "awe")], "mikels").iloc[:0]
    assert len(people_agreement(table, {}, FEW)) == 0
