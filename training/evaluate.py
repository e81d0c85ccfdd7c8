"""Examine a checkpoint on dioramas it has not seen: `python -m training.evaluate FOLDER`.

Everything is asked greedily, in the framework's own wordings and in some never trained on. What is
found is printed and written to FOLDER/evaluation.json.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import torch

from mllmsent.affect import get_scheme, read_answer
from mllmsent.dioramas import Diorama, annotate, feeling, render, sample_diorama, score_reading
from mllmsent.dioramas.causes import features_of
from mllmsent.dioramas.terms import find_terms
from mllmsent.pathways.scene import FIELDS
from training.blanks import BLANK_KINDS, blank_picture
from training.examine import Examinee
from training.questions import RATING, own_strategies, wordings
from training.scenes import is_unseen_combination

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from mllmsent.prompts import Strategy

__all__ = ["EVALUATION_SEED", "balanced_items", "evaluate", "majority"]

EVALUATION_SEED = 31_415
"""Seed of the dioramas that checkpoints are examined on; none of those trained on."""

_OUTER = {"slightly negative": "negative", "slightly positive": "positive"}
_MIN_AGREEMENT = 3
_PER_KIND = 20
_SIZE = 384


@dataclass(frozen=True)
class _Items:
    """Dioramas with their pictures and what simulated annotators said.

    Attributes:
        dioramas: The items.
        pictures: Their pixels.
        majorities: Scheme to the majority's label of each item; "" where fewer than three agree.
        ratings: Mean valence and arousal of the five annotators, shape (items, 2).
    """

    dioramas: tuple[Diorama, ...]
    pictures: tuple[NDArray[np.uint8], ...]
    majorities: dict[str, tuple[str, ...]]
    ratings: NDArray[np.float64]


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--items", default=300, help="Number of dioramas, a third of each polarity.")
def main(folder: Path, items: int) -> None:
    """Examine the checkpoint in FOLDER."""
    torch.set_num_threads(1)
    found = evaluate(Examinee.load(folder), items)
    text = json.dumps(found, indent=1)
    (folder / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


def evaluate(examinee: Examinee, count: int) -> dict[str, Any]:
    """Everything that a model card tells of a checkpoint.

    Args:
        examinee: The checkpoint.
        count: How many dioramas to ask about, balanced over the three polarities by the majority of
            the simulated annotators, at least three of five agreeing.

    Returns:
        Plain JSON: accuracies by scheme and wording, by weather and on combinations never trained
        on, what the causal oracle gets on the same items, correlations of ratings, what is right in
        descriptions and readings, and how sure the model is of pictures of nothing.
    """
    items = _items(balanced_items(count, lambda _one: True))
    unseen = _items(balanced_items(count // 2, lambda one: is_unseen_combination(one.scene)))
    (plain,) = own_strategies("zero-shot")
    blanks = [
        blank_picture(kind, seed, _SIZE)
        for kind in BLANK_KINDS
        for seed in range(9_000, 9_000 + _PER_KIND)
    ]
    return {
        "items": len(items.dioramas),
        "seed": EVALUATION_SEED,
        "oracle": {name: _accuracy(_oracle(items, name), items, name) for name in items.majorities},
        "accuracy": _accuracies(examinee, items),
        "by_weather": _by_weather(examinee, items),
        "unseen_combinations": {
            "items": len(unseen.dioramas),
            "oracle": _accuracy(_oracle(unseen, "polarity3"), unseen, "polarity3"),
            "polarity3": _accuracy(
                _labels(examinee, plain, "polarity3", unseen), unseen, "polarity3"
            ),
            "expression": _described(examinee, own_strategies("describe")[0], unseen)["expression"],
        },
        "ratings": _ratings(examinee, items),
        "descriptions": {
            strategy.name: _described(examinee, strategy, items)
            for strategy in (
                *own_strategies("describe", "published-describe"),
                *wordings("describe", held_out=True),
            )
        },
        "scene": _readings(examinee, items),
        "confidence": {
            "dioramas": _confidence(examinee.polarities(plain, items.pictures)),
            "nothing to be made out": _confidence(examinee.polarities(plain, blanks)),
        },
    }


def balanced_items(count: int, wanted: Callable[[Diorama], bool]) -> list[Diorama]:
    """The first dioramas of the evaluation's seed, a third of each polarity.

    Args:
        count: How many.
        wanted: Which dioramas may be taken.
    """
    left = dict.fromkeys(get_scheme("polarity3").label_names, count // 3)
    chosen = []
    index = 0
    while any(left.values()):
        diorama = sample_diorama(EVALUATION_SEED, index)
        index += 1
        if wanted(diorama) and left.get(majority(diorama, "polarity3"), 0):
            left[majority(diorama, "polarity3")] -= 1
            chosen.append(diorama)
    return chosen


def _items(dioramas: Sequence[Diorama]) -> _Items:
    votes = [annotate(diorama, EVALUATION_SEED) for diorama in dioramas]
    return _Items(
        dioramas=tuple(dioramas),
        pictures=tuple(render(diorama.scene, _SIZE) for diorama in dioramas),
        majorities={
            name: tuple(majority(diorama, name) for diorama in dioramas)
            for name in ("polarity3", "polarity5", "mikels")
        },
        ratings=np.array(
            [
                [np.mean([vote.valence for vote in own]), np.mean([vote.arousal for vote in own])]
                for own in votes
            ]
        ),
    )


def majority(diorama: Diorama, scheme: str) -> str:
    """The label of most of a diorama's five annotators; "" where fewer than three agree.

    Args:
        diorama: One of the evaluation's seed.
        scheme: "polarity3", "polarity5" or "mikels".
    """
    votes = annotate(diorama, EVALUATION_SEED)
    labels = [vote.mikels if scheme == "mikels" else vote.polarity5 for vote in votes]
    if scheme == "polarity3":
        labels = [_OUTER.get(label, label) for label in labels]
    label, agreeing = Counter(labels).most_common(1)[0]
    return label if agreeing >= _MIN_AGREEMENT else ""


def _oracle(items: _Items, scheme: str) -> list[str]:
    found = []
    for diorama in items.dioramas:
        felt = feeling(diorama.scene)
        label = felt.emotion if scheme == "mikels" else felt.polarity
        found.append(_OUTER.get(label, label) if scheme == "polarity3" else label)
    return found


def _accuracies(examinee: Examinee, items: _Items) -> dict[str, dict[str, float]]:
    own = own_strategies(
        "zero-shot", "definitions", "role", "structured", "published-direct", "chain-of-thought"
    )
    asked: dict[str, Sequence[Strategy]] = {
        "polarity3": (*own, *wordings("direct", held_out=True)),
        "polarity5": (*own[:2], *wordings("direct", held_out=True)),
        "mikels": (*own[:2], *wordings("direct", held_out=True)),
    }
    return {
        scheme: {
            strategy.name: _accuracy(_labels(examinee, strategy, scheme, items), items, scheme)
            for strategy in strategies
        }
        for scheme, strategies in asked.items()
    }


def _labels(examinee: Examinee, strategy: Strategy, scheme: str, items: _Items) -> list[str]:
    longest = 140 if strategy.name == "chain-of-thought" else 24
    answers = examinee.answers(strategy, get_scheme(scheme), items.pictures, longest=longest)
    readings = [read_answer(answer, get_scheme(scheme)) for answer in answers]
    return [reading.label or "" for reading in readings]


def _accuracy(labels: Sequence[str], items: _Items, scheme: str) -> float:
    pairs = zip(labels, items.majorities[scheme], strict=True)
    return _share(label == truth for label, truth in pairs if truth)


def _by_weather(examinee: Examinee, items: _Items) -> dict[str, dict[str, float]]:
    labels = _labels(examinee, own_strategies("zero-shot")[0], "polarity3", items)
    rows: dict[str, list[bool]] = {}
    for diorama, label, truth in zip(
        items.dioramas, labels, items.majorities["polarity3"], strict=True
    ):
        rows.setdefault(diorama.scene.weather, []).append(label == truth)
    return {
        weather: {"items": len(right), "polarity3": _share(right)}
        for weather, right in sorted(rows.items())
    }


def _ratings(examinee: Examinee, items: _Items) -> dict[str, dict[str, float]]:
    found = {}
    for strategy in (
        *own_strategies("zero-shot", "structured"),
        *wordings("rating", held_out=True),
    ):
        answers = examinee.answers(strategy, get_scheme(RATING), items.pictures, longest=30)
        readings = [read_answer(answer, get_scheme(RATING)) for answer in answers]
        read = [reading.status == "ok" for reading in readings]
        values = np.array(
            [[r.values["valence"], r.values["arousal"]] for r in readings if r.status == "ok"]
        ).reshape(-1, 2)
        truth = items.ratings[read]
        row = {"read": _share(read)}
        for place, name in enumerate(("valence", "arousal")):
            varies = len(values) > 2 and bool(np.ptp(values[:, place]) > 0)
            r = np.corrcoef(values[:, place], truth[:, place])[0, 1] if varies else 0.0
            row[f"{name} r"] = round(float(r), 3)
            row[f"{name} mean error"] = round(float(abs(values - truth)[:, place].mean()), 3)
        found[strategy.name] = row
    return found


def _described(examinee: Examinee, strategy: Strategy, items: _Items) -> dict[str, float]:
    """Share of descriptions that name a factor's true value and no other."""
    texts = examinee.answers(strategy, None, items.pictures, longest=140)
    rows: dict[str, list[bool]] = {}
    for diorama, text in zip(items.dioramas, texts, strict=True):
        scene = diorama.scene
        for kind in ("setting", "time", "weather", "light", "palette"):
            rows.setdefault(kind, []).append(find_terms(text, kind) == (getattr(scene, kind),))
        faces = {subject.expression for subject in scene.subjects}
        named = set(find_terms(text, "expression"))
        rows.setdefault("every expression", []).append(named == faces)
        leading = features_of(scene)["expression"]
        if scene.subjects:
            rows.setdefault("expression", []).append(leading <= named)
        rows.setdefault("every object", []).append(
            set(find_terms(text, "object")) == set(scene.objects)
        )
    return {kind: _share(right) for kind, right in rows.items()}


