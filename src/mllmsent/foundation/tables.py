"""The tables that flow between rooms: their columns, checked when they are written and read.

Each table is a pandas DataFrame in memory and a Parquet file on disk. Absent columns of an optional
kind are added as missing; columns not named here are kept where the table is open (metadata).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

__all__ = [
    "GIVEN_QUALITY",
    "TABLES",
    "TableSchema",
    "check_table",
    "empty_table",
    "read_table",
    "write_table",
]

_PANDAS_TYPES: dict[str, Any] = {
    "string": "string",
    "int64": "Int64",
    "float64": "Float64",
    "bool": "boolean",
}

GIVEN_QUALITY = "quality_"
"""What columns of `descriptions` begin with that hold a measured quality of the text, such as the
likeness of picture and text, or the marks of a judge; what follows is its name for people."""


@dataclass(frozen=True, slots=True)
class TableSchema:
    """Columns of one table.

    Attributes:
        name: File stem and name in messages: "items".
        required: Column to type; every value must be present.
        optional: Column to type; values may be missing, and so may the column.
        is_open: Whether other columns are kept.
        key: Columns that together identify a row; checked to be unique where given.
    """

    name: str
    required: Mapping[str, str]
    optional: Mapping[str, str]
    is_open: bool = False
    key: tuple[str, ...] = ()


TABLES: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        TableSchema(
            "items",
            required={"item_id": "string"},
            # path is relative to the dataset's root and absent for items without an image;
            # group holds near-duplicates and themes together in folds and resampling.
            optional={
                "path": "string",
                "sha256": "string",
                "media_type": "string",
                "width": "int64",
                "height": "int64",
                "text": "string",
                "group": "string",
                "split": "string",
            },
            is_open=True,
            key=("item_id",),
        ),
        TableSchema(
            "annotations",
            required={"item_id": "string", "annotator_id": "string", "scheme": "string"},
            # a vote has a label; a rating has a dimension and a value in the scheme's units
            optional={"dimension": "string", "label": "string", "value": "float64"},
            is_open=True,
        ),
        TableSchema(
            "targets",
            required={"item_id": "string", "scheme": "string", "annotator_group": "string"},
            # label schemes: label (missing: no majority) and distribution; dimensions: mean and sd
            optional={
                "dimension": "string",
                "min_agreement": "int64",
                "label": "string",
                "distribution": "map",
                "mean": "float64",
                "sd": "float64",
                "n": "int64",
            },
            key=("item_id", "scheme", "dimension", "annotator_group", "min_agreement"),
        ),
        TableSchema(
            "training_targets",
            required={
                "item_id": "string",
                "scheme": "string",
                "min_agreement": "int64",
                "label": "string",
            },
            # of folds that leave a value of a column out: the one that leaves this item out with it
            optional={"fold": "int64"},
            key=("item_id", "scheme"),
        ),
        TableSchema(
            "descriptions",
            required={"item_id": "string", "describer": "string", "text": "string"},
            optional={"condition": "string", "repeat": "int64", "request_key": "string"},
            is_open=True,
        ),
        TableSchema(
            "responses",
            required={
                "request_key": "string",
                "item_id": "string",
                "stage": "string",
                "model": "string",
                "settings": "string",
                "prompt": "string",
                "prompt_version": "string",
                "condition": "string",
                "repeat": "int64",
                "status": "string",
                "text": "string",
                "attempts": "int64",
                "created_at": "timestamp",
            },
            optional={
                "scheme": "string",
                "fold": "int64",
                "sample": "int64",
                "describer": "string",
                "classifier": "string",
                "reported_model": "string",
                "revision": "string",
                "frame_t": "float64",
                "reasoning": "string",
                # a readout of likelihoods: summed nats, what they are summed over, and without image
                "label_scores": "map",
                "label_tokens": "map",
                "label_prior": "map",
                # the most that a likelihood can be, where a server tells its likeliest tokens only
                "label_limits": "map",
                # what became of the schema that was sent: "kept", "ignored" or "rejected"
                "answer_schema": "string",
                "stop_reason": "string",
                "image_sha256": "string",
                "image_note": "string",
                "input_tokens": "int64",
                "output_tokens": "int64",
                "cached_tokens": "int64",
                "reasoning_tokens": "int64",
                "cost_usd": "float64",
                "batched": "bool",
                "latency_s": "float64",
                "error": "string",
            },
        ),
        TableSchema(
            "predictions",
            required={
                "item_id": "string",
                "system_id": "string",
                "scheme": "string",
                "condition": "string",
                "repeat": "int64",
                "status": "string",
            },
            optional={
                "fold": "int64",
                "frame_t": "float64",
                "request_keys": "list",
                "label": "string",
                "scores": "map",
                "values": "map",
                "score_kind": "string",
                "note": "string",
            },
            key=("item_id", "system_id", "scheme", "condition", "repeat", "frame_t"),
        ),
        TableSchema(
            "readings",
            required={
                "item_id": "string",
                "system_id": "string",
                "condition": "string",
                "repeat": "int64",
                "scheme": "string",
                "field": "string",
            },
            # one row per thing read in a scene: field is atmosphere, subject, cue or narrative
            optional={
                "position": "int64",
                "value": "string",
                "expression": "string",
                "direction": "string",
                "request_key": "string",
            },
        ),
        TableSchema(
            "systems",
            required={"system_id": "string", "name": "string", "pathway": "string"},
            optional={
                "model": "string",
                "revision": "string",
                "settings": "string",
                "strategy": "string",
                "strategy_version": "string",
                "language": "string",
                "readout": "string",
                "classifier": "string",
                "training": "string",
                "note": "string",
            },
            key=("system_id",),
        ),
        TableSchema(
            "features",
            required={"item_id": "string", "sha256": "string", "measures_version": "string"},
            # and a column for each measure of `mllmsent.features`
            optional={},
            is_open=True,
            key=("item_id",),
        ),
        # The last three are of runs that were imported: predictions that were made elsewhere.
        TableSchema(
            "imported_rows",
            required={
                "system_id": "string",
                "scheme": "string",
                "item_id": "string",
                "file": "string",
                "row": "int64",
            },
            optional={
                "fold": "int64",
                "target": "string",
                "label": "string",
                "text": "string",
                "raw_target": "string",
                "raw_label": "string",
                "id_from": "string",
            },
        ),
        TableSchema(
            "imported_claims",
            required={
                "system_id": "string",
                "scheme": "string",
                "metric": "string",
                "value": "float64",
                "file": "string",
                "row": "int64",
            },
            # without a fold it is claimed of all folds together
            optional={"fold": "int64"},
        ),
        TableSchema(
            "training_curves",
            required={
                "system_id": "string",
                "scheme": "string",
                "epoch": "int64",
                "split": "string",
                "metric": "string",
                "value": "float64",
                "file": "string",
            },
            optional={"fold": "int64"},
        ),
    )
}


def check_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Check a table against its schema and give its columns their types and order.

    Args:
        name: A key of `TABLES`.
        table: The rows.

    Returns:
        A copy with every column of the schema, in its order, extra columns last where allowed.

    Raises:
        InputError: Naming the table, the column and the first row at fault.
    """
    schema = TABLES[name]
    result = table.copy()
    for column in schema.required:
        if column not in result.columns:
            raise InputError(
                f"Table {name!r} has no column {column!r}.",
                cure=nearest(column, [str(other) for other in table.columns]),
            )
        missing = result[column].isna()
        if missing.any():
            row = int(missing.to_numpy().argmax())
            raise InputError(f"Table {name!r}, row {row}: {column!r} is missing.")
    extra = [
        str(c) for c in result.columns if c not in schema.required and c not in schema.optional
    ]
    if extra and not schema.is_open:
        raise InputError(
            f"Table {name!r} has an unknown column {extra[0]!r}.",
            cure=nearest(extra[0], [*schema.required, *schema.optional]),
        )
    for column, kind in {**schema.required, **schema.optional}.items():
        if column not in result.columns:
            result[column] = None
        result[column] = _typed(name, result, column, kind)
    if schema.key:
        doubled = result.duplicated(list(schema.key))
        if doubled.any():
            row = int(doubled.to_numpy().argmax())
            values = ", ".join(f"{c}={result[c].iloc[row]!r}" for c in schema.key)
            raise InputError(f"Table {name!r}, row {row}: a second row for {values}.")
    return result[[*schema.required, *schema.optional, *extra]].reset_index(drop=True)


