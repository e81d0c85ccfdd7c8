"""Who described what: the texts that systems read, by the describer they are attributed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mllmsent.audit.runs.sheets import Sheet
    from mllmsent.audit.runs.tables import RunTables

__all__ = ["described", "readers_of", "same_describer", "words_of"]

_WORD = re.compile(r"\w+")
_COLUMNS = ["describer", "item_id", "text", "words", "system", "file", "row", "is_known"]


def described(run: RunTables) -> pd.DataFrame:
    """Every text with its item and the describer it is attributed to.

    Args:
        run: The tables of a run.

    Returns:
        Columns describer, item_id, text, words (the text's words, lower case, with single spaces),
        system, file and row (of the file that has it; missing where the run made it itself),
        is_known (False where item_id is no item's but stands for a place in a file).
        Descriptions of changed images and further repeats are left out; empty texts too.
    """
    return run.once("described", lambda: _described(run))


def _described(run: RunTables) -> pd.DataFrame:
    if run.is_imported:
        rows = run.table("imported_rows")
        models = dict(zip(run.systems["system_id"], run.systems["model"], strict=True))
        table = rows[rows["text"].notna()].assign(
            describer=rows["system_id"].map(models),
            system=rows["system_id"].map(run.names),
            is_known=rows["id_from"].fillna("file") != "row",
        )
    else:
        table = run.table("descriptions")
        plain = table["condition"].isna() | (table["condition"] == "none")
        first = table["repeat"].isna() | (table["repeat"] == 0)
        table = table[plain.to_numpy(dtype=bool) & first.to_numpy(dtype=bool)]
        table = table.assign(is_known=True)
    table = table.reindex(columns=_COLUMNS)
    table = table[table["describer"].notna()]
    # Many systems read one text: it is taken apart once.
    words = {text: words_of(str(text)) for text in table["text"].unique()}
    table = table.assign(words=table["text"].map(words))
    found: pd.DataFrame = table[table["words"] != ""].reset_index(drop=True)
    return found


def words_of(text: str) -> str:
    """The words of a text, lower case, with single spaces: what two copies have in common."""
    return " ".join(_WORD.findall(text.casefold()))


def same_describer(model: str, describer: str) -> bool:
    """Whether a system's model is a describer, whose name with a dataset's own texts is longer."""
    return model == describer or model.partition("/")[2] == describer


def readers_of(run: RunTables, describer: str) -> list[Sheet]:
    """What systems that read a describer's texts answered, labels first."""
    pathways = dict(zip(run.systems["system_id"], run.systems["pathway"], strict=True))
    found = [
        sheet
        for sheet in run.sheets
        if same_describer(sheet.model, describer) and pathways[sheet.system_id] == "described"
    ]
    return sorted(found, key=lambda sheet: bool(sheet.dimension))
