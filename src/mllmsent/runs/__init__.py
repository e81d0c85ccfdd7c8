"""Runs: a study is planned, asked, read, and kept in a folder that can be moved and continued."""

from mllmsent.runs.cache import AnswerCache
from mllmsent.runs.executor import Observer, execute
from mllmsent.runs.folder import RunFolder, open_folder
from mllmsent.runs.plan import Plan
from mllmsent.runs.run import plan_study, run_study
from mllmsent.runs.study import Study, load_study, parse_study

__all__ = [
    "AnswerCache",
    "Observer",
    "Plan",
    "RunFolder",
    "Study",
    "execute",
    "load_study",
    "open_folder",
    "parse_study",
    "plan_study",
    "run_study",
]
