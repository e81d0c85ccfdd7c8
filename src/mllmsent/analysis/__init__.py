"""Analyses: one module per question, tables in, findings out."""

from mllmsent.analysis.described_factors import DescribedFactors, described_factors
from mllmsent.analysis.evidence import Evidence, Scored, evidence_of, study_resampling
from mllmsent.analysis.gap_search import GapSearch
from mllmsent.analysis.leaderboard import Leaderboard, default_metric, leaderboard
from mllmsent.analysis.scene_fields import known_scenes, score_scene_fields

__all__ = [
    "DescribedFactors",
    "Evidence",
    "GapSearch",
    "Leaderboard",
    "Scored",
    "default_metric",
    "described_factors",
    "evidence_of",
    "known_scenes",
    "leaderboard",
    "score_scene_fields",
    "study_resampling",
]
