"""What is imported opens like any run: leaderboard, analyses and the report."""

from collections.abc import Callable
from pathlib import Path

from tests.runs.imports.published import Photos, write_experiment

from mllmsent import api
from mllmsent.report import build_report
from mllmsent.runs import RunFolder


def test_the_report_shows_every_board_and_runs_nothing_of_what_files_hold(
    tmp_path: Path, import_logs: Callable[..., RunFolder]
) -> None:
    photos = Photos(60)
    hostile = photos.folds("o")
    hostile[1][0] = {**hostile[1][0], "text": "<script>window.pwned=1</script>", "id": "<b>id</b>"}
    write_experiment(tmp_path, "openai-bart-experiment-p3-alpha3", hostile)
    write_experiment(tmp_path, "bart-experiment-p3-alpha3", photos.folds("m"))
    write_experiment(
        tmp_path, "<i>-bart-experiment-p3-alpha3", Photos(60, seed=8).folds("x"), without=["id"]
    )
    run = api.open_run(import_logs(tmp_path).path)
    board = run.leaderboard()
    assert board["scheme"].tolist() == ["p3-sigma3", "p3-sigma3", "p3-sigma3-apart-2"]
    assert board["weighted_f1_folds"].notna().all()
    page = build_report(run.folder, run.board).html
    for scheme in run.folder.schemes.values():
        assert scheme.title in page
    assert "window.pwned=1</script>" not in page
    assert "<i>" not in page
    assert "<b>id</b>" not in page
    assert run.complete
    assert run.warnings()[0].startswith("Imported")
    assert "brought in by <code>mllmsent import</code>" in page
    assert "mllmsent run" not in page, "there is nothing to ask again"
