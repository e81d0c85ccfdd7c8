"""Answers given earlier, from a table: another program's, or an earlier run's responses.

Each row is an answer. What it is an answer to is told by whichever of these columns the table has:

- `request_key`: the very request, where `identity` says which model was asked;
- `item_id`, `image_sha256` (of the file, or as sent; several with spaces between) or `image` (the
  file's name): what was shown; at least one of the three, unless there are request keys;
- `stage`, `prompt`, `scheme`, `repeat`, `sample`, `fold`, and of a description that was read
  `describer` and `classifier`: what tells several answers about one image apart; a cell left empty
  fits every question;
- `condition`: the planned change under which the image was shown; a cell left empty means none.

`text` is the answer; `status`, `reasoning`, `stop_reason`, `error`, `reported_model` and token counts
are taken over where they are there. Of several rows that fit and differ, none is taken.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Document, read_config
from mllmsent.foundation.digest import file_sha256
from mllmsent.models.interface import Capabilities, Response
from mllmsent.models.replay_table import APART, COUNTS, SHOWN, TEXTS, ReplayOptions, read_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mllmsent.models.interface import Request
    from mllmsent.models.replay_table import Row

__all__ = ["ReplayModel", "describe", "make_model"]


@dataclass(frozen=True)
class ReplayModel:
    """A model that answers from a table; a `Model`.

    Attributes:
        name: See `Model`.
        identity: See `Model`.
        rows: The table's rows; missing cells are absent.
        recorded: Identity of the model that answered; None where rows are not found by key.
    """

    name: str
    identity: Mapping[str, Any]
    rows: tuple[Row, ...]
    recorded: Mapping[str, Any] | None = None
    _by_key: Mapping[str, list[int]] = field(init=False, repr=False)
    _by_shown: Mapping[tuple[str, str], list[int]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_key: dict[str, list[int]] = defaultdict(list)
        by_shown: dict[tuple[str, str], list[int]] = defaultdict(list)
        for index, row in enumerate(self.rows):
            if "request_key" in row:
                by_key[row["request_key"]].append(index)
            for column in SHOWN:
                if column in row:
                    by_shown[column, row[column]].append(index)
        object.__setattr__(self, "_by_key", dict(by_key))
        object.__setattr__(self, "_by_shown", dict(by_shown))

    @property
    def capabilities(self) -> Capabilities:
        """See `Model`."""
        return Capabilities(max_batch_size=256, max_in_flight=4, images_per_request=1000)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """See `Model`."""
        return [self._answer(request) for request in requests]

    async def aclose(self) -> None:
        """See `Model`."""

    def _answer(self, request: Request) -> Response:
        if self.recorded is not None:
            found = [self.rows[i] for i in self._by_key.get(request.key(self.recorded), ())]
        else:
            found = self._find(request)
        if not found:
            return Response("failed", attempts=0, error=f"no recorded answer {_about(request)}")
        answers = {_response(row) for row in found}
        if len(answers) > 1:
            apart = ", ".join(f"`{column}`" for column in APART)
            return Response(
                "failed",
                attempts=0,
                error=f"{len(answers)} different recorded answers {_about(request)}; "
                f"a column such as {apart} would tell them apart",
            )
        return answers.pop()

    def _find(self, request: Request) -> list[Row]:
        facts = _facts(request)
        for column, value in _shown(request):
            indexes = self._by_shown.get((column, value))
            if indexes:
                return [self.rows[index] for index in indexes if _fits(self.rows[index], facts)]
        return []


def make_model(name: str, options: Mapping[str, Any]) -> ReplayModel:
    """Answers given earlier, from a table.

    Args:
        name: The table's path.
        options: What `ReplayOptions` holds.

    Raises:
        InputError: If the table or an option cannot be used.
    """
    document = Document(value=dict(options), file=f"options of replay/{name}", lines={})
    told = read_config(ReplayOptions, document)
    path = Path(name)
    rows = read_answers(path, told)
    choices = {"columns": told.columns, "where": told.where}
    return ReplayModel(
        name=told.name or f"replay/{path.stem}",
        identity={"provider": "replay", "table": file_sha256(path)}
        | {key: value for key, value in choices.items() if value},
        rows=rows,
        recorded=told.identity,
    )


def describe(name: str) -> dict[str, Any]:  # noqa: ARG001 - see the registry
    """What `mllmsent models` shows."""
    return {"title": "Answers given earlier, from a table: replay/PATH (CSV, JSONL or Parquet)"}


def _shown(request: Request) -> Iterable[tuple[str, str]]:
    """What a row may call what is shown, most telling first."""
    if "item_id" in request.about:
        yield "item_id", request.about["item_id"]
    images = request.images
    if images:
        yield "image_sha256", " ".join(image.sha256 for image in images)
        # With few-shot examples the last image is the one asked about.
        yield "image_sha256", images[-1].sha256
        yield "image", images[-1].path.name
        yield "image", images[-1].path.stem


def _facts(request: Request) -> dict[str, str]:
    shown = request.images[-1].condition if request.images else "none"
    return {"condition": shown, "sample": str(request.sample)} | dict(request.about)


def _fits(row: Row, facts: Mapping[str, str]) -> bool:
    if row.get("condition", "none") != facts["condition"]:
        return False
    # A request numbers all its samples; a row that knows its repeat numbers those within it.
    apart = [column for column in APART if column != "sample" or "repeat" not in row]
    apart += ["sample"] if "repeat" in facts else []
    return all(
        column not in row or column not in facts or row[column] == facts[column] for column in apart
    )


def _about(request: Request) -> str:
    shown = next(iter(_shown(request)), None)
    if shown is None:
        return "for a question without item or image"
    told = "".join(f", {c} {request.about[c]}" for c in APART if c in request.about)
    return f"for {shown[0]} {shown[1]}{told}"


def _response(row: Row) -> Response:
    status = row.get("status")
    if status == "failed" or (status is None and "text" not in row):
        reason = row.get("error", "the row has no text")
        return Response("failed", attempts=0, error=f"recorded without an answer: {reason}")
    told: dict[str, Any] = {column: row[column] for column in TEXTS if column in row}
    told |= {column: _count(row[column]) for column in COUNTS if column in row}
    # With a status "ok", an empty text is what the model said.
    text = row.get("text", "")
    return Response("refused" if status == "refused" else "ok", text=text, attempts=0, **told)


def _count(value: str) -> int | None:
    return int(value) if value.isdecimal() else None
