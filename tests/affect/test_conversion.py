"""From one scheme into another."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.affect import (
    Dimension,
    Reading,
    ReadingStatus,
    Scheme,
    conversion_names,
    convert_distribution,
    convert_label,
    convert_labels,
    convert_reading,
    convert_spreads,
    convert_values,
    cut,
    cut_value,
    get_conversion,
    get_scheme,
    relabel,
    rescale,
)
from mllmsent.foundation import InputError

SEVEN = Scheme("seven", "dimensional", dimensions=(Dimension("valence", 1, 7),))
NINE = Scheme("nine", "dimensional", dimensions=(Dimension("valence", 1, 9),))
weights = st.floats(0, 100, allow_subnormal=False)


@pytest.mark.parametrize("name", conversion_names())
def test_every_named_conversion_covers_its_source_and_says_what_it_takes_for_granted(
    name: str,
) -> None:
    conversion = get_conversion(name)
    known = conversion.source.label_names or conversion.source.dimension_names
    assert set(conversion.mapping) == set(known)
    assert conversion.description.endswith(".")


def test_the_mild_classes_join_their_side_or_neutral_as_the_name_says() -> None:
    fold = get_conversion("polarity5-to-polarity3")
    widen = get_conversion("polarity5-to-polarity3-wide-neutral")
    assert convert_label(fold, "slightly negative") == "negative"
    assert convert_label(widen, "slightly negative") == "neutral"


def test_neutral_goes_up_in_p2_plus_down_in_p2_minus_and_out_where_it_is_left_out() -> None:
    becomes = {
        end: convert_label(get_conversion(f"polarity3-to-polarity2-{end}"), "neutral")
        for end in ("plus", "minus", "without-neutral")
    }
    assert becomes == {"plus": "positive", "minus": "negative", "without-neutral": None}


def test_four_of_mikels_emotions_are_pleasant() -> None:
    conversion = get_conversion("mikels-to-polarity2")
    pleasant = {one for one, side in conversion.mapping.items() if side == "positive"}
    assert pleasant == {"amusement", "awe", "contentment", "excitement"}


def test_three_classes_become_five_by_leaving_the_mild_ones_empty() -> None:
    conversion = get_conversion("polarity3-to-polarity5")
    assert convert_distribution(conversion, {"neutral": 2, "positive": 3}) == {
        "negative": 0, "slightly negative": 0, "neutral": 2, "slightly positive": 0, "positive": 3,
    }  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(get_scheme("polarity5").label_names, weights)))
def test_folding_keeps_the_weight_of_a_distribution(distribution: dict[str, float]) -> None:
    folded = convert_distribution(get_conversion("polarity5-to-polarity3"), distribution)
    total = math.fsum(distribution.values())
    if total == 0:
        assert folded is None
    else:
        assert folded is not None
        assert math.fsum(folded.values()) == pytest.approx(total)


def test_what_is_left_out_is_shared_among_the_rest_in_proportion() -> None:
    conversion = get_conversion("polarity3-to-polarity2-without-neutral")
    result = convert_distribution(conversion, {"negative": 0.1, "neutral": 0.5, "positive": 0.4})
    assert result == pytest.approx({"negative": 0.2, "positive": 0.8})


def test_a_distribution_that_is_all_left_out_becomes_nothing() -> None:
    conversion = get_conversion("polarity3-to-polarity2-without-neutral")
    assert convert_distribution(conversion, {"neutral": 5}) is None


@pytest.mark.parametrize("weight", [-1, math.nan, math.inf])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="0 or more"):
        convert_distribution(get_conversion("polarity3-to-polarity5"), {"neutral": weight})


def test_a_label_that_is_not_covered_is_an_error_and_never_passed_through() -> None:
    with pytest.raises(InputError, match="does not cover 'mixed'"):
        convert_label(get_conversion("polarity5-to-polarity3"), "mixed")


def test_a_conversion_that_forgets_a_label_cannot_be_made() -> None:
    with pytest.raises(InputError, match="does not cover 'neutral'"):
        relabel(
            "mine", get_scheme("polarity3"), get_scheme("polarity2"),
            {"negative": "negative", "positive": "positive"},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"negative": "negativ", "positive": "positive"}, "has no 'negativ'"),
        ({"negativ": "negative", "positive": "positive"}, "has no 'negativ'"),
    ],
)
def test_a_conversion_with_an_unknown_label_cannot_be_made(
    mapping: dict[str, str | None], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        relabel("mine", get_scheme("polarity2"), get_scheme("polarity2"), mapping)


def test_several_labels_that_become_one_are_one_and_others_are_an_error() -> None:
    conversion = get_conversion("mikels-multi-to-polarity2")
    assert convert_labels(conversion, ["awe", "amusement"]) == ("positive",)
    with pytest.raises(InputError, match="allows one label"):
        convert_labels(conversion, ["awe", "fear"])


@given(st.floats(1, 7))
def test_rescaling_there_and_back_changes_nothing(value: float) -> None:
    there = convert_values(rescale("up", SEVEN, NINE), {"valence": value})
    back = convert_values(rescale("down", NINE, SEVEN), there)
    assert back["valence"] == pytest.approx(value)


def test_rescaling_takes_ends_to_ends_and_the_middle_to_the_middle() -> None:
    up = rescale("up", SEVEN, NINE)
    assert [convert_values(up, {"valence": v})["valence"] for v in (1, 4, 7)] == [1, 5, 9]


def test_a_deviation_changes_only_its_unit() -> None:
    assert convert_spreads(rescale("up", SEVEN, NINE), {"valence": 1.5}) == {"valence": 2.0}
    with pytest.raises(InputError, match="0 or more"):
        convert_spreads(rescale("up", SEVEN, NINE), {"valence": -1})


def test_a_number_off_its_scale_is_an_error() -> None:
    with pytest.raises(InputError, match="outside its scale of 1 to 7"):
        convert_values(rescale("up", SEVEN, NINE), {"valence": 8})


def test_a_missing_number_stays_missing() -> None:
    assert math.isnan(convert_values(rescale("up", SEVEN, NINE), {"valence": math.nan})["valence"])


def test_a_dimension_left_out_on_purpose_is_gone() -> None:
    conversion = get_conversion("vad-to-valence-arousal")
    values = {"valence": 2.0, "arousal": 3.0, "dominance": 4.0}
    assert convert_values(conversion, values) == {"valence": 2, "arousal": 3}


def test_a_dimension_with_no_counterpart_must_be_left_out_on_purpose() -> None:
    with pytest.raises(InputError, match="has no 'dominance'"):
        rescale("mine", get_scheme("vad"), get_scheme("valence-arousal"))


def test_a_scale_is_cut_where_it_is_said_and_a_cut_belongs_to_the_label_above() -> None:
    conversion = cut("cut", NINE, get_scheme("polarity3"), dimension="valence", cuts=[4, 6])
    labels = [cut_value(conversion, value) for value in (1, 3.9, 4, 5.9, 6, 9)]
    assert labels == ["negative", "negative", "neutral", "neutral", "positive", "positive"]


@given(st.lists(st.floats(1, 9), min_size=2, max_size=2).map(sorted))
def test_a_higher_value_never_gets_a_lower_label(values: list[float]) -> None:
    conversion = cut("cut", NINE, get_scheme("polarity5"), dimension="valence", cuts=[2, 4, 6, 8])
    low, high = (
        conversion.target.label(cut_value(conversion, value)).rank or 0 for value in values
    )
    assert low <= high


@pytest.mark.parametrize(
    ("target", "cuts", "message"),
    [
        ("polarity3", [5], "need 2 cut points, not 1"),
        ("polarity3", [6, 4], "do not rise"),
        ("polarity3", [1, 5], "do not rise between 1 and 9"),
        ("ekman", [2, 3, 4, 5, 6], "not ordered"),
    ],
)
def test_cut_points_that_do_not_fit_are_refused(
    target: str, cuts: list[float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cut("cut", NINE, get_scheme(target), dimension="valence", cuts=cuts)


@pytest.mark.parametrize("value", [0.5, 9.5, math.nan])
def test_what_is_off_the_scale_is_not_cut(value: float) -> None:
    conversion = cut("cut", NINE, get_scheme("polarity2"), dimension="valence", cuts=[5])
    with pytest.raises(InputError):
        cut_value(conversion, value)


def test_labels_do_not_become_numbers_nor_numbers_labels_without_cuts() -> None:
    with pytest.raises(InputError, match="different kinds"):
        relabel("mine", get_scheme("polarity3"), get_scheme("intensity"), {})
    with pytest.raises(InputError, match="no end to map"):
        relabel("mine", get_scheme("free"), get_scheme("polarity3"), {})


def test_a_reading_is_converted_with_its_scores() -> None:
    reading = Reading(
        "ok", ("slightly positive",), scores={"slightly positive": 0.7, "neutral": 0.3}
    )
    result = convert_reading(get_conversion("polarity5-to-polarity3"), reading)
    assert result.labels == ("positive",)
    assert result.scores == pytest.approx({"negative": 0, "neutral": 0.3, "positive": 0.7})


def test_a_reading_whose_label_is_left_out_says_so() -> None:
    conversion = get_conversion("polarity3-to-polarity2-without-neutral")
    result = convert_reading(conversion, Reading("ok", ("neutral",)))
    assert (result.status, result.labels) == ("unparsed", ())
    assert conversion.name in result.reason


def test_a_reading_of_both_sides_becomes_none_of_them() -> None:
    result = convert_reading(
        get_conversion("mikels-multi-to-polarity2"), Reading("ok", ("awe", "fear"))
    )
    assert result.status == "unparsed"


def test_a_reading_of_numbers_is_rescaled_or_cut() -> None:
    reading = Reading("ok", values={"valence": 7.0})
    assert convert_reading(rescale("up", SEVEN, NINE), reading).values == {"valence": 9.0}
    conversion = cut("cut", SEVEN, get_scheme("polarity2"), dimension="valence", cuts=[4])
    assert convert_reading(conversion, reading).labels == ("positive",)


@pytest.mark.parametrize("status", ["unparsed", "refused"])
def test_what_was_not_read_stays_unread(status: ReadingStatus) -> None:
    reading = Reading(status, reason="why")
    assert convert_reading(get_conversion("polarity5-to-polarity3"), reading) is reading


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'polarity5-to-polarity3'"):
        get_conversion("polarity5-to-polarity")
