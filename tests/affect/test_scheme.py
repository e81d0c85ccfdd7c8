"""What a scheme can and cannot be."""

import pytest

from mllmsent.affect import Dimension, Label, Scheme, SchemeKind
from mllmsent.foundation import InputError


def test_a_label_is_found_by_name_and_a_wrong_name_is_answered_with_the_nearest() -> None:
    scheme = Scheme("s", "categorical", (Label("anger"), Label("fear")))
    assert scheme.label("fear").name == "fear"
    with pytest.raises(InputError, match="'anger'"):
        scheme.label("angr")


def test_a_dimension_is_found_by_name_and_a_wrong_name_is_answered_with_the_nearest() -> None:
    scheme = Scheme("s", "dimensional", dimensions=(Dimension("valence", 1, 9),))
    assert scheme.dimension("valence").span == 8
    with pytest.raises(InputError, match="'valence'"):
        scheme.dimension("valense")


@pytest.mark.parametrize(
    ("kind", "labels", "dimensions", "message"),
    [
        ("categorical", (Label("a"), Label("a")), (), "more than once"),
        ("ordered", (Label("a", 1), Label("b", 0)), (), "ranks 0, 1, 2"),
        ("ordered", (Label("a"),), (), "ranks 0, 1, 2"),
        ("categorical", (), (), "labels only"),
        ("categorical", (Label("a"),), (Dimension("v", 0, 1),), "labels only"),
        ("dimensional", (Label("a"),), (Dimension("v", 0, 1),), "dimensions only"),
        ("dimensional", (), (Dimension("v", 1, 1),), "runs from"),
    ],
)
def test_a_scheme_that_makes_no_sense_is_refused(
    kind: SchemeKind, labels: tuple[Label, ...], dimensions: tuple[Dimension, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Scheme("s", kind, labels, dimensions)


def test_the_digest_changes_with_the_labels_and_their_order_but_not_with_the_title() -> None:
    one = Scheme("s", "categorical", (Label("a"), Label("b")))
    same = Scheme("s", "categorical", (Label("a"), Label("b")), title="Another title")
    other = Scheme("s", "categorical", (Label("b"), Label("a")))
    assert one.digest() == same.digest() != other.digest()
