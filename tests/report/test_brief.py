"""The answer in brief says what the tables say, and no more."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from tests.report.sample_run import Recipe, make_run

from mllmsent.analysis import evidence_of, leaderboard, study_resampling
from mllmsent.report.findings import Findings
from mllmsent.report.sections.brief import brief

if TYPE_CHECKING:
    from pathlib import Path

    from mllmsent.runs.folder import RunFolder


def told(run: RunFolder) -> str:
    """The section's words."""
    board = leaderboard(evidence_of(run), resampling=study_resampling(run))
    words = re.sub(r"<[^>]+>", " ", brief(Findings(run, board)).body)
    return " ".join(html.unescape(words).split())


def planted(folder: Path, **changes: object) -> RunFolder:
    """A run of direct systems in polarity3, everything read, with what is to be found planted."""
    plain: dict[str, object] = {
        "n_items": 80, "schemes": ("polarity3",), "pathways": ("direct",), "status_shares": {},
        "synthetic": False,
    }  # fmt: skip
    return make_run(folder / "run", Recipe(**(plain | changes)))  # type: ignore[arg-type]


def test_a_system_that_is_far_ahead_is_called_so(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/good": 1.0, "m/bad": 0.2}))
    assert re.search(r"good · direct comes first, with a macro F1 (1\.00|0\.9\d) \(", words)
    assert re.search(
        r"It is significantly better than bad · direct with 0\.\d\d, by 0\.\d\d \(0\.\d\d to 0\.\d\d\) ?, "
        r"p < 0\.001\.",
        words,
    )
    assert "cannot be told apart" not in words.split("Ranges in parentheses")[0]


def test_systems_that_answer_alike_cannot_be_told_apart(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/one": 1.0, "m/other": 1.0}))
    assert "other · direct cannot be told apart from it." in words
    assert "significantly better" not in words


def test_many_that_cannot_be_told_apart_are_counted(tmp_path: Path) -> None:
    models = {f"m/model-{number}": 1.0 for number in range(6)}
    assert "None of the other 5 can be told apart from it." in told(
        planted(tmp_path, models=models)
    )


def test_a_single_system_comes_first_of_nobody(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/only": 1.0}))
    assert re.search(r"only · direct reaches a macro F1 (1\.00|0\.9\d) \(", words)
    assert "first" not in words


def test_a_system_no_better_than_one_answer_for_all_is_told(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/good": 1.0, "m/blind": 0.0}, seed=3))
    assert re.search(r"Saying “\w+” of every item would get 0\.\d\d; 1 system of 2 does not", words)


def test_what_was_not_read_refused_or_never_came_is_told(tmp_path: Path) -> None:
    shares = {"unparsed": 0.2, "refused": 0.1, "failed": 0.1}
    words = told(planted(tmp_path, models={"m/one": 0.9, "m/two": 0.9}, status_shares=shares))
    assert re.search(
        r"Of 160 answers asked for, \d\d% could be read; \d+% could not be read as a label or a "
        r"number, \d+% were refused and \d+% never came",
        words,
    )


def test_a_run_in_which_all_was_read_says_so(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/one": 0.9}))
    assert "All of the 80 answers asked for could be read." in words


def test_nothing_readable_is_none_and_not_zero_percent(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/one": 0.9}, status_shares={"unparsed": 1.0}))
    assert "Of 80 answers asked for, none could be read" in words


def test_without_targets_nothing_is_called_right(tmp_path: Path) -> None:
    words = told(planted(tmp_path, models={"m/one": 0.9}, labelled=False))
    assert "nothing can be right or wrong" in words
    assert "comes first" not in words
    assert "Krippendorff" not in words


def test_pathways_are_held_against_the_direct_answer(tmp_path: Path) -> None:
    words = told(
        planted(
            tmp_path, n_items=150, models={"m/one": 0.95}, pathways=("direct", "described"),
            classifiers=("vader",),
        )
    )  # fmt: skip
    assert re.search(
        r"judging the description was (clearly worse than|not clearly different from) a direct "
        r"answer of the same model\.",
        words,
    )


@pytest.mark.parametrize("share", [0.5])
def test_systems_without_enough_answers_are_named_as_unranked(tmp_path: Path, share: float) -> None:
    words = told(planted(tmp_path, models={"m/one": 0.9}, status_shares={"failed": share}))
    assert "No system can be ranked here." in words


def test_people_agree_as_well_as_the_data_say(sample: RunFolder) -> None:
    words = told(sample)
    alphas = re.search(r"alpha of ([^.]*\.\d\d[^.]*\.\d\d[^.]*\.\d\d[^.]*\.\d\d [^.]*)\.", words)
    assert alphas is not None
    assert "for Polarity, three classes" in alphas[1]
    assert "for arousal" in alphas[1]
