"""Whether two runs were scored by one protocol in a scheme, and what differs where they were not.

Two scores stand side by side only where all of this is equal: the dataset with its version, the
items and the condition under which they are shown, what people are taken to have said of them, the
scheme, the agreement that was asked for, the folds and the metric. The manifest has most of it as
digests; items and targets are compared themselves, so that what differs can be told in numbers. What
has no part in a score (a protocol's name, targets of groups of annotators) makes no difference. The
sources of an imported run are its dataset, so an import is held against others by its items and
targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.leaderboard import default_metric

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.material import Material

__all__ = ["ProtocolDifference", "metric_of", "protocol_differences"]


@dataclass(frozen=True, slots=True)
class ProtocolDifference:
    """One thing in which the protocols of two runs differ.

    Attributes:
        part: "condition", "dataset", "items", "targets", "scheme", "min_agreement", "folds" or
            "metric".
        text: What it is in the one and in the other, in a few words.
        comparable: Whether items that both runs have can be compared all the same.
    """

    part: str
    text: str
    comparable: bool = True


def metric_of(material: Material, scheme: str) -> str:
    """The metric that a run ranks by in a scheme."""
    named = _protocol(material, scheme).get("metric")
    return str(named or default_metric(material.run.schemes[scheme]))


def protocol_differences(base: Material, new: Material, scheme: str) -> list[ProtocolDifference]:
    """In what the protocols of two runs differ; empty where they are equal in all that counts.

    Args:
        base: The one run.
        new: The other.
        scheme: A scheme of both.
    """
    shown = [*_of_condition(base, new)]
    one, other = _protocol(base, scheme), _protocol(new, scheme)
    if one.get("hash") and one.get("hash") == other.get("hash"):
        return shown
    return [
        *shown,
        *_of_dataset(base, new, one, other),
        *_of_scheme(base.run.schemes[scheme], new.run.schemes[scheme]),
        *_of_truth(base, new, scheme),
        *_of_settings(one, other, metric_of(base, scheme), metric_of(new, scheme)),
    ]


def _protocol(material: Material, scheme: str) -> Mapping[str, Any]:
    found = material.run.manifest["protocols"].get(scheme)
    return found if isinstance(found, dict) else {}


def _of_condition(base: Material, new: Material) -> Iterator[ProtocolDifference]:
    # Of a run without the items as they are, its first condition stands for them.
    if base.condition != new.condition:
        yield ProtocolDifference("condition", f"{base.condition} against {new.condition}")


def _of_dataset(
    base: Material, new: Material, one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[ProtocolDifference]:
    if "imported" in base.run.manifest or "imported" in new.run.manifest:
        return
    datasets = [material.run.manifest["dataset"] for material in (base, new)]
    digests = [
        protocol.get("dataset_digest") or dataset.get("digest")
        for protocol, dataset in zip((one, other), datasets, strict=True)
    ]
    if digests[0] == digests[1]:
        return
    names = [f"{each.get('name', '')} {each.get('version', '')}".strip() for each in datasets]
    text = (
        f"{names[0]} of other content" if names[0] == names[1] else f"{names[0]} against {names[1]}"
    )
    yield ProtocolDifference("dataset", text)


def _of_scheme(one: Scheme, other: Scheme) -> Iterator[ProtocolDifference]:
    def answers(scheme: Scheme) -> tuple[Any, ...]:
        scales = tuple((scale.name, scale.low, scale.high) for scale in scheme.dimensions)
        return scheme.kind, scheme.multi_label, scheme.label_names, scales

    if answers(one) != answers(other):
        shown = [", ".join(scheme.label_names or scheme.dimension_names) for scheme in (one, other)]
        text = f"{shown[0]} against {shown[1]}" if shown[0] != shown[1] else "another scale"
        yield ProtocolDifference("scheme", text, comparable=False)
    elif one.digest() != other.digest():
        yield ProtocolDifference(
            "scheme", "the same labels with other definitions, or read by other words"
        )


def _of_truth(base: Material, new: Material, scheme: str) -> Iterator[ProtocolDifference]:
    dimensions = base.run.schemes[scheme].dimension_names or ("",)
    truths = [
        {
            (item, dimension): said
            for dimension in dimensions
            for item, said in material.evidence.truth(scheme, dimension).items()
        }
        for material in (base, new)
    ]
    items = [{item for item, _ in truth} for truth in truths]
    if items[0] != items[1]:
        shared = len(items[0] & items[1])
        yield ProtocolDifference(
            "items", f"{len(items[0])} against {len(items[1])}, of which {shared} are shared"
        )
    both = truths[0].keys() & truths[1].keys()
    changed = {item for item, dimension in both if _differs(*(t[item, dimension] for t in truths))}
    if changed:
        yield ProtocolDifference("targets", f"another target of {len(changed)} shared items")


def _differs(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) > 1e-9
    return bool(one != other)


def _of_settings(
    one: Mapping[str, Any], other: Mapping[str, Any], *metrics: str
) -> Iterator[ProtocolDifference]:
    if one.get("min_agreement") != other.get("min_agreement"):
        asked = [one.get("min_agreement"), other.get("min_agreement")]
        yield ProtocolDifference("min_agreement", f"{asked[0]} against {asked[1]}")
    folds = [each.get("folds_digest") or each.get("folds") or "" for each in (one, other)]
    if folds[0] != folds[1]:
        yield ProtocolDifference("folds", "other items to learn from and to test on")
    if metrics[0] != metrics[1]:
        yield ProtocolDifference("metric", f"{metrics[0]} against {metrics[1]}")
