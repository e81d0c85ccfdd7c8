"""Targets are what people said: folded first, counted then, and no label where they disagree."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.cards import CARD, ITEMS, read_card, small, write

from mllmsent.affect.catalog import get_scheme
from mllmsent.affect.scheme import Dimension, Scheme
from mllmsent.data import (
    TargetSpec,
    agreement_counts,
    compute_targets,
    get_problem,
    problem_names,
)
from mllmsent.data.agreement import agreed_label, agreed_labels, pooled_moments
from mllmsent.data.assembly import build_dataset
from mllmsent.data.draft import Draft
from mllmsent.foundation import InputError

if TYPE_CHECKING:
    from mllmsent.data.dataset import Dataset

FIVE = get_scheme("polarity5").label_names


def voted(*votes: tuple[str, str, str], scheme: str = "polarity5", **columns: list[str]) -> Dataset:
    """A dataset of votes: (item, annotator, label)."""
    items = list(dict.fromkeys(item for item, _, _ in votes)) or ["a"]
    rows = pd.DataFrame(votes, columns=["item_id", "annotator_id", "label"])
    rows = rows.assign(scheme=scheme, **columns)
    return build_dataset(
        Draft(
            name="t",
            root=Path(),
            emotion_target="evoked",
            items=pd.DataFrame({"item_id": items}),
            annotations=[rows] if votes else [],
            schemes=[get_scheme(scheme)],
        )
    )


def by_item(table: pd.DataFrame, column: str = "label", group: str = "all") -> dict[str, Any]:
    rows = table[table["annotator_group"] == group]
    values = rows[column].astype(object).where(rows[column].notna(), None)
    return dict(zip(rows["item_id"], values, strict=True))


votes_of_items = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("uvwxyz"), st.sampled_from(FIVE)),
    min_size=1,
    max_size=30,
    unique_by=lambda vote: vote[:2],
)


@settings(max_examples=15, deadline=None)
@given(votes_of_items, st.sampled_from(problem_names()), st.integers(1, 6))
def test_a_label_is_there_exactly_when_one_class_alone_has_most_votes_and_enough(
    votes: list[tuple[str, str, str]], problem: str, sigma: int
) -> None:
    """Against the definition, counted by hand: fold each vote, count, compare with sigma."""
    folding = get_problem(problem).folding()
    counts: dict[str, dict[str, int]] = {}
    for item, _, label in votes:
        becomes = label if folding is None else folding.mapping[label]
        assert becomes is not None
        counts.setdefault(item, {}).setdefault(becomes, 0)
        counts[item][becomes] += 1
    expected = {}
    for item, own in counts.items():
        top = max(own.values())
        winners = [label for label, count in own.items() if count == top]
        expected[item] = winners[0] if len(winners) == 1 and top >= sigma else None
    spec = TargetSpec(problem=problem, min_agreement=sigma)
    dataset = voted(*votes)
    if not any(expected.values()):
        with pytest.raises(InputError, match="annotators who agree"):
            compute_targets(dataset, spec)
        return
    table = compute_targets(dataset, spec)
    assert by_item(table) == expected
    assert table["item_id"].tolist() == list(dataset.items["item_id"]), "in the dataset's order"
    for item, shares in by_item(table, "distribution").items():
        own = counts[item]
        assert sum(shares.values()) == pytest.approx(1)
        assert {key: value for key, value in shares.items() if value} == {
            key: pytest.approx(value / sum(own.values())) for key, value in own.items()
        }
    counted = agreement_counts(table).iloc[0]
    assert counted["labeled"] == sum(label is not None for label in expected.values())
    assert counted[["labeled", "tied", "disagreed", "unknown"]].sum() == counted["items"]


@settings(max_examples=15, deadline=None)
@given(votes_of_items, st.randoms(use_true_random=False))
def test_the_order_of_votes_never_decides(votes: list[tuple[str, str, str]], random: Any) -> None:
    shuffled = votes.copy()
    random.shuffle(shuffled)
    spec = TargetSpec(problem="P3")
    one, other = (compute_targets(voted(*rows), spec) for rows in (votes, shuffled))
    assert by_item(one) == by_item(other)
    assert by_item(one, "distribution") == by_item(other, "distribution")


@settings(max_examples=15, deadline=None)
@given(votes_of_items)
def test_more_agreement_never_gives_more_items(votes: list[tuple[str, str, str]]) -> None:
    dataset = voted(*votes)
    kept: list[set[str]] = []
    for sigma in (1, 2, 3, 5):
        try:
            table = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=sigma))
        except InputError:
            kept.append(set())
        else:
            kept.append(set(table["item_id"][table["label"].notna()]))
    assert all(later <= earlier for earlier, later in pairwise(kept))


def test_votes_are_folded_before_they_are_counted() -> None:
    """No class of the five has three votes; of the three, one has."""
    votes = [("a", "u", "positive"), ("a", "v", "slightly positive"), ("a", "w", "positive")]
    votes += [("a", "x", "neutral"), ("a", "y", "negative")]
    dataset = voted(*votes)
    three = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=3))
    assert by_item(three) == {"a": "positive"}
    with pytest.raises(InputError, match="No item has 3 annotators who agree"):
        compute_targets(dataset, TargetSpec(problem="P5", min_agreement=3))


def test_a_tie_is_no_majority_even_when_both_sides_reach_sigma() -> None:
    dataset = voted(
        ("a", "u", "positive"),
        ("a", "v", "positive"),
        ("a", "w", "negative"),
        ("a", "x", "negative"),
        ("b", "u", "neutral"),
        ("b", "v", "neutral"),
    )
    table = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=2))
    assert by_item(table) == {"a": None, "b": "neutral"}
    assert by_item(table, "distribution")["a"] == {"negative": 0.5, "neutral": 0.0, "positive": 0.5}
    assert agreement_counts(table).to_dict("records") == [
        {
            "annotator_group": "all",
            "items": 2,
            "labeled": 1,
            "tied": 1,
            "disagreed": 0,
            "unknown": 0,
        }
    ]


def test_a_label_left_out_on_purpose_is_no_vote() -> None:
    dataset = voted(("a", "u", "neutral"), ("a", "v", "positive"), ("b", "u", "neutral"))
    fold = dict.fromkeys(FIVE[:2], "negative") | {"neutral": None}
    fold |= dict.fromkeys(FIVE[3:], "positive")
    table = compute_targets(dataset, TargetSpec(scheme="polarity2", fold=fold))
    assert by_item(table) == {"a": "positive"}, "nobody said anything of b that counts"
    assert by_item(table, "n") == {"a": 1}
    named = TargetSpec(scheme="polarity2", fold="polarity5-to-polarity2-without-neutral")
    pd.testing.assert_frame_equal(table, compute_targets(dataset, named))


def test_groups_of_annotators_have_targets_of_their_own() -> None:
    """What is asked of everybody, three who agree, is not asked of two."""
    votes = [("a", name, "positive") for name in "uvw"] + [("a", name, "negative") for name in "xy"]
    dataset = voted(*votes, annotator_sex=["f", "m", "m", "f", "f"])
    spec = TargetSpec(problem="P3", min_agreement=3, annotator_groups=("sex",))
    table = compute_targets(dataset, spec)
    assert table["annotator_group"].tolist() == ["all", "sex=f", "sex=m"]
    assert table["label"].tolist() == ["positive", "negative", "positive"]
    assert table["n"].tolist() == [5, 3, 2]
    with pytest.raises(InputError, match="Did you mean 'sex'"):
        compute_targets(dataset, TargetSpec(problem="P3", annotator_groups=("sexx",)))


def test_annotators_of_unknown_kind_are_in_no_group() -> None:
    dataset = voted(("a", "u", "positive"), ("a", "v", "negative"), annotator_sex=["f", None])  # type: ignore[list-item]
    table = compute_targets(dataset, TargetSpec(problem="P3", annotator_groups=("sex",)))
    assert by_item(table, "n", "sex=f") == {"a": 1}
    assert by_item(table, "n") == {"a": 2}


def test_of_several_labels_those_count_that_enough_annotators_gave() -> None:
    votes = [("a", "u", "awe"), ("a", "u", "fear"), ("a", "v", "awe"), ("a", "w", "sadness")]
    dataset = voted(*votes, scheme="mikels-multi")
    spec = TargetSpec(scheme="mikels-multi")
    table = compute_targets(dataset, spec)
    assert by_item(table) == {"a": "awe"}, "more than half of three"
    assert by_item(table, "distribution")["a"]["fear"] == pytest.approx(1 / 3)
    assert by_item(table, "n") == {"a": 3}, "annotators, not labels"
    loose = compute_targets(dataset, TargetSpec(scheme="mikels-multi", min_agreement=1))
    assert by_item(loose) == {"a": "awe|fear|sadness"}, "in the scheme's order"


def test_an_answer_that_folds_into_two_labels_is_no_vote_for_either() -> None:
    votes = [("a", "u", "awe"), ("a", "u", "fear"), ("a", "v", "fear"), ("a", "v", "sadness")]
    dataset = voted(*votes, scheme="mikels-multi")
    mikels = get_scheme("mikels-multi").label_names
    fold = {label: "positive" if index < 4 else "negative" for index, label in enumerate(mikels)}
    table = compute_targets(dataset, TargetSpec(scheme="polarity2", fold=fold))
    assert by_item(table) == {"a": "negative"}
    assert by_item(table, "n") == {"a": 1}


def test_open_words_are_counted_as_they_are() -> None:
    dataset = voted(("a", "u", "saudade"), ("a", "v", "saudade"), ("a", "w", "fado"), scheme="free")
    table = compute_targets(dataset, TargetSpec(scheme="free"))
    assert by_item(table) == {"a": "saudade"}
    assert by_item(table, "distribution")["a"] == {
        "fado": pytest.approx(1 / 3),
        "saudade": pytest.approx(2 / 3),
    }


RATED = """\
name: t
emotion_target: evoked
items: {file: items.csv, id: id}
scales: {valence: [0, 100], arousal: [0, 100]}
ratings: {file: r.csv, annotator: "{who}", annotator_columns: [sex], dimensions: {valence: v}}
"""


def rated(folder: Path, *rows: str) -> Dataset:
    content = "id,who,sex,v\n" + "".join(f"{row}\n" for row in rows)
    return read_card(RATED, write(folder, items_csv=ITEMS, r_csv=content))


def test_ratings_give_mean_sd_and_number_on_the_scale_asked_for(tmp_path: Path) -> None:
    dataset = rated(tmp_path, "a,x,f,20", "a,y,m,30", "a,z,m,70", "b,x,f,100")
    own = compute_targets(dataset, TargetSpec(scheme="valence-0-100"))
    assert by_item(own, "mean") == {"a": 40, "b": 100}
    assert by_item(own, "sd") == {"a": pytest.approx(np.std([20, 30, 70], ddof=1)), "b": None}
    assert by_item(own, "n") == {"a": 3, "b": 1}
    spec = TargetSpec(scheme="valence-arousal", source="valence-0-100", annotator_groups=("sex",))
    asked = compute_targets(dataset, spec)
    assert by_item(asked, "mean") == {"a": pytest.approx(1 + 40 * 0.08), "b": 9}
    assert by_item(asked, "sd")["a"] == pytest.approx(np.std([20, 30, 70], ddof=1) * 0.08)
    assert by_item(asked, "mean", "sex=m") == {"a": pytest.approx(5)}
    assert set(asked["dimension"]) == {"valence"}, "nobody rated arousal"


def test_rescaling_is_never_silent(tmp_path: Path) -> None:
    dataset = rated(tmp_path, "a,x,f,20")
    with pytest.raises(InputError, match="from 0 to 100") as caught:
        compute_targets(dataset, TargetSpec(scheme="valence-arousal"))
    assert "source: valence-0-100" in caught.value.cure


def test_who_rates_twice_counts_once(tmp_path: Path) -> None:
    dataset = rated(tmp_path, "a,x,f,10", "a,x,f,30", "a,y,m,80")
    table = compute_targets(dataset, TargetSpec(scheme="valence-0-100"))
    assert by_item(table, "mean") == {"a": 50}
    assert by_item(table, "n") == {"a": 2}


def test_ratings_are_cut_into_votes_at_declared_points(tmp_path: Path) -> None:
    dataset = rated(tmp_path, "a,x,f,40", "a,y,m,39.9", "b,x,f,60", "b,y,m,59.9", "c,x,f,0")
    table = compute_targets(dataset, TargetSpec(scheme="polarity3", cuts=(40, 60)))
    assert by_item(table, "distribution")["a"] == {"negative": 0.5, "neutral": 0.5, "positive": 0}
    assert by_item(table, "distribution")["b"] == {"negative": 0, "neutral": 0.5, "positive": 0.5}
    assert by_item(table) == {"a": None, "b": None, "c": "negative"}
    for cuts, message in [
        ((60, 40), "rise"),
        ((40,), "2 cut points"),
        ((40, 100), "rise between 0 and 100"),
    ]:
        with pytest.raises(InputError, match=message):
            compute_targets(dataset, TargetSpec(scheme="polarity3", cuts=cuts))


NORMED = """\
name: t
emotion_target: evoked
items: {file: items.csv, id: id}
scales: {valence: [1, 9]}
norms:
  - {file: n.csv, annotator_group: culture=us, dimensions: {valence: {mean: mu, sd: su, n: nu}}}
  - {file: n.csv, annotator_group: culture=ch, dimensions: {valence: {mean: mc, sd: sc, n: nc}}}
