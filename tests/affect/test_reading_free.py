"""Words of an open vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme, load_scheme, read_answer

FREE = get_scheme("free")
EMOTIONS = ["nostalgia", "longing", "calm", "quiet joy", "hope", "grief", "tenderness"]


@given(
    st.lists(st.sampled_from(EMOTIONS), min_size=1, max_size=5, unique=True),
    st.sampled_from(["{}", "Emotions: {}", "Emotions: {}.", '{{"emotions": "{}"}}', "**{}**"]),
    st.sampled_from([", ", "; ", " and "]),
)
def test_words_are_kept_as_they_are_written_in_their_order(
    words: list[str], manner: str, separator: str
) -> None:
    answer = manner.format(separator.join(words).title())
    assert read_answer(answer, FREE).labels == tuple(words)


@given(st.lists(st.sampled_from(EMOTIONS), min_size=1, max_size=5, unique=True))
def test_bullets_and_lists_are_lists(words: list[str]) -> None:
    assert read_answer("\n".join(f"- {word}" for word in words), FREE).labels == tuple(words)
    listed = '["' + '", "'.join(words) + '"]'
    assert read_answer(listed, FREE).labels == tuple(words)


@pytest.mark.parametrize(
    "answer",
    [
        "The man walks his dog along the river at dawn.",
        "Not happy",
        "hope or grief",
        "none",
        "{}",
        "7",
    ],
)
def test_what_is_no_list_of_words_is_none(answer: str) -> None:
    assert read_answer(answer, FREE).status == "unparsed"


def test_a_word_that_means_a_label_of_the_scheme_becomes_it() -> None:
    scheme = load_scheme(
        {"name": "open", "kind": "categorical", "open_vocabulary": True, "multi_label": True,
         "labels": [{"name": "joy", "like": "ekman/happiness"}]}
    )  # fmt: skip
    assert read_answer("Freude, nostalgia", scheme).labels == ("joy", "nostalgia")
