"""The card of a trained classifier: what it reads, what it learned from, how well it does."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, printable
from mllmsent.foundation.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.metrics import Score
    from mllmsent.text.training import Trained

__all__ = ["check_folder", "save_trained", "training_record"]

_CARD, _RECORD, _SAVED = "README.md", "training.json", "classifier.json"
_TEMPLATE = "model_card.md.jinja"
_FRONT = "---\nlibrary_name: mllmsent\npipeline_tag: text-classification\n---"


def save_trained(trained: Trained, folder: Path) -> None:
    """Write a trained classifier with its card (`README.md`) and record (`training.json`).

    Where the classifier writes a card of its own, that is kept below the scores.

    Raises:
        InputError: If the folder holds something else, or cannot be written.
    """
    check_folder(folder)
    try:
        # A card that is there afterwards is the classifier's own.
        (folder / _CARD).unlink(missing_ok=True)
        trained.classifier.save(folder)
        own = (folder / _CARD).read_text(encoding="utf-8") if (folder / _CARD).exists() else ""
        record = json.dumps(training_record(trained), indent=2, ensure_ascii=False)
        (folder / _RECORD).write_text(record + "\n", encoding="utf-8")
        (folder / _CARD).write_text(_card(trained, own), encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The classifier cannot be written: {error.strerror or error}.",
            file=folder,
            cure="Is the disk full, or the folder read-only? Name another --out.",
        ) from None


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds something else than a saved classifier, before anything is learned.

    Raises:
        InputError: If it does, or is a file.
    """
    if folder.is_file():
        raise InputError("This is a file, not a folder.", file=folder, cure="Name another --out.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _SAVED).is_file():
        raise InputError(
            "This folder holds something that is no saved classifier.",
            file=folder,
            cure="Name another --out; nothing in there is touched.",
        )


def training_record(trained: Trained) -> dict[str, Any]:
    """What a card tells, as plain JSON."""
    rows = trained.rows
    return {
        "mllmsent": __version__,
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "classifier": trained.name,
        "identity": _placeless(dict(trained.classifier.identity)),
        "fitted": dict(trained.classifier.fitted),
        "scheme": rows.scheme.name,
        "source": rows.source,
        "rows_digest": rows.digest(),
        "describers": list(rows.describers),
        "texts": len(rows.texts),
        "items": len(set(rows.ids)),
        "labels": dict(trained.counts),
        "folds": trained.fold_rule,
        "seed": trained.seed,
        "cross_validated": {name: _numbers(score) for name, score in trained.scores.items()},
        "recall": {label: _numbers(score) for label, score in trained.recalls.items()},
        "notes": list(trained.notes),
    }


def _card(trained: Trained, own: str) -> str:
    """The card, in Markdown with the front matter that the Hugging Face hub reads.

    Args:
        trained: What it is of.
        own: What the classifier wrote of itself: front matter, a title, sections; or nothing.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - heavy

    scheme, record = trained.rows.scheme, training_record(trained)
    scales = [f"{scale.name} ({scale.low:g} to {scale.high:g})" for scale in scheme.dimensions]
    # A card is Markdown, where HTML's escapes would be read as they stand: `plain` does its own.
    environment = Environment(
        loader=PackageLoader("mllmsent.text", "."),
        autoescape=False,  # noqa: S701 - the above
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plain": _plain, "shown": _shown}
    front, _, told = own.partition("\n# ")
    return environment.get_template(_TEMPLATE).render(
        record=record,
        reads=", ".join(scheme.label_names or scales),
        scores=trained.scores,
        recalls=trained.recalls,
        front=front.strip() or _FRONT,
        told=told.partition("\n")[2].strip(),
        what=json.dumps(
            {"identity": record["identity"], "fitted": record["fitted"]},
            indent=2,
            ensure_ascii=False,
        ),
    )


def _shown(score: Score) -> str:
    if math.isnan(score.value):
        return "undefined"
    if not score.interval.defined:
        return f"{score.value:.3f}"
    return f"{score.value:.3f} [{score.interval.low:.3f}, {score.interval.high:.3f}]"


def _numbers(score: Score) -> dict[str, float | None]:
    numbers = {"value": score.value, "low": score.interval.low, "high": score.interval.high}
    return {name: None if math.isnan(value) else float(value) for name, value in numbers.items()}


def _plain(text: str) -> str:
    """A foreign text in a cell of Markdown: no markup, no new line, no HTML."""
    flat = " ".join(printable(text).split())
    return "".join(f"\\{sign}" if sign in "|<>[]`*#" else sign for sign in flat)


def _placeless(value: Any) -> Any:
    """Without folders of this machine: of a path, what it ends in."""
    if isinstance(value, dict):
        return {key: _placeless(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_placeless(each) for each in value]
    if isinstance(value, str) and PurePath(value).is_absolute():
        return PurePath(value).name
    return value
