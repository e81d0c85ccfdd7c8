"""The page as text: one file, with everything a reader needs, whatever the run is like."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis import evidence_of, leaderboard, study_resampling
from mllmsent.foundation.tables import write_table
from mllmsent.report import build_report, write_report
from mllmsent.runs import open_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.report import Report
    from mllmsent.runs.folder import RunFolder

SMALL = {"m/one": 0.8}


class Outline(HTMLParser):
    """Headings, ids and addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if identity := known.get("id"):
            self.ids.append(identity)
        if tag == "a" and (link := known.get("href")):
            self.links.append(link)
        self.sources += [str(known[key]) for key in ("src", "srcset", "poster") if key in known]


def words(page: str) -> str:
    """What a reader sees, roughly."""
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def small_run(folder: Path, **changes: object) -> RunFolder:
    plain: dict[str, object] = {"n_items": 12, "models": SMALL, "pathways": ("direct",)}
    return make_run(folder / "run", Recipe(**(plain | changes)))  # type: ignore[arg-type]


def test_every_section_is_there(report: Report) -> None:
    titles = re.findall(r"<h2[^>]*>([^<]+)</h2>", report.html)
    assert titles == [
        "The answer in brief", "What was asked", "Leaderboards", "What is taken for what",
        "Direct, described, scene", "Whether the systems see alike",
        "Look for yourself",
        "Pictures and answers", "Data card", "What could not be read", "How to reproduce it",
        "How the numbers are made",
    ]  # fmt: skip


def test_headings_are_in_order_and_places_are_unique(report: Report) -> None:
    """One title; no level is skipped on the way down; each link in the page leads somewhere."""
    outline = Outline(report.html)
    assert outline.headings.count(1) == 1
    steps = zip(outline.headings, outline.headings[1:], strict=False)
    assert all(after - before <= 1 for before, after in steps)
    assert len(set(outline.ids)) == len(outline.ids)
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_nothing_comes_from_elsewhere(report: Report) -> None:
    outline = Outline(report.html)
    assert outline.sources
    assert all(source.startswith("data:image/") for source in outline.sources)
    assert all(link.startswith("#") for link in outline.links)
    assert "@import" not in report.html
    assert not re.search(r"url\(", report.html.split("plotly-packed")[0])


def test_plotly_is_embedded_exactly_once(report: Report) -> None:
    assert report.html.count('id="plotly-packed"') == 1
    assert len(report.html.encode()) < 6_000_000


def test_a_page_without_scores_does_not_carry_plotly(tmp_path: Path) -> None:
    page = build_report(small_run(tmp_path, labelled=False)).html
    assert 'id="plotly-packed"' not in page
    assert len(page.encode()) < 1_000_000


def test_the_policy_names_every_script_by_its_hash(report: Report) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', report.html)
    assert policy is not None
    rules = html.unescape(policy[1])
    assert "default-src 'none'" in rules
    assert len(re.findall(r"'sha256-[\w+/=]+'", rules)) == 2
    assert "unsafe-eval" not in rules
    assert "'unsafe-inline'" not in rules.split("style-src")[0]


def test_numbers_of_the_leaderboard_stand_in_the_page(sample: RunFolder, report: Report) -> None:
    board = leaderboard(evidence_of(sample), resampling=study_resampling(sample))
    text = words(report.html)
    for row in board.rows.to_dict(orient="records"):
        assert f"{row['coverage']:.0%}" in text
        metric = "ccc" if isinstance(row["dimension"], str) else "weighted_f1"
        assert f"{row[metric]:.3f}" in text
    assert set(board.rows["scheme"]) == {"polarity3", "mikels", "valence-arousal"}


def test_baselines_are_marked_and_not_ranked(report: Report) -> None:
    rows = re.findall(r'<tr class="is-baseline">(.*?)</tr>', report.html, flags=re.DOTALL)
    assert len(rows) == 4
    assert all("baseline, not ranked" in row for row in rows)
    assert all('<td class="rank">–</td>' in row for row in rows)


def test_the_wording_stands_in_the_page_as_it_is(report: Report, sample: RunFolder) -> None:
    for strategy in sample.manifest["strategies"].values():
        for message in strategy["messages"]:
            assert html.escape(message[:40], quote=False) in html.unescape(report.html) or message[
                :40
            ] in html.unescape(report.html)


def test_hashes_versions_and_seeds_are_given(report: Report, sample: RunFolder) -> None:
    text = words(report.html)
    for protocol in sample.manifest["protocols"].values():
        assert protocol["hash"] in text
    for package, version in sample.manifest["packages"].items():
        assert f"{package} {version}" in text
    assert sample.manifest["dataset"]["digest"] in text
    for system in sample.table("systems")["system_id"]:
        assert system in text


