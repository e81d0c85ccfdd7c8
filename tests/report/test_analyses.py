"""Analyses in the report: those that the study asks for, drawn, and what could not be computed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent import api
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.registry import ANALYSES
from mllmsent.foundation import InputError
from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report
from mllmsent.report.analyses.dots import MOST_SYSTEMS, left_out
from mllmsent.report.analyses.rows import more_in_table
from mllmsent.runs import parse_study

if TYPE_CHECKING:
    from pathlib import Path


def headings(html: str) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", html)


def test_a_study_that_wants_no_analysis_gets_none(tmp_path: Path) -> None:
    run = make_run(tmp_path, Recipe(n_items=20, analyses=[]))
    assert "Whether the systems see alike" not in headings(build_report(run).html)


def test_what_could_not_be_computed_is_told_in_one_place(tmp_path: Path) -> None:
    run = make_run(
        tmp_path, Recipe(n_items=20, models={"simulated/keen": 0.8}, pathways=["direct"])
    )
    html = build_report(run).html
    assert headings(html).count("What could not be computed") == 1
    assert "one system only" in html


def test_an_analysis_without_a_drawing_shows_its_first_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = pd.DataFrame(
        {"cause": ["<b>rain</b>", None], "share": [0.25, -3.0], "sure": [True, False]}
    )
    found = Found((Statement("It rains <i>too</i> much."),), {"causes": table})
    rainy = Analysis(
        "rain", "Whether it rains", "Does it rain?", lambda _: found, {"causes": "a cause"}
    )
    monkeypatch.setitem(ANALYSES._loaded, "rain", rainy)
    run = make_run(tmp_path, Recipe(n_items=20, analyses=["rain"]))
    html = build_report(run).html
    assert "Whether it rains" in headings(html)
    assert "It rains &lt;i&gt;too&lt;/i&gt; much." in html
    assert "&lt;b&gt;rain&lt;/b&gt;" in html
    assert ">0.250<" in html
    assert ">\N{MINUS SIGN}3.000<" in html
    assert ">yes<" in html


def test_an_analysis_that_there_is_not_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    study = parse_study(
        "name: x\ndataset: dioramas\nschemes: [polarity3]\nmodels: [simulated/keen]\n"
        "analyses: [agrement]\n"
    )
    with pytest.raises(InputError, match="agrement") as caught:
        api.run(study, out=tmp_path / "x")
    assert "agreement" in caught.value.cure
    assert not (tmp_path / "x").exists()


def test_what_moves_people_and_models_is_drawn_with_its_differences_and_changes(
    tmp_path: Path,
) -> None:
    recipe = Recipe(
        n_items=40,
        models={"m/<b>one": 0.9},
        pathways=("direct",),
        analyses=["visual_elements"],
    )
    run = make_run(tmp_path / "run", recipe)
    said = run.table("predictions")
    warmer: Any = [
        {name: min(9.0, value + 1) for name, value in (values or {}).items()} or None
        for values in said["values"]
    ]
    warm = said.assign(condition="warm", values=warmer)
    file = run.path / "predictions.parquet"
    write_table("predictions", pd.concat([said, warm], ignore_index=True), file)
    report = build_report(run)
    assert "What in the picture moves people, and what moves the models" in headings(report.html)
    assert "<b>one" not in report.html
    matrix = report.figures["visual-elements-valence-arousal-valence"].table
    assert set(matrix["who_id"]) == {"people", *run.table("systems")["system_id"]}
    assert matrix["row"].nunique() == 16
    changes = report.figures["visual-elements-changes-valence-arousal-valence"].table
    assert changes["value"].between(0.5, 1.0).all()
    assert "What people would say of the changed pictures is not known." in report.html


def test_a_sentence_that_names_make_endless_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Found((Statement("x" * 9000),), lacking=("y" * 9000,))
    endless = Analysis("endless", "Names", "How long is a name?", lambda _: found)
    monkeypatch.setitem(ANALYSES._loaded, "endless", endless)
    html = build_report(make_run(tmp_path, Recipe(n_items=20, analyses=["endless"]))).html
    assert "x" * 2001 not in html
    assert "y" * 2001 not in html
    assert html.count("(9,000 characters in all)") == 2


def test_one_row_that_is_left_out_is_told_of_as_one() -> None:
    assert more_in_table(1, "pairs") == " 1 more pair is in the table."
    assert more_in_table(2) == " 2 more systems are in the table."
    assert more_in_table(0) == left_out(MOST_SYSTEMS) == ""
    assert left_out(MOST_SYSTEMS + 1) == " 1 more row is in the table."
