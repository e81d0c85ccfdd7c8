"""`mllmsent predict`: a saved text classifier reads texts."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from mllmsent.text import TextClassifier
    from mllmsent.text.text_files import Texts

__all__ = ["command"]

_AT_ONCE = 256
"""Texts that are read before progress is told."""


@click.command(
    epilog="""\b
Examples:
  mllmsent predict reader texts.csv > labels.csv
  mllmsent predict reader answers.jsonl --text caption --id image --json
  echo "Children laugh in the surf." | mllmsent predict reader -
""",
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--text", help="Of a table: the column of the texts.")
@click.option("--id", "item_id", help="Of a table: the column of their names.")
@click.option("--json", "as_json", is_flag=True, help="A list of objects rather than CSV.")
def command(
    folder: Path, file: Path, text: str | None, item_id: str | None, *, as_json: bool
) -> None:
    """Read the texts of FILE with the classifier that `mllmsent train` saved to FOLDER.

    FILE is a table (CSV, TSV, JSON Lines, Parquet) with a column of texts, anything else with a text
    on each line, or - for standard input: lines, or JSON Lines. What comes out is CSV: the text's id
    or line, the label, and a score for each label (or a value for each dimension).
    """
    from mllmsent.cli.show import print_json
    from mllmsent.cli.work import WorkBars
    from mllmsent.text import CutWarning, load_classifier
    from mllmsent.text.text_files import read_text_stream, read_texts

    classifier = load_classifier(folder)
    if str(file) == "-":
        texts = read_text_stream(sys.stdin, text=text, item_id=item_id)
    else:
        texts = read_texts(file, text=text, item_id=item_id)
    with WorkBars() as bars, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", CutWarning)
        rows = list(_read(classifier, texts, bars))
    if as_json:
        print_json(rows)
    else:
        _write_csv(rows, classifier, sys.stdout)
    cut = sum(each.message.cut for each in warned if isinstance(each.message, CutWarning))
    if cut:
        click.echo(f"{cut} texts are longer than it reads; their ends were left out.", err=True)
    silent = sum(row["status"] != "ok" for row in rows)
    if silent:
        click.echo(f"{silent} of {len(rows)} texts decide for nothing; they are blank.", err=True)


def _read(classifier: TextClassifier, texts: Texts, bars: Any) -> Iterator[dict[str, Any]]:
    import numpy as np

    from mllmsent.text import decide_labels

    scheme = classifier.scheme
    names = scheme.label_names or scheme.dimension_names
    bars.begins("Texts", len(texts.texts))
    for start in range(0, len(texts.texts), _AT_ONCE):
        part = texts.texts[start : start + _AT_ONCE]
        scores = classifier.predict(part)
        decided = (
            decide_labels(scores, scheme, classifier.score_kind)
            if scheme.label_names
            else [()] * len(part)
        )
        for place, labels in enumerate(decided):
            row: dict[str, Any] = {"id": texts.ids[start + place], "status": "ok"}
            if not np.isfinite(scores[place]).all():
                row["status"] = "unparsed"
            elif scheme.label_names:
                row["label"] = "|".join(labels)
            if row["status"] == "ok":
                key = "scores" if scheme.label_names else "values"
                row[key] = dict(zip(names, map(float, scores[place]), strict=True))
                row["score_kind"] = classifier.score_kind
            yield row
        bars.advances("Texts", len(part))
    bars.ends("Texts")


def _write_csv(rows: list[dict[str, Any]], classifier: TextClassifier, stream: TextIO) -> None:
    import csv

    scheme = classifier.scheme
    names = scheme.label_names or scheme.dimension_names
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["id", *(["label"] if scheme.label_names else []), *names])
    for row in rows:
        numbers = row.get("scores") or row.get("values") or {}
        label = [row.get("label", "")] if scheme.label_names else []
        cells = [f"{numbers[name]:.6g}" if numbers else "" for name in names]
        writer.writerow([row["id"], *label, *cells])
