"""Items with an image and a text are shown with both, or with the part that a condition leaves."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.runs.conftest import draw

from mllmsent import api
from mllmsent.affect import get_scheme
from mllmsent.data.images import ImageRef
from mllmsent.foundation import InputError
from mllmsent.loopback import ConstantAnswerer, serve
from mllmsent.models.interface import Request
from mllmsent.prompts import Message, get_strategy, render

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[..., Path]

CARD = (
    "name: mixed\ntitle: t\nemotion_target: evoked\n"
    'items: {file: items.csv, id: id, text: text, image: "{image}"}\n'
    "votes: {file: items.csv, item: id, scheme: polarity3, annotator: ann, label: label}\n"
)
ROWS = (
    "a,positive/000.png,A funeral in the rain,positive",
    "b,negative/000.png,What a lovely day,negative",
    "c,neutral/000.png,,neutral",
    "d,,A sad song,negative",
)
ALL = "conditions: [none, image-only, text-only]\n"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = draw(tmp_path / "photos", 1)
    (folder / "dataset.yaml").write_text(CARD)
    write(folder, *ROWS)
    return folder


def write(folder: Path, *rows: str) -> None:
    (folder / "items.csv").write_text("\n".join(["id,image,text,label", *rows]) + "\n")


def test_each_condition_sends_what_it_says(mixed: Path, write_study: Write) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        run = api.run(write_study(server.url, ALL), out=mixed.parent / "run")
        sent = [(entry.images, entry.text) for entry in server.log.entries]
    picture = {
        name: hashlib.sha256((mixed / place).read_bytes()).hexdigest()
        for name, place, *_ in (row.split(",") for row in ROWS[:3])
    }
    words = {"a": "A funeral in the rain", "b": "What a lovely day", "d": "A sad song"}
    shown = [
        (
            next((name for name, digest in picture.items() if images == (digest,)), ""),
            next((name for name, text in words.items() if text in asked), ""),
        )
        for images, asked in sent
    ]
    assert sorted(shown) == sorted(
        [
            *[("a", "a"), ("b", "b"), ("c", ""), ("", "d")],  # as they are
            *[("a", ""), ("b", "")],  # images alone
            *[("", "a"), ("", "b")],  # texts alone
        ]
    )
    for (image, text), (_, asked) in zip(shown, sent, strict=True):
        what = (
            "this image and its text" if image and text else "this text" if text else "this image"
        )
        assert f"Judge the emotion that {what} evoke" in asked
    asked_of = run.predictions.groupby("condition")["item_id"].agg(sorted).to_dict()
    assert asked_of == {
        "none": ["a", "b", "c", "d"],
        "image-only": ["a", "b"],
        "text-only": ["a", "b"],
    }
    said = " ".join(run.warnings())
    assert "2 items have an image and a text, and are shown with both" in said
    assert "2 items have not both an image and a text and are not asked about under" in said


def test_a_change_of_the_image_leaves_its_text(mixed: Path, write_study: Write) -> None:
    with serve(ConstantAnswerer("positive")) as server:
        api.run(write_study(server.url, "conditions: [grey]\nitems: {ids: [a]}\n"),
                out=mixed.parent / "run")  # fmt: skip
        (entry,) = server.log.entries
    assert entry.images != (hashlib.sha256((mixed / "positive/000.png").read_bytes()).hexdigest(),)
    assert "A funeral in the rain" in entry.text


def test_an_image_shown_alone_is_the_question_that_it_was_without_a_text(
    mixed: Path, write_study: Write
) -> None:
    """Answers that are paid for are found again when somebody adds captions to a dataset."""
    with serve(ConstantAnswerer("positive")) as server:
        write(mixed, *(",".join([*row.split(",")[:2], "", row.split(",")[3]]) for row in ROWS[:3]))
        plain = api.run(write_study(server.url), out=mixed.parent / "before")
        write(mixed, *ROWS)
        parted = api.run(write_study(server.url, ALL), out=mixed.parent / "after")

    def keys(table: Any, condition: str) -> dict[str, str]:
        rows = table[table["condition"] == condition]
        return {
            item: keys[0] for item, keys in zip(rows["item_id"], rows["request_keys"], strict=True)
        }

    before, after = keys(plain.predictions, "none"), keys(parted.predictions, "none")
    alone = keys(parted.predictions, "image-only")
    assert after["c"] == before["c"]
    assert alone == {"a": before["a"], "b": before["b"]}
    assert after["a"] != before["a"]


def test_the_questions_about_images_without_a_text_are_those_they_have_always_been() -> None:
    """Keys of answers in people's caches; they change with a word of the strategy alone."""
    picture = ImageRef(Path("picture.png"), "0" * 64, "image/png", 8, 8)
    for strategy, scheme, key in (
        (
            "zero-shot",
            "polarity3",
            "9061503fd9e2a33a31b7df6e5a6c453d9dbc37e722374072f131ac1d2c07205c",
        ),
        (
            "zero-shot-de",
            "polarity3",
            "c865b103833cb657b0c40adb19523e22063723a2e1e8f6a3b8b982b20080aef6",
        ),
        (
            "scene",
            "valence-arousal",
            "b94d755f61c4c9ec728573639e9597936419682746f3067c4f22febf3e016579",
        ),
    ):
        messages = render(
            get_strategy(strategy), get_scheme(scheme), picture, emotion_target="evoked"
        )
        assert Request(messages).key({"name": "m"}) == key


def test_parts_of_items_that_have_one_part_are_refused_before_anybody_is_asked(
    mixed: Path, write_study: Write
) -> None:
    write(mixed, *ROWS[2:])
    with serve(ConstantAnswerer("positive")) as server:
        with pytest.raises(
            InputError, match="'text-only' is for items that have both an image and"
        ):
            api.run(write_study(server.url, "conditions: [none, text-only]\n"),
                    out=mixed.parent / "run")  # fmt: skip
        assert len(server.log) == 0


def test_a_solved_example_is_shown_as_it_is(tmp_path: Path, write_study: Write) -> None:
    folder = draw(tmp_path / "photos", 4)
    (folder / "dataset.yaml").write_text(CARD)
    write(
        folder,
        *(
            f"{label}{n},{label}/{n:03}.png,Words of {n},{label}"
            for label in ("negative", "neutral", "positive")
            for n in range(4)
        ),
    )
    study = "conditions: [text-only]\nstrategies: [few-shot]\n"
    with serve(ConstantAnswerer("positive")) as server:
        api.run(write_study(server.url, study), out=tmp_path / "run")
        asked = server.log.entries
    assert len(asked) == 12
    for entry in asked:
        assert len(entry.images) == 3
        assert entry.text.count("Judge the emotion that this image and its text") == 3
        assert entry.text.count("Judge the emotion that this text") == 1


def test_a_message_holds_both_where_the_item_stands() -> None:
    picture = ImageRef(Path("picture.png"), "0" * 64, "image/png", 8, 8)
    messages = render(get_strategy("describe"), None, (picture, "Rain."), emotion_target="evoked")
    assert isinstance(messages[0], Message)
    assert messages[0].parts[:2] == (picture, "Rain.")
