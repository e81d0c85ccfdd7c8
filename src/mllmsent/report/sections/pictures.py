"""The gallery: pictures, what people said, and what each system said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.gallery import CLOSE, choose_items
from mllmsent.report.colors import label_tones
from mllmsent.report.environment import fill
from mllmsent.report.sections.section import Section
from mllmsent.report.thumbnails import item_thumbnail
from mllmsent.report.writing import UNREAD, is_number, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.report.findings import Findings
    from mllmsent.report.thumbnails import Thumbnail

__all__ = ["pictures"]

MOST_ITEMS = 36
"""Items shown; a page is read, not searched."""

MOST_ANSWERS = 2400
"""Answers shown in all: with many systems fewer items are shown."""

TEXT_BUDGET = 900_000
"""Characters of model output in all; each text gets its share of them."""


def pictures(findings: Findings) -> Section | None:
    """Right and wrong cases with a filter; None where nothing was asked."""
    table = findings.cases
    if not len(table):
        return None
    per_item = max(1, len(table) // table["item_id"].nunique())
    limit = max(6, min(MOST_ITEMS, MOST_ANSWERS // per_item))
    chosen = choose_items(table, limit=limit, seed=findings.run.study.seed)
    shown = table[table["item_id"].isin(list(chosen["item_id"]))]
    album = _Album(findings, shown)
    scales = [
        {
            "index": index,
            "title": _title(scheme, dimension),
        }
        for index, (scheme, dimension) in enumerate(album.scales)
    ]
    cards = [album.card(row) for row in chosen.to_dict(orient="records")]
    body = fill(
        "sections/pictures.html",
        cards=cards,
        shape=_shape([card["picture"] for card in cards]),
        scales=scales,
        systems=[
            {"index": index, "name": findings.names[system]}
            for index, system in enumerate(album.systems)
        ],
        shown=len(chosen),
        total=int(table["item_id"].nunique()),
        has_scores=bool((shown["outcome"] != "unscored").any() and shown["truth"].notna().any()),
        close=CLOSE,
        seed=findings.run.study.seed,
    )
    has_pictures = findings.evidence.items["path"].notna().any()
    return Section("gallery", "Pictures and answers" if has_pictures else "Items and answers", body)


def _title(scheme: Scheme, dimension: str) -> str:
    return dimension.capitalize() if dimension else scheme.title or scheme.name


@dataclass(frozen=True, eq=False)
class _Album:
    """What cards are made of, looked up once."""

    findings: Findings
    shown: pd.DataFrame

    @cached_property
    def scales(self) -> list[tuple[Scheme, str]]:
        """Schemes, and dimensions of schemes, that were asked in."""
        asked = set(zip(self.shown["scheme"], self.shown["dimension"], strict=True))
        return [
            (scheme, dimension)
            for name, scheme in self.findings.evidence.schemes.items()
            for dimension in scheme.dimension_names or ("",)
            if (name, dimension) in asked
        ]

    @cached_property
    def short_titles(self) -> list[str]:
        """Titles up to their first comma, where they are told apart by that."""
        titles = [_title(scheme, dimension) for scheme, dimension in self.scales]
        short = [title.split(",")[0] for title in titles]
        return short if len(set(short)) == len(short) else titles

    @cached_property
    def systems(self) -> list[str]:
        """Systems, in the order of the table of systems."""
        there = set(self.shown["system_id"])
        return [system for system in self.findings.names if system in there]

    @cached_property
    def tones(self) -> dict[str, dict[str, str]]:
        """Scheme to label to color."""
        return {scheme.name: label_tones(scheme) for scheme, _ in self.scales}

    @cached_property
    def texts(self) -> dict[str, str]:
        """Request key to what came back, for the requests of the shown items."""
        responses = self.findings.run.table("responses")
        responses = responses[responses["item_id"].isin(list(self.shown["item_id"]))]
        return dict(zip(responses["request_key"], responses["text"], strict=True))

    @cached_property
    def limit(self) -> int:
        """Characters that each text gets."""
        return max(160, min(1200, TEXT_BUDGET // max(1, len(self.shown))))

    @cached_property
    def items(self) -> dict[str, dict[Any, Any]]:
        """Item to its row."""
        rows = self.findings.evidence.items
        rows = rows[rows["item_id"].isin(list(self.shown["item_id"]))]
        return {str(row["item_id"]): row for row in rows.to_dict(orient="records")}

    @cached_property
    def targets(self) -> dict[tuple[str, str, str], dict[Any, Any]]:
        """Item, scheme and dimension to what people said."""
        rows = self.findings.evidence.targets
        rows = rows[
            (rows["annotator_group"] == "all") & rows["item_id"].isin(list(self.shown["item_id"]))
        ]
        return {
            (str(row["item_id"]), str(row["scheme"]), _word(row["dimension"])): row
            for row in rows.to_dict(orient="records")
        }

    @cached_property
    def cases(self) -> dict[tuple[str, str, str], list[dict[Any, Any]]]:
        """Item, scheme and dimension to the systems' answers."""
        found: dict[tuple[str, str, str], list[dict[Any, Any]]] = {}
        for row in self.shown.to_dict(orient="records"):
            place = (row["item_id"], row["scheme"], row["dimension"])
            found.setdefault(place, []).append(row)
        return found

    @cached_property
    def descriptions(self) -> dict[str, list[dict[str, str]]]:
        """Item to the descriptions of it that were read."""
        rows = self.findings.run.table("descriptions")
        rows = rows[rows["item_id"].isin(list(self.shown["item_id"]))]
        if "condition" in rows:
            rows = rows[rows["condition"].isna() | (rows["condition"] == self.findings.condition)]
        rows = rows.drop_duplicates(["item_id", "describer"])
        found: dict[str, list[dict[str, str]]] = {}
        for row in rows.to_dict(orient="records"):
            found.setdefault(str(row["item_id"]), []).append(
                {"who": str(row["describer"]), "text": str(row["text"])}
            )
        return found

    @cached_property
    def readings(self) -> dict[str, list[dict[str, Any]]]:
        """Item to what was read in the scene: one reading per system, of the first scheme."""
        rows = self.findings.run.table("readings")
        rows = rows[
            rows["item_id"].isin(list(self.shown["item_id"]))
            & (rows["condition"] == self.findings.condition)
        ]
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows.to_dict(orient="records"):
            of_item = found.setdefault(str(row["item_id"]), {})
            system = str(row["system_id"])
            source = (row["scheme"], row["repeat"])
            reading = of_item.setdefault(
                system, {"name": self.findings.names.get(system), "source": source, "parts": []}
            )
            if reading["source"] == source:
                extra = _word(row["expression"]) or _word(row["direction"])
                reading["parts"].append((_word(row["field"]), _word(row["value"]), extra))
        return {
            item: [reading for reading in readings.values() if reading["name"] is not None]
            for item, readings in found.items()
        }

    def card(self, chosen: dict[Any, Any]) -> dict[str, Any]:
        item = str(chosen["item_id"])
        row = self.items.get(item, {})
        text = row.get("text")
        return {
            "item": item,
            "picture": item_thumbnail(self.findings.run.dataset_root(), row),
            "text": text if isinstance(text, str) else "",
            "blocks": [
                self._block(index, item, scheme, dimension)
                for index, (scheme, dimension) in enumerate(self.scales)
                if (item, scheme.name, dimension) in self.cases
            ],
            "descriptions": self.descriptions.get(item, []),
            "readings": self.readings.get(item, []),
            "limit": self.limit,
            "alt": _alt(item, text),
        }

    def _block(self, index: int, item: str, scheme: Scheme, dimension: str) -> dict[str, Any]:
        rows = self.cases[item, scheme.name, dimension]
        target = self.targets.get((item, scheme.name, dimension), {})
        answers = [self._answer(row, scheme, dimension) for row in rows]
        outcomes = [answer["outcome"] for answer in answers]
        scale = scheme.dimension(dimension) if dimension else None
        return {
            "index": index,
            "title": _title(scheme, dimension),
            "short": self.short_titles[index],
            "is_dimension": bool(dimension),
            "answers": answers,
            "right": outcomes.count("right"),
            "has_truth": any(row["truth"] is not None for row in rows),
            "people": self._people(scheme, dimension, target),
            "low": f"{scale.low:g}" if scale else "",
            "high": f"{scale.high:g}" if scale else "",
        }

    def _answer(self, row: dict[Any, Any], scheme: Scheme, dimension: str) -> dict[str, Any]:
        answer = row["answer"]
        text = next((self.texts[key] for key in row["request_keys"] if self.texts.get(key)), "")
        name = self.findings.names[row["system_id"]]
        if dimension:
            shown = number(answer, 1) if is_number(answer) else UNREAD.get(row["status"], "")
        else:
            shown = str(answer).replace("|", ", ") if answer else UNREAD.get(row["status"], "")
        return {
            "system": self.systems.index(row["system_id"]),
            "name": name,
            "outcome": row["outcome"],
            "answer": shown,
            "at": _place(answer, scheme, dimension),
            "tone": self.tones[scheme.name].get(str(answer), ""),
            "note": row["note"],
            # Descriptions and readings stand apart; a bare label need not be said twice.
            "text": "" if _is_said(text, shown, name.pathway, row["status"]) else text,
        }

    def _people(
        self, scheme: Scheme, dimension: str, target: dict[Any, Any]
    ) -> dict[str, Any] | None:
        if dimension:
            if not is_number(target.get("mean")):
                return None
            mean, sd = float(target["mean"]), target.get("sd")
            spread = float(sd) if is_number(sd) else 0.0
            low = _place(mean - spread, scheme, dimension)
            return {
                "at": _place(mean, scheme, dimension),
                "low": low,
                "width": _place(mean + spread, scheme, dimension) - low,
                "text": number(mean, 1) + (f" ± {number(sd, 1)}" if is_number(sd) else ""),
                "n": target.get("n"),
            }
        shares, label = target.get("distribution"), target.get("label")
        if not shares and not isinstance(label, str):
            return None
        n = int(target["n"]) if is_number(target.get("n")) else 0
        shares = shares or dict.fromkeys(str(label).split("|"), 1.0)
        total = sum(shares.values()) or 1.0
        votes = [
            {
                "label": name,
                "tone": self.tones[scheme.name].get(name, "var(--rule)"),
                "width": round(100 * share / total, 2),
                "votes": round(share * n) if n and total <= 1.001 else 0,
            }
            for name, share in sorted(shares.items(), key=lambda pair: _rank(scheme, pair[0]))
            if share > 0
        ]
        return {
            "votes": votes,
            "label": label.replace("|", ", ") if isinstance(label, str) else "",
            "n": n,
        }


def _shape(pictures: Sequence[Thumbnail]) -> str:
    """Width over height of the frames: that of most pictures, but neither a strip nor a tower."""
    shapes = sorted(picture.width / picture.height for picture in pictures if picture.height)
    return f"{min(1.6, max(0.8, shapes[len(shapes) // 2])):.2f}" if shapes else "1.33"


def _rank(scheme: Scheme, label: str) -> int:
    names = scheme.label_names
    return names.index(label) if label in names else len(names)


def _place(value: Any, scheme: Scheme, dimension: str) -> float:
    if not dimension or not is_number(value):
        return -1.0
    scale = scheme.dimension(dimension)
    share = (float(value) - scale.low) / scale.span
    return round(100 * min(1.0, max(0.0, share)), 2)


def _is_said(text: str, shown: str, pathway: str, status: str) -> bool:
    if not text or text.strip().strip(".").casefold() == shown.casefold():
        return True
    return status == "ok" and pathway in {"described", "scene"}


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _alt(item: str, text: Any) -> str:
    words = text.strip() if isinstance(text, str) else ""
    return f"Item {item}" + (f": {words[:120]}" if words else "")
