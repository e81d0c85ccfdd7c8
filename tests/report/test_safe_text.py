"""Words from outside, as a page may hold them."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mllmsent.report.environment import environment
from mllmsent.report.safe_text import clean, excerpt

anything = st.text(st.characters(exclude_categories=()))


@settings(deadline=None)
@given(anything)
def test_cleaned_text_can_be_written_and_controls_nothing(text: str) -> None:
    """Whatever came in: it encodes, and holds no control and no override of direction."""
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert all(sign in "\n\t" or unicodedata.category(sign) != "Cc" for sign in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("calm\x00fear", "calm␀fear"),
        ("\x1b[31mred", "␛[31mred"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
        ("user \u202etxt.exe", "user txt.exe"),
        ("感情 🙂 مزاج é", "感情 🙂 مزاج é"),
    ],
)
def test_what_was_there_is_shown_where_it_can_be(written: str, shown: str) -> None:
    assert clean(written) == shown


def test_a_short_text_is_not_cut() -> None:
    assert excerpt("\nA calm lake.\n", 12) == "A calm lake."


def test_a_long_text_says_how_long_it_was() -> None:
    assert excerpt("fear " * 1000, 9) == "fear fear … (5,000 characters in all)"


def test_a_cut_may_keep_the_end_where_the_verdict_is() -> None:
    text = '{"atmosphere": "' + "x" * 5000 + '", "verdict": "neutral"}'
    shown = excerpt(text, 60, 24)
    assert shown.startswith('{"atmosphere": "xxx')
    assert '"verdict": "neutral"}' in shown


@settings(deadline=None)
@given(anything, st.integers(1, 80))
def test_an_excerpt_is_never_much_longer_than_asked(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit + 40


def test_every_expression_of_a_template_is_escaped_and_cleaned() -> None:
    """No template has to remember: the environment does it."""
    page = environment().from_string("<p title='{{ text }}'>{{ text }}</p>")
    assert page.render(text="<b>\x00'") == ("<p title='&lt;b&gt;␀&#39;'>&lt;b&gt;␀&#39;</p>")


def test_what_is_missing_is_a_dash() -> None:
    page = environment().from_string("{{ nothing }} {{ number }}")
    assert page.render(nothing=None, number=float("nan")) == "– –"
