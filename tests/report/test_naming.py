"""Short names for systems."""

import pandas as pd

from mllmsent.pathways.system import System, systems_table
from mllmsent.report.naming import LONGEST, SystemName, anchor, system_names


def names(*systems: System) -> list[str]:
    return [name.full for name in system_names(systems_table(systems)).values()]


def test_a_name_holds_what_tells_systems_apart_and_nothing_else() -> None:
    assert names(
        System(pathway="direct", model="openai/gpt-4o", strategy="zero-shot"),
        System(pathway="described", model="openai/gpt-4o", strategy="describe", classifier="vader"),
        System(pathway="scene", model="ollama/gemma3", strategy="scene", language="de"),
    ) == ["gpt-4o · direct", "gpt-4o · described, vader", "gemma3 · scene, de"]


def test_the_wording_is_named_where_there_are_several() -> None:
    assert names(
        System(pathway="direct", model="m/a", strategy="zero-shot"),
        System(pathway="direct", model="m/a", strategy="role"),
    ) == ["a · direct, zero-shot", "a · direct, role"]


def test_equal_names_get_their_ids() -> None:
    """Two settings of one model differ in nothing else that a name could say."""
    systems = [
        System(pathway="direct", model="m/a", settings={"temperature": heat}) for heat in (0, 1)
    ]
    assert names(*systems) == [f"a · direct ({one.system_id[:6]})" for one in systems]


def test_providers_stay_where_they_tell_models_apart() -> None:
    assert names(
        System(pathway="direct", model="openai/same"), System(pathway="direct", model="vllm/same")
    ) == ["openai/same · direct", "vllm/same · direct"]


def test_what_is_simulated_says_so_wherever_it_is_named() -> None:
    assert names(System(pathway="direct", model="simulated/keen", note="simulated")) == [
        "simulated/keen · direct"
    ]


def test_long_names_are_cut_in_the_middle_unless_that_makes_them_alike() -> None:
    alike = ["m/" + "x" * 30 + letter + "y" * 60 for letter in "ab"]
    one = names(System(pathway="direct", model=alike[0]))[0]
    assert len(one) < LONGEST + 15
    assert "…" in one
    both = names(*(System(pathway="direct", model=model) for model in alike))
    assert len(set(both)) == 2


def test_a_table_without_models_still_names_its_systems() -> None:
    table = systems_table([System(pathway="direct", model="m")])
    table["model"] = pd.array([None], dtype="string")
    table["name"] = pd.array(["theirs"], dtype="string")
    (name,) = system_names(table).values()
    assert name.full == "theirs · direct"


def test_anchors_are_plain_and_never_taken_twice() -> None:
    assert anchor("Valence, 1 to 9!") == "valence-1-to-9"
    assert anchor("感情") == "part"
    assert anchor("a b", ["a-b", "a-b-2"]) == "a-b-3"


def test_a_name_without_details_ends_in_nothing() -> None:
    assert SystemName("id", model="keen", detail="", pathway="described").full == "keen"
    assert SystemName("id", model="", detail="direct", pathway="direct").full == "direct"
