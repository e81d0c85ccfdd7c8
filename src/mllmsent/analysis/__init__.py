"""Analyses: one module per question, tables in, findings out."""

from mllmsent.analysis.evidence import Evidence, Scored, evidence_of
from mllmsent.analysis.leaderboard import Leaderboard, default_metric, leaderboard

__all__ = [
    "Evidence",
    "Leaderboard",
    "Scored",
    "default_metric",
    "evidence_of",
    "leaderboard",
]
