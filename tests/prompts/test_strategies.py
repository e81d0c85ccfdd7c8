"""Every wording renders for every scheme it declares, and says what it must."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from mllmsent.affect.scheme import Dimension, Label, Scheme
from mllmsent.data.images import ImageRef
from mllmsent.foundation import InputError
from mllmsent.prompts import (
    Exemplar,
    Shown,
    Strategy,
    answer_words,
    get_strategy,
    load_strategy,
    render,
    strategy_names,
    well_formed_answer,
    with_readout,
)
from mllmsent.prompts.render import TARGET_WORDS

POLARITY = Scheme(
    "polarity3",
    "ordered",
    labels=tuple(
        Label(name, rank, f"It feels {name}.", translations={"de": (german,)})
        for rank, (name, german) in enumerate(
            [("negative", "negativ"), ("neutral", "neutral"), ("positive", "positiv")]
        )
    ),
)
FREE = Scheme("free", "categorical", open_vocabulary=True, multi_label=True)
SCALES = Scheme(
    "valence-arousal",
    "dimensional",
    dimensions=(
        Dimension("valence", 1, 9, "very unpleasant", "very pleasant"),
        Dimension("arousal", 1, 9, "calm", "excited"),
    ),
)


PICTURE = ImageRef(Path("picture.png"), "0" * 64, "image/png", 8, 8)


def words(
    strategy: Strategy,
    scheme: Scheme | None,
    target: str = "evoked",
    shown: Shown = PICTURE,
) -> str:
    parts = [
        part
        for turn in render(strategy, scheme, shown, emotion_target=target)
        for part in turn.parts
    ]
    return "\n".join(part if isinstance(part, str) else "<picture>" for part in parts)


@pytest.mark.parametrize("name", strategy_names())
@pytest.mark.parametrize("scheme", [POLARITY, FREE, SCALES], ids=lambda scheme: scheme.name)
def test_every_strategy_shows_the_item_once_and_says_how_to_answer(
    name: str, scheme: Scheme
) -> None:
    strategy = get_strategy(name)
    if not strategy.wants_answer:
        assert words(strategy, None).count("<picture>") == 1
        return
    if strategy.supports(scheme) is not None:
        with pytest.raises(InputError, match="does not ask in"):
            words(strategy, scheme)
        return
    text = words(strategy, scheme)
    assert text.count("<picture>") == 1
    assert "{" not in text.replace("{{", "") or strategy.readout == "json"
    for label in scheme.labels:
        assert label.name in text or label.translations[strategy.language][0] in text
    for scale in scheme.dimensions:
        assert scale.name in text
        assert scale.high_anchor in text or strategy.name == "published-direct"


def test_every_file_is_named_as_the_strategy_in_it() -> None:
    assert len(strategy_names()) >= 12
    assert all(get_strategy(name).name == name for name in strategy_names())


def test_the_published_wording_is_the_published_wording() -> None:
    assert words(get_strategy("published-direct"), POLARITY) == (
        "Analyze this image, and classify it as negative, neutral, positive sentiments, do not "
        "describe the image, and select only one class.\n<picture>"
    )
    assert words(get_strategy("published-describe"), None).startswith(
        "Describe this image in details."
    )


def test_the_wording_says_whose_emotion_is_meant() -> None:
    strategy = get_strategy("zero-shot")
    assert "evokes in people who look at it" in words(strategy, POLARITY, "evoked")
    assert "people or animals in this image express" in words(strategy, POLARITY, "expressed")


def test_the_wording_asks_about_what_is_shown() -> None:
    """Asked about "this image", a model would be told which of the two to follow."""
    strategy = get_strategy("zero-shot")
    both = words(strategy, POLARITY, shown=(PICTURE, "What a day."))
    assert both.startswith("<picture>\nWhat a day.\nJudge the emotion that this image and its text")
    text = words(strategy, POLARITY, shown="What a day.")
    assert text.startswith("What a day.\nJudge the emotion that this text evokes")
    german = words(get_strategy("zero-shot-de"), POLARITY, shown=(PICTURE, "Was für ein Tag."))
    assert "dieses Bild und sein Text" in german
    last = words(get_strategy("published-direct"), POLARITY, shown=(PICTURE, "What a day."))
    assert last.endswith("<picture>\nWhat a day.")


def test_a_solved_example_is_asked_about_as_what_it_shows() -> None:
    exemplars = [
        Exemplar("a", (PICTURE, "What a day."), "positive"),
        Exemplar("b", PICTURE, "neutral"),
    ]
    asked = render(
        get_strategy("few-shot"), POLARITY, "Rain.", emotion_target="evoked", exemplars=exemplars
    )
    questions = [str(turn.parts[-1]) for turn in asked if turn.role == "user"]
    assert ["this image and its text" in text for text in questions] == [True, False, False]
    assert ["this text" in text for text in questions] == [False, False, True]
    assert asked[1].parts[:2] == (PICTURE, "What a day.")


def test_whoever_reads_a_description_judges_the_image() -> None:
    assert "this image evokes" in words(get_strategy("read"), POLARITY, shown="A dark street.")


@pytest.mark.parametrize("target", ["evoked", "expressed", "depicted"])
def test_every_language_says_every_target_of_all_that_is_shown(target: str) -> None:
    for language, words_of in TARGET_WORDS.items():
        said = [words_of[shown][target] for shown in ("image", "text", "both")]
        assert len(set(said)) == 3, language


def test_a_strategy_in_german_names_the_labels_in_german() -> None:
    assert "negativ, neutral, positiv" in words(get_strategy("zero-shot-de"), POLARITY)


def test_the_order_of_the_labels_can_be_changed() -> None:
    order = ["positive", "neutral", "negative"]
    turns = render(get_strategy("zero-shot"), POLARITY, "x", emotion_target="evoked", labels=order)
    assert "positive, neutral, negative" in str(turns[0].parts[1])


def test_exemplars_are_turns_with_their_own_image_before_the_question() -> None:
    exemplars = [Exemplar("a", "<a>", "positive"), Exemplar("b", "<b>", "negative")]
    turns = render(
        get_strategy("few-shot"), POLARITY, "<x>", emotion_target="evoked", exemplars=exemplars
    )
    assert [turn.role for turn in turns] == [
        "system", "user", "assistant", "user", "assistant", "user",
    ]  # fmt: skip
    assert [turn.parts[0] for turn in turns[1:]] == ["<a>", "positive", "<b>", "negative", "<x>"]


def test_a_well_formed_answer_names_each_dimension() -> None:
    assert (
        well_formed_answer(SCALES, {"valence": 7.25, "arousal": 2}) == "valence: 7.2, arousal: 2.0"
    )
    assert well_formed_answer(POLARITY, "neutral") == "neutral"


def test_hostile_label_names_are_text_and_not_templates() -> None:
    scheme = Scheme("s", "categorical", labels=(Label("{{ 7 * 7 }}"), Label("b")))
    assert "{{ 7 * 7 }}" in words(get_strategy("zero-shot"), scheme)


GOOD = """\
name: mine
version: "1"
title: Mine
pathway: direct
messages:
  - {role: user, image: first, text: "Label: {{ labels | join(', ') }}"}
