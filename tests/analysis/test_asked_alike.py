"""One system for each model, and all of them asked alike where that can be."""

from __future__ import annotations

import pandas as pd

from mllmsent.analysis.asked_alike import systems_asked_alike


def ranking(*names: str, unranked: tuple[str, ...] = ()) -> pd.DataFrame:
    """Rows of a leaderboard, best first, from "model/pathway" and "model/pathway/classifier"."""
    rows = []
    for name in names:
        model, pathway, *rest = name.split("/")
        rows.append(
            {
                "system_id": name, "model": model, "pathway": pathway, "strategy": "plain",
                "classifier": "".join(rest) or None, "readout": "text", "language": "en",
                "ranked": name not in unranked,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def test_models_are_compared_by_the_way_in_which_the_best_was_asked() -> None:
    rows = ranking("a/scene", "b/direct", "a/direct", "b/described/x", "b/scene", "a/described/x")
    assert systems_asked_alike(rows) == ["a/scene", "b/scene"]


def test_a_way_that_more_models_share_comes_before_a_better_one() -> None:
    rows = ranking("a/scene", "b/scene", "a/direct", "c/direct", "b/direct")
    assert systems_asked_alike(rows) == ["a/direct", "c/direct", "b/direct"]


def test_a_model_that_was_asked_otherwise_stands_there_with_its_best() -> None:
    rows = ranking("c/described/x", "a/direct", "c/described/y", "b/direct")
    assert systems_asked_alike(rows) == ["c/described/x", "a/direct", "b/direct"]


def test_what_is_not_ranked_stands_for_nothing() -> None:
    rows = ranking("a/direct", "b/direct", "c/direct", unranked=("b/direct",))
    assert systems_asked_alike(rows) == ["a/direct", "c/direct"]
    assert systems_asked_alike(ranking("a/direct", unranked=("a/direct",))) == []


def test_a_system_without_a_model_stands_for_itself() -> None:
    rows = ranking("a/direct", "b/direct").assign(model=None)
    assert systems_asked_alike(rows) == ["a/direct", "b/direct"]


def test_an_empty_leaderboard_has_no_systems() -> None:
    assert systems_asked_alike(pd.DataFrame()) == []
