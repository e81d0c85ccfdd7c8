"""Folders per class, PerceptSent's own files and Hugging Face datasets need no card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.data.cards import picture, small

from mllmsent.data import TargetSpec, compute_targets, dataset_names, load_dataset
from mllmsent.data.readers import DATASET_FORMATS, Source
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

PERSON = {"age": "25-34", "gs": "f", "eco": 2, "edu": 4, "opt1": 3, "neg1": 2, "opt2": 1}
FLAT_HEADER = (
    "worker;assignment;img;sentiment;in_out_door;age;gs;eco;edu;opt1;neg1;opt2;comments;reasons"
)


def perceptsent_json(folder: Path, *votes: tuple[str, str, Any]) -> Path:
    tasks = [
        {
            "worker_id": worker,
            "assignment_id": f"as-{worker}",
            "worker_info": PERSON,
            "images": [{"id": image, "sentiment": sentiment, "perceptions": ["Calm", "Nature"]}],
        }
        for worker, image, sentiment in votes
    ]
    path = folder / "dataset.json"
    path.write_text(json.dumps({"tasks": tasks}))
    return path


def test_perceptsents_json_gives_votes_people_and_perceptions(tmp_path: Path) -> None:
    path = perceptsent_json(tmp_path, ("w1", "i1", "SlightlyNegative"), ("w2", "i1", 4))
    dataset = load_dataset(path)
    assert dataset.name == "perceptsent"
    assert dataset.annotations["label"].tolist() == ["slightly negative", "positive"]
    assert dataset.annotations["annotator_age"].tolist() == ["25-34", "25-34"]
    assert json.loads(dataset.annotations["perceptions"][0]) == ["Calm", "Nature"]
    assert not dataset.items["path"].notna().any(), "without images, the votes stand alone"
    assert load_dataset(tmp_path).digest == dataset.digest, "the folder is as good as the file"


def test_perceptsents_flat_file_says_the_same(tmp_path: Path) -> None:
    flags = ",".join(["0", "1"] * 18 + ["1"])
    (tmp_path / "dataset.csv").write_text(
        f"{FLAT_HEADER}\nw1;a1;i1;1;out;25-34;f;2;4;3;2;1;a, b;{flags}\n"
        f"w2;a2;i1;4;in;18-24;m;1;1;1;1;1;;{flags}\n"
    )
    dataset = load_dataset(tmp_path)
    assert dataset.annotations["label"].tolist() == ["slightly negative", "positive"]
    assert dataset.annotations["annotator_gs"].tolist() == ["f", "m"]
    assert dataset.annotations["reasons"].tolist() == [flags, flags]


@pytest.mark.parametrize("layout", ["{}.jpg", "images/{}.jpg", "part{n}/{}.jpg"])
def test_perceptsents_images_are_found_flat_or_in_parts(tmp_path: Path, layout: str) -> None:
    for number, image in enumerate(["i1", "i2"], start=1):
        picture(tmp_path / layout.format(image, n=number), number)
    perceptsent_json(tmp_path, ("w1", "i1", 0), ("w1", "i2", 1), ("w1", "i3", 1))
    dataset = load_dataset(tmp_path)
    assert dataset.items["path"].tolist() == [
        layout.format(image, n=number) for number, image in enumerate(["i1", "i2"], start=1)
    ]
    assert dataset.faults["item_id"].tolist() == ["i3"], "its image is missing, and said to be"


def test_the_published_problems_are_made_of_perceptsents_votes(tmp_path: Path) -> None:
    votes = [0, 1, 2, 3, 4]
    perceptsent_json(tmp_path, *((f"w{vote}", "i1", vote) for vote in votes))
    dataset = load_dataset(tmp_path)

    def label(problem: str, sigma: int) -> Any:
        spec = TargetSpec(problem=problem, min_agreement=sigma)
        return compute_targets(dataset, spec)["label"][0]

    assert label("P2+", 3) == "positive", "three of five, neutral among them"
    assert label("P2-", 3) == "negative"
    with pytest.raises(InputError, match="No item has 3 annotators who agree"):
        label("P3", 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"tasks": []}', "no votes"),
        ('{"tasks": {}}', "the file has no 'tasks'"),
        ('{"tasks": [{"worker_id": "w"}]}', r"tasks\[0\] has no 'worker_info'"),
        (
            '{"tasks": [{"worker_id": "w", "worker_info": {}, "images": [{"id": "i"}]}]}',
            r"tasks\[0\].images\[0\] has no 'sentiment'",
        ),
        ('{"tasks": [', "not JSON"),
    ],
)
def test_a_broken_perceptsent_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        load_dataset(tmp_path / "dataset.json")
    assert caught.value.file == "dataset.json"


def test_a_sentiment_that_is_none_is_named_with_its_task(tmp_path: Path) -> None:
    perceptsent_json(tmp_path, ("w1", "i1", 0), ("w2", "i1", "Postive"))
    with pytest.raises(InputError, match="'Postive'") as caught:
        load_dataset(tmp_path)
    assert caught.value.item == "row 2"
    assert "'Positive'" in caught.value.cure


def test_folders_called_like_a_schemes_labels_are_that_scheme(tmp_path: Path) -> None:
    for seed, name in enumerate(["Positive", "negative", "neutral"]):
        picture(tmp_path / name / "1.png", seed)
    (tmp_path / "neutral" / "notes.txt").write_text("x")
    (tmp_path / ".cache").mkdir()
    dataset = load_dataset(tmp_path)
    assert dataset.items["item_id"].tolist() == [
        "Positive/1.png",
        "negative/1.png",
        "neutral/1.png",
    ]
    targets = compute_targets(dataset, TargetSpec(scheme="polarity3"))
    assert targets["label"].tolist() == ["positive", "negative", "neutral"]
    assert dataset.faults[["code", "file"]].to_numpy().tolist() == [
        ["not-an-image", "neutral/notes.txt"]
    ]


def test_other_folders_make_a_scheme_of_their_own_and_splits_are_kept(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for seed, name in enumerate(["calm", "storm"]):
            picture(tmp_path / split / name / f"{split}.png", seed + len(split))
    dataset = load_dataset(tmp_path, options={"name": "weather", "emotion_target": "depicted"})
    assert dataset.scheme("weather-classes").label_names == ("calm", "storm")
    assert dataset.items["split"].tolist() == ["test", "test", "train", "train"]
    assert dataset.emotion_target == "depicted"
    with pytest.raises(InputError, match="Did you mean 'name'"):
        load_dataset(tmp_path, options={"nam": "weather"})
    with pytest.raises(InputError, match="not a label of polarity3"):
        load_dataset(tmp_path, options={"scheme": "polarity3"})


@pytest.fixture
def hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset as the real library saves it."""
    datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    pictures = [str(picture(tmp_path / f"{seed}.png", seed)) for seed in range(3)]
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "feeling": datasets.ClassLabel(names=["negative", "neutral", "positive"]),
            "city": datasets.Value("string"),
            "likes": datasets.Value("int64"),
        }
    )
    rows = {
        "image": pictures,
        "feeling": [2, 0, -1],
        "city": ["Lisbon", "Porto", None],
        "likes": [1, 2, 3],
    }
    made = datasets.Dataset.from_dict(rows, features=features)
    made.save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": made, "test": made.select([0])}).save_to_disk(tmp_path / "dict")
    return tmp_path


