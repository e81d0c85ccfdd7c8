"""Audits as they are asked for: from files, in order, by name, as JSON, and from other packages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest
from tests.audit.planting import CLASSES, changed, sound_dataset
from tests.data.image_samples import encode, grain, oriented

from mllmsent.audit import AUDITS, AffectedRow, Audit, Finding, audit_dataset, audit_names
from mllmsent.audit.finding import counted
from mllmsent.data import load_dataset
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CARD = """
name: photos
emotion_target: evoked
items:
  file: photos.csv
  id: id
  image: "{file}"
labels:
- scheme: polarity3
  label: mood
"""

BROKEN: list[tuple[str, str, str, Callable[[], bytes]]] = [
    ("truncated", "error", "cut.jpg", lambda: encode(grain(), "JPEG")[:3000]),
    ("truncated", "error", "gray.jpg", lambda: encode(grain(), "JPEG")[:3000] + b"\xff\xd9"),
    ("not-an-image", "error", "page.jpg", lambda: b"<!doctype html><html></html>"),
    ("empty-file", "error", "empty.jpg", lambda: b""),
    ("wrong-extension", "info", "really.jpg", lambda: encode(grain(), "PNG")),
    ("orientation", "warning", "lying.jpg", lambda: oriented(grain(), "JPEG", 6)),
    ("alpha", "info", "hole.png", lambda: encode(grain().convert("LA").convert("RGBA").rotate(9), "PNG")),
    ("animated", "info", "moving.gif", lambda: encode(
        grain(), "GIF", save_all=True, append_images=[grain(seed=1)]
    )),
]  # fmt: skip


def folder_with(folder: Path, name: str | None, data: bytes | None) -> Path:
    """A card, a table, 36 sound photographs, and one more."""
    rows = ["id,file,mood"]
    for number in range(36):
        (folder / f"{number}.png").write_bytes(encode(grain(seed=number), "PNG"))
        rows.append(f"p{number},{number}.png,{CLASSES[number % 3]}")
    if name is not None:
        rows.append(f"odd,{name},neutral")
        if data is not None:
            (folder / name).write_bytes(data)
    (folder / "photos.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    card = folder / "card.yaml"
    card.write_text(CARD, encoding="utf-8")
    return card


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    assert audit_dataset(load_dataset(folder_with(tmp_path, None, None))) == []


@pytest.mark.parametrize(("code", "severity", "name", "data"), BROKEN)
def test_a_broken_image_is_told_with_its_row_and_its_cure(
    code: str, severity: str, name: str, data: Callable[[], bytes], tmp_path: Path
) -> None:
    findings = audit_dataset(load_dataset(folder_with(tmp_path, name, data())))
    (finding,) = [one for one in findings if one.code == code]
    assert finding.severity == severity
    assert [row.item_id for row in finding.rows] == ["odd"]
    assert (finding.rows[0].file, finding.rows[0].row) == ("photos.csv", 38)
    assert name in finding.message
    assert finding.cure
    assert finding.effect
    assert finding.systems == ("photos.csv",)


def test_a_missing_file_is_told_with_its_row(tmp_path: Path) -> None:
    (finding,) = audit_dataset(load_dataset(folder_with(tmp_path, "35.jpg", None)))
    assert (finding.code, finding.severity) == ("missing-file", "error")
    assert "Did you mean '35.png'?" in finding.cure


def test_several_of_a_kind_are_one_finding(tmp_path: Path) -> None:
    folder_with(tmp_path, None, None)
    for number in (3, 4, 5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    (finding,) = audit_dataset(load_dataset(tmp_path / "card.yaml"))
    assert finding.message == "3 image files are empty."
    assert [row.item_id for row in finding.rows] == ["p3", "p4", "p5"]


def test_an_image_without_a_table_is_named_once(tmp_path: Path) -> None:
    """In a folder per class the image is itself the file at fault: no line, no repetition."""
    for number in range(24):
        folder = tmp_path / ("happiness", "sadness")[number % 2]
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode(grain(seed=number), "PNG"))
    (tmp_path / "sadness" / "cut.png").write_bytes(encode(grain(), "PNG")[:900])
    findings = audit_dataset(load_dataset(tmp_path))
    (finding,) = [finding for finding in findings if finding.code == "truncated"]
    note = "This image is truncated: the file ends before the picture does."
    assert finding.rows == (AffectedRow("sadness/cut.png", "sadness/cut.png", note=note),)
    assert finding.systems == ()


def test_the_gravest_come_first(tmp_path: Path) -> None:
    folder_with(tmp_path, "lying.jpg", oriented(grain(seed=99), "JPEG", 3))
    (tmp_path / "3.png").write_bytes(b"")
    (tmp_path / "4.png").write_bytes(encode(grain(seed=98), "GIF"))
    findings = audit_dataset(load_dataset(tmp_path / "card.yaml"))
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert len(set(severities)) == 3


def test_a_finding_is_plain_json() -> None:
    rows = (AffectedRow("a", row=3), AffectedRow(annotator_id="p1", note="always 5"))
    finding = Finding("some-code", "error", "What.", "Cure.", "Effect.", rows, ("file.csv",))
    assert json.loads(json.dumps(finding.as_dict())) == {
        "code": "some-code",
        "severity": "error",
        "systems": ["file.csv"],
        "rows": [{"item_id": "a", "row": 3}, {"annotator_id": "p1", "note": "always 5"}],
        "message": "What.",
        "effect": "Effect.",
    }


def test_every_finding_of_real_data_is_plain_json(shared_data: Path) -> None:
    """Three photographs of OASIS have the profile of a camera or a screen."""
    dataset = load_dataset("oasis-raters", root=shared_data / "oasis-raters")
    (finding,) = audit_dataset(dataset)
    assert (finding.code, len(finding.rows)) == ("color-profile", 3)
    assert json.loads(json.dumps(finding.as_dict()))["rows"][0]["item_id"]


def test_published_labels_do_not_contradict_each_other(shared_data: Path) -> None:
    dataset = load_dataset("published-descriptions", root=shared_data / "published-descriptions")
    assert audit_dataset(dataset, only=["contradictions", "class-sizes", "item-ids"]) == []


def test_audits_can_be_chosen_by_name() -> None:
    faulty = replace(sound_dataset(0), emotion_target=cast("Any", None))
    assert audit_dataset(faulty, only=["ties", "item-ids"]) == audit_dataset(
        sound_dataset(0), only=["ties", "item-ids"]
    )
    assert audit_dataset(faulty, only=["declarations"])[0].code == "emotion-target-undeclared"


def test_an_unknown_audit_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"(?s)'tie'.*'ties'"):
        audit_dataset(sound_dataset(0), only=["tie"])


def test_every_audit_has_a_name_and_a_sentence() -> None:
    for name in audit_names():
        audit = AUDITS.get(name)
        assert audit.description.endswith(".")
        assert audit.name == name


def test_an_audit_of_another_package_runs_with_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = Finding("too-nice", "info", "All is well.", "Nothing.", "None.")
    monkeypatch.setitem(AUDITS._loaded, "ties", Audit("ties", "Nothing.", lambda _: [finding]))
    assert finding in audit_dataset(sound_dataset(0))


def test_an_empty_dataset_is_audited() -> None:
    nothing = sound_dataset(0).subset([])
    assert [finding.code for finding in audit_dataset(nothing)] == ["no-annotations"]


def test_a_multi_label_vote_is_no_tie_and_no_contradiction() -> None:
    dataset = sound_dataset(0)
    several = tuple(
        replace(scheme, multi_label=True) for scheme in dataset.schemes if scheme.labels
    )
    votes = dataset.annotations
    both = pd.concat([votes, changed(votes[votes["label"].notna()], slice(None), label="neutral")])
    faulty = replace(dataset, annotations=both, schemes=(*several, *dataset.schemes[1:2]))
    assert audit_dataset(faulty, only=["ties", "contradictions"]) == []


def crowd(seed: int, people: int, items: int, skill: float, each: int) -> pd.DataFrame:
    """Votes of honest annotators of different skill, each on some of the items."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, items)
    rows: list[dict[str, Any]] = []
    for person in range(people):
        own = np.clip(skill + rng.normal(0, 0.08), 0.4, 0.95)
        for item in rng.choice(items, each, replace=False):
            right = rng.random() < own
            label = truth[item] if right else (truth[item] + rng.integers(1, 3)) % 3
            rows.append(
                {"item_id": f"item{item:03}", "annotator_id": f"p{person}", "scheme": "polarity3",
                 "label": CLASSES[label]}
            )  # fmt: skip
    return check_table("annotations", pd.DataFrame(rows))


