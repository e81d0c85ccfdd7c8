"""Predictions of simulated systems with planted properties, for tests against known truth.

No model is asked: given the true labels, each system gets as many right as it is told to, errs in
the directions it is told to, and fails where it is told to. What an analysis then finds can be
compared with what was planted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mllmsent.foundation import InputError, nearest
from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.tables import check_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme

__all__ = ["BlindSpot", "SystemSpec", "simulate_systems"]


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """Where a system has another accuracy.

    Attributes:
        column: Column of the items.
        value: Its value there.
        accuracy: Accuracy on items with that value; on others the system's own holds.
    """

    column: str
    value: str
    accuracy: float


@dataclass(frozen=True, slots=True)
class SystemSpec:
    """What is planted in a system.

    Attributes:
        name: Its name; also its chance: the same name and seed give the same predictions.
        accuracy: Share of items it gets right (outside its blind spot); exact to one item.
        errors: Where it errs: "any" label alike, or "adjacent" ones of an ordered scheme.
        label_bias: Label to a factor on how often it is chosen where the system errs.
        confusion: True label to wrong labels and their weights, instead of `errors` for that label.
        blind_spot: Items on which its accuracy is another.
        follows: Name of an earlier system in the list whose mistakes it shares.
        correlation: How far, 0 (independent) to 1 (right and wrong on the same items, with the same
            wrong labels); the correlation of the normal variables behind being right.
        invalid: Share of answers that hold no label: half unparsed, half refused, at random.
    """

    name: str
    accuracy: float
    errors: Literal["any", "adjacent"] = "any"
    label_bias: Mapping[str, float] = field(default_factory=dict)
    confusion: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    blind_spot: BlindSpot | None = None
    follows: str = ""
    correlation: float = 0.0
    invalid: float = 0.0


def simulate_systems(
    items: pd.DataFrame,
    truth: Mapping[str, str],
    scheme: Scheme,
    specs: Sequence[SystemSpec],
    *,
    seed: int = 0,
    condition: str = "none",
    repeat: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make predictions of simulated systems.

    Args:
        items: Table `items`, or any table with `item_id` and the columns of blind spots.
        truth: Item to its true label; items without one are left out.
        scheme: The label scheme.
        specs: The systems, in order; a system may follow an earlier one.
        seed: Seed of chance.
        condition: Condition to write into the table.
        repeat: Repeat to write into the table; another repeat is another draw.

    Returns:
        Tables `predictions` and `systems`.

    Raises:
        InputError: If a spec names a label, column or system that there is not, or asks for
            adjacent errors in a scheme without order.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    known = items[items["item_id"].isin(list(truth))].reset_index(drop=True)
    labels = list(scheme.label_names)
    codes = np.array([_code(truth[str(item)], scheme) for item in known["item_id"]], dtype=np.intp)
    latents: dict[str, _Latent] = {}
    parts, systems = [], []
    for spec in specs:
        _check(spec, scheme, known, latents)
        rng = np.random.default_rng(_seed(spec.name, seed, repeat))
        latent = _latent(spec, len(known), latents, rng)
        latents[spec.name] = latent
        is_right = _right(spec, latent.ease, known)
        wrong = _wrong_codes(spec, codes, latent.choice, scheme)
        chosen = np.where(is_right, codes, wrong)
        status = np.where(
            rng.random(len(known)) < spec.invalid,
            np.where(rng.random(len(known)) < 0.5, "unparsed", "refused"),
            "ok",
        )
        system_id = json_digest({"simulated": spec.name, "seed": seed}, length=16)
        parts.append(
            pd.DataFrame(
                {
                    "item_id": known["item_id"],
                    "system_id": system_id,
                    "scheme": scheme.name,
                    "condition": condition,
                    "repeat": repeat,
                    "status": status,
                    "label": [
                        labels[code] if ok == "ok" else None
                        for code, ok in zip(chosen, status, strict=True)
                    ],
                }
            )
        )
        systems.append(
            {
                "system_id": system_id,
                "name": spec.name,
                "pathway": "direct",
                "model": f"simulated/{spec.name}",
                "note": "simulated predictions; no model was asked",
            }
        )
    return (
        check_table("predictions", pd.concat(parts, ignore_index=True)),
        check_table("systems", pd.DataFrame(systems)),
    )


@dataclass(frozen=True)
class _Latent:
    """What decides over each item: how easy it is to a system, and which mistake is made.

    Both are standard normal, so that systems can share them in part.
    """

    ease: NDArray[np.float64]
    choice: NDArray[np.float64]


def _latent(
    spec: SystemSpec, n: int, latents: Mapping[str, _Latent], rng: np.random.Generator
) -> _Latent:
    own = _Latent(rng.standard_normal(n), rng.standard_normal(n))
    if not spec.follows:
        return own
    leader, share = latents[spec.follows], spec.correlation
    rest = (1 - share * share) ** 0.5
    return _Latent(share * leader.ease + rest * own.ease, share * leader.choice + rest * own.choice)


def _right(spec: SystemSpec, ease: NDArray[np.float64], items: pd.DataFrame) -> NDArray[np.bool_]:
    """The easiest items are got right, as many as the accuracy says."""
    n = len(items)
    spot = spec.blind_spot
    inside = (
        np.zeros(n, bool) if spot is None else (items[spot.column] == spot.value).to_numpy(bool)
    )
    is_right = np.zeros(n, bool)
    for mask, accuracy in ((~inside, spec.accuracy), (inside, spot.accuracy if spot else 0.0)):
        places = np.flatnonzero(mask)
        order = places[np.argsort(-ease[places], kind="stable")]
        is_right[order[: round(accuracy * len(places))]] = True
    return is_right


def _wrong_codes(
    spec: SystemSpec, codes: NDArray[np.intp], choice: NDArray[np.float64], scheme: Scheme
) -> NDArray[np.intp]:
    """The wrong label that each item would get."""
    from scipy.special import ndtr  # noqa: PLC0415 - `--help` does without scipy

    points = ndtr(choice)
    tables = np.array([_weights(spec, code, scheme) for code in range(len(scheme.labels))])
    bounds = np.cumsum(tables / tables.sum(axis=1, keepdims=True), axis=1)
    found = (points[:, None] >= bounds[codes]).sum(axis=1)
    return np.asarray(np.minimum(found, len(scheme.labels) - 1), dtype=np.intp)


def _weights(spec: SystemSpec, code: int, scheme: Scheme) -> NDArray[np.float64]:
    names = scheme.label_names
    given = spec.confusion.get(names[code])
    if given is not None:
        weights = np.array([given.get(name, 0.0) for name in names], dtype=np.float64)
    elif spec.errors == "adjacent":
        weights = np.array([float(abs(other - code) == 1) for other in range(len(names))])
    else:
        weights = np.ones(len(names))
    weights *= np.array([spec.label_bias.get(name, 1.0) for name in names])
    weights[code] = 0.0
    if not weights.sum() > 0:
        raise InputError(f"System {spec.name!r} has no wrong label left for {names[code]!r}.")
    return weights


def _check(
    spec: SystemSpec, scheme: Scheme, items: pd.DataFrame, latents: Mapping[str, Any]
) -> None:
    for number in (spec.accuracy, spec.invalid, abs(spec.correlation)):
        if not 0 <= number <= 1:
            raise InputError(f"System {spec.name!r}: {number} is no share between 0 and 1.")
    if spec.errors == "adjacent" and scheme.kind != "ordered":
        raise InputError(f"Scheme {scheme.name!r} has no order, so no label is adjacent.")
    for label in (
        *spec.label_bias,
        *spec.confusion,
        *(w for t in spec.confusion.values() for w in t),
    ):
        scheme.label(label)
    if spec.blind_spot is not None and spec.blind_spot.column not in items.columns:
        raise InputError(
            f"There is no column {spec.blind_spot.column!r} to be blind in.",
            cure=nearest(spec.blind_spot.column, [str(column) for column in items.columns]),
        )
    if spec.follows and spec.follows not in latents:
        raise InputError(
            f"System {spec.name!r} follows {spec.follows!r}, which is no earlier system.",
            cure=nearest(spec.follows, latents),
        )


def _code(label: str, scheme: Scheme) -> int:
    scheme.label(label)
    return scheme.label_names.index(label)


def _seed(name: str, seed: int, repeat: int) -> int:
    return int(json_digest([name, seed, repeat], length=15), 16)
