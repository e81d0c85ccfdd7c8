"""What was asked: of whom, about which pictures, in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.data.description_changes import changes_descriptions
from mllmsent.foundation import InputError
from mllmsent.metrics import get_metric
from mllmsent.report.environment import fill
from mllmsent.report.findings import Loose
from mllmsent.report.sections.section import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.report.findings import Findings

__all__ = ["asked"]

PATHWAYS = {
    "direct": "From the picture straight to the answer.",
    "described": "From the picture to a description, and from the description to the answer: a "
    "text classifier reads it and never sees the picture.",
    "scene": "From the picture to its atmosphere, its subjects and their expressions, cues with "
    "their direction and what seems to be going on, and only then to the answer.",
}
"""What each pathway is, in a sentence."""


def asked(findings: Findings) -> Section:
    """Schemes with their protocols, models, pathways and the exact wording."""
    manifest = findings.manifest
    systems = findings.evidence.systems
    pathways = [str(name) for name in dict.fromkeys(systems["pathway"])]
    conditions = [str(name) for name in manifest.get("conditions") or ["none"]]
    of_descriptions = [name for name in conditions if _changes_descriptions(name)]
    body = fill(
        "sections/asked.html",
        schemes=[_scheme(findings, name) for name in findings.evidence.schemes],
        models=[_model(name, model) for name, model in (manifest.get("models") or {}).items()],
        pathways=[{"name": name, "words": PATHWAYS.get(name, "")} for name in pathways],
        classifiers=[str(name) for name in dict.fromkeys(systems["classifier"].dropna()) if name],
        judges=[judge.shown for judge in findings.run.study.judges],
        strategies=[
            Loose({"name": name, "messages": []} | strategy)
            for name, strategy in (manifest.get("strategies") or {}).items()
        ],
        conditions=[name for name in conditions if name not in of_descriptions],
        description_conditions=of_descriptions,
        target=findings.dataset.get("emotion_target"),
        n_items=findings.n_asked,
        n_systems=len(systems),
        repeats=findings.run.study.repeats,
        settings=findings.run.study.settings.model_dump(exclude_none=True, exclude_defaults=False),
    )
    return Section("asked", "What was asked", body)


def _changes_descriptions(condition: str) -> bool:
    """Whether a condition is known to; what was imported names conditions as it likes."""
    try:
        return changes_descriptions(condition)
    except InputError:
        return False


def _scheme(findings: Findings, name: str) -> dict[str, Any]:
    scheme = findings.evidence.schemes[name]
    protocol = (findings.manifest.get("protocols") or {}).get(name) or {}
    metric = protocol.get("metric") or findings.leaderboard.metrics.get(name)
    return {
        "scheme": scheme,
        "protocol": Loose.of(protocol),
        "metric": get_metric(metric).title if metric else "",
        "folds": _folds(protocol.get("folds")),
    }


def _folds(folds: Any) -> str:
    if not isinstance(folds, dict):
        return ""
    kind, number, seed = folds.get("kind", ""), folds.get("n"), folds.get("seed")
    words = f"{number} {kind}".strip() if number else str(kind)
    return f"{words}, seed {seed}" if seed is not None else words


def _model(name: str, model: Mapping[str, Any]) -> dict[str, Any]:
    identity = model.get("identity") or {}
    return {
        "name": name,
        "note": model.get("note") or "",
        "identity": {
            str(key): value
            for key, value in identity.items()
            if value not in (None, "", name, {}, [])
        },
    }
