"""Analyses: one module per question, tables in, findings out."""

from mllmsent.analysis.evidence import Evidence, Scored, evidence_of
from mllmsent.analysis.falling_behind import GapSearch, falling_behind
from mllmsent.analysis.leaderboard import Leaderboard, default_metric, leaderboard
from mllmsent.analysis.scene_fields import known_scenes, score_scene_fields

__all__ = [
    "Evidence",
    "GapSearch",
    "Leaderboard",
    "Scored",
    "default_metric",
    "evidence_of",
    "falling_behind",
    "known_scenes",
    "leaderboard",
    "score_scene_fields",
]
