"""A card says without code what columns mean; what it says wrongly is answered with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.data.cards import CARD, ITEMS, VOTES, read_card, small, write

from mllmsent.data import builtin_cards, load_dataset
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "name: t\nemotion_target: evoked\nitems: {file: items.csv, id: id}\n"


def refused(folder: Path, **files: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        small(folder, **files)
    return caught.value


def test_a_card_in_its_folder_is_enough(tmp_path: Path) -> None:
    dataset = small(tmp_path)
    assert dataset.items["item_id"].tolist() == ["a", "b", "c"]
    assert dataset.items["mood"].tolist() == ["sad", "glad", "glad"]
    assert dataset.annotations[["item_id", "annotator_id", "label"]].to_numpy().tolist() == [
        ["a", "x", "negative"],
        ["a", "y", "neutral"],
        ["b", "x", "positive"],
        ["b", "y", "positive"],
    ]
    assert dataset.annotations["annotator_sex"].tolist() == ["f", "m", "f", "m"]
    assert dataset.root == tmp_path.resolve()


@pytest.mark.parametrize(
    ("card", "parts"),
    [
        (CARD.replace("votes:", "vots:"), ["dataset.yaml:7", "vots", "Did you mean 'votes'"]),
        (
            CARD.replace("  label: vote", "  labl: vote"),
            ["dataset.yaml:12", "votes.labl", "'label'"],
        ),
        (CARD.replace("evoked", "evokd"), ["dataset.yaml:2", "'evoked'"]),
        (CARD.replace("  id: id\n", ""), ["dataset.yaml:3", "'id' is missing"]),
        (CARD.replace("polarity3", "polarity4"), ["dataset.yaml:11", "No scheme", "'polarity"]),
        (
            CARD.replace("label: vote", "label: votes"),
            ["dataset.yaml:12", "no column 'votes'", "Did you mean 'vote'"],
        ),
        (CARD.replace("  id: id", "  id: idd"), ["dataset.yaml:5", "no column 'idd'", "'id'"]),
        (CARD.replace("{who}", "{whom}"), ["dataset.yaml:9", "no column 'whom'", "'who'"]),
        (CARD.replace("[sex]", "[sexx]"), ["dataset.yaml:10", "no column 'sexx'", "'sex'"]),
        (CARD.replace("[mood]", "[moood]"), ["dataset.yaml:6", "no column 'moood'", "'mood'"]),
        (CARD.replace("[mood]", "{path: mood}"), ["dataset.yaml:6", "'path' is a word"]),
        (CARD.replace("file: votes.csv", "file: vote.csv"), ["no such file", "'votes.csv'"]),
        (CARD.replace("scheme: polarity3", "scheme: vad"), ["dataset.yaml:11", "`ratings`"]),
        (CARD.replace("  label: vote\n", ""), ["Say where the votes are"]),
        (CARD.replace('  annotator: "{who}"\n', ""), ["`annotator` is missing"]),
        (CARD + "  values: {Pos: posative}\n", ["dataset.yaml:13", "posative", "'positive'"]),
        (CARD + "  file: votes.csv\n", ["dataset.yaml", "not valid YAML"]),
        (CARD.replace("name: small", "name: ../small"), ["dataset.yaml:1", "name"]),
        (CARD.replace("  id: id\n", "\tid: id\n"), ["dataset.yaml:5", "not valid YAML"]),
        ("- a\n- b\n", ["dataset.yaml", "a list"]),
        ("", ["dataset.yaml", "empty"]),
    ],
)
def test_a_wrong_card_is_answered_with_line_key_and_cure(
    tmp_path: Path, card: str, parts: list[str]
) -> None:
    message = str(refused(tmp_path, dataset_yaml=card))
    for part in parts:
        assert part in message


def test_a_card_may_not_read_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text(ITEMS)
    card = CARD.replace("items.csv", "../secret.csv")
    assert "leads out of the dataset's folder" in str(refused(inside, dataset_yaml=card))
    card = CARD.replace("items.csv", str(tmp_path / "secret.csv"))
    assert "An absolute path is refused" in str(refused(inside, dataset_yaml=card))


def test_an_item_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    error = refused(tmp_path, items_csv="id,mood\na,sad\nb,glad\na,glad\n")
    assert (error.file, error.line) == ("items.csv", 4)
    assert "'a' stands here a second time. The first is on line 2." in error.message
    assert "distinct: true" in error.cure


def test_an_empty_id_is_named_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path, items_csv="id,mood\na,sad\n,glad\n")
    assert error.line == 3
    assert "no item id" in error.message


def test_an_unknown_label_is_named_with_line_label_and_the_nearest(tmp_path: Path) -> None:
    error = refused(tmp_path, votes_csv=VOTES + "c,x,f,positiv\n")
    assert (error.file, error.line) == ("votes.csv", 6)
    assert "'positiv'" in error.message
    assert "Did you mean 'positive'?" in error.cure


def test_a_table_that_calls_items_otherwise_is_asked_which_column_it_is(tmp_path: Path) -> None:
    error = refused(tmp_path, votes_csv=VOTES.replace("id,", "ids,"))
    assert (error.line, error.item) == (7, "votes")
    assert "votes.csv has no column 'id'" in error.message
    assert error.cure == "Write under `item` which column names the item. Did you mean 'ids'?"


def test_labels_are_read_in_any_case_recoded_or_left_out_as_the_card_says(tmp_path: Path) -> None:
    card = CARD + "  values: {1: positive, x: null}\n  missing: [9, '?']\n"
    votes = "id,who,sex,vote\na,x,f,NEGATIVE\na,y,m,1\nb,x,f,x\nb,y,m,9\nc,x,f,?\nc,y,f,\n"
    dataset = small(tmp_path, dataset_yaml=card, votes_csv=votes)
    assert dataset.annotations["label"].tolist() == ["negative", "positive"]


def test_a_row_without_a_vote_needs_no_annotator_but_a_vote_does(tmp_path: Path) -> None:
    small(tmp_path, votes_csv=VOTES + "c,,,\n")
    error = refused(tmp_path, votes_csv=VOTES + "c,,f,positive\n")
    assert error.line == 6
    assert "no annotator" in error.message


def test_votes_about_nobody_are_listed_and_none_about_anybody_is_an_error(tmp_path: Path) -> None:
    dataset = small(tmp_path, votes_csv=VOTES + "z,x,f,positive\nz,y,m,positive\n")
    assert dataset.faults[["code", "item_id", "file", "row"]].to_numpy().tolist() == [
        ["unknown-item", "z", "votes.csv", 6]
    ]
    assert "2 of 6 rows are about 1 items" in dataset.faults["message"][0]
    error = refused(tmp_path, votes_csv="id,who,sex,vote\na.jpg,x,f,positive\n")
    assert "None of these annotations is about an item: 'a.jpg'" in error.message


def test_two_answers_of_one_annotator_to_one_question_count_neither(tmp_path: Path) -> None:
    dataset = small(tmp_path, votes_csv=VOTES + "a,x,f,positive\nb,x,f,positive\n")
    faults = dataset.faults.set_index("code")
    assert faults.loc["conflicting-votes", "row"] == 6
    assert "'negative' and 'positive'; neither counts" in str(
        faults.loc["conflicting-votes", "message"]
    )
    assert faults.loc["repeated-vote", "row"] == 7
    votes = dataset.annotations[["item_id", "annotator_id"]].to_numpy().tolist()
    assert votes == [["a", "y"], ["b", "x"], ["b", "y"]]


def test_a_column_per_annotator_is_the_same_as_a_row_per_vote(tmp_path: Path) -> None:
    wide = "id,mood,x,y\na,sad,negative,neutral\nb,glad,positive,positive\nc,glad,,\n"
    card = CARD.partition("votes:")[0] + "votes: {columns: [x, y], scheme: polarity3}\n"
    columns = ["item_id", "annotator_id", "scheme", "label"]
    one = small(tmp_path, items_csv=wide, dataset_yaml=card).annotations[columns]
    other = small(tmp_path).annotations[columns]
    assert sorted(one.to_numpy().tolist()) == sorted(other.to_numpy().tolist())


def test_several_labels_stand_in_one_cell_where_the_scheme_allows_it(tmp_path: Path) -> None:
    card = CARD.replace("polarity3", "mikels-multi") + "  separator: ;\n"
    votes = "id,who,sex,vote\na,x,f,awe;fear\na,y,m,awe\n"
    dataset = small(tmp_path, dataset_yaml=card, votes_csv=votes)
    assert dataset.annotations["label"].tolist() == ["awe", "fear", "awe"]
    assert not len(dataset.faults), "two labels of one annotator are no contradiction here"
    card = CARD.replace("polarity3", "mikels") + "  separator: ;\n"
    assert "2 labels; mikels takes one" in str(
        refused(tmp_path, dataset_yaml=card, votes_csv=votes)
    )


def test_a_scheme_of_ones_own_is_written_in_the_card(tmp_path: Path) -> None:
    card = CARD.replace("polarity3", "art") + (
        "schemes:\n  - {name: art, kind: categorical, labels: [boredom, wonder]}\n"
    )
    votes = "id,who,sex,vote\na,x,f,wonder\n"
    dataset = small(tmp_path, dataset_yaml=card, votes_csv=votes)
    assert dataset.scheme("art").label_names == ("boredom", "wonder")
    taken = card.replace("art", "ekman")
    assert "built-in scheme" in str(refused(tmp_path, dataset_yaml=taken, votes_csv=votes))
    broken = card.replace("categorical", "catgorical")
    assert "catgorical" in str(refused(tmp_path, dataset_yaml=broken, votes_csv=votes))


def test_counted_votes_become_shares_and_a_number_of_annotators(tmp_path: Path) -> None:
    items = "id,neg,pos\na,1,3\nb,0,0\nc,2,2\n"
    card = HEAD + "labels: {scheme: polarity2, counts: {negative: neg, positive: pos}}\n"
    norms = read_card(card, write(tmp_path, items_csv=items)).norms
    assert norms["item_id"].tolist() == ["a", "c"], "nobody voted on b"
    assert norms["distribution"][0] == {"negative": 0.25, "positive": 0.75}
    assert norms["n"].tolist() == [4, 4]


@pytest.mark.parametrize(
    ("block", "items", "message"),
    [
        ("counts: {negative: neg}", "id,neg\na,1.5\n", "not a count"),
        ("counts: {negative: neg}", "id,neg\na,-1\n", "not a count"),
        ("counts: {bad: neg}", "id,neg\na,1\n", "no label 'bad'"),
        ("shares: {negative: neg}", "id,neg\na,1.5\n", "outside 0 to 1"),
        ("shares: {negative: neg}", "id,neg\na,0.5\n", "add up to 0.5"),
        ("counts: {negative: neg}, n: n", "id,neg,n\na,5,4\n", "more votes than annotators"),
        ("label: neg, min_agreement: '{n}'", "id,neg,n\na,negative,x\n", "'x', not a number"),
        ("label: neg, counts: {}, shares: {}", "id,neg\na,sad\n", "not a label"),
        ("n: neg", "id,neg\na,1\n", "Say where the labels are"),
    ],
)
def test_what_cannot_be_a_count_or_a_share_is_named(
    tmp_path: Path, block: str, items: str, message: str
) -> None:
    card = HEAD + f"labels: {{scheme: polarity2, {block}}}\n"
    with pytest.raises(InputError, match=message):
        read_card(card, write(tmp_path, items_csv=items))


def test_labels_may_be_given_for_several_agreements_but_not_twice_for_one(tmp_path: Path) -> None:
    labels = "id,sigma,label\na,3,0\na,5,0\nb,3,1\n"
    card = HEAD + (
        "labels: {file: labels.csv, scheme: polarity2, label: label,"
        " values: {0: negative, 1: positive}, min_agreement: '{sigma}'}\n"
    )
    norms = read_card(card, write(tmp_path, items_csv=ITEMS, labels_csv=labels)).norms
    assert norms["min_agreement"].tolist() == [3, 5, 3]
    write(tmp_path, labels_csv=labels + "b,3,0\n")
    with pytest.raises(InputError, match="'b, polarity2, all, 3' stands here a second") as caught:
        read_card(card, tmp_path)
    assert caught.value.line == 5


RATINGS = HEAD + (
    "scales: {valence: [0, 100]}\n"
    "ratings: {file: r.csv, annotator: '{who}', dimensions: {valence: v}, missing: -99}\n"
)


def test_ratings_keep_their_scale_in_a_scheme_of_the_datasets_own(tmp_path: Path) -> None:
    write(tmp_path, items_csv=ITEMS, r_csv="id,who,v\na,x,0\na,y,NA\nb,x,-99\nb,y,100\n")
    dataset = read_card(RATINGS, tmp_path)
    assert dataset.annotations["value"].tolist() == [0.0, 100.0]
    scale = dataset.scheme("valence-0-100").dimension("valence")
    assert (scale.low, scale.high) == (0, 100)


@pytest.mark.parametrize("value", ["101", "-1", "1e9"])
def test_a_rating_outside_its_scale_is_named_with_its_row(tmp_path: Path, value: str) -> None:
    write(tmp_path, items_csv=ITEMS, r_csv=f"id,who,v\na,x,50\nb,x,{value}\n")
    with pytest.raises(InputError, match="outside its scale of 0 to 100") as caught:
        read_card(RATINGS, tmp_path)
    assert (caught.value.file, caught.value.line) == ("r.csv", 3)


def test_a_dimension_without_a_scale_is_asked_for_it(tmp_path: Path) -> None:
    write(tmp_path, items_csv=ITEMS, r_csv="id,who,v\na,x,50\n")
    card = RATINGS.replace("scales: {valence: [0, 100]}\n", "")
    with pytest.raises(InputError, match=r"scales: \{valence: \[1, 9\]\}"):
        read_card(card, tmp_path)
    for wrong in ("[9, 1]", "[1]", "[1, 1]"):
        with pytest.raises(InputError, match="cale"):
            read_card(RATINGS.replace("[0, 100]", wrong), tmp_path)


def test_ratings_may_name_their_dimension_in_a_column(tmp_path: Path) -> None:
    card = HEAD + (
        "scales: {valence: [1, 9], arousal: [1, 9]}\n"
        "ratings: {file: r.csv, annotator: '{who}', dimension: d, value: v}\n"
    )
    write(tmp_path, items_csv=ITEMS, r_csv="id,who,d,v\na,x,valence,3\na,x,arousal,4\n")
    dataset = read_card(card, tmp_path)
    assert [scheme.name for scheme in dataset.schemes] == ["valence-arousal"], "built in: 1 to 9"
    assert dataset.annotations[["dimension", "value"]].to_numpy().tolist() == [
        ["valence", 3.0],
        ["arousal", 4.0],
    ]
    write(tmp_path, r_csv="id,who,d,v\na,x,valance,3\n")
    with pytest.raises(InputError, match="'valance', a dimension without a scale") as caught:
        read_card(card, tmp_path)
    assert "Did you mean 'valence'" in caught.value.cure


def test_ratings_may_have_a_column_per_annotator(tmp_path: Path) -> None:
    card = (
        HEAD + "scales: {arousal: [1, 5]}\nratings: {dimensions: {arousal: {columns: [r1, r2]}}}\n"
    )
    dataset = read_card(card, write(tmp_path, items_csv="id,r1,r2\na,1,2\nb,,5\n"))
    assert dataset.annotations[["item_id", "annotator_id", "value"]].to_numpy().tolist() == [
        ["a", "r1", 1.0],
        ["a", "r2", 2.0],
        ["b", "r2", 5.0],
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,10,1,5", "valence is 10, outside its scale"),
        ("a,5,9,5", "SD of valence is 9, impossible"),
        ("a,5,-1,5", "SD of valence is -1, impossible"),
        ("a,5,1,4.5", "number of ratings of valence is 4.5"),
    ],
)
def test_an_impossible_norm_is_named(tmp_path: Path, row: str, message: str) -> None:
    card = HEAD + (
        "scales: {valence: [1, 9]}\nnorms: {dimensions: {valence: {mean: m, sd: s, n: n}}}\n"
    )
    with pytest.raises(InputError, match=message) as caught:
        read_card(card, write(tmp_path, items_csv=f"id,m,s,n\n{row}\n"))
    assert caught.value.line == 2


def test_rows_are_chosen_by_where_and_a_filter_that_fits_nothing_is_an_error(
    tmp_path: Path,
) -> None:
    write(tmp_path, items_csv="id,kind,n\na,x,1\nb,y,2\nc,x,3.0\n")

    def ids(where: str) -> list[str]:
        card = f"name: t\nemotion_target: evoked\nitems: {{file: {{path: items.csv, where: {where}}}, id: id}}\n"
        return [str(item) for item in read_card(card, tmp_path).items["item_id"]]

    assert ids("{kind: x}") == ["a", "c"]
    assert ids("{n: [2, 3]}") == ["b", "c"]
    assert ids("{kind: x, n: 3}") == ["c"]
    with pytest.raises(InputError, match=r"No row of items.csv has kind = z"):
        ids("{kind: z}")
    with pytest.raises(InputError, match="Did you mean 'kind'"):
        ids("{kinds: x}")


def test_further_tables_are_joined_to_the_items(tmp_path: Path) -> None:
    card = (
        "name: t\nemotion_target: evoked\nitems:\n  file: items.csv\n  id: id\n"
        "  join: {file: more.csv, column: item}\n  group: theme\n  metadata: [mood, more.mood]\n"
    )
    write(tmp_path, items_csv=ITEMS, more_csv="item,theme,mood\nc,t1,x\na,t2,y\nq,t3,z\n")
    items = read_card(card, tmp_path).items
    assert items["group"].fillna("-").tolist() == ["t2", "-", "t1"]
    assert items["more.mood"].fillna("-").tolist() == ["y", "-", "x"]
    write(tmp_path, more_csv="item,theme,mood\na,t1,x\na,t2,y\n")
    with pytest.raises(InputError, match="'a' stands here a second time"):
        read_card(card, tmp_path)
    write(tmp_path, more_csv="item,theme,mood\nA.jpg,t1,x\n")
    with pytest.raises(InputError, match=r"about an item: 'A.jpg' is not one"):
        read_card(card, tmp_path)


def test_a_table_about_annotators_gives_their_columns(tmp_path: Path) -> None:
    card = CARD + "annotators: {file: people.csv, id: name, columns: {age: years}}\n"
    dataset = small(tmp_path, dataset_yaml=card, people_csv="name,years\ny,31\nx,54\n")
    assert dataset.annotations["annotator_age"].tolist() == ["54", "31", "54", "31"]


def test_several_rows_per_item_need_to_be_declared(tmp_path: Path) -> None:
    card = CARD.replace("items.csv", "votes.csv").replace("  metadata: [mood]\n", "")
    assert "second time" in str(refused(tmp_path, dataset_yaml=card))
    declared = card.replace("  id: id\n", "  id: id\n  distinct: true\n")
    declared = declared.replace("  file: votes.csv\n  annotator", "  annotator")
    dataset = small(tmp_path, dataset_yaml=declared)
    assert dataset.items["item_id"].tolist() == ["a", "b"]
    assert len(dataset.annotations) == 4, "the votes are of all rows"


def test_metadata_are_numbers_only_where_every_cell_is_one(tmp_path: Path) -> None:
    items = "id,n,x,code,mixed\na,1,0.5,007,3\nb,NA,2,012,three\n"
    card = HEAD.replace("id: id}", "id: id, metadata: [n, x, code, mixed]}")
    table = read_card(card, write(tmp_path, items_csv=items)).items
    assert table["n"].isna().tolist() == [False, True]
    assert table["x"].tolist() == [0.5, 2.0]
    assert table["code"].tolist() == ["007", "012"]
    assert table["mixed"].tolist() == ["3", "three"]


def test_words_that_tell_repeats_apart_are_numbered(tmp_path: Path) -> None:
    card = HEAD + "descriptions: {file: d.csv, describer: m, text: t, repeat: r}\n"
    write(tmp_path, items_csv=ITEMS, d_csv="id,t,r\na,one,first\na,two,second\nb,three,first\n")
    assert read_card(card, tmp_path).descriptions["repeat"].tolist() == [0, 1, 0]


def test_every_built_in_card_is_valid_and_says_its_terms() -> None:
    cards = builtin_cards()
    assert set(cards) >= {"bass", "oasis-dev", "oasis-raters", "published-descriptions"}
    for name, card in cards.items():
        assert card.name == name
        assert card.title, name
        assert card.license, name
        assert card.citation, name


def test_a_built_in_card_asks_for_the_folder_and_a_misspelled_one_is_answered(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="Where are the files of 'bass'"):
        load_dataset("bass")
    with pytest.raises(InputError, match="Did you mean 'bass'"):
        load_dataset("bas")
    with pytest.raises(InputError, match="folder is not there"):
        load_dataset("bass", root=tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"BASS_data.csv"):
        load_dataset("bass", root=tmp_path)


def test_what_is_no_dataset_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dataset.yaml"):
        load_dataset(tmp_path)
    write(tmp_path, votes_csv=VOTES)
    with pytest.raises(InputError, match="Write a card"):
        load_dataset(tmp_path / "votes.csv")
    with pytest.raises(InputError, match="needs `root`"):
        load_dataset({"name": "x"})
    with pytest.raises(InputError, match="no dataset"):
        load_dataset("x" * 5000)


def test_a_card_may_be_a_mapping(tmp_path: Path) -> None:
    write(tmp_path, items_csv=ITEMS)
    card = {"name": "m", "emotion_target": "evoked", "items": {"file": "items.csv", "id": "id"}}
    assert len(load_dataset(card, root=tmp_path)) == 3
