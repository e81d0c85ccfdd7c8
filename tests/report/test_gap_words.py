"""What is said of a subgroup is about the one that loses there, and gives its numbers."""

from __future__ import annotations

import html
import re

import pytest

from mllmsent.report.gap_words import behind_sentence, p_text, place, worse_sentence
from mllmsent.report.naming import SystemName

NAMES = {
    name: SystemName(name, f"diorama-{name}", "direct", "direct") for name in ("small", "tiny")
}


def row(
    inside: tuple[float, float], outside: tuple[float, float], **more: object
) -> dict[str, object]:
    """A row in which `tiny` is held against the leader `small`; scores of tiny first."""
    sign = -1 if more.get("metric") == "mae" else 1
    return {
        "metric": "accuracy", "column": "weather", "value": "rain", "also": "", "n_items": 48,
        "system_id": "tiny", "leader_id": "small",
        "score": inside[0], "leader_score": inside[1],
        "elsewhere": outside[0], "leader_elsewhere": outside[1],
        "further": sign * ((inside[1] - inside[0]) - (outside[1] - outside[0])),
        "p_further_holm": 0.002, "worse": sign * (outside[0] - inside[0]), "p_worse_holm": 0.0001,
    } | more  # fmt: skip


def words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", markup)).split())


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        pytest.param(
            row((0.31, 0.88), (0.74, 0.90)),
            "diorama-tiny · direct is further behind diorama-small · direct where weather is rain "
            "(accuracy 0.31 against 0.88, 48 items) than elsewhere (0.74 against 0.90); "
            "adjusted p = 0.002.",
            id="further behind",
        ),
        pytest.param(
            row((0.31, 0.88), (0.90, 0.90)),
            "diorama-tiny · direct falls behind diorama-small · direct where weather is rain "
            "(accuracy 0.31 against 0.88, 48 items) but not elsewhere (0.90 against 0.90); "
            "adjusted p = 0.002.",
            id="behind there only",
        ),
        pytest.param(
            row((0.70, 0.60), (0.70, 0.95)),
            "diorama-small · direct falls behind diorama-tiny · direct where weather is rain "
            "(accuracy 0.60 against 0.70, 48 items) but not elsewhere (0.95 against 0.70); "
            "adjusted p = 0.002.",
            id="the leader falls behind",
        ),
        pytest.param(
            row((0.70, 0.75), (0.50, 0.95)),
            "diorama-small · direct is less far ahead of diorama-tiny · direct where weather is "
            "rain (accuracy 0.75 against 0.70, 48 items) than elsewhere (0.95 against 0.50); "
            "adjusted p = 0.002.",
            id="the lead shrinks",
        ),
        pytest.param(
            row((2.1, 0.6), (0.9, 0.5), metric="mae"),
            "diorama-tiny · direct is further behind diorama-small · direct where weather is rain "
            "(mean error 2.10 against 0.60, 48 items) than elsewhere (0.90 against 0.50); "
            "adjusted p = 0.002.",
            id="an error is worse where it is larger",
        ),
    ],
)
def test_a_gap_is_told_with_its_numbers(told: dict[str, object], sentence: str) -> None:
    assert words(behind_sentence(told, NAMES)) == sentence


def test_a_system_by_itself_is_worse_or_better_than_elsewhere() -> None:
    told = row((0.31, 0.88), (0.74, 0.90), n_items=1)
    assert words(worse_sentence(told, NAMES)) == (
        "diorama-tiny · direct is worse where weather is rain (accuracy 0.31, 1 item) than "
        "elsewhere (0.74); adjusted p < 0.001."
    )
    assert "is better where" in worse_sentence(row((0.9, 0.9), (0.7, 0.9)), NAMES)


def test_what_else_is_so_of_the_very_same_items_is_told() -> None:
    told = row((0.3, 0.9), (0.7, 0.9), column="company", value="none", also="expression none")
    assert words(place(told)) == "company is none (the same items as expression none)"


def test_names_of_columns_and_values_are_escaped_and_cut() -> None:
    evil = "<img src=x onerror=alert(1)>"
    told = place(row((0.3, 0.9), (0.7, 0.9), column=evil, value=evil + "A" * 500, also=evil))
    assert "<img" not in told
    assert "&lt;img" in told
    assert len(told) < 500


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0004, "p < 0.001"), (0.0123, "p = 0.012"), (0.5, "p = 0.50"), (None, "p unknown"),
     (float("nan"), "p unknown")],
)  # fmt: skip
def test_a_p_value_is_as_exact_as_it_needs_to_be(value: float | None, text: str) -> None:
    assert " ".join(p_text(value).split()) == text
