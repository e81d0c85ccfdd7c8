"""Numbers on scales: single ratings, and norms (means, standard deviations, numbers of ratings).

The ends of a scale are part of a number's meaning, so they are declared, become a scheme of the
dataset's own where no built-in one has them, and every number is held against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.affect.catalog import get_scheme, scheme_names
from mllmsent.affect.scheme import Dimension, Scheme
from mllmsent.data.card.blocks import Block, keep, person_columns
from mllmsent.data.raw_table import cell_text
from mllmsent.foundation import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from mllmsent.data.card.model import MomentsCard, NormsCard, RatingsCard, ScaleCard
    from mllmsent.data.card.tables import Place

__all__ = ["read_norms", "read_ratings", "scale_scheme"]


def scale_scheme(
    dimensions: Iterable[str],
    scales: Mapping[str, ScaleCard],
    at: Place,
    *,
    name: str | None = None,
    own: Sequence[Scheme] = (),
) -> Scheme:
    """The scheme that dimensions on these scales make.

    Args:
        dimensions: Their names.
        scales: Dimension to its scale.
        at: The place in the card that asks.
        name: What to call it. By default the built-in scheme with these dimensions and ends, or
            else a name made of both: `valence-arousal-1-7`.
        own: The card's own schemes, one of which `name` may mean.

    Raises:
        InputError: If a dimension has no scale, or `name` means a scheme with others.
    """
    found = []
    for dimension in dimensions:
        if dimension not in scales:
            raise at.error(
                f"Which scale is {dimension!r} on?",
                cure=f"Write its ends: `scales: {{{dimension}: [1, 9]}}`.",
            )
        scale = scales[dimension]
        found.append(
            Dimension(dimension, scale.low, scale.high, scale.low_anchor, scale.high_anchor)
        )
    ends = {(scale.name, scale.low, scale.high) for scale in found}
    known = [*own, *(get_scheme(other) for other in scheme_names())]
    for scheme in known:
        same = ends == {(scale.name, scale.low, scale.high) for scale in scheme.dimensions}
        if same and name in {None, scheme.name}:
            return scheme
        if name == scheme.name:
            raise (at / "scheme").error(
                f"The scheme {name!r} has other dimensions or scale ends.",
                cure="Give this one another name, or leave `scheme` out.",
            )
    return Scheme(name or _made_name(found), "dimensional", dimensions=tuple(found))


def _made_name(scales: Sequence[Dimension]) -> str:
    ends = [f"{scale.low:g}-{scale.high:g}" for scale in scales]
    if len(set(ends)) == 1:
        return "-".join([*(scale.name for scale in scales), ends[0]])
    return "-".join(f"{scale.name}-{end}" for scale, end in zip(scales, ends, strict=True))


def read_ratings(
    card: RatingsCard, block: Block, scales: Mapping[str, ScaleCard], own: Sequence[Scheme]
) -> tuple[pd.DataFrame, Scheme]:
    """Draft of annotations, a row per rating; and the scheme of the ratings."""
    merged = {**scales, **card.scales}
    shared = block.rows() | person_columns(block, card.annotator_columns, card.metadata)
    if card.annotator is not None:
        shared["annotator_id"] = block.filled("annotator", card.annotator, "annotator")
    missing = [cell_text(word) for word in card.missing]
    if card.value is not None:
        names = _named_dimensions(card, block, merged)
        scheme = scale_scheme(dict.fromkeys(names), merged, block.at, name=card.scheme, own=own)
        values = (block.at / "value").call(block.table.numbers, card.value, missing)
        columns = shared | {"dimension": names, "value": values}
        return _rating_rows([columns], block, scheme), scheme
    scheme = scale_scheme(card.dimensions, merged, block.at, name=card.scheme, own=own)
    parts: list[dict[str, Any]] = []
    for dimension, where in card.dimensions.items():
        at = block.at / "dimensions" / dimension
        for column in where.columns or (where.column or "",):
            part = dict(shared)
            if where.columns:
                part["annotator_id"] = [column] * len(block.items)
            part["dimension"] = [dimension] * len(block.items)
            part["value"] = at.call(block.table.numbers, column, missing)
            parts.append(part)
    return _rating_rows(parts, block, scheme), scheme


def _rating_rows(parts: Sequence[dict[str, Any]], block: Block, scheme: Scheme) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    tables = []
    for part in parts:
        names = part["dimension"]
        for row, (name, value) in enumerate(zip(names, part["value"], strict=True)):
            _check_within(scheme.dimension(name), value, block, row)
        tables.append(keep(part, [value is not None for value in part["value"]]))
    table = pd.concat(tables, ignore_index=True)
    table["scheme"] = scheme.name
    return table


def _named_dimensions(
    card: RatingsCard, block: Block, scales: Mapping[str, ScaleCard]
) -> list[str]:
    assert card.dimension is not None
    names: list[str] = (block.at / "dimension").call(
        block.table.required_texts, card.dimension, "dimension"
    )
    for row, name in enumerate(names):
        if name not in scales:
            raise block.table.error(
                row,
                f"Column {card.dimension!r} is {name!r}, a dimension without a scale.",
                cure=nearest(name, scales) or f"Write `scales: {{{name}: [1, 9]}}` in the card.",
            )
    return names


def read_norms(
    card: NormsCard, block: Block, scales: Mapping[str, ScaleCard], own: Sequence[Scheme]
) -> tuple[pd.DataFrame, Scheme]:
    """Draft of norms, a row per item and dimension; and their scheme."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    merged = {**scales, **card.scales}
    scheme = scale_scheme(card.dimensions, merged, block.at, name=card.scheme, own=own)
    groups = block.filled("annotator_group", card.annotator_group, "annotator group")
    tables = []
    for dimension, moments in card.dimensions.items():
        at = block.at / "dimensions" / dimension
        columns = block.rows() | {
            "annotator_group": groups,
            "dimension": [dimension] * len(block.items),
            "mean": (at / "mean").call(block.table.numbers, moments.mean),
            "sd": _optional(moments, "sd", block, at),
            "n": _optional(moments, "n", block, at),
        }
        scale = scheme.dimension(dimension)
        for row, mean in enumerate(columns["mean"]):
            _check_within(scale, mean, block, row)
            _check_spread(scale, columns["sd"][row], columns["n"][row], block, row)
        tables.append(keep(columns, [mean is not None for mean in columns["mean"]]))
    table = pd.concat(tables, ignore_index=True)
    table["scheme"] = scheme.name
    return table, scheme


