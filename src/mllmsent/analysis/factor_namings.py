"""Which factors of a scene each description names right: the texts, read against what was drawn.

Words are found by `dioramas.terms`: "it is drizzling at dusk" is rain and dusk. A factor is named
right where the text names its true value and no other of that factor; an expression, of which a
crowd may show several, where the leading one is among those named. Scenes in which nobody is, or no
expression leads, say nothing of expressions.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mllmsent.dioramas import FACTORS
from mllmsent.dioramas.causes import features_of
from mllmsent.dioramas.scene import EXPRESSIONS
from mllmsent.dioramas.terms import find_terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.dioramas import Scene

__all__ = ["DESCRIBED_FACTORS", "LONGEST_READ", "NAMING_COLUMNS", "describer_id", "name_factors"]

DESCRIBED_FACTORS: dict[str, tuple[str, ...]] = {
    **{name: FACTORS[name] for name in ("setting", "time", "weather", "light", "palette")},
    "expression": EXPRESSIONS,
}
"""What is looked for in descriptions: factor to its values."""

LONGEST_READ = 4000
"""Of longer texts so many characters are read: a description has said by then what is to be seen."""

NAMING_COLUMNS = (
    "describer_id", "describer", "strategy", "item_id", "group", "repeat", "nth", "factor", "truth",
    "right", "other", "none", "instead",
)  # fmt: skip


def name_factors(
    descriptions: pd.DataFrame,
    scenes: Mapping[str, Scene],
    groups: Mapping[str, str],
    *,
    condition: str = "none",
) -> tuple[pd.DataFrame, int]:
    """Read every description against its scene.

    Args:
        descriptions: Table `descriptions`.
        scenes: Item to what was drawn.
        groups: Item to what it moves with when items are drawn again. Items that are not in both are
            left out.
        condition: The condition under which the images were shown.

    Returns:
        A row per description and factor, `NAMING_COLUMNS`: a describer is who described and by
        which strategy, `describer_id` both in one; `nth` counts the descriptions that one describer
        gave of one item in one repeat; `truth` is the true value. Exactly one is so of `right`,
        `other` (another value is named, be it instead of the true one or beside it) and `none` (no
        value is). `instead` are the other values. And of how many texts only the beginning,
        `LONGEST_READ` characters, was read.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    truths = {item: _truth(scene) for item, scene in scenes.items() if item in groups}
    rows: list[dict[str, Any]] = []
    n_cut = 0
    given: Counter[tuple[str, str, int]] = Counter()
    for each in descriptions.to_dict(orient="records"):
        item = str(each["item_id"])
        if item not in truths or _or(each.get("condition"), "none") != condition:
            continue
        describer, strategy = str(each["describer"]), str(_or(each.get("strategy"), ""))
        key = describer_id(each)
        repeat = int(_or(each.get("repeat"), 0))
        place = {
            "describer_id": key,
            "describer": describer,
            "strategy": strategy,
            "item_id": item,
            "group": groups[item],
            "repeat": repeat,
            "nth": given[key, item, repeat],
        }
        given[key, item, repeat] += 1
        text = str(each["text"])
        n_cut += len(text) > LONGEST_READ
        rows += [
            place | {"factor": factor, "truth": truth} | _naming(factor, truth, text[:LONGEST_READ])
            for factor, truth in truths[item].items()
        ]
    return pd.DataFrame(rows, columns=list(NAMING_COLUMNS)), n_cut


def describer_id(description: Mapping[Any, Any]) -> str:
    """Who described and by which strategy, of a row of table `descriptions`."""
    describer, strategy = str(description["describer"]), _or(description.get("strategy"), "")
    return f"{describer} · {strategy}" if strategy else describer


def _truth(scene: Scene) -> dict[str, str]:
    """Factor to the value that a description should name."""
    truth = {name: getattr(scene, name) for name in DESCRIBED_FACTORS if name != "expression"}
    leading = features_of(scene)["expression"]
    return truth | ({"expression": next(iter(leading))} if leading else {})


def _naming(factor: str, truth: str, text: str) -> dict[str, Any]:
    """What a text names of a factor, beside what is there."""
    named = find_terms(text, factor)
    right = truth in named if factor == "expression" else named == (truth,)
    instead = () if right else tuple(term for term in named if term != truth)
    return {"right": right, "other": bool(instead), "none": not named, "instead": instead}


def _or(value: Any, otherwise: Any) -> Any:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return otherwise if value is None or pd.isna(value) else value