def empty_table(name: str) -> pd.DataFrame:
    """A table of that schema with no rows."""
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    schema = TABLES[name]
    return check_table(name, pd.DataFrame(columns=[*schema.required, *schema.optional]))


def write_table(name: str, table: pd.DataFrame, path: Path) -> None:
    """Check a table and write it as Parquet, whole or not at all.

    Raises:
        InputError: If the table breaks its schema.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow is slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    checked = check_table(name, table)
    arrays = pa.Table.from_pandas(
        checked, schema=_arrow_schema(name, checked), preserve_index=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    pq.write_table(arrays, partial, compression="zstd")
    partial.replace(path)


def read_table(name: str, path: Path) -> pd.DataFrame:
    """Read a Parquet file written by `write_table`.

    Raises:
        InputError: If the file is absent, not Parquet, or breaks the schema.
    """
    import pyarrow as pa  # noqa: PLC0415 - pyarrow is slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    try:
        table = pq.read_table(path).to_pandas()
    except FileNotFoundError:
        raise InputError("There is no such table.", file=path) from None
    except (pa.ArrowException, OSError) as error:
        first = (str(error).splitlines() or ["unreadable"])[0]
        raise InputError(f"This is not a readable Parquet file: {first}", file=path) from None
    try:
        return check_table(name, table)
    except InputError as error:
        raise InputError(error.message, cure=error.cure, file=path) from None


def _typed(name: str, table: pd.DataFrame, column: str, kind: str) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    values = table[column]
    if kind == "map":
        return values.map(_as_dict).astype(object)
    if kind == "list":
        return values.map(_as_list).astype(object)
    if kind == "timestamp":
        return pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
    try:
        return values.astype(_PANDAS_TYPES[kind])
    except (TypeError, ValueError):
        for row, value in enumerate(values):
            try:
                float(value)
            except (TypeError, ValueError):
                if not pd.isna(value):
                    raise InputError(
                        f"Table {name!r}, row {row}: {column!r} is {value!r}, not a number."
                    ) from None
        raise InputError(f"Table {name!r}: {column!r} does not hold {kind} values.") from None


def _as_dict(value: Any) -> dict[str, float] | None:
    if isinstance(value, dict):
        return {str(key): float(number) for key, number in value.items()}
    # Parquet gives a map back as an array of pairs.
    if value is None or isinstance(value, float):
        return None
    return {str(key): float(number) for key, number in value}


def _as_list(value: Any) -> list[str] | None:
    return None if value is None or isinstance(value, float) else [str(part) for part in value]


def _arrow_schema(name: str, table: pd.DataFrame) -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415 - pyarrow is slow to import

    kinds = {
        "string": pa.string(),
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "map": pa.map_(pa.string(), pa.float64()),
        "list": pa.list_(pa.string()),
    }
    schema = TABLES[name]
    fields = [
        pa.field(column, kinds[kind], nullable=column in schema.optional)
        for column, kind in {**schema.required, **schema.optional}.items()
    ]
    named = {field.name for field in fields}
    rest = pa.Schema.from_pandas(
        table[[column for column in table.columns if column not in named]], preserve_index=False
    )
    return pa.schema([*fields, *rest])
