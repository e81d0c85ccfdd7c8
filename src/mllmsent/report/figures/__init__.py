"""Figures: one file per kind, each drawn from a table, without a script."""

from mllmsent.report.figures.bars import draw_bars, draw_histogram, draw_stacks
from mllmsent.report.figures.examples import draw_examples
from mllmsent.report.figures.factors import MOST_COLUMNS, draw_factors
from mllmsent.report.figures.figure import Figure, Scale, scale_of
from mllmsent.report.figures.gaps import MOST_SERIES, draw_gaps
from mllmsent.report.figures.heatmap import draw_confusions
from mllmsent.report.figures.intervals import draw_intervals
from mllmsent.report.figures.pairs import draw_pairs
from mllmsent.report.figures.reliability import draw_reliability
from mllmsent.report.figures.scatter import draw_scatter

__all__ = [
    "MOST_COLUMNS",
    "MOST_SERIES",
    "Figure",
    "Scale",
    "draw_bars",
    "draw_confusions",
    "draw_examples",
    "draw_factors",
    "draw_gaps",
    "draw_histogram",
    "draw_intervals",
    "draw_pairs",
    "draw_reliability",
    "draw_scatter",
    "draw_stacks",
    "scale_of",
]
