"""Which items are shown, and what everybody said of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.small_evidence import make_evidence

from mllmsent.analysis.gallery import KINDS, cases, choose_items

LABELS = ("negative", "neutral", "positive")


def outcome(scheme: str, truth: object, answer: object, dimension: str = "") -> str:
    evidence = make_evidence(scheme, {"a": truth}, {"m/direct": {"a": answer}}, dimension=dimension)
    return str(cases(evidence)["outcome"].iloc[0])


def test_an_answer_is_right_wrong_silent_or_cannot_be_judged() -> None:
    assert outcome("polarity3", "positive", "positive") == "right"
    assert outcome("polarity3", "positive", "neutral") == "wrong"
    assert outcome("polarity3", None, "neutral") == "unscored"
    for silent in ("unparsed", "refused", "failed"):
        assert outcome("polarity3", "positive", silent) == "none"


def test_a_number_is_right_within_an_eighth_of_the_scale() -> None:
    assert outcome("intensity", 5.0, 6.25, "intensity") == "right"
    assert outcome("intensity", 5.0, 6.26, "intensity") == "wrong"


def test_a_set_of_labels_is_written_in_the_schemes_order() -> None:
    evidence = make_evidence("mikels-multi", {"a": "fear|awe"}, {"m/direct": {"a": "awe|fear"}})
    row = cases(evidence).iloc[0]
    assert (row["truth"], row["outcome"]) == ("awe|fear", "right")


def test_items_of_every_kind_are_chosen_while_there_are_any() -> None:
    truth: dict[str, str | None] = {}
    told: dict[str, str] = {}
    for number in range(90):
        kind = number % 3
        truth[f"i{number}"] = "positive"
        told[f"i{number}"] = ("positive", "negative", "unparsed")[kind]
    truth["unknown"], told["unknown"] = None, "positive"
    table = cases(make_evidence("polarity3", truth, {"m/direct": told, "m/scene": told}))
    chosen = choose_items(table, limit=13, seed=1)
    counts = chosen["kind"].value_counts()
    assert counts.to_dict() == {"unread": 4, "hard": 4, "easy": 4, "unscored": 1}


answers = st.sampled_from([*LABELS, "unparsed", "refused", "failed"])


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([*LABELS, None]), answers, answers), max_size=30),
    st.integers(1, 12),
)
def test_no_more_than_asked_are_chosen_each_once_and_always_the_same(
    rows: list[tuple[str | None, str, str]], limit: int
) -> None:
    truth = {f"i{number}": row[0] for number, row in enumerate(rows)} or {"i0": "positive"}
    first = {f"i{number}": row[1] for number, row in enumerate(rows)} or {"i0": "positive"}
    second = {f"i{number}": row[2] for number, row in enumerate(rows)} or {"i0": "negative"}
    table = cases(make_evidence("polarity3", truth, {"m/direct": first, "n/direct": second}))
    chosen = choose_items(table, limit=limit, seed=3)
    assert len(chosen) == min(limit, len(truth))
    assert chosen["item_id"].is_unique
    assert chosen.equals(choose_items(table, limit=limit, seed=3))
    places = [KINDS.index(kind) for kind in chosen["kind"]]
    assert places == sorted(places)


def test_another_seed_chooses_others() -> None:
    truth = {f"i{number}": "positive" for number in range(200)}
    table = cases(make_evidence("polarity3", truth, {"m/direct": truth}))
    one, other = (set(choose_items(table, limit=10, seed=seed)["item_id"]) for seed in (0, 1))
    assert one != other
