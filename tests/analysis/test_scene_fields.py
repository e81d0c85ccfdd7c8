"""Readings of scenes that are known are scored field by field."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mllmsent.analysis import known_scenes, score_scene_fields
from mllmsent.dioramas import make_dioramas, true_reading
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table
from mllmsent.pathways.scene import read_scene


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dioramas(tmp_path_factory.mktemp("scenes") / "d", n=8, seed=3, size=48)


def rows_of(item: str, reading: dict[str, Any]) -> list[dict[str, object]]:
    place = {
        "item_id": item, "system_id": "s", "condition": "none", "repeat": 0, "scheme": "polarity3",
    }  # fmt: skip
    rows = [place | {"field": "atmosphere", "position": 0, "value": reading["atmosphere"]}]
    rows += [
        place | {"field": "subject", "value": subject["who"], "expression": subject["expression"]}
        for subject in reading["subjects"]
    ]
    rows += [
        place | {"field": "cue", "value": cue["cue"], "direction": cue["direction"]}
        for cue in reading["cues"]
    ]
    rows.append(place | {"field": "narrative", "value": reading["narrative"]})
    return rows


SYSTEMS = pd.DataFrame({"system_id": ["s"], "name": ["the one"]})


def test_the_truth_scores_full_marks_and_invents_nothing(folder: Path) -> None:
    scenes = known_scenes(folder)
    readings = [
        row for item, scene in scenes.items() for row in rows_of(item, dict(true_reading(scene)))
    ]
    table = score_scene_fields(
        check_table("readings", pd.DataFrame(readings)), SYSTEMS, scenes
    ).set_index("field")
    assert set(table["n_items"]) == {8}
    assert (table["precision"].dropna() == 1).all()
    assert (table.loc[["atmosphere", "subjects", "expressions"], "recall"] == 1).all()
    assert (table["inventions"] == 0).all()


def test_what_was_never_drawn_is_an_invention(folder: Path) -> None:
    scenes = known_scenes(folder)
    item, scene = next((i, s) for i, s in scenes.items() if "spider" not in str(s.as_dict()))
    reading: dict[str, Any] = dict(true_reading(scene))
    reading["cues"] = [*reading["cues"], {"cue": "a huge spider", "direction": "negative"}]
    table = score_scene_fields(
        check_table("readings", pd.DataFrame(rows_of(item, reading))), SYSTEMS, scenes
    )
    (cues,) = table[table["field"] == "cues"].to_dict(orient="records")
    assert cues["inventions"] == 1
    assert cues["precision"] < 1
    assert "spider" in cues["most_invented"]


def test_scenes_that_are_not_known_are_not_scored(tmp_path: Path) -> None:
    assert known_scenes(tmp_path) == {}
    readings = check_table(
        "readings",
        pd.DataFrame(
            rows_of("x", {"atmosphere": "a", "subjects": [], "cues": [], "narrative": "n"})
        ),
    )
    assert len(score_scene_fields(readings, SYSTEMS, {})) == 0


def test_readings_come_from_answers_as_models_give_them(folder: Path) -> None:
    """What `read_scene` makes of a model's JSON is what is scored."""
    reading = read_scene('{"atmosphere": "dark night", "subjects": ["a dog"], "cues": []}')
    assert reading is not None
    assert reading.subjects == (("a dog", ""),)


@pytest.mark.parametrize("line", ["{", "[]", '{"item_id": "a"}', '{"item_id": "a", "scene": 3}'])
def test_a_broken_scene_file_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "scenes.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"scenes\.jsonl:1: This is no scene"):
        known_scenes(tmp_path)
