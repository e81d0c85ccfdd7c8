"""How much does the wording matter? Strategies of one model held against each other.

Systems that differ by nothing but the prompt strategy (its wording, version, language and readout,
and the settings and examples that it brings along) are a family; the pathway's plain strategy stands
first. Per family and scheme:

- `strategies`: each wording's score in the ranked metric, its gain over the plain one with interval
  (the same groups of items drawn for both), what a thousand questions cost (table `responses`), and
  the extra cost per point gained, a point being 0.01 of the metric. Without a gain whose interval
  excludes 0, and which the corrected test of `pairs` finds, there is no cost per point.
- `pairs`: every two wordings: the difference with interval, the leaderboard's paired permutation
  test with Holm's correction within the family, the share of questions whose answer changes with
  the wording, and how far the distribution of answers shifts (total variation distance; of numbers,
  mean distance and mean difference; p values by swapping answers within groups, Holm's correction).
  Where questions were asked several times, `excess` is how much more often two wordings differ than
  two answers in one wording do: the rest is the model's own chance.
- `sensitivity`: how far the score moves by wording alone: the spread (best less worst) and the
  standard deviation over wordings, with intervals, and the share of questions on which not all
  wordings agree. The spread of equally good wordings is not 0, but what sampling makes of it:
  `spread_by_chance` is its mean where all are equally good, and `spread_p` the share of centered
  resamples with a spread as large as the observed one. Where that does not tell it from 0, the
  intervals of the spread and of the standard deviation begin there, which resamples never do.
- `ranking`: where several models were asked in the same wordings: Kendall's W of the models'
  rankings (1: the same in every wording), the share of pairs of models that change places, how many
  do so beyond their intervals, and the standard deviations over wordings and over models.

All wordings of a family are scored on the items that every one of them answered. Wordings that were
tried until one won are no fair sample of wordings: sensitivity is about those that were asked
(Sclar et al., ICLR 2024; Mizrahi et al., TACL 2024).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mllmsent.analysis.answers import answers_of
from mllmsent.analysis.boards import boards
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.strategies.changes import changes_of
from mllmsent.analysis.strategies.costs import answer_costs
from mllmsent.analysis.strategies.families import families_of
from mllmsent.analysis.strategies.ranking import ranking_rows
from mllmsent.analysis.strategies.rows import pair_rows, sensitivity_row, strategy_rows
from mllmsent.analysis.strategies.scores import Scoring
from mllmsent.analysis.strategies.words import family_statements, ranking_statement
from mllmsent.foundation.tables import empty_table
from mllmsent.metrics import Resampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.leaderboard import Leaderboard
    from mllmsent.analysis.material import Material

__all__ = ["STRATEGIES", "find_strategies"]

STRATEGY_COLUMNS = (
    "scheme", "dimension", "family", "system_id", "strategy", "plain", "metric", "n_items", "read",
    "score", "low", "high", "gain", "gain_low", "gain_high", "gain_p_holm", "usd_per_1000", "tokens_per_1000",
    "latency_s", "extra_cost", "cost_in", "cost_per_point", "cost_low", "cost_high", "cost_note",
)  # fmt: skip
PAIR_COLUMNS = (
    "scheme", "dimension", "family", "first_id", "first", "second_id", "second", "metric",
    "difference", "low", "high", "p", "p_holm", "wins", "losses", "n", "measure", "change",
    "change_low", "change_high", "by_repeats", "excess", "excess_low", "excess_high", "shift",
    "shift_low", "shift_high", "shift_p", "shift_p_holm",
)  # fmt: skip
SENSITIVITY_COLUMNS = (
    "scheme", "dimension", "family", "strategies", "metric", "n_items", "spread", "spread_low",
    "spread_high", "spread_by_chance", "spread_p", "sd", "sd_low", "sd_high", "best", "worst", "n",
    "measure", "changed", "changed_low", "changed_high",
)  # fmt: skip
RANKING_COLUMNS = (
    "scheme", "dimension", "way", "models", "strategies", "n_items", "w", "w_low", "w_high",
    "swapped", "swapped_low", "swapped_high", "model_pairs", "clearly_swapped", "sd_wordings",
    "sd_wordings_low", "sd_wordings_high", "sd_models", "sd_models_low", "sd_models_high",
)  # fmt: skip


MOST_TOLD = 4
"""Models of which sentences tell; tables have them all."""

COLUMNS = {
    "strategies": STRATEGY_COLUMNS,
    "pairs": PAIR_COLUMNS,
    "sensitivity": SENSITIVITY_COLUMNS,
    "ranking": RANKING_COLUMNS,
}


def find_strategies(
    evidence: Evidence,
    board: Leaderboard | None,
    responses: pd.DataFrame | None = None,
    *,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """How much the wording matters; see the module.

    Args:
        evidence: The run's tables.
        board: Its leaderboard; None where nothing can be ranked, and only answers are compared.
        responses: Table `responses`, for what answers cost.
        resampling: How intervals are made.
        condition: The condition under which systems answered.

    Returns:
        Statements, the tables `strategies`, `pairs`, `sensitivity` and `ranking`, and what could not
        be computed.
    """
    resampling = resampling or Resampling()
    responses = empty_table("responses") if responses is None else responses
    families = families_of(evidence.systems)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    statements: list[Statement] = []
    lacking: list[str] = []
    if not families:
        return _found(rows, statements, ["No model was asked in more than one wording."])
    for scheme, dimension in boards(evidence):
        answers = answers_of(evidence, scheme, dimension, condition=condition)
        asked = [own for family in families if (own := family.among(answers.systems))]
        if not asked:
            lacking.append(f"{answers.title}: no model answered in more than one wording.")
            continue
        scoring = Scoring.of(
            evidence, board, answers, asked, resampling=resampling, condition=condition
        )
        lacking += [f"{answers.title}: {reason}" for reason in scoring.lacking]
        costs = answer_costs(evidence.predictions, responses, scheme.name, condition)
        if not costs:
            lacking.append(f"{answers.title}: what answers cost is not known.")
        place = {"scheme": scheme.name, "dimension": dimension or None}
        told: list[tuple[dict[str, Any], list[str]]] = []
        for family in asked:
            changes = changes_of(answers, list(family.wordings), resampling)
            pairs = pair_rows(family, changes, scoring)
            tables = {
                "strategies": strategy_rows(family, pairs, changes, scoring, costs),
                "pairs": pairs,
                "sensitivity": [sensitivity_row(family, changes, scoring)],
            }
            for name, found in tables.items():
                rows[name] += [place | row for row in found]
            sentences = family_statements(family, tables, scoring.title)
            told.append((tables["sensitivity"][0], sentences))
        statements += [Statement(text, scheme.name, dimension) for text in _most_sensitive(told)]
        ranking = ranking_rows(asked, scoring)
        rows["ranking"] += [place | row for row in ranking]
        statements += [Statement(ranking_statement(row), scheme.name, dimension) for row in ranking]
    return _found(rows, statements, lacking)


def _found(
    rows: Mapping[str, list[dict[str, Any]]], statements: list[Statement], lacking: list[str]
) -> Found:
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    return Found(
        statements=tuple(statements),
        tables={name: pd.DataFrame(own, columns=list(COLUMNS[name])) for name, own in rows.items()},
        lacking=tuple(lacking),
    )


def _most_sensitive(told: Sequence[tuple[Mapping[str, Any], list[str]]]) -> list[str]:
    """What is said of the models that wordings move most; the others are in the tables."""

    def moved(entry: tuple[Mapping[str, Any], list[str]]) -> tuple[bool, float]:
        spread, changed = entry[0]["spread"], entry[0]["changed"]
        return not math.isnan(spread), changed if math.isnan(spread) else spread

    first = sorted(told, key=moved, reverse=True)[:MOST_TOLD]
    texts = [text for _, own in first for text in own]
    more = len(told) - len(first)
    if not more:
        return texts
    return [*texts, f"{more} more {'models are' if more > 1 else 'model is'} in the tables."]


def _of_run(material: Material) -> Found:
    return find_strategies(
        material.evidence,
        material.board(),
        material.run.table("responses"),
        resampling=material.resampling,
        condition=material.condition,
    )


STRATEGIES = Analysis(
    name="strategies",
    title="How much the wording matters",
    question="How far do answers and scores move by the wording alone, and what does a point cost?",
    find=_of_run,
    tables={
        "strategies": "a model in one wording, in one scheme or dimension",
        "pairs": "two wordings of one model",
        "sensitivity": "a model, over all of its wordings",
        "ranking": "models that were asked in the same wordings",
    },
)
