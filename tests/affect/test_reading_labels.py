"""What counts as a label in words, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import get_scheme, load_scheme, read_answer, scheme_names

LABEL_SCHEMES = [name for name in scheme_names() if get_scheme(name).labels]
SINGLE_SCHEMES = [name for name in LABEL_SCHEMES if not get_scheme(name).multi_label]
schemes_and_labels = st.sampled_from(
    [(name, label) for name in SINGLE_SCHEMES for label in get_scheme(name).label_names]
)


def read(answer: str, scheme: str = "polarity3") -> tuple[str, ...]:
    return read_answer(answer, get_scheme(scheme)).labels


@pytest.mark.parametrize("name", LABEL_SCHEMES)
def test_every_word_of_every_label_is_read_as_that_label_when_it_stands_alone(name: str) -> None:
    """Synonyms and translations are part of what a label means."""
    scheme = get_scheme(name)
    for label in scheme.labels:
        others = (word for words in label.translations.values() for word in words)
        for word in (label.name, *label.synonyms, *others):
            owners = {
                other.name
                for other in scheme.labels
                for forms in other.translations.values()
                if word.casefold() in {form.casefold() for form in forms}
            }
            if len(owners | {label.name}) == 1:
                assert read(word, name) == (label.name,), word


@given(
    schemes_and_labels,
    st.sampled_from(
        [
            "{}", "{}.", "**{}**", "## {}", '"{}"', "`{}`", "- {}", "1. {}", "(b) {}", "{} 🙂",
            "Sentiment: {}", "**Emotion:** {}", "Answer: {}", "Final answer: {}", "Label = {}",
            "The emotion is {}.", "The overall sentiment of this image is {}.", "I would say {}.",
            "I would classify this image as {}.", "<answer>{}</answer>", "\\boxed{{{}}}",
            "<think>Perhaps something else.</think>{}", '{{"label": "{}"}}', "{} (90% confidence)",
            '```json\n{{"answer": {{"emotion": "{}"}}}}\n```', "This image falls under {}.",
        ]
    ),
)  # fmt: skip
def test_a_verdict_is_read_however_it_is_dressed(
    scheme_and_label: tuple[str, str], manner: str
) -> None:
    name, label = scheme_and_label
    for spelled in (label, label.title(), label.upper(), label.title().replace(" ", "")):
        assert read(manner.format(spelled), name) == (label,)


@given(
    schemes_and_labels,
    st.sampled_from(
        [
            "not {}", "It is not {}.", "The sentiment isn't {}.", "I wouldn't call it {}.",
            "Far from {}.", "There is no {} here.", "Anything but {}.", "It could be {}.",
            "Is it {}?", "If the sun shone, it would be {}.", "The poster says '{}'.",
            "Person 1: {}", "Background: {}", '{{"caption": "{}"}}', "<think>{}</think>",
            "<think>The answer is {}", "Hardly {}.", '{{"alternatives": ["{}"]}}', "Example: {}",
            "Some might say {}.", "Second best: {}", '{{"sentiment": "not {}"}}', "Either {} or x.",
        ]
    ),
)  # fmt: skip
def test_a_label_that_is_denied_doubted_or_somebody_elses_is_not_read(
    scheme_and_label: tuple[str, str], manner: str
) -> None:
    name, label = scheme_and_label
    assert read(manner.format(label), name) == ()


@given(schemes_and_labels, st.data())
def test_two_labels_without_a_choice_are_none(
    scheme_and_label: tuple[str, str], data: st.DataObject
) -> None:
    name, label = scheme_and_label
    others = [one for one in get_scheme(name).label_names if one != label]
    other = data.draw(st.sampled_from(others))
    joined = data.draw(
        st.sampled_from(["{} or {}", "{}/{}", "{} and {}", "{} to {}", "{}, {}", "Sentiment: {} / {}",
                         "The image is {} and {}.", '{{"label": ["{}", "{}"]}}', "{}\n\n{}"])
    )  # fmt: skip
    assert read(joined.format(label, other), name) == ()


@given(schemes_and_labels, st.data())
def test_the_last_word_beats_what_was_thought_before(
    scheme_and_label: tuple[str, str], data: st.DataObject
) -> None:
    name, label = scheme_and_label
    other = data.draw(st.sampled_from(get_scheme(name).label_names))
    assert read(f"At first it seems {other}.\n\nFinal answer: {label}", name) == (label,)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("Slightly positive", "slightly positive"),
        ("SlightlyPositive", "slightly positive"),
        ("slightly_positive", "slightly positive"),
        ("somewhat positive", "slightly positive"),
        ("Leicht positiv", "slightly positive"),
        ("positive, but only mildly so", "slightly positive"),
        ("very positive", "positive"),
        ("overwhelmingly positive", "positive"),
    ],
)
def test_a_degree_is_a_class_of_its_own_where_the_scheme_has_it(answer: str, label: str) -> None:
    assert read(answer, "polarity5") == (label,)


@pytest.mark.parametrize(
    "answer",
    ["slightly positive", "a bit negative", "positive, but only mildly so", "ein wenig positiv"],
)
@pytest.mark.parametrize("scheme", ["polarity2", "polarity3"])
def test_slightly_positive_is_not_positive(answer: str, scheme: str) -> None:
    assert read(answer, scheme) == ()


@pytest.mark.parametrize("answer", ["moderately positive", "fairly positive", "rather negative"])
def test_a_degree_that_fits_no_class_is_none(answer: str) -> None:
    assert read(answer, "polarity5") == ()


def test_very_positive_is_not_positive_where_a_stronger_class_exists() -> None:
    names = ["very negative", "negative", "neutral", "positive", "very positive"]
    scheme = load_scheme({"name": "strong", "kind": "ordered", "labels": names})
    assert read_answer("very positive", scheme).labels == ("very positive",)
    assert read_answer("extremely positive", scheme).status == "unparsed"


def test_a_degree_changes_nothing_where_labels_have_none() -> None:
    assert read("slightly sad", "ekman") == ("sadness",)


def test_nothing_is_got_by_elimination() -> None:
    assert read("not positive", "polarity2") == ()
    assert read("neither positive nor negative", "polarity3") == ()


def test_a_label_stated_beside_a_denial_counts() -> None:
    assert read("It is not positive but negative.") == ("negative",)
    assert read("Neither positive nor negative: neutral.") == ("neutral",)


def test_a_touch_of_another_label_changes_nothing() -> None:
    assert read("Contentment, with a touch of sadness.", "mikels") == ("contentment",)


def test_what_is_taken_back_is_not_said() -> None:
    assert read("Neutral. Oh wait, there is an injured bird. Negative.") == ("negative",)


@pytest.mark.parametrize(
    "answer",
    [
        "A composition with much negative space.",
        "The room is painted in neutral colors.",
        "I'm positive that the image is old.",
        "A positive pregnancy test.",
        'The sign reads "STAY POSITIVE".',
        "The sad clown walks past a happy child.",
        "Happy to help!",
    ],
)
@pytest.mark.parametrize("scheme", ["polarity3", "ekman"])
def test_a_label_word_in_another_sense_is_no_label(answer: str, scheme: str) -> None:
    assert read(answer, scheme) == ()


@pytest.mark.parametrize(
    "answer", ["unhappy", "discontent", "joyless", "fearless", "badness", "natural"]
)
@pytest.mark.parametrize("scheme", ["ekman7", "mikels", "polarity3"])
def test_a_word_that_looks_like_a_label_is_none(answer: str, scheme: str) -> None:
    assert read(answer, scheme) == ()


@given(schemes_and_labels, st.integers(1, 12))
def test_one_slip_inside_a_long_word_is_forgiven(
    scheme_and_label: tuple[str, str], place: int
) -> None:
    name, label = scheme_and_label
    if len(label) > 7 and label.isalpha() and place < len(label):
        assert read(label[:place] + label[place + 1 :], name) in {(label,), ()}
        swapped = label[:place] + label[place:][1:2] + label[place] + label[place + 2 :]
        assert read(swapped, name) in {(label,), ()}
    if len(label) > 7 and label.isalpha():
        assert read(label[:4] + label[5:], name) == (label,)


@given(st.permutations(get_scheme("mikels").label_names))
def test_the_list_of_labels_repeated_in_any_order_is_no_answer(names: list[str]) -> None:
    for scheme in ("mikels", "mikels-multi"):
        assert read(", ".join(names), scheme) == ()
        assert read("\n".join(f"- {name}" for name in names), scheme) == ()
        assert read(f"Choose one of {' | '.join(names)}.", scheme) == ()


@given(st.sets(st.sampled_from(get_scheme("mikels-multi").label_names), min_size=1, max_size=5))
def test_several_labels_come_in_the_schemes_order(names: list[str]) -> None:
    scheme = get_scheme("mikels-multi")
    expected = tuple(name for name in scheme.label_names if name in names)
    for answer in (", ".join(names), " and ".join(names), "\n".join(f"- {name}" for name in names),
                   f"Emotions: {', '.join(names)}", f"The image evokes {' and '.join(names)}."):  # fmt: skip
        assert read(answer, "mikels-multi") == expected


def test_alternatives_are_no_set() -> None:
    assert read("awe or fear", "mikels-multi") == ()
    assert read("Awe, but no fear.", "mikels-multi") == ("awe",)


def test_words_of_ones_own_scheme_are_read_like_built_in_ones() -> None:
    scheme = load_scheme(
        {
            "name": "art",
            "kind": "categorical",
            "labels": [
                {"name": "boredom", "synonyms": ["bored", "boring"],
                 "translations": {"de": ["Langeweile"]}},
                {"name": "wonder", "like": "mikels/awe"},
            ],
        }
    )  # fmt: skip
    for answer in ("Boredom", "The image is boring.", "Gefühl: Langeweile", '{"emotion": "bored"}'):
        assert read_answer(answer, scheme).labels == ("boredom",)
    assert read_answer("敬畏", scheme).labels == ("wonder",)


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        ("Positive", "bare"),
        ("Sentiment: positive", "verdict line"),
        ("The sentiment of the image is positive.", "sentence"),
        ('{"sentiment": "positive"}', "json"),
        ("Positive: 0.8\nNeutral: 0.1\nNegative: 0.1", "list"),
    ],
)
def test_a_reading_says_which_reader_found_it(answer: str, how: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).how == how


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        ("<think>positive", "cut off in the reasoning"),
        ("positive or neutral", "hedged"),
        ("positive, neutral", "several labels"),
        ("slightly positive", "graded"),
        ("not positive", "only denials"),
        ("A dog on a beach.", "no verdict"),
        ("Sentiment: positive\nAnswer: negative", "verdicts differ"),
        ("positive " * 10_000, "longer than any answer"),
    ],
)
def test_what_is_unparsed_says_why(answer: str, reason: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).reason == reason
