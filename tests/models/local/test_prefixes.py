"""Which prompts share their beginning."""

from hypothesis import given
from hypothesis import strategies as st

from mllmsent.models.local.prefixes import Cluster, common_length, share_prefixes

IMAGE = [9] * 10
token_lists = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), token_lists, token_lists), min_size=1, max_size=12
    )
)
def test_what_is_shared_is_common_to_all_reaches_over_the_image_and_leaves_a_token(
    asked: list[tuple[str, list[int], list[int]]],
) -> None:
    sequences = [[*before, *IMAGE, *after] for _, before, after in asked]
    ends = [len(before) + len(IMAGE) for _, before, _ in asked]
    images: list[object] = [(name,) for name, _, _ in asked]
    clusters = share_prefixes(sequences, ends, images)
    assert sorted(n for cluster in clusters for n in cluster.members) == list(range(len(asked)))
    for cluster in clusters:
        members = [sequences[n] for n in cluster.members]
        assert len({images[n] for n in cluster.members}) == 1
        assert all(member[: cluster.length] == members[0][: cluster.length] for member in members)
        assert all(cluster.length < len(member) for member in members)
        if len(members) > 1:
            assert all(cluster.length >= ends[n] for n in cluster.members)
        else:
            assert cluster.length == 0


def test_questions_about_one_image_are_one_cluster_and_others_are_not_in_it() -> None:
    ask = [[1, *IMAGE, 5, 6, 7], [1, *IMAGE, 5, 6, 8, 8], [1, *IMAGE, 5, 6, 7]]
    found = share_prefixes(ask, [11, 11, 11], [("one",), ("one",), ("other",)])
    assert found == [Cluster((0, 1), 13), Cluster((2,), 0)]


@given(st.lists(token_lists, min_size=1, max_size=6))
def test_the_common_length_is_the_longest(sequences: list[list[int]]) -> None:
    length = common_length(sequences)
    assert len({tuple(each[:length]) for each in sequences}) == 1
    if length < min(map(len, sequences)):
        assert len({each[length] for each in sequences}) > 1