@pytest.mark.parametrize("seed", range(5))
def test_honest_annotators_are_not_accused(seed: int) -> None:
    """Two hundred people with twenty judgments each, right in two cases of three on average."""
    votes = crowd(seed, people=200, items=60, skill=0.66, each=20)
    dataset = replace(sound_dataset(0), annotations=votes)
    assert audit_dataset(dataset, only=["constant-annotators", "unrelated-annotators"]) == []


def test_nobody_is_accused_where_nobody_agrees() -> None:
    """Where annotators agree by chance only, the fault is the task's and not one person's."""
    votes = crowd(0, people=30, items=60, skill=0.4, each=60)
    votes["label"] = np.random.default_rng(1).permutation(votes["label"].to_numpy())
    dataset = replace(sound_dataset(0), annotations=votes)
    assert audit_dataset(dataset, only=["unrelated-annotators"]) == []


def test_a_constant_answer_is_no_fault_where_everybody_gives_it() -> None:
    dataset = sound_dataset(0)
    votes = changed(dataset.annotations, dataset.annotations["label"].notna(), label="neutral")
    faulty = replace(dataset, annotations=votes)
    assert audit_dataset(faulty, only=["constant-annotators"]) == []


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(n, "item") for n in (0, 1, 2, 1500)] == [
        "0 items",
        "1 item",
        "2 items",
        "1,500 items",
    ]


def test_tables_that_no_card_speaks_of_are_named(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(encode(grain(seed=1), "PNG"))
    (tmp_path / "BASS_data.csv").write_text("a;b\n")
    (finding,) = audit_dataset(load_dataset(tmp_path), only=["coverage"])
    assert "BASS_data.csv" in finding.message
    assert "mllmsent audit bass --root" in finding.cure