def _readings(examinee: Examinee, items: _Items) -> dict[str, Any]:
    (strategy,) = own_strategies("scene")
    scheme = get_scheme("polarity3")
    answers = examinee.answers(strategy, scheme, items.pictures, longest=420)
    parsed = [_parsed(answer) for answer in answers]
    truth = items.majorities["polarity3"]
    scores: dict[str, list[tuple[int, int, int]]] = {}
    for diorama, reading in zip(items.dioramas, parsed, strict=True):
        for field, score in score_reading(diorama.scene, reading).items():
            scores.setdefault(field, []).append((score.right, score.claimed, score.true))
    fields = {}
    for field, rows in scores.items():
        right, claimed, true = np.sum(rows, axis=0).tolist()
        fields[field] = {
            "precision": round(right / claimed, 3) if claimed else None,
            "recall": round(right / true, 3) if true else None,
        }
    return {
        "valid": _share(set(reading) == FIELDS | {"verdict"} for reading in parsed),
        "polarity3": _share(
            reading.get("verdict") == label for reading, label in zip(parsed, truth, strict=True)
        ),
        "fields": fields,
    }


def _parsed(answer: str) -> dict[str, Any]:
    try:
        value = json.loads(answer)
    except json.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _confidence(shares: torch.Tensor) -> dict[str, float]:
    entropy = -(shares * shares.clamp_min(1e-9).log2()).sum(1)
    return {
        "mean top probability": round(float(shares.amax(1).mean()), 3),
        "mean entropy in bits": round(float(entropy.mean()), 3),
    }


def _share(right: Iterator[bool] | Sequence[bool]) -> float:
    listed = list(right)
    return round(sum(listed) / len(listed), 3) if listed else 0.0


if __name__ == "__main__":
    main()
