"""The n-th diorama of a seed is always the same, and the classes are usable."""

import subprocess
import sys
from collections import Counter
from dataclasses import asdict

import pytest

from mllmsent.dioramas import FACTORS, feeling, sample_diorama, sample_scene
from mllmsent.dioramas.causes import emotion_names
from mllmsent.dioramas.sampling import Diorama, _may_be
from mllmsent.foundation.digest import json_digest


@pytest.fixture(scope="module")
def sample() -> list[Diorama]:
    return [sample_diorama(7, index) for index in range(300)]


def test_every_polarity_has_its_share_of_300(sample: list[Diorama]) -> None:
    counts = Counter(feeling(diorama.scene).polarity for diorama in sample)
    assert len(counts) == 5
    assert min(counts.values()) >= 35
    assert max(counts.values()) <= 90


def test_every_emotion_of_mikels_is_there_often_enough(sample: list[Diorama]) -> None:
    counts = Counter(feeling(diorama.scene).emotion for diorama in sample)
    assert set(counts) == set(emotion_names())
    assert min(counts.values()) >= 15


def test_every_value_of_every_factor_occurs(sample: list[Diorama]) -> None:
    for factor in ("setting", "time", "weather", "light", "palette", "company"):
        assert {getattr(d.scene, factor) for d in sample} == set(FACTORS[factor])
    many = (sample_scene(1, index) for index in range(1200))
    assert {thing for scene in many for thing in scene.objects} == set(FACTORS["object"])


def test_objects_are_where_they_can_be(sample: list[Diorama]) -> None:
    for diorama in sample:
        assert all(_may_be(thing, diorama.scene) for thing in diorama.scene.objects)


def test_a_twin_differs_in_the_factor_it_names_and_in_nothing_else(sample: list[Diorama]) -> None:
    twins = [diorama for diorama in sample if diorama.twin_of]
    assert len(twins) == 75
    by_id = {diorama.item_id: diorama for diorama in sample}
    for twin in twins:
        original = by_id[twin.twin_of]
        assert twin.group == original.group
        before, after = asdict(original.scene), asdict(twin.scene)
        changed = {key for key in before if before[key] != after[key]}
        where = {"expression": "subjects", "object": "objects"}.get(twin.changed, twin.changed)
        assert changed == {where}
        if twin.changed == "expression":
            for old, new in zip(original.scene.subjects, twin.scene.subjects, strict=True):
                assert (old.posture, old.look, old.age) == (new.posture, new.look, new.age)


def test_twins_and_nobody_else_share_a_group(sample: list[Diorama]) -> None:
    sizes = Counter(diorama.group for diorama in sample)
    assert Counter(sizes.values()) == {1: 150, 2: 75}


def test_a_diorama_does_not_depend_on_how_many_are_drawn_or_in_which_process() -> None:
    """Another process has another hash seed, which must not reach any choice."""
    code = (
        "from mllmsent.dioramas import sample_diorama, feeling\n"
        "from mllmsent.foundation.digest import json_digest\n"
        "ds = [sample_diorama(5, i) for i in (31, 2, 17)]\n"
        "print(json_digest([[d.scene.as_dict(), dict(feeling(d.scene).emotion_scores)] for d in ds]))"
    )
    here = [sample_diorama(5, index) for index in (31, 2, 17)]
    digest = json_digest([[d.scene.as_dict(), dict(feeling(d.scene).emotion_scores)] for d in here])
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert there.stdout.strip() == digest


def test_scenes_of_version_1_stay_as_they_are() -> None:
    """If this fails on purpose, raise DIORAMAS_VERSION: the same seed draws other scenes."""
    scenes = [sample_diorama(7, index).scene.as_dict() for index in range(40)]
    assert json_digest(scenes, length=16) == "fc3aba50219c6932"
