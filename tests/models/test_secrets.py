"""Keys are taken out of foreign texts in whatever dress, and other texts stay as they are."""

import base64
import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.models import Response
from mllmsent.models.served.secrets import response_without, without_secrets

KEY = "sk-proj-Ab1/Cd2+Ef3=Gh4_Ij5-Kl6Mn7Op8"
_BESIDE = st.text(alphabet=string.ascii_letters + string.digits + " .:,{}\"'", max_size=40)


@given(before=_BESIDE, after=_BESIDE)
def test_a_key_inside_any_text_is_taken_out_whatever_it_was_coded_with(
    before: str, after: str
) -> None:
    whole = f"{before}{KEY}{after}"
    coded = base64.b64encode(whole.encode()).decode()
    assert KEY not in without_secrets(whole, [KEY])
    assert quote(KEY, safe="") not in without_secrets(quote(whole, safe=""), [KEY])
    left = without_secrets(coded, [KEY])
    assert "[key]" in left
    assert len(left) <= len(coded) - 4 * (len(KEY) // 3) + 16


@given(st.lists(st.sampled_from(["\n", "\\n", " ", "\t", "\u200b"]), min_size=9, max_size=9))
def test_a_key_that_is_split_is_put_together_and_taken_out(splits: list[str]) -> None:
    parts = [KEY[start : start + 4] for start in range(0, len(KEY), 4)]
    split = "".join(f"{part}{by}" for part, by in zip(parts, [*splits, ""], strict=True))
    assert without_secrets(f"say {split} again", [KEY]).replace("[key]", "").split() == [
        "say",
        "again",
    ]


@pytest.mark.parametrize("part", [KEY[:20], KEY[7:30], KEY[-12:]])
def test_a_good_part_of_a_key_is_taken_out_too(part: str) -> None:
    assert without_secrets(f"it is {part}.", [KEY]) == "it is [key]."


@given(text=st.text(max_size=300))
def test_a_text_without_the_key_stays_to_the_character(text: str) -> None:
    assert without_secrets(text, [KEY]) == text


@pytest.mark.parametrize("word", ["none", "EMPTY", "positive", "not-needed"])
def test_a_key_that_may_be_a_word_takes_no_word_out_of_an_answer(word: str) -> None:
    assert without_secrets(f"The mood is {word}.", [word]) == f"The mood is {word}."


def test_two_keys_in_one_text_leave_what_stands_between_them() -> None:
    assert without_secrets(f"{KEY} and {KEY}", [KEY, ""]) == "[key] and [key]"


def test_every_text_of_a_response_is_looked_at() -> None:
    said = dict.fromkeys(("text", "reasoning", "stop_reason", "reported_model", "error"), KEY)
    response = Response("failed", **said)  # type: ignore[arg-type]  # texts, all of them
    assert KEY not in repr(response_without(response, [KEY]))
    assert response_without(response, [""]) is response