def test_a_saved_hugging_face_dataset_needs_no_word_about_it(hugging_face: Path) -> None:
    dataset = load_dataset(hugging_face / "saved")
    assert dataset.items["item_id"].tolist() == ["0", "1", "2"]
    assert dataset.items["city"].fillna("-").tolist() == ["Lisbon", "Porto", "-"]
    assert dataset.items["likes"].tolist() == [1, 2, 3]
    targets = compute_targets(dataset, TargetSpec(scheme="polarity3"))
    assert targets["label"].tolist() == ["positive", "negative"], "-1 is no label"
    image = dataset.image("1")
    assert image is not None
    assert image.read_bytes() == (hugging_face / "1.png").read_bytes()
    assert image.path.is_relative_to(hugging_face / "cache")
    assert load_dataset(hugging_face / "saved").digest == dataset.digest


def test_hugging_face_splits_options_and_a_card_over_it(hugging_face: Path) -> None:
    both = load_dataset(hugging_face / "dict")
    assert both.items["split"].tolist() == ["train"] * 3 + ["test"]
    assert both.items["item_id"].tolist() == ["train/0", "train/1", "train/2", "test/0"]
    assert "duplicate-image" in both.faults["code"].tolist(), "train and test share a picture"
    options = {
        "split": "train",
        "card": {"emotion_target": "depicted", "items": {"group": "city"}},
    }
    root = hugging_face / "pictures"
    train = load_dataset(hugging_face / "dict", root=root, options=options)
    assert train.emotion_target == "depicted"
    assert train.items["group"].dropna().tolist() == ["Lisbon", "Porto"]
    assert len(list(root.iterdir())) == 3
    with pytest.raises(InputError, match="cannot read it"):
        load_dataset(hugging_face / "dict", options={"split": "tran"})