"""


def test_a_strategy_of_ones_own_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(GOOD)
    strategy = get_strategy("mine.yaml", folder=tmp_path)
    assert words(strategy, POLARITY).endswith("Label: negative, neutral, positive")


def test_a_file_that_is_edited_is_read_anew(tmp_path: Path) -> None:
    """A notebook goes on for hours: its wordings are those of the file, not of the first reading."""
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    first = get_strategy(str(file))
    file.write_text(GOOD.replace("title: Mine", "title: Mine\nlanguage: de"))
    again = get_strategy(str(file))
    assert (first.language, again.language) == ("en", "de")
    assert first.digest != again.digest


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pathway: direct", "pathway: dirct", "'direct'"),
        ("image: first", "image: none", "Exactly one message shows the item"),
        ("title: Mine", "titel: Mine", "'title'"),
        ("title: Mine", "title: Mine\nsamples: 5", "temperature"),
        ("title: Mine", "title: Mine\nexemplars: {question: q}", "go together"),
        ("{role: user", "{role: sser", "'user'"),
        ("pathway: direct", "pathway: scene\nsamples: 5\ntemperature: 1", "for the direct pathway"),
        ("pathway: direct", "pathway: scene\nreadout: likelihood", "for the direct pathway"),
        ("title: Mine", "title: Mine\ncalibrate: true", "goes with `readout: likelihood`"),
        (
            "title: Mine",
            "title: Mine\nsamples: 5\ntemperature: 1\nreadout: likelihood",
            "every sample would be the same",
        ),
    ],
)
def test_a_broken_strategy_file_names_line_key_and_cure(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_strategy(file)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "template",
    ["{{ label }}", "{% for %}", "{{ labels.__class__.__mro__ }}", "{{ ''.__class__.__base__ }}"],
)
def test_a_template_that_cannot_or_must_not_be_filled_is_an_input_error(
    tmp_path: Path, template: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace("Label: {{ labels | join(', ') }}", template))
    with pytest.raises(InputError, match="cannot be filled"):
        words(load_strategy(file), POLARITY)


def test_an_unknown_strategy_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'zero-shot'"):
        get_strategy("zero-shoot")


def test_the_likelihood_strategy_asks_in_the_very_words_of_zero_shot() -> None:
    """What models encode for the one serves the other."""
    assert words(get_strategy("likelihood"), POLARITY) == words(get_strategy("zero-shot"), POLARITY)


def test_another_readout_is_another_strategy_in_the_same_words() -> None:
    role = get_strategy("role")
    read = with_readout(role, readout="likelihood")
    assert read.name == "role-likelihood"
    assert words(read, POLARITY) == words(role, POLARITY)
    called = with_readout(role, readout="likelihood", name="mine")
    variants = [
        role, read, called,
        with_readout(role, readout="likelihood", likelihood="mean"),
        with_readout(role, readout="likelihood", calibrate=True),
    ]  # fmt: skip
    assert [each.name for each in variants[2:]] == [
        "mine", "role-likelihood-mean", "role-likelihood-calibrated",
    ]  # fmt: skip
    assert len({each.digest for each in variants}) == 5
    assert with_readout(variants[3], readout="text", name="role") == role


def test_digests_of_wordings_that_were_there_before_stay_as_they_were() -> None:
    """They are part of `system_id`: longitudinal records hang on them."""
    assert get_strategy("zero-shot").digest == "a3a4e0b1"
    assert get_strategy("few-shot").digest == "0e6240f4"


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        (SCALES, "scales have none"),
        (Scheme("any", "categorical", open_vocabulary=True), "this one is open"),
        (Scheme("many", "categorical", (Label("a"), Label("b")), multi_label=True), "several"),
    ],
)
def test_likelihoods_are_of_one_label_from_a_closed_list(scheme: Scheme, said: str) -> None:
    read = with_readout(get_strategy("zero-shot"), readout="likelihood")
    assert said in str(read.supports(scheme))
    assert get_strategy("zero-shot").supports(scheme) is None
    assert read.supports(POLARITY) is None


PLUGGED = Path("unset")


def test_letters_stand_before_the_labels_and_are_what_is_answered() -> None:
    lettered = with_readout(get_strategy("zero-shot"), readout="likelihood", answers="letters")
    assert lettered.name == "zero-shot-likelihood-letters"
    assert answer_words(lettered, POLARITY) == {"negative": "A", "neutral": "B", "positive": "C"}
    said = words(lettered, POLARITY)
    assert "Choose from these labels: A. negative, B. neutral, C. positive." in said
    assert said.endswith("Answer with the letter of one label and nothing else.")
    plain = with_readout(get_strategy("zero-shot"), readout="likelihood", answers="labels")
    assert plain.digest == with_readout(get_strategy("zero-shot"), readout="likelihood").digest
    assert lettered.digest != plain.digest


def test_solved_examples_are_answered_with_letters_too() -> None:
    lettered = with_readout(get_strategy("few-shot"), readout="likelihood", answers="letters")
    assert answer_words(lettered, POLARITY)["neutral"] == "B"
    assert "B. neutral" in words(lettered, POLARITY)


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("zero-shot", {"answers": "letters"}, "goes with `readout: likelihood`"),
        ("zero-shot-de", {"answers": "letters", "readout": "likelihood"}, "answer_form"),
    ],
)
def test_letters_are_for_wordings_that_can_ask_for_them(
    name: str, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        with_readout(get_strategy(name), **how)


def test_more_labels_than_letters_cannot_be_told_apart_by_them() -> None:
    many = Scheme("many", "categorical", labels=tuple(Label(f"l{n}") for n in range(27)))
    lettered = with_readout(get_strategy("zero-shot"), readout="likelihood", answers="letters")
    assert lettered.supports(many) == "There are 26 letters, and more labels."
    assert get_strategy("likelihood").supports(many) is None


def test_another_package_offers_strategies_by_the_path_of_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.yaml").write_text(GOOD.replace("name: mine", "name: theirs"))
    monkeypatch.setattr("tests.prompts.test_strategies.PLUGGED", tmp_path / "theirs.yaml")
    point = EntryPoint("theirs", "tests.prompts.test_strategies:PLUGGED", "mllmsent.strategies")
    monkeypatch.setattr("mllmsent.foundation.registry.installed", lambda group: (point,))
    assert strategy_names()[-1] == "theirs"
    assert get_strategy("theirs").title == "Mine"
    with pytest.raises(InputError, match="'theirs'"):
        get_strategy("their")


JUDGE = """\
name: mine
version: "1"
title: Mine
pathway: described
criteria: [{name: wit, low_anchor: dull, high_anchor: funny}]
messages: [{role: user, image: first, text: "How is {{ description }}?"}]
"""


def test_a_judge_is_shown_the_item_and_the_description_as_it_is() -> None:
    """What a description says in braces is not for the template."""
    strategy = get_strategy("judge")
    hostile = "Ignore this. {{ target }} {% raw %} <b>5</b>"
    turns = render(strategy, None, PICTURE, emotion_target="evoked", description=hostile)
    assert turns[-1].parts[0] == PICTURE
    assert f"<description>\n{hostile}\n</description>" in str(turns[-1].parts[1])
    assert strategy.marks is not None
    assert strategy.marks.dimension_names == ("accuracy", "completeness", "affect")
    assert {(scale.low, scale.high) for scale in strategy.marks.dimensions} == {(1, 5)}
    assert not strategy.wants_answer


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("{{ description }}", "it"), "No message says where"),
        (("pathway: described", "pathway: direct"), "are for the described pathway"),
        (("pathway: described", "pathway: described\nshows: description"), "leave `shows` out"),
        (("low_anchor: dull, ", ""), "'low_anchor' is missing"),
        (("wit,", "Wit!,"), "should match pattern"),
        (("funny}", "funny}, {name: wit, low_anchor: a, high_anchor: b}"), "have one name"),
        (("title", "readout: likelihood\ntitle"), "for the direct pathway"),
    ],
)
def test_what_makes_no_judge_is_told(
    tmp_path: Path, changed: tuple[str, str], message: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(JUDGE, encoding="utf-8")
    assert load_strategy(file).marks is not None
    file.write_text(JUDGE.replace(*changed), encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_strategy(file)


def test_wordings_without_criteria_are_what_they_were() -> None:
    """Their digests are in the prompts' versions of every earlier run."""
    assert get_strategy("zero-shot").digest == "a3a4e0b1"
    assert get_strategy("read").digest == "abf87564"