"""


def test_norms_of_groups_pass_through_and_everybody_is_pooled_exactly(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    us, ch = random.uniform(1, 9, 30), random.uniform(1, 9, 50)
    row = [us.mean(), us.std(ddof=1), 30, ch.mean(), ch.std(ddof=1), 50]
    content = "id,mu,su,nu,mc,sc,nc\na," + ",".join(map(repr, map(float, row))) + "\n"
    dataset = read_card(NORMED, write(tmp_path, items_csv=ITEMS, n_csv=content))
    table = compute_targets(dataset, TargetSpec(scheme=dataset.schemes[0]))
    assert table["annotator_group"].tolist() == ["all", "culture=us", "culture=ch"]
    everybody = np.concatenate([us, ch])
    assert table["mean"].tolist() == pytest.approx([everybody.mean(), us.mean(), ch.mean()])
    assert table["sd"].tolist() == pytest.approx(
        [everybody.std(ddof=1), us.std(ddof=1), ch.std(ddof=1)]
    )
    assert table["n"].tolist() == [80, 30, 50]
    cut = compute_targets(dataset, TargetSpec(scheme="polarity3", cuts=(2, 3)))
    assert set(cut["label"]) == {"positive"}
    with pytest.raises(InputError, match="no votes"):
        compute_targets(dataset, TargetSpec(scheme="polarity3", cuts=(2, 3), min_agreement=2))


def test_groups_that_may_overlap_are_not_pooled(tmp_path: Path) -> None:
    card = NORMED.replace("culture=ch", "sex=f")
    content = "id,mu,su,nu,mc,sc,nc\na,5,1,10,6,1,10\n"
    dataset = read_card(card, write(tmp_path, items_csv=ITEMS, n_csv=content))
    table = compute_targets(dataset, TargetSpec(scheme=dataset.schemes[0]))
    assert table["annotator_group"].tolist() == ["culture=us", "sex=f"]


@given(st.lists(st.lists(st.floats(-50, 50), min_size=1, max_size=8), min_size=1, max_size=4))
def test_pooled_moments_are_those_of_all_ratings_together(groups: list[list[float]]) -> None:
    with np.errstate(all="ignore"):
        sds = np.array([np.std(group, ddof=1) if len(group) > 1 else np.nan for group in groups])
    means = np.array([np.mean(group) for group in groups])
    mean, sd, n = pooled_moments(means, sds, np.array([float(len(group)) for group in groups]))
    together = np.concatenate(groups)
    assert n == len(together)
    assert mean == pytest.approx(together.mean(), abs=1e-9)
    if n > 1:
        assert sd == pytest.approx(together.std(ddof=1), abs=1e-6)
    else:
        assert np.isnan(sd)


GIVEN = """\
name: t
emotion_target: evoked
items: {file: items.csv, id: id}
labels: {file: l.csv, scheme: polarity3, label: label, min_agreement: "{sigma}"}
"""


def given_labels(folder: Path, content: str, card: str = GIVEN) -> Dataset:
    return read_card(card, write(folder, items_csv=ITEMS, l_csv=content))


def test_agreed_labels_pass_through_for_the_agreement_asked_for(tmp_path: Path) -> None:
    dataset = given_labels(tmp_path, "id,sigma,label\nb,3,neutral\na,3,positive\na,5,positive\n")
    table = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=3))
    assert by_item(table) == {"a": "positive", "b": "neutral"}
    assert table["item_id"].tolist() == ["a", "b"]
    assert by_item(compute_targets(dataset, TargetSpec(problem="P3", min_agreement=5))) == {
        "a": "positive"
    }
    with pytest.raises(InputError, match="one of 3, 5"):
        compute_targets(dataset, TargetSpec(problem="P3"))
    with pytest.raises(InputError, match="gives them for 3, 5"):
        compute_targets(dataset, TargetSpec(problem="P3", min_agreement=4))


def test_agreed_labels_are_not_folded_as_if_they_were_votes(tmp_path: Path) -> None:
    """P2+ with sigma 3 has items that P3 with sigma 3 does not have: they cannot be got back."""
    dataset = given_labels(tmp_path, "id,sigma,label\na,3,neutral\n")
    fold = "polarity3-to-polarity2-plus"
    with pytest.raises(InputError, match="needs the votes"):
        compute_targets(dataset, TargetSpec(scheme="polarity2", fold=fold, min_agreement=3))
    table = compute_targets(dataset, TargetSpec(scheme="polarity2", fold=fold))
    assert by_item(table) == {"a": "positive"}


COUNTED = GIVEN.replace(
    'label: label, min_agreement: "{sigma}"', "counts: {negative: n, neutral: u, positive: p}"
)


def test_counted_votes_are_votes(tmp_path: Path) -> None:
    dataset = given_labels(tmp_path, "id,n,u,p\na,1,2,2\nb,3,1,1\nc,0,0,0\n", COUNTED)
    table = compute_targets(dataset, TargetSpec(problem="P3", min_agreement=3))
    assert by_item(table) == {"a": None, "b": "negative"}
    plus = TargetSpec(scheme="polarity2", fold="polarity3-to-polarity2-plus", min_agreement=3)
    assert by_item(compute_targets(dataset, plus)) == {"a": "positive", "b": "negative"}
    assert by_item(compute_targets(dataset, plus), "n") == {"a": 5, "b": 5}


def test_shares_without_a_number_of_votes_cannot_answer_for_agreement(tmp_path: Path) -> None:
    card = COUNTED.replace("counts", "shares")
    dataset = given_labels(tmp_path, "id,n,u,p\na,0.2,0.2,0.6\nb,0.4,0.2,0.4\n", card)
    table = compute_targets(dataset, TargetSpec(scheme="polarity3"))
    assert by_item(table) == {"a": "positive", "b": None}
    assert by_item(table, "n") == {"a": None, "b": None}
    with pytest.raises(InputError, match="needs numbers of votes"):
        compute_targets(dataset, TargetSpec(scheme="polarity3", min_agreement=3))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "Say which `scheme`"),
        ({"scheme": "polarity3", "min_agreement": 0}, "must be 1 or more"),
        ({"scheme": "polarity3", "cuts": (1,), "fold": {}}, "either cut or folded"),
        ({"scheme": "polarity4"}, "Did you mean 'polarity"),
        ({"problem": "P4"}, "No problem is called 'P4'"),
        ({"problem": "P3", "scheme": "polarity5"}, "Problem P3 is about polarity3"),
        ({"scheme": "polarity3"}, "fold: polarity5-to-polarity3"),
        ({"scheme": "ekman"}, "What do the labels of polarity5 become in ekman"),
        ({"scheme": "valence-arousal"}, "nothing that could become valence-arousal"),
        ({"scheme": "polarity3", "cuts": (1, 2)}, "nothing that could become"),
        ({"scheme": "polarity3", "source": "polarity"}, "Did you mean 'polarity5'"),
        (
            {"scheme": "polarity3", "source": "polarity5", "fold": {"negative": "negative"}},
            "does not cover 'slightly negative'",
        ),
        (
            {"scheme": "polarity3", "source": "polarity5", "fold": "polarity3-to-polarity5"},
            "makes polarity5 of polarity3",
        ),
    ],
)
def test_a_wrong_declaration_is_answered_with_its_cure(spec: dict[str, Any], message: str) -> None:
    dataset = voted(("a", "u", "positive"))
    with pytest.raises(InputError, match=message):
        compute_targets(dataset, TargetSpec(**spec))


def test_agreement_is_not_asked_of_ratings(tmp_path: Path) -> None:
    dataset = rated(tmp_path, "a,x,f,20")
    spec = TargetSpec(scheme="valence-0-100", min_agreement=2)
    with pytest.raises(InputError, match="are for labels"):
        compute_targets(dataset, spec)


def test_of_two_possible_sources_one_must_be_named(tmp_path: Path) -> None:
    card = RATED + (
        "norms: {file: n.csv, dimensions: {valence: {mean: m}}, scales: {valence: [1, 7]}}\n"
    )
    write(tmp_path, items_csv=ITEMS, r_csv="id,who,sex,v\na,x,f,20\n", n_csv="id,m\na,4\n")
    dataset = read_card(card, tmp_path)
    with pytest.raises(InputError, match="'valence-0-100' or 'valence-1-7'"):
        compute_targets(dataset, TargetSpec(scheme="polarity3", cuts=(2, 3)))
    spec = TargetSpec(scheme="polarity3", cuts=(2, 3), source="valence-1-7")
    assert by_item(compute_targets(dataset, spec)) == {"a": "positive"}


def test_a_dataset_about_which_nobody_said_anything_has_no_targets(tmp_path: Path) -> None:
    card = CARD.partition("votes:")[0]
    dataset = small(tmp_path, dataset_yaml=card)
    with pytest.raises(InputError, match="has nothing"):
        compute_targets(dataset, TargetSpec(scheme="polarity3"))


def test_the_published_problems_have_the_published_codes() -> None:
    assert problem_names() == ("P5", "P3", "P2+", "P2-")
    assert get_problem("p3").codes == {0: "neutral", 1: "negative", 2: "positive"}
    assert get_problem("P5").codes == dict(enumerate(FIVE))
    for name in problem_names():
        problem = get_problem(name)
        folding = problem.folding()
        assert folding is None or folding.target == problem.target()
    plus, minus = (get_problem(name).folding() for name in ("P2+", "P2-"))
    assert plus is not None
    assert minus is not None
    assert (plus.mapping["neutral"], minus.mapping["neutral"]) == ("positive", "negative")


def test_sigma_is_the_papers_name_for_min_agreement() -> None:
    assert TargetSpec(problem="P3", min_agreement=3).sigma == 3


@given(
    st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=1, max_size=6),
    st.integers(1, 5),
)
def test_several_labels_are_each_held_against_the_number_asked_for(
    counts: list[list[int]], least: int
) -> None:
    table = np.array(counts, dtype=np.float64)
    n = np.full(len(counts), 5.0)
    assert (agreed_labels(table, n, least) == (table >= least)).all()
    assert (agreed_labels(table, n, None) == (table > 2.5)).all()


def test_no_votes_at_all_are_no_label() -> None:
    assert agreed_label(np.zeros((2, 3)), None).tolist() == [-1, -1]
    assert agreed_label(np.zeros((2, 0)), None).tolist() == [-1, -1]


def test_a_dimension_may_be_one_of_ones_own(tmp_path: Path) -> None:
    card = RATED.replace("valence", "wonder")
    write(tmp_path, items_csv=ITEMS, r_csv="id,who,sex,v\na,x,f,20\n")
    dataset = read_card(card, tmp_path)
    asked = Scheme("mine", "dimensional", dimensions=(Dimension("wonder", 0, 1),))
    table = compute_targets(dataset, TargetSpec(scheme=asked, source="wonder-0-100"))
    assert by_item(table, "mean") == {"a": pytest.approx(0.2)}
