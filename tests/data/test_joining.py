"""Several datasets as one: kept apart by name, and by their own scales."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.data.cards import ITEMS, VOTES, picture, small, write

from mllmsent.data import (
    Dataset,
    FoldSpec,
    FoldWarning,
    TargetSpec,
    assign_folds,
    compute_targets,
    join_datasets,
    load_dataset,
)
from mllmsent.foundation import InputError

RATED = """\
name: rated
emotion_target: evoked
items: {file: items.csv, id: id, image: "pictures/{id}.png", group: theme, metadata: [mood]}
norms:
  dimensions: {valence: {mean: mean, sd: sd, n: n}}
  scales: {valence: [1, 7]}
"""
RATINGS = "id,theme,mood,mean,sd,n\na,sea,1,1.5,1,9\nb,sea,2,4,1,9\nc,,3,6.5,1,9\n"  # moods are numbers here
BY_DATASET = {"rated": TargetSpec(scheme="polarity3", dimension="valence", cuts=(3, 5))}
POLARITY = TargetSpec(scheme="polarity3", by_dataset=BY_DATASET)


@pytest.fixture
def parts(tmp_path: Path) -> list[Dataset]:
    """Votes about three items, and means of three items that are called the same."""
    voted, rated = tmp_path / "voted", tmp_path / "deep" / "rated"
    for folder in (voted, rated):
        folder.mkdir(parents=True)
    for seed, name in enumerate("abc"):
        picture(rated / "pictures" / f"{name}.png", seed)
    write(rated, dataset_yaml=RATED, items_csv=RATINGS)
    return [small(voted), load_dataset(rated)]


def test_items_groups_and_annotators_are_told_apart_by_their_datasets(
    parts: list[Dataset],
) -> None:
    joined = join_datasets(parts)
    assert joined.name == "small + rated"
    assert joined.items["item_id"].tolist() == [
        "small/a", "small/b", "small/c", "rated/a", "rated/b", "rated/c",
    ]  # fmt: skip
    assert joined.items["dataset"].tolist() == ["small"] * 3 + ["rated"] * 3
    assert joined.items["group"].dropna().tolist() == ["rated/sea", "rated/sea"]
    assert set(joined.annotations["annotator_id"]) == {"small/x", "small/y"}
    assert joined.items["mood"].tolist() == ["sad", "glad", "glad", "1", "2", "3"]
    image = joined.image("rated/b")
    assert image is not None
    assert image.path.read_bytes() == (parts[1].root / "pictures" / "b.png").read_bytes()
    assert joined.image("small/b") is None
    assert not any(Path(path).is_absolute() for path in joined.items["path"].dropna())


def test_each_dataset_makes_targets_of_its_own_scale(parts: list[Dataset]) -> None:
    targets = compute_targets(join_datasets(parts), POLARITY)
    assert targets["label"].isna().tolist() == [True, False, False, False, False]
    agreed = targets[targets["label"].notna()]
    labels = dict(zip(agreed["item_id"], agreed["label"], strict=True))
    assert labels == {
        "small/b": "positive",
        "rated/a": "negative",
        "rated/b": "neutral",
        "rated/c": "positive",
    }
    rated = compute_targets(parts[1], BY_DATASET["rated"])
    assert rated["label"].tolist() == ["negative", "neutral", "positive"]


def test_without_a_word_on_how_a_dataset_is_named_with_what_is_missing(
    parts: list[Dataset],
) -> None:
    with pytest.raises(InputError, match="'rated'") as caught:
        compute_targets(join_datasets(parts), TargetSpec(scheme="polarity3"))
    assert "by_dataset: {rated: ...}" in caught.value.cure
    other = replace(POLARITY, by_dataset={"rates": BY_DATASET["rated"]})
    with pytest.raises(InputError, match="called 'rates'") as caught:
        compute_targets(join_datasets(parts), other)
    assert "rated" in caught.value.cure
    with pytest.raises(InputError, match="is one dataset"):
        compute_targets(parts[0], POLARITY)


def test_a_scale_of_other_ends_is_not_taken_for_the_same(
    parts: list[Dataset], tmp_path: Path
) -> None:
    folder = tmp_path / "nine"
    folder.mkdir()
    wider = RATED.replace("name: rated", "name: nine").replace("[1, 7]", "[1, 9]")
    write(folder, dataset_yaml=wider.replace('image: "pictures/{id}.png", ', ""), items_csv=RATINGS)
    joined = join_datasets([parts[1], load_dataset(folder)])
    with pytest.raises(InputError, match="People rated valence from 1 to 9") as caught:
        compute_targets(joined, TargetSpec(scheme="valence-1-7"))
    assert "source: valence-1-9" in caught.value.cure
    source = TargetSpec(scheme="valence-1-7", source="valence-1-9")
    spec = TargetSpec(scheme="valence-1-7", by_dataset={"nine": source})
    means = compute_targets(joined, spec)["mean"].tolist()
    assert means == [1.5, 4, 6.5, 1.375, 3.25, 5.125]


def test_schemes_of_one_name_that_differ_are_told_apart(parts: list[Dataset]) -> None:
    (scale,) = parts[1].schemes
    (dimension,) = scale.dimensions
    wider = replace(scale, dimensions=(replace(dimension, high=9.0),))
    other = replace(parts[1], name="wider", schemes=(wider,))
    joined = join_datasets([parts[1], other])
    names = {scheme.name for scheme in joined.schemes}
    assert names == {f"rated/{scale.name}", f"wider/{scale.name}"}
    assert set(joined.norms["scheme"]) == names
    equal = join_datasets([parts[1], replace(parts[1], name="again")])
    assert [scheme.name for scheme in equal.schemes] == [scale.name]


def test_groups_of_annotators_are_those_of_the_datasets_that_tell(parts: list[Dataset]) -> None:
    joined = join_datasets(parts)
    targets = compute_targets(joined, replace(POLARITY, annotator_groups=("sex",)))
    counts = targets.groupby("annotator_group")["item_id"].count().to_dict()
    assert counts == {"all": 5, "sex=f": 2, "sex=m": 2}
    assert targets["annotator_group"].tolist()[:5] == ["all"] * 5
    with pytest.raises(InputError, match="annotators called 'age'"):
        compute_targets(joined, replace(POLARITY, annotator_groups=("age",)))


def test_folds_by_the_column_leave_one_dataset_out_at_a_time(parts: list[Dataset]) -> None:
    joined = join_datasets(parts)
    spec = FoldSpec(kind="by-column", column="dataset")
    with pytest.warns(FoldWarning, match="has no item with 'negative'"):
        folds = assign_folds(joined.items, compute_targets(joined, POLARITY), spec)
    rated, told = {folds[f"rated/{name}"] for name in "abc"}, folds["small/b"]
    assert len(rated) == 1
    assert told not in rated


def test_a_part_of_it_has_the_targets_that_it_had(parts: list[Dataset]) -> None:
    joined = join_datasets(parts)
    kept = joined.subset(["rated/c", "small/b"])
    assert compute_targets(kept, POLARITY)["item_id"].tolist() == ["small/b", "rated/c"]
    assert kept.digest != joined.digest
    assert join_datasets(parts).digest == joined.digest


def test_what_cannot_be_joined_is_refused_in_words(parts: list[Dataset], tmp_path: Path) -> None:
    voted, rated = parts
    refused = [
        ([voted], "not joined with anything"),
        ([voted, voted], "Two datasets are called 'small'"),
        ([voted, replace(rated, emotion_target="expressed")], "rated about what is expressed"),
        ([voted, join_datasets([voted, rated])], "a column 'dataset' already"),
    ]
    for given, message in refused:
        with pytest.raises(InputError, match=message) as caught:
            join_datasets(given)
        assert caught.value.cure


def test_names_that_would_lead_elsewhere_stay_names(tmp_path: Path) -> None:
    """A dataset's name is written by strangers, and becomes part of ids, never of paths."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    hostile = small(folders[0], items_csv=ITEMS, votes_csv=VOTES)
    joined = join_datasets([replace(hostile, name="../../etc"), small(folders[1])])
    assert joined.items["item_id"].iloc[0] == "../../etc/a"
    assert joined.items["path"].isna().all()


def test_two_real_datasets_are_one(shared_data: Path) -> None:
    bass = load_dataset("bass", root=shared_data / "bass")
    oasis = load_dataset("oasis-dev", root=shared_data / "oasis-dev")
    joined = join_datasets([bass, oasis])
    assert len(joined) == len(bass) + len(oasis)
    spec = TargetSpec(
        scheme="polarity3",
        by_dataset={
            "bass": TargetSpec(scheme="polarity3", dimension="valence", cuts=(4.5, 5.5)),
            "oasis-dev": TargetSpec(scheme="polarity3", dimension="valence", cuts=(3.5, 4.5)),
        },
    )
    targets = compute_targets(joined, spec)
    everybody = targets[targets["annotator_group"] == "all"]
    assert everybody["label"].notna().sum() == len(joined)
    image = joined.image(joined.items["item_id"].iloc[-1])
    assert image is not None
    assert image.path.is_file()
