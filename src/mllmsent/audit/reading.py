"""What reading the dataset found: images that cannot be used, rows that were left out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.registry import Audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mllmsent.data.dataset import Dataset
    from mllmsent.data.image_faults import Severity

__all__ = ["READING"]

_SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_LEFT_OUT = (
    "These items are left out: every score is of the rest, and what is missing is not random."
)
_SERVER = "Models whose servers treat it differently see different pictures and are not comparable."
_PLACEHOLDER = "Whatever is answered here is not about the picture that people judged."
_VOTES = "Majorities and agreement are computed without these votes."

_HEADLINES = {
    "missing-file": ("{n} image files are not there.", _LEFT_OUT),
    "outside-root": ("{n} names lead out of the dataset's folder.", _LEFT_OUT),
    "symlink-loop": ("{n} links lead in a circle.", _LEFT_OUT),
    "unreadable": ("{n} image files cannot be read.", _LEFT_OUT),
    "not-a-file": ("{n} names are folders or devices, not files.", _LEFT_OUT),
    "empty-file": ("{n} image files are empty.", _LEFT_OUT),
    "not-an-image": ("{n} files are called images and are something else.", _LEFT_OUT),
    "truncated": ("{n} images are truncated.", _LEFT_OUT),
    "corrupt": ("{n} images cannot be decoded.", _LEFT_OUT),
    "too-large": ("{n} images are larger than the limit.", _LEFT_OUT),
    "wrong-extension": (
        "{n} files have a name that does not fit their content.",
        "None here; other programs may declare them wrongly to a server, which then refuses them.",
    ),
    "orientation": ("{n} photographs are stored turned or mirrored.", _SERVER),
    "animated": ("{n} images have several frames or pages.", _SERVER),
    "alpha": ("{n} images are partly transparent.", _SERVER),
    "color-profile": ("{n} images have a color profile other than sRGB.", _SERVER),
    "bad-profile": ("{n} images have a color profile that cannot be read.", _SERVER),
    "cmyk": ("{n} images are in print colors (CMYK).", _SERVER),
    "deep": ("{n} images have more than 8 bits per color.", _SERVER),
    "tiny": ("{n} images are icon-sized.", _PLACEHOLDER),
    "blank": ("{n} images are one flat color.", _PLACEHOLDER),
    "extreme-shape": (
        "{n} images are strips.",
        "Models see next to nothing of them, and are marked wrong for it.",
    ),
    "unknown-item": (
        "{n} tables have rows about items that the dataset does not have.",
        "Those rows count nowhere.",
    ),
    "conflicting-votes": ("{n} times one annotator gave one item two labels.", _VOTES),
    "repeated-vote": (
        "{n} votes were given twice by the same annotator.",
        "None: each counts once.",
    ),
}
# These are told better, and with more around them, by audits of their own.
_ELSEWHERE = {"duplicate-image"}


def check(dataset: Dataset) -> Iterator[Finding]:
    """A finding per code in `dataset.faults`, with the fault's own words at each row."""
    faults: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for fault in (
        dataset.faults.astype(object).where(dataset.faults.notna(), None).to_dict("records")
    ):
        if fault["code"] not in _ELSEWHERE:
            faults[str(fault["code"])].append({str(key): value for key, value in fault.items()})
    for code, rows in faults.items():
        headline, effect = _HEADLINES.get(code, ("{n} rows are at fault.", "See the rows."))
        cures = list(dict.fromkeys(row["cure"] for row in rows if row["cure"]))
        several = len(cures) > 1
        yield Finding(
            code=code,
            severity=min((row["severity"] for row in rows), key=_SEVERITIES.index),
            message=headline.format(n=len(rows)) if len(rows) > 1 else str(rows[0]["message"]),
            cure="What to do differs; it stands at each row." if several else "".join(cures),
            effect=effect,
            rows=tuple(_row(row, with_cure=several) for row in rows),
            systems=tuple(
                dict.fromkeys(
                    str(row["file"]) for row in rows if row["file"] and not _about_itself(row)
                )
            ),
        )


def _row(fault: dict[str, Any], *, with_cure: bool) -> AffectedRow:
    note = str(fault["message"])
    if _about_itself(fault):
        note = note.removeprefix(f"{fault['file']}: ")
    return AffectedRow(
        item_id=fault["item_id"],
        file=fault["file"],
        row=None if fault["row"] is None or _about_itself(fault) else int(fault["row"]),
        note=f"{note} {fault['cure'] or ''}".strip() if with_cure else note,
    )


def _about_itself(fault: dict[str, Any]) -> bool:
    """Whether the file at fault is the image, rather than the table that names it."""
    return str(fault["message"]).startswith(f"{fault['file']}: ")


READING = Audit("reading", "Images and rows that could not be used, or only with a caution.", check)
