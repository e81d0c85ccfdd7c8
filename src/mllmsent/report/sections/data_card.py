"""The data card: what the pictures are, what people said of them, and how well they agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.overview import target_counts
from mllmsent.report.colors import label_tones
from mllmsent.report.environment import fill
from mllmsent.report.figures import Figure, draw_bars, draw_histogram
from mllmsent.report.naming import anchor
from mllmsent.report.sections.section import Section
from mllmsent.report.writing import is_number, plural

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.report.findings import Findings

__all__ = ["data_card"]

OWN = frozenset(
    {"item_id", "path", "sha256", "media_type", "width", "height", "text", "group", "split"}
)
"""Columns of `items` that every dataset may have; the others are the dataset's own."""


def data_card(findings: Findings) -> Section:
    """Facts, distributions, agreement, and faults that can be seen from here."""
    figures: list[Figure] = []
    for name, scheme in findings.evidence.schemes.items():
        figures += _spread(findings, name, scheme, [figure.name for figure in figures])
    titles = {name: scheme.title or name for name, scheme in findings.annotated_schemes.items()}
    body = fill(
        "sections/data_card.html",
        dataset=findings.dataset,
        facts=_facts(findings),
        figures=figures,
        agreement=[
            {**row, "title": titles.get(row["scheme"], row["scheme"])}
            for row in findings.agreement.to_dict(orient="records")
        ],
        groups=_annotator_groups(findings),
        faults=_faults(findings),
    )
    return Section("data", "Data card", body, tuple(figures))


def _facts(findings: Findings) -> list[tuple[str, str]]:
    items = findings.evidence.items
    annotations = findings.run.table("annotations")
    whole = findings.dataset.get("n_items")
    n = len(items)
    shown = plural(n, "item")
    if is_number(whole) and int(whole) > n:
        shown += f" of the dataset’s {int(whole):,}"
    facts = [("Items in this run", shown)]
    if findings.only_learned:
        facts.append(("Of these, only learned from", f"{len(findings.only_learned):,}"))
    pictures = int(items["path"].notna().sum())
    if pictures < n:
        facts.append(("With a picture", f"{pictures:,}"))
    if items["text"].notna().any():
        facts.append(("With a text", f"{int(items['text'].notna().sum()):,}"))
    sides = items[["width", "height"]].dropna()
    if len(sides):
        low, high = sides.min(), sides.max()
        same = low.equals(high)
        size = f"{low['width']} × {low['height']}"
        facts.append(("Pixels", size if same else f"{size} to {high['width']} × {high['height']}"))
    if items["group"].notna().any():
        facts.append(("Groups that stay together", f"{items['group'].nunique():,}"))
    if len(annotations):
        facts.append(("Annotations", f"{len(annotations):,}"))
        facts.append(("Annotators", f"{annotations['annotator_id'].nunique():,}"))
    own = [str(column) for column in items.columns if column not in OWN]
    if own:
        facts.append(("Metadata", ", ".join(own[:12]) + (" …" if len(own) > 12 else "")))
    return facts


def _spread(findings: Findings, name: str, scheme: Scheme, taken: list[str]) -> list[Figure]:
    title = scheme.title or name
    if not scheme.dimensions:
        counts = target_counts(findings.evidence, name)
        if not len(counts):
            return []
        without = _without_target(findings, name)
        return [
            draw_bars(
                counts,
                tones=label_tones(scheme, counts["label"]),
                name=anchor(f"targets-{name}", taken),
                title=title,
                caption=f"Items by what most people said.{without}",
            )
        ]
    figures: list[Figure] = []
    for dimension in scheme.dimensions:
        rows = _targets(findings, name)
        rows = rows[rows["dimension"] == dimension.name]
        values = rows[["item_id", "mean"]].rename(columns={"mean": "value"}).dropna()
        if not len(values):
            continue
        figures.append(
            draw_histogram(
                values,
                dimension=dimension,
                name=anchor(
                    f"targets-{name}-{dimension.name}", [*taken, *(f.name for f in figures)]
                ),
                title=f"{dimension.name.capitalize()}",
                caption=f"Items by the people’s mean, {values['value'].mean():.2f} on average.",
            )
        )
    return figures


def _targets(findings: Findings, name: str) -> pd.DataFrame:
    targets = findings.evidence.targets
    return targets[(targets["scheme"] == name) & (targets["annotator_group"] == "all")]


def _without_target(findings: Findings, name: str) -> str:
    rows = _targets(findings, name)
    without = int(rows["label"].isna().sum())
    if not without:
        return ""
    protocol = (findings.manifest.get("protocols") or {}).get(name) or {}
    needed = protocol.get("min_agreement")
    why = f" (fewer than {needed} people agreed)" if needed else ""
    return f" {plural(without, 'item')} {'has' if without == 1 else 'have'} no label{why}."


def _annotator_groups(findings: Findings) -> list[dict[str, Any]]:
    targets = findings.evidence.targets
    named = targets[targets["annotator_group"] != "all"]
    return [
        {"group": str(group), "items": int(part["item_id"].nunique())}
        for group, part in named.groupby("annotator_group", sort=True)
    ]


def _faults(findings: Findings) -> list[str]:
    items = findings.evidence.items
    faults = []
    doubled = items["sha256"].dropna()
    copies = int(doubled.duplicated().sum())
    if copies:
        faults.append(
            f"{plural(copies, 'picture')} {'is a copy' if copies == 1 else 'are copies'} of another "
            f"in this run; they count as items of their own."
        )
    empty = int((items["path"].isna() & items["text"].isna()).sum())
    if empty:
        faults.append(f"{plural(empty, 'item')} came with neither a picture nor a text.")
    return faults
