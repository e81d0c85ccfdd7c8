"""What can be said of items: from metadata, drawn scenes, words, and people who disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from tests.analysis.small_evidence import make_evidence

from mllmsent.analysis.blind_spots.conditions import item_conditions
from mllmsent.dioramas import sample_scene
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from mllmsent.analysis import Evidence

ITEMS = [f"i{number:02}" for number in range(60)]


def evidence(**columns: list[str]) -> Evidence:
    truth = {item: ("positive", "negative")[number % 2] for number, item in enumerate(ITEMS)}
    made = make_evidence("polarity3", truth, {"m/direct": truth})
    for name, values in columns.items():
        made.items[name] = values
    return made


def test_conditions_of_the_very_same_items_are_one_that_names_the_others() -> None:
    night = ["night" if number < 20 else "day" for number in range(60)]
    moon = ["yes" if number < 20 else "no" for number in range(60)]
    found = item_conditions(evidence(time=night, moon=moon))
    assert found.names == ("time is day", "time is night")
    assert found.also == (("moon no",), ("moon yes",))
    assert found.holds.sum(axis=0).tolist() == [40, 20]
    assert found.of(["i59", "i00"]).tolist() == [[True, False], [False, True]]


def test_columns_that_hold_the_truth_are_left_out_and_that_is_told() -> None:
    found = item_conditions(evidence(true_label=["a", "b", "c"] * 20))
    assert found.names == ()
    assert found.left_out == {"true_label": "it holds the truth"}


def test_words_are_conditions_of_each_describer_if_some_texts_have_them_and_some_not() -> None:
    texts = [f"The picture shows {'rain' if n < 20 else 'sun'} and rare{n}" for n in range(60)]
    tables = [
        pd.DataFrame({"item_id": ITEMS, "describer": describer, "text": texts})
        for describer in ("m/one", "m/two")
    ]
    blurred = tables[0].assign(text="fog", condition="blur")
    found = item_conditions(
        evidence(kind=["a", "b"] * 30), descriptions=pd.concat([*tables, blurred])
    )
    assert "m/one writes “rain”" in found.names
    assert not any("picture" in name or "rare" in name or "fog" in name for name in found.names)
    # Both describers write it of the same items.
    assert found.also[found.names.index("m/one writes “rain”")] == ("m/two writes “rain”",)
    assert found.without_words().names == ("kind is a", "kind is b")


def test_where_groups_of_people_disagree_is_a_condition() -> None:
    plain = evidence()
    groups = [
        plain.targets.assign(
            annotator_group=f"culture={culture}",
            label=[
                "neutral" if culture == "cn" and number < 20 else label
                for number, label in enumerate(plain.targets["label"])
            ],
        )
        for culture in ("us", "cn")
    ]
    targets = check_table("targets", pd.concat([plain.targets, *groups], ignore_index=True))
    found = item_conditions(replace(plain, targets=targets))
    assert found.names == ("people of different culture disagree about polarity3",)
    assert np.flatnonzero(found.holds[:, 0]).tolist() == list(range(20))


def test_people_who_say_the_same_do_not_disagree_however_many_others_do_not_either() -> None:
    items = [f"i{number:02}" for number in range(60)]
    plain = make_evidence(
        "valence-arousal", dict.fromkeys(items, 5.0), {"m/direct": dict.fromkeys(items, 5.0)},
        dimension="valence",
    )  # fmt: skip
    apart = [7.0 if number < 15 else 5.0 for number in range(60)]
    groups = [
        plain.targets.assign(annotator_group="culture=us", mean=apart),
        plain.targets.assign(annotator_group="culture=cn"),
    ]
    targets = check_table("targets", pd.concat([plain.targets, *groups], ignore_index=True))
    found = item_conditions(replace(plain, targets=targets))
    assert found.names == ("people of different culture disagree about valence",)
    assert np.flatnonzero(found.holds[:, 0]).tolist() == list(range(15))


def test_what_was_drawn_is_known_where_the_metadata_does_not_have_it() -> None:
    scenes = {item: sample_scene(5, place) for place, item in enumerate(ITEMS)}
    of_light = [scenes[item].light for item in ITEMS]
    found = item_conditions(evidence(light=of_light), scenes=scenes)
    factors = {name.split(" is ")[0] for name in found.names}
    assert {"light", "time"} <= factors
    assert len(set(found.names)) == len(found.names)
