"""Two scores may stand side by side exactly when their protocols have one hash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.data.cards import VOTES, small

from mllmsent.data import (
    FoldSpec,
    Protocol,
    TargetSpec,
    assign_folds,
    compute_targets,
    make_protocol,
)

if TYPE_CHECKING:
    from pathlib import Path

MORE = VOTES + "c,x,f,negative\nc,y,m,neutral\nc,z,m,neutral\n"


def protocol(
    folder: Path, *, votes: str = MORE, metric: str = "macro_f1", seed: int = 1, **spec: Any
) -> Protocol:
    folder.mkdir(exist_ok=True)
    dataset = small(folder, votes_csv=votes)
    declared = TargetSpec(**({"problem": None, "scheme": "polarity3"} | spec))
    targets = compute_targets(dataset, declared)
    folds = FoldSpec(kind="published", n=2, seed=seed)
    return make_protocol(
        dataset,
        declared,
        targets,
        metric=metric,
        folds=assign_folds(dataset.items, targets, folds),
        fold_spec=folds,
    )


@pytest.mark.filterwarnings("ignore::mllmsent.data.FoldWarning")
def test_what_makes_scores_comparable_makes_the_hash(tmp_path: Path) -> None:
    one = protocol(tmp_path / "here")
    assert one.hash == protocol(tmp_path / "there").hash, "wherever the files lie"
    others = [
        protocol(tmp_path / "v", votes=MORE.replace("c,z,m,neutral", "c,z,m,negative")),
        protocol(tmp_path / "m", metric="weighted_f1"),
        protocol(tmp_path / "s", min_agreement=2),
        protocol(tmp_path / "f", seed=3),
        protocol(tmp_path / "p", scheme="polarity2", fold="polarity3-to-polarity2-plus"),
    ]
    assert len({one.hash, *(other.hash for other in others)}) == 6


@pytest.mark.filterwarnings("ignore::mllmsent.data.FoldWarning")
def test_a_protocol_is_named_and_plain_json(tmp_path: Path) -> None:
    one = protocol(tmp_path, min_agreement=2)
    assert one.name == "small polarity3 min_agreement 2"
    assert one.items == ("b", "c")
    content = json.loads(json.dumps(one.as_dict()))
    assert content["hash"] == one.hash
    assert content["n_items"] == 2
    assert content["folds"]["kind"] == "published"
