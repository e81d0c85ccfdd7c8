"""What is lost where a system is blind: a few items of each place, with their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.blind_spots.questions import SHARED
from mllmsent.analysis.factor_namings import describer_id
from mllmsent.report.analyses.rows import rows_of
from mllmsent.report.figures import draw_examples
from mllmsent.report.thumbnails import SMALL, item_thumbnail
from mllmsent.report.writing import UNREAD, beginning, is_number, number

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.report.figures import Figure
    from mllmsent.report.findings import Board, Findings

__all__ = ["draw_lost"]

Lost = tuple[str, str]
"""An item, and who lost it."""


def draw_lost(findings: Findings, found: Found, board: Board | None, *, most: int) -> list[Figure]:
    """The items of each place that are lost most unexpectedly; nothing where none is.

    Args:
        findings: The report's findings.
        found: What `blind_spots` found.
        board: What it is about; None for descriptions.
        most: Places that are shown, the first.
    """
    rows = found.tables["examples"]
    rows = rows_of(rows, board) if board else rows[rows["scheme"] == ""]
    rows = rows[rows["finding"].astype(bool)]
    place = rows["where"] + rows["half"].astype(str) + rows["system_id"]
    rows = rows[place.isin(list(dict.fromkeys(place))[:most])]
    if not len(rows):
        return []
    table = findings.evidence.items
    items = table[table["item_id"].isin(list(rows["item_id"]))].set_index("item_id")
    names = findings.names if board else findings.describer_names
    lost = list(zip(rows["item_id"], rows["system_id"], strict=True))
    said = _answers(findings, lost, board) if board else {}
    texts = _texts(items) if board else _descriptions(findings, lost)
    shown = rows[["item_id"]].assign(
        group=rows["where"],
        who=["all models" if who == SHARED else names[who].full for _, who in lost],
        said=[said.get(key, "") for key in lost],
        text=[beginning(texts.get(key) or texts.get((key[0], ""), "")) for key in lost],
    )
    root = findings.run.dataset_root()
    after = "what people said of it → what was answered" if board else "what was written of it"
    return [
        draw_examples(
            shown,
            {
                str(item): item_thumbnail(root, row, side=SMALL)
                for item, row in items.to_dict("index").items()
            },
            name=f"blind-spots-{board.anchor if board else 'descriptions'}-examples",
            title=f"{board.title if board else 'Descriptions'}: what is lost there",
            caption=f"Of each place the items that are lost most unexpectedly, each with {after}. "
            "They are the extremes among the items that were not searched; how often such things "
            "happen is told above.",
        )
    ]


def _answers(findings: Findings, lost: list[Lost], board: Board) -> dict[Lost, str]:
    """What people said of an item, and what the system said; of what all lose, only the people."""
    cases = rows_of(findings.cases, board)
    found: dict[Lost, str] = {}
    for case in cases[cases["item_id"].isin([item for item, _ in lost])].to_dict("records"):
        people = _word(case["truth"])
        answer = UNREAD.get(case["status"]) or _word(case["answer"])
        found[case["item_id"], SHARED] = people
        found[case["item_id"], case["system_id"]] = f"{people} → {answer}"
    return found


def _word(said: Any) -> str:
    return number(said, 1) if is_number(said) else str(said or "").replace("|", ", ")


def _texts(items: pd.DataFrame) -> dict[Lost, str]:
    """The texts that items have themselves, whoever lost them."""
    if "text" not in items:
        return {}
    own = items["text"].dropna()
    return {(str(item), ""): str(text) for item, text in own.items()}


def _descriptions(findings: Findings, lost: list[Lost]) -> dict[Lost, str]:
    """What each describer wrote of an item, in the first of its answers."""
    table = findings.run.table("descriptions")
    table = table[table["item_id"].isin([item for item, _ in lost]) & table["text"].notna()]
    if "condition" in table:
        table = table[table["condition"].fillna("none") == findings.material.condition]
    found: dict[Lost, str] = {}
    for row in table.to_dict("records"):
        found.setdefault((row["item_id"], describer_id(row)), str(row["text"]))
    return found
