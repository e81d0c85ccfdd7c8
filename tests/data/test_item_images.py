"""Images are found under the dataset's folder or nowhere; broken ones are listed, never silent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.data.cards import picture, read_card, write

from mllmsent.data.paths import contained_path
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from mllmsent.data import Dataset

CARD = """\
name: t
emotion_target: evoked
items: {file: items.csv, id: id, image: "%s", group: group}
"""
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


def dataset_of(folder: Path, *rows: str, template: str = "images/{file}") -> Dataset:
    """Items with their files: `a,a.png`; the images stand in `images/`."""
    write(folder, items_csv="id,file,group\n" + "".join(f"{row}\n" for row in rows))
    return read_card(CARD % template, folder)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "dataset"
    picture(folder / "images" / "a.png", 1)
    picture(folder / "images" / "b.png", 2)
    return folder


def test_an_image_is_inspected_once_and_referred_to(root: Path) -> None:
    dataset = dataset_of(root, "a,a.png,")
    image = dataset.image("a")
    assert image is not None
    assert (image.width, image.height, image.media_type) == (40, 40, "image/png")
    assert image.read_bytes() == (root / "images" / "a.png").read_bytes()
    assert dataset.items["path"].tolist() == ["images/a.png"]
    changed = dataset.image("a", "grey", 7)
    assert changed is not None
    assert (changed.condition, changed.seed) == ("grey", 7)
    with pytest.raises(InputError, match="no item 'z'"):
        dataset.image("z")


@pytest.mark.parametrize(
    "name",
    [
        "../../secret.png",
        "./../../secret.png",
        "x/../../../secret.png",
        "..\\..\\secret.png",
        "link.png",
        "linked/secret.png",
        "/etc/passwd",
        "C:\\pictures\\secret.png",
    ],
)
def test_an_image_outside_the_folder_is_refused_and_listed(root: Path, name: str) -> None:
    picture(root.parent / "secret.png")
    (root / "images" / "link.png").symlink_to(root.parent / "secret.png")
    (root / "images" / "linked").symlink_to(root.parent)
    template = "{file}" if name.startswith(("/", "C:")) else "images/{file}"
    (root / "a.png").write_bytes((root / "images" / "a.png").read_bytes())
    dataset = dataset_of(root, "a,a.png,", f"z,{name},", template=template)
    assert dataset.items["item_id"].tolist() == ["a"]
    assert dataset.faults[["item_id", "code", "severity", "row"]].to_numpy().tolist() == [
        ["z", "outside-root", "error", 3]
    ]


@given(names)
@example("../../etc/passwd")
@example("a/../../b")
@example("....//....//etc/passwd")
@example("\0")
@example("~root/x")
def test_no_name_at_all_leads_out_of_the_folder(name: str) -> None:
    root = Path("/tmp/some/dataset")
    try:
        path = contained_path(root, name)
    except InputError:
        return
    assert path.resolve().is_relative_to(root)


def test_what_cannot_be_used_is_left_out_with_its_votes_and_its_line(root: Path) -> None:
    (root / "images" / "cut.png").write_bytes((root / "images" / "a.png").read_bytes()[:900])
    (root / "images" / "empty.png").touch()
    (root / "images" / "text.png").write_text("not a picture")
    write(root, v_csv="id,who,vote\na,x,positive\ncut,x,positive\n")
    rows = ["a,a.png,", "cut,cut.png,", "empty,empty.png,", "text,text.png,", "gone,A.png,"]
    write(root, items_csv="id,file,group\n" + "\n".join(rows))
    votes = "votes: {file: v.csv, annotator: '{who}', scheme: polarity3, label: vote}\n"
    dataset = read_card(CARD % "images/{file}" + votes, root)
    assert dataset.items["item_id"].tolist() == ["a"]
    assert dataset.annotations["item_id"].tolist() == ["a"]
    faults = dataset.faults.set_index("item_id")
    assert faults["code"].to_dict() == {
        "cut": "truncated",
        "empty": "empty-file",
        "text": "not-an-image",
        "gone": "missing-file",
    }
    assert faults["row"].to_dict() == {"cut": 3, "empty": 4, "text": 5, "gone": 6}
    assert "'a.png'" in str(faults.loc["gone", "cure"]), "the file that was likely meant"
    assert not faults["message"].str.contains(str(root)).any(), "no path of this machine"


def test_when_no_image_is_there_the_folder_is_probably_wrong(root: Path) -> None:
    with pytest.raises(InputError, match="None of the 2 images can be used") as caught:
        dataset_of(root, "a,a.png,", "b,b.png,", template="pictures/{file}")
    assert "pictures/a.png" in caught.value.message
    assert caught.value.line == 2


def test_one_picture_under_two_items_is_a_leak_unless_they_are_one_group(root: Path) -> None:
    (root / "images" / "copy.png").write_bytes((root / "images" / "a.png").read_bytes())
    alone = dataset_of(root, "a,a.png,", "copy,copy.png,")
    assert alone.faults[["item_id", "code", "severity"]].to_numpy().tolist() == [
        ["copy", "duplicate-image", "warning"]
    ]
    assert len(alone) == 2, "it is a warning: both stay"
    assert not len(dataset_of(root, "a,a.png,g", "copy,copy.png,g").faults)
    assert len(dataset_of(root, "a,a.png,g", "copy,copy.png,h").faults) == 1


def test_an_item_without_an_image_among_others_stays_and_is_listed(root: Path) -> None:
    dataset = dataset_of(root, "a,a.png,", "b,,")
    assert dataset.image("b") is None
    assert dataset.faults[["item_id", "code"]].to_numpy().tolist() == [["b", "no-image"]]


def test_images_may_lie_in_numbered_folders_and_end_in_several_ways(root: Path) -> None:
    picture(root / "part1" / "a.png", 3)
    picture(root / "part2" / "b.jpg", 4)
    write(root, items_csv="id\na\nb\n")
    card = "name: t\nemotion_target: evoked\nitems: {file: items.csv, id: id, image: %s}\n"
    dataset = read_card(card % '["part*/{id}.png", "part*/{id}.jpg"]', root)
    assert dataset.items["path"].tolist() == ["part1/a.png", "part2/b.jpg"]
    for template, message in [
        ("'piece*/{id}.png'", "no folder 'piece"),
        ("'{id}*.png'", "stands for folders only"),
        ("'../*/{id}.png'", "leads out"),
        ("id", r"\{id\}"),
        ("images/a.png", "names no column"),
        ("'{idd}.png'", "no column 'idd'"),
    ]:
        with pytest.raises(InputError, match=message) as caught:
            read_card(card % template, root)
        assert caught.value.file == "card.yaml"


def test_names_with_spaces_and_other_scripts_are_names(root: Path) -> None:
    rows = []
    for seed, name in enumerate(["two words.png", "größe.png", "写真.png", "a'b.png"]):
        picture(root / "images" / name, seed + 10)
        rows.append(f"{name},{name},")
    assert not len(dataset_of(root, *rows).faults)


def test_a_link_is_refused_under_another_spelling_of_its_name_too(root: Path) -> None:
    """The table says é in one code point; the disk holds a link called é in two."""
    picture(root.parent / "secret.png")
    (root / "images" / "cafe\u0301.png").symlink_to(root.parent / "secret.png")
    dataset = dataset_of(root, "a,a.png,", "z,caf\u00e9.png,")
    assert dataset.faults["code"].tolist() == ["outside-root"]


def test_texts_beside_broken_images_do_not_hide_that_all_are_broken(root: Path) -> None:
    with pytest.raises(InputError, match="None of the 1 images can be used"):
        dataset_of(root, "a,gone.png,", "b,,")