def _optional(moments: MomentsCard, key: str, block: Block, at: Place) -> list[float | None]:
    column = getattr(moments, key)
    if column is None:
        return [None] * len(block.items)
    numbers: list[float | None] = (at / key).call(block.table.numbers, column)
    return numbers


def _check_within(scale: Dimension, value: float | None, block: Block, row: int) -> None:
    if value is not None and not scale.low <= value <= scale.high:
        raise block.table.error(
            row,
            f"{scale.name} is {value:g}, outside its scale of {scale.low:g} to {scale.high:g}.",
            cure="Correct the number, the scale's ends, or list it under `missing` if it is none.",
        )


def _check_spread(
    scale: Dimension, sd: float | None, n: float | None, block: Block, row: int
) -> None:
    # n ratings at the two ends have the largest deviation there can be, which is most for n = 2.
    if sd is not None and not 0 <= sd <= scale.span * 0.5**0.5 + 1e-9:
        raise block.table.error(
            row,
            f"The SD of {scale.name} is {sd:g}, impossible on a scale of {scale.low:g} to "
            f"{scale.high:g}.",
            cure="Is that the column with the SD?",
        )
    if n is not None and (n < 0 or not n.is_integer()):
        raise block.table.error(row, f"The number of ratings of {scale.name} is {n:g}.")
