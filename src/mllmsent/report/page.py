"""The report: one HTML page that needs nothing but itself.

Style sheet, script, pictures and plotly live in the file; a Content Security Policy lets nothing be
loaded from elsewhere and lets no script run but the two whose hashes it names, so that even an
answer that slipped through escaping could do nothing. Plotly is in it once, compressed, and is
unpacked when a reader comes to the one figure that needs it: the page opens at once and prints
without it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mllmsent.analysis.material import Material
from mllmsent.foundation.version import __version__
from mllmsent.report.environment import fill, static
from mllmsent.report.findings import Findings
from mllmsent.report.safe_text import clean
from mllmsent.report.sections import make_sections
from mllmsent.report.writing import listed, plural

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mllmsent.analysis import Leaderboard
    from mllmsent.report.figures import Figure
    from mllmsent.runs.folder import RunFolder

__all__ = ["Report", "build_report", "write_report"]


@dataclass(frozen=True, eq=False)
class Report:
    """A report that is not yet a file.

    Attributes:
        html: The page.
        figures: Name to figure, each with the table it is drawn from.
    """

    html: str
    figures: Mapping[str, Figure]


def write_report(run: RunFolder, board: Leaderboard | None = None, out: Path | None = None) -> Path:
    """Write the report of a run as one HTML page.

    Args:
        run: The run.
        board: Its leaderboard; made by the study's own settings where absent.
        out: The file, or a folder to put `index.html` into; by default `report/index.html` in the
            run folder.

    Returns:
        The page.
    """
    page = run.path / "report" / "index.html" if out is None else out
    if page.is_dir() or not page.suffix:
        page /= "index.html"
    html = build_report(run, board).html
    page.parent.mkdir(parents=True, exist_ok=True)
    partial = page.with_name(page.name + ".partial")
    partial.write_text(html, encoding="utf-8")
    partial.replace(page)
    return page


def build_report(run: RunFolder, board: Leaderboard | None = None) -> Report:
    """Make the report of a run.

    Args:
        run: The run.
        board: Its leaderboard; made by the study's own settings where absent.
    """
    if board is None:
        board = Material(run).board()
    findings = Findings(run, board)
    sections = make_sections(findings)
    is_interactive = any(section.anchor == "explore" for section in sections)
    script = static("report.js")
    hashes = [_csp_hash(script)]
    if is_interactive:
        hashes.append(_csp_hash(_plotly()))
    html = fill(
        "page.html",
        study=run.study,
        version=__version__,
        sections=sections,
        masthead=_masthead(findings),
        # These are files of this package: they are put in as they are.
        style=Markup(static("report.css")),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        plotly=_packed_plotly() if is_interactive else "",
        policy=_policy(hashes),
    )
    figures = {figure.name: figure for section in sections for figure in section.figures}
    return Report(str(html), figures)


def _masthead(findings: Findings) -> dict[str, Any]:
    manifest, dataset = findings.manifest, findings.dataset
    models = [str(name) for name in (manifest.get("models") or {})]
    if not models:
        models = [str(name) for name in dict.fromkeys(findings.evidence.systems["model"].dropna())]
    one = len(models) == 1
    simulated = findings.simulated_models
    status = str(manifest.get("status") or "complete")
    return {
        "dataset": dataset.get("title") or dataset.get("name") or "",
        "say": _SAY.get(str(dataset["emotion_target"]), _SAY[""]).format("s" if one else ""),
        "ways": _ways(findings),
        "about": plural(findings.n_asked, "item"),
        "models": listed([clean(name) for name in models], most=5),
        "systems": plural(len(findings.evidence.systems), "system"),
        "date": str(manifest.get("finished_at") or manifest.get("created_at") or "")[:10],
        "is_synthetic": findings.synthetic_dataset,
        "simulated": listed([clean(name) for name in simulated], most=5),
        "all_simulated": bool(simulated) and len(simulated) == len(models),
        "status": "" if status == "complete" else status,
        "notes": [str(note) for note in manifest.get("notes") or []],
        "note": findings.run.study.note,
    }


_SAY = {
    "evoked": "say{} what people feel when they look at",
    "expressed": "say{} what the people and animals feel in",
    "depicted": "say{} what emotion is depicted in",
    "": "say{} what emotion is in",
}
"""What models do, by the dataset's emotion target."""

_WAYS = {
    "direct": "at a glance",
    "described": "by way of a description",
    "scene": "after reading the scene part by part",
}
"""How each pathway reaches the emotion, in a few words."""


def _ways(findings: Findings) -> Markup:
    pathways = [str(name) for name in dict.fromkeys(findings.evidence.systems["pathway"])]
    if not pathways:
        return Markup("")
    return Markup(": {}").format(listed([_WAYS.get(name, name) for name in pathways], most=6))


def _policy(hashes: list[str]) -> str:
    scripts = " ".join(f"'{digest}'" for digest in hashes)
    # Plotly sets styles on elements and rules in a sheet of its own; no style can load anything,
    # since images come from the page itself.
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _csp_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - plotly takes half a second to import

    return str(get_plotlyjs())


@cache
def _packed_plotly() -> str:
    """Plotly's script, gzipped and in base64: 2 MB rather than 5."""
    packed = gzip.compress(_plotly().encode(), 9, mtime=0)
    return base64.b64encode(packed).decode("ascii")
