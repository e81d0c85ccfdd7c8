"""What is said of whether confidence can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mllmsent.analysis.found import Statement
from mllmsent.analysis.numbers import p_value, with_interval

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.affect.scheme import Scheme

    Row = Mapping[str, Any]

__all__ = ["board_statements"]


def board_statements(scheme: Scheme, rows: Sequence[Row], alpha: float) -> list[Statement]:
    """The sentences about one board.

    Args:
        scheme: Its scheme.
        rows: Its rows of the table `calibration`.
        alpha: At or below it a corrected p value tells.
    """
    if not rows:
        return []
    sentences = [
        _miscalibrated(rows, alpha),
        _too_sure(rows),
        _useful(rows),
        _cured(rows),
        _people(rows),
    ]
    return [Statement(text, scheme.name) for text in sentences if text]


def _miscalibrated(rows: Sequence[Row], alpha: float) -> str:
    clear = [row for row in rows if row["p_holm"] <= alpha]
    if not clear:
        tested = [row["p_holm"] for row in rows if row["p_holm"] == row["p_holm"]]
        least = f" ({p_value(min(tested))} at least)" if tested else ""
        named = _named(rows[0]) if len(rows) == 1 else f"any of the {len(rows)} systems with scores"
        return f"Confidence and accuracy differ by no more than chance explains in {named}{least}."
    worst = max(clear, key=lambda row: row["ece"])
    return (
        f"Of {len(rows)} systems with scores, {len(clear)} {_are(clear)} miscalibrated beyond "
        f"chance. Worst is {_named(worst)}: its confidence is off by {worst['ece']:.2f} on average "
        f"(ECE in {worst['bins']} bins), where chance alone gives {worst['ece_by_chance']:.2f} "
        f"({p_value(worst['p_holm'])}, corrected)."
    )


def _too_sure(rows: Sequence[Row]) -> str:
    over = [row for row in rows if row["overconfidence_low"] > 0]
    under = [row for row in rows if row["overconfidence_high"] < 0]
    if not over and not under:
        return ""
    most = max([*over, *under], key=lambda row: abs(row["overconfidence"]))
    word = "surer than right" if most["overconfidence"] > 0 else "less sure than right"
    low, high = sorted(abs(most[f"overconfidence_{end}"]) for end in ("low", "high"))
    by = with_interval(abs(most["overconfidence"]), low, high)
    return (
        f"{len(over)} of {len(rows)} systems {_are(over)} too sure of themselves and {len(under)} not sure "
        f"enough, each by its own interval; most of all {most['system']}, on average {word} by {by}."
    )


def _useful(rows: Sequence[Row]) -> str:
    known = [row for row in rows if row["auroc"] == row["auroc"]]
    if not known:
        return ""
    clear = [row for row in known if row["auroc_low"] > 0.5]
    best = max(clear or known, key=lambda row: row["auroc"])
    if not clear:
        return (
            f"Confidence is seen to tell right from wrong answers in no system; the area under "
            f"the ROC curve is highest in {_named(best)}, {_score(best, 'auroc')}."
        )
    blind = len(known) - len(clear)
    rest = f" In {blind} of {len(known)} it is not seen to tell them apart." if blind else ""
    return (
        f"Confidence tells right from wrong answers best in {_named(best)}: a right answer has more "
        f"of it than a wrong one with a chance of {_score(best, 'auroc')}.{rest}"
    )


def _cured(rows: Sequence[Row]) -> str:
    gained = [row for row in rows if row["nll_gain_low"] > 0]
    if not gained:
        return ""
    most = max(gained, key=lambda row: row["nll_gain"])
    return (
        f"A temperature fitted on other items makes the probabilities of {len(gained)} of "
        f"{len(rows)} systems better (log-likelihood); most of all those of {most['system']}, at "
        f"{_score(most, 'temperature')}: ECE {most['ece']:.2f} before and {most['ece_after']:.2f} "
        f"after, Brier score {most['brier']:.2f} and {most['brier_after']:.2f}."
    )


def _people(rows: Sequence[Row]) -> str:
    known = [row for row in rows if row["people_brier"] == row["people_brier"]]
    if not known:
        return ""
    best = min(known, key=lambda row: row["people_divergence"])
    return (
        f"Nearest to how people's votes are divided are the probabilities of {_named(best)}: "
        f"Brier score {_score(best, 'people_brier')}, divergence "
        f"{_score(best, 'people_divergence')} nats."
    )


def _named(row: Row) -> str:
    """A system and what its scores are."""
    return f"{row['system']} ({row['scores']})"


def _score(row: Row, name: str) -> str:
    return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _are(rows: Sequence[Row]) -> str:
    return "is" if len(rows) == 1 else "are"