def test_a_path_inside_a_hugging_face_table_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")
    monkeypatch.setenv("MLLMSENT_CACHE", str(tmp_path / "cache"))
    secret = picture(tmp_path / "secret.png")
    features = datasets.Features(
        {"image": {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}}
    )
    rows = {"image": [{"bytes": None, "path": str(secret)}]}
    made = datasets.Dataset.from_dict(rows, features=features)
    folder = tmp_path / "saved"
    made.save_to_disk(folder)
    info = folder / "dataset_info.json"
    content = json.loads(info.read_text())
    content["features"] = {"image": {"_type": "Image"}}
    info.write_text(json.dumps(content))
    with pytest.raises(InputError, match="None of the 1 images can be used"):
        load_dataset(folder)


def test_a_folder_with_a_card_is_what_its_card_says(tmp_path: Path) -> None:
    small(tmp_path)
    source = Source(str(tmp_path), tmp_path)
    recognized = [
        name for name in DATASET_FORMATS.names() if DATASET_FORMATS.get(name).recognizes(source)
    ]
    assert recognized[0] == "card"
    assert set(recognized) <= {"card", "image-folder"}
    assert "bass" in dataset_names()


def test_a_format_of_another_package_is_found_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package as pip would leave it: a module, and metadata with the entry point."""
    site = tmp_path / "site"
    metadata = site / "someones_format-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: someones-format\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(
        "[mllmsent.datasets]\nsomeones = someones_format:FORMAT\n"
    )
    (site / "someones_format.py").write_text(
        "import pandas as pd\n"
        "from mllmsent.data.assembly import build_dataset\n"
        "from mllmsent.data.draft import Draft\n"
        "from mllmsent.data.readers import DatasetFormat\n"
        "def recognizes(source):\n"
        "    return source.path is not None and (source.path / 'someones.txt').is_file()\n"
        "def read(source):\n"
        "    items = pd.DataFrame({'item_id': ['x', 'y']})\n"
        "    return build_dataset(Draft('theirs', source.path, 'depicted', items))\n"
        "FORMAT = DatasetFormat('Someone', recognizes=recognizes, read=read)\n"
    )
    monkeypatch.syspath_prepend(str(site))
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "someones.txt").touch()
    dataset = load_dataset(folder)
    assert dataset.name == "theirs"
    assert dataset.items["item_id"].tolist() == ["x", "y"]
    assert "someones" in dataset_names()
