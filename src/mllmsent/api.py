"""What a notebook can do, and the command line does: run a study, open a run, look at it.

run = mllmsent.run("study.yaml")
run.leaderboard()          # a DataFrame
run.predictions            # and so is every table
run.report()               # a page
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

from mllmsent.analysis import (
    Leaderboard,
    known_scenes,
    score_scene_fields,
)
from mllmsent.analysis.item_subgroups import items_by_value
from mllmsent.analysis.material import Material
from mllmsent.analysis.registry import analyze, check_analyses
from mllmsent.foundation.errors import InputError
from mllmsent.runs import RunFolder, open_folder, plan_study, run_study
from mllmsent.runs.imports import import_run
from mllmsent.runs.similarity import add_similarity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from mllmsent.analysis.found import Found
    from mllmsent.analysis.versions.find import Comparison
    from mllmsent.runs.executor import Observer
    from mllmsent.runs.imports import ImportFormat
    from mllmsent.runs.plan import Plan
    from mllmsent.runs.study import Study

__all__ = ["Run", "compare", "import_predictions", "open_run", "plan", "run"]


@dataclass(frozen=True)
class Run:
    """A finished, or stopped, run.

    Attributes:
        folder: Its folder on disk.
    """

    folder: RunFolder

    @property
    def complete(self) -> bool:
        """Whether every question was answered."""
        return self.folder.manifest.get("status") == "complete"

    @property
    def items(self) -> pd.DataFrame:
        """The images and their metadata."""
        return self.folder.table("items")

    @property
    def annotations(self) -> pd.DataFrame:
        """What each annotator said."""
        return self.folder.table("annotations")

    @property
    def targets(self) -> pd.DataFrame:
        """What people said, put together per item, scheme and annotator group."""
        return self.folder.table("targets")

    @property
    def responses(self) -> pd.DataFrame:
        """What was asked and what came back."""
        return self.folder.table("responses")

    @property
    def predictions(self) -> pd.DataFrame:
        """What was read from it."""
        return self.folder.table("predictions")

    @property
    def readings(self) -> pd.DataFrame:
        """What the scene pathway saw, field by field."""
        return self.folder.table("readings")

    @property
    def descriptions(self) -> pd.DataFrame:
        """The descriptions that text classifiers read."""
        return self.folder.table("descriptions")

    @property
    def systems(self) -> pd.DataFrame:
        """What each system is made of."""
        return self.folder.table("systems")

    @cached_property
    def board(self) -> Leaderboard:
        """The leaderboard with its paired tests."""
        return self._material.board()

    @cached_property
    def _material(self) -> Material:
        """The run, as analyses read it."""
        return Material(self.folder)

    def leaderboard(self, *, by: str | None = None) -> pd.DataFrame:
        """A row per system and scheme (and dimension), best first, with intervals.

        Args:
            by: A column of the items: a leaderboard for each of its values, which stands in a column
                of that name. `by="dataset"` of datasets that were joined shows what was learned on
                the others.

        Raises:
            InputError: If items have no such column, too many values in it, or it is called as a
                column of leaderboards is.
        """
        if by is None:
            return self.board.rows
        if by in self.board.rows:
            raise InputError(f"Leaderboards have a column {by!r} of their own.", item=by)
        import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

        material, boards = self._material, []
        evidence = material.evidence
        for value, items in items_by_value(evidence.items, by).items():
            said = evidence.predictions
            part = replace(evidence, predictions=said[said["item_id"].isin(items)])
            boards.append(material.board(part).rows.assign(**{by: value}))
        return pd.concat(boards, ignore_index=True)

    def scene_fields(self) -> pd.DataFrame:
        """Precision, recall and inventions of each field of the scene pathway.

        Empty unless the scenes are known, as those of the sample dataset are.
        """
        return score_scene_fields(
            self.readings,
            self.systems,
            known_scenes(self.folder.dataset_root()),
            condition=self._material.condition,
        )

    def described_factors(self) -> pd.DataFrame:
        """What descriptions name right: a row per describer, factor of the scenes and true value.

        `share` of `n` descriptions, with `low` and `high`, name the value and no other; `instead` is
        what is named most in its place. Empty unless the scenes are known, as those of the sample
        dataset are. `analysis.described_factors` has the blind spots too.
        """
        from mllmsent.report.findings import Findings  # noqa: PLC0415 - brings templates

        return Findings(self.folder, self.board).described_factors.by_value

    def measure_similarity(self, encoder: str) -> list[str]:
        """Measure how alike pictures and descriptions are, for the analysis `description_quality`.

        It is kept in the run's folder, as columns of `descriptions`: `quality_similarity`, the mean
        cosine of a description's sentences and the picture; `similarity_cut`, how many sentences are
        longer than the encoder reads; and `similarity_encoder`.

            run.measure_similarity("hf/google/siglip2-base-patch16-224")

        Args:
            encoder: One such as CLIP or SigLIP: `hf/OWNER/NAME`, or `hf/FOLDER`.

        Returns:
            What a reader of the numbers must know, one sentence each.

        Raises:
            InputError: If the encoder cannot be used, or the run has no descriptions, none of their
                pictures, or a folder that cannot be written to.
            MissingExtraError: If the extra `local` is not installed.
        """
        return add_similarity(self.folder, encoder)

    def analyze(self, *names: str) -> dict[str, Found]:
        """What analyses find: sentences with their numbers, and the tables behind them.

            run.analyze("agreement")["agreement"].tables["pairs"]

        Args:
            *names: Which; by default those that the study asks for, which are all that `mllmsent
                analyses list` tells where it names none.

        Raises:
            InputError: If there is no analysis of a name.
        """
        return analyze(self._material, names or None)

    def report(self, out: Path | None = None) -> Path:
        """Write the report: one HTML page.

        Args:
            out: Where to; by default `report/index.html` in the run folder.

        Returns:
            The page.
        """
        from mllmsent.report import write_report  # noqa: PLC0415 - brings plotly

        return write_report(self.folder, self.board, out)

    def warnings(self) -> list[str]:
        """What a reader of the numbers must know, one sentence each."""
        return [str(note) for note in self.folder.manifest.get("notes", [])]


def plan(
    study: str | Path | Study,
    *,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    **changes: Any,
) -> Plan:
    """What a study would ask and what it would cost; nothing is sent.

    Args:
        study: A study file, a run folder, or a study.
        out: The run folder; by default `runs/NAME`.
        cache: The file of the answer cache; by default `answers.sqlite` beside the run folder.
        **changes: `limit`, `seed`, `ids`, `where`, `mode`, `budget`: instead of the study's own.
    """
    return plan_study(study, out=out, cache=cache, check=check_analyses, **changes)


def run(
    study: str | Path | Study,
    *,
    out: str | Path | None = None,
    cache: str | Path | None = None,
    in_flight: int | None = None,
    observer: Observer | None = None,
    say: Callable[[str], None] | None = None,
    **changes: Any,
) -> Run:
    """Run a study: ask what has not been answered yet, and read and score the answers.

    Args:
        study: A study file, a run folder, or a study.
        out: The run folder; by default `runs/NAME`.
        cache: The file of the answer cache; by default `answers.sqlite` beside the run folder.
        in_flight: Most requests at once per model; by default what study and model say.
        observer: Is told what happens; by default a live display where there is a terminal.
        say: Is given a sentence now and then.
        **changes: `limit`, `seed`, `ids`, `where`, `mode`, `budget`: instead of the study's own.

    Raises:
        InputError: If the study, its dataset or an option cannot be used.
    """
    folder = run_study(
        study,
        out=out,
        cache=cache,
        in_flight=in_flight,
        observer=observer,
        say=say,
        check=check_analyses,
        **changes,
    )
    return Run(folder)


def import_predictions(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    format: ImportFormat = "table",  # noqa: A002 - the word of the command line
    columns: Mapping[str, str] | None = None,
    scores: Mapping[str, str] | None = None,
    codes: Sequence[str] = (),
    encoding: str = "utf-8",
    delimiter: str | None = None,
    title: str = "",
    emotion_target: str = "",
    skip_unreadable: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Run:
    """Make a run of predictions that were made elsewhere, which opens like any other.

    Args:
        sources: Files, or with the format "mllmsent-logs" folders.
        out: The run folder. An import that is there is made anew; any other run is left alone.
        format: "table" for CSV, JSON Lines, JSON and Parquet with named columns; "mllmsent-logs" for
            folders `experiments-TRACK/[DESCRIBER-]CLASSIFIER-experiment-PROBLEM-alphaSIGMA`.
        columns: Role to where it stands, where columns are not called as usual: "id", "label",
            "target", "fold", "text" to a column; "system", "model", "describer", "classifier",
            "training", "pathway", "scheme", "problem", "min_agreement" to a column or to one value
            for every row ("=VALUE" for the value whatever the columns are called).
        scores: Label to the column of its score.
        codes: What numbered labels stand for: "0=neutral,1=negative,2=positive", or for one problem
            or scheme "P2-:0=positive,1=negative".
        encoding: Of texts.
        delimiter: Between the fields of CSV; found out where absent.
        title: What the predictions are of.
        emotion_target: "evoked", "expressed" or "depicted"; empty where it is not known.
        skip_unreadable: With "mllmsent-logs", whether to leave out files that cannot be read.
        progress: Is told how many files are read, of how many, and which is next.

    Raises:
        InputError: Naming file, line and column, and what to do.
    """
    own = [sources] if isinstance(sources, (str, PathLike)) else list(sources)
    return Run(
        import_run(
            own,
            out,
            format=format,
            columns=columns,
            scores=scores,
            codes=codes,
            encoding=encoding,
            delimiter=delimiter,
            title=title,
            emotion_target=emotion_target,
            skip_unreadable=skip_unreadable,
            progress=progress,
        )
    )


def open_run(path: str | Path) -> Run:
    """Open a run folder.

    Raises:
        InputError: If there is no run there.
    """
    return Run(open_folder(path))


def compare(
    base: str | Path | Run,
    *news: str | Path | Run,
    fail_if: str | Sequence[str] = (),
    scheme: str | None = None,
    system: str | None = None,
    match: str | Sequence[str] = (),
    shared_items: bool = False,
) -> Comparison:
    """What became of the systems of a run in newer runs, under one protocol.

        mllmsent.compare("runs/v1", "runs/v2").tables["changes"]
        mllmsent.compare("runs/v1", "runs/v2", fail_if="macro_f1 < -0.01").passed

    Args:
        base: The run that the others are held against, or its folder.
        *news: One or more newer ones.
        fail_if: Gates, as `mllmsent compare --help` tells.
        scheme: Only this scheme; by default all that the runs share.
        system: Only systems in whose name this stands.
        match: "OLD=NEW" for models or systems that were renamed.
        shared_items: Whether runs of other protocols are compared on the items that both have and
            hold against the same truth.

    Raises:
        InputError: If protocols differ, nothing can be compared, or something cannot be read.
    """
    from mllmsent.analysis.versions.find import compare_runs  # noqa: PLC0415 - only this needs it

    first, *rest = [
        Material(each.folder if isinstance(each, Run) else open_folder(each))
        for each in (base, *news)
    ]
    return compare_runs(
        first,
        rest,
        fail_if=[fail_if] if isinstance(fail_if, str) else fail_if,
        scheme=scheme,
        system=system,
        match=[match] if isinstance(match, str) else match,
        shared_items=shared_items,
    )