def test_synthetic_data_and_simulated_models_are_announced_first(report: Report) -> None:
    text = words(report.html)
    banner = text.index("Nothing here is a finding about a real model or real people")
    assert banner < text.index("The answer in brief")


def test_real_data_and_models_have_no_such_banner(tmp_path: Path) -> None:
    page = build_report(small_run(tmp_path, synthetic=False, note="")).html
    assert 'class="banner"' not in page


def test_notes_of_the_run_are_shown(tmp_path: Path) -> None:
    page = build_report(small_run(tmp_path, notes=["The prompt asks for what is depicted."])).html
    assert "The prompt asks for what is depicted." in words(page)


def test_a_stopped_run_says_so(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    manifest = json.loads((run.path / "manifest.json").read_text())
    (run.path / "manifest.json").write_text(json.dumps(manifest | {"status": "stopped"}))
    run.__dict__.pop("manifest", None)
    assert "This run is stopped." in words(build_report(run).html)


def test_conditions_of_pictures_are_told_from_those_of_descriptions(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    manifest = json.loads((run.path / "manifest.json").read_text())
    manifest["conditions"] = ["none", "grey", "mask-affect", "as they liked it"]
    (run.path / "manifest.json").write_text(json.dumps(manifest))
    run.__dict__.pop("manifest", None)
    text = words(build_report(run).html)
    assert "under these conditions: none, grey, as they liked it;" in text
    assert "read as they are changed by mask-affect; where" in text


def test_a_run_whose_every_picture_was_changed_is_reported_like_any_other(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", Recipe(n_items=40, models={"simulated/keen": 0.8}))
    plain = build_report(run)
    for name in ("predictions", "readings"):
        write_table(name, run.table(name).assign(condition="grey"), run.path / f"{name}.parquet")
    study = run.path / "study.yaml"
    study.write_text(study.read_text().replace("conditions:\n- none", "conditions:\n- grey"))
    grey = build_report(open_folder(run.path))
    assert set(grey.figures) == set(plain.figures)
    briefs = [
        re.search(r'<section[^>]*id="brief".*?</section>', each.html, re.DOTALL)
        for each in (plain, grey)
    ]
    assert briefs[0] is not None
    assert briefs[1] is not None
    assert briefs[0][0] == briefs[1][0]


def test_a_models_name_turns_no_sentence_around(tmp_path: Path) -> None:
    models = {"simulated/\u202ekeen\x1b[31m": 0.8, "simulated/\u05e9\u05dc\u05d5\u05dd": 0.6}
    run = make_run(tmp_path / "run", Recipe(n_items=30, models=models, pathways=("direct",)))
    assert not {"\u202e", "\x1b"} & set(build_report(run).html)


def test_a_manifest_that_says_little_is_enough(tmp_path: Path) -> None:
    """A run imported or made by an older version may lack most of what is shown."""
    run = small_run(tmp_path)
    manifest = json.loads((run.path / "manifest.json").read_text())
    least = {key: manifest[key] for key in ("format", "schemes")}
    least |= {"dataset": {"root": "../nowhere"}, "protocols": {}}
    (run.path / "manifest.json").write_text(json.dumps(least))
    run.__dict__.pop("manifest", None)
    assert "This picture is not on this machine." in words(build_report(run).html)


def test_what_a_run_cost_stands_beside_what_was_estimated(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    file = run.path / "manifest.json"
    manifest = json.loads(file.read_text())
    paid = {"answers": 30, "estimated_usd": 1.1, "cost_usd": 1.25, "unpriced": 0, "total_usd": 1.25}
    money = ("estimated_usd", "cost_usd", "total_usd")
    unknown = dict.fromkeys(money)
    manifest |= {
        "cost_usd": 1.25,
        "unpriced": 30,
        "costs": [
            {"model": "openai/<b>gpt", **paid},
            {"model": "openai/new", "answers": 30, "unpriced": 30, **unknown},
            {"model": "ollama/free", "answers": 30, **dict.fromkeys(money, 0.0), "unpriced": 0},
        ],
        "prices_as_of": "2026-11-09, genai-prices 0.2.3",
    }
    file.write_text(json.dumps(manifest))
    run.__dict__.pop("manifest", None)
    page = build_report(run).html
    assert "<b>gpt" not in page
    text = html.unescape(words(page))
    assert "$1.25, without 30 answers at an unknown price (prices of 2026-11-09" in text
    table = page.partition('<table class="costs">')[2].partition("</table>")[0]
    cells = [html.unescape(cell).split() for cell in words(table).split("\n") if cell.strip()]
    flat = [word for cell in cells for word in cell]
    assert flat[flat.index("openai/<b>gpt") + 1 :][:4] == ["30", "$1.25", "$1.10", "$1.25"]
    assert flat[flat.index("openai/new") + 1 :][:4] == ["30", "unknown", "unknown", "unknown"]
    assert "ollama" not in table, "what is free needs no row"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"n_items": 1}, id="one item"),
        pytest.param({"status_shares": {"unparsed": 1.0}}, id="nothing readable"),
        pytest.param({"status_shares": {"failed": 1.0}}, id="nothing answered"),
        pytest.param({"labelled": False, "schemes": ("free", "valence-arousal")}, id="unlabelled"),
        pytest.param({"schemes": ("mikels-multi", "polarity5", "polarity2")}, id="multi-label"),
        pytest.param({"schemes": ("vad", "intensity")}, id="dimensions only"),
        pytest.param({"images": False, "pathways": ("described",)}, id="text only"),
        pytest.param(
            {"models": {"x/" + "very-long-" * 20: 0.8, "ollama/نموذج": 0.7, "感情/🙂": 0.6},
             "item_name": "deep/" * 12 + "画像 {} 🙂.png"},
            id="long and foreign names",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_run_has_a_page(tmp_path: Path, changes: dict[str, object]) -> None:
    page = build_report(small_run(tmp_path, **changes)).html
    outline = Outline(page)
    assert len(set(outline.ids)) == len(outline.ids)
    text = words(page)
    assert "How to reproduce it" in text
    text = text.replace("None of the other", "")
    for broken in ("nan", "NaN", "None", "<NA>", "built-in method", "Undefined"):
        assert f" {broken} " not in text


def test_texts_stand_where_there_are_no_pictures(tmp_path: Path) -> None:
    page = build_report(small_run(tmp_path, images=False, pathways=("described",))).html
    assert "Items and answers" in page
    assert "harbor at noon, empty." in page
    assert "<img" not in page


def test_a_megabyte_of_answer_leaves_its_beginning(tmp_path: Path) -> None:
    run = small_run(tmp_path, answer="calm " * 200_000, status_shares={"unparsed": 1.0})
    page = build_report(run).html
    assert "1,000,000 characters in all" in page
    assert len(page.encode()) < 3_500_000


def test_figures_can_be_had_as_tables(report: Report) -> None:
    board = report.figures["leaderboard-polarity3"].table
    assert list(board["value"].iloc[:-1]) == sorted(board["value"].iloc[:-1], reverse=True)
    assert set(report.figures["confusions-polarity3"].table["answer"]) == {
        "negative", "neutral", "positive", "no label",
    }  # fmt: skip


def test_the_same_run_gives_the_same_page(sample: RunFolder, report: Report) -> None:
    """No clock, no random name: a page can be compared with the one before."""
    assert build_report(sample).html == report.html


def test_the_page_is_written_into_the_run_or_wherever_it_is_wanted(tmp_path: Path) -> None:
    run = small_run(tmp_path)
    board = leaderboard(evidence_of(run), resampling=study_resampling(run))
    assert write_report(run, board) == run.path / "report" / "index.html"
    assert write_report(run, board, tmp_path / "a" / "page.html").name == "page.html"
    (tmp_path / "folder").mkdir()
    assert write_report(run, board, tmp_path / "folder") == tmp_path / "folder" / "index.html"
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_twenty_systems_and_a_thousand_items_make_a_page_that_opens(tmp_path: Path) -> None:
    """The gallery is capped and says so; the page stays below 8 MB."""
    models = {f"provider/model-{number}": 0.5 + 0.02 * number for number in range(20)}
    run = small_run(tmp_path, n_items=1000, models=models, schemes=("polarity3", "intensity"))
    page = build_report(run).html
    assert len(page.encode()) < 8_000_000
    assert re.search(r"\d+ of 1,000 items", words(page))
    assert page.count('class="card"') <= 36


def test_a_run_that_shows_no_image_as_it_is_is_reported_under_its_first_condition(
    tmp_path: Path,
) -> None:
    recipe = {"models": {"m/one": 0.9, "m/two": 0.4}, "schemes": ("polarity3",), "n_items": 30}
    run = small_run(tmp_path, images=False, pathways=("direct", "described"), **recipe)
    plain = words(build_report(run).html)
    names = ("items", "systems", "predictions", "targets", "annotations", "responses")
    tables = {name: run.table(name) for name in (*names, "descriptions")}
    for name in ("predictions", "responses", "descriptions"):
        tables[name] = tables[name].assign(condition="grey")
    grey = run.study.model_copy(update={"conditions": ("grey", "flip")})
    manifest = run.manifest | {"conditions": ["grey", "flip"]}
    run.write(grey, manifest, tables)
    found = words(build_report(run).html)
    scores = re.findall(r"0\.\d{3}", plain)
    assert scores
    assert set(scores) == set(re.findall(r"0\.\d{3}", found)), "the same answers score the same"
