"""What does the description do to the answer: whose is read better, and which of its qualities matter?

Everything that can be counted in a description is (`description_qualities`: length, richness, words of
feeling, specificity, numbers and colors, hedges, whether it was cut off; where it is known what was
drawn, also what is missing and what is invented).

**Effects.** The same classifier reads two descriptions of each item: by two describers, or by one
under two conditions. The total effect is how much more often the second leads to the right label (for
dimensions, how much further from the people's mean). It is divided into what the measured qualities
carry, each by itself, and what none of them does: within-item mediation (Judd, Kenny and McClelland
2001; Montoya and Hayes 2017), in which what an item is like cancels out. Whose description is read is
set by us; which qualities it has is not, so a path through a quality may be that of something else in
the text. How strong that would have to be is told with each path (`rho`; Imai, Keele and Yamamoto
2010). The share that is mediated is told only where the total effect excludes zero. Paths are
corrected for their number by Holm's method. See `metrics/paired_mediation.py`.

A classifier that learns has learned from each describer's own descriptions: what it learned is part of
the effect. Under a condition it has learned from descriptions of images as they are. The conditions
`mask-affect` and `shorten` take something from a description and touch nothing else, so their total
effect is that of what they take; but they move many qualities at once, and which carries it is told badly.

**Associations.** Within one describer, which qualities go with a right answer where the item is as hard
for the other systems: see `quality_associations`. They are no effects.

**Judges.** A judge's marks are qualities like any other, and a model's opinion. How far they follow what
is known of the pictures, and how well judges agree: see `judges`.

**Flips.** The questions on which one pathway of a model is right and another wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.analysis.boards import board_title, boards
from mllmsent.analysis.description_quality.associations import (
    ASSOCIATION_COLUMNS,
    quality_associations,
)
from mllmsent.analysis.description_quality.effects import (
    EFFECT_COLUMNS,
    MOST_PAIRS,
    PATH_COLUMNS,
    description_effects,
    pairs_of,
)
from mllmsent.analysis.description_quality.judges import (
    AGREEMENT_COLUMNS,
    TRUST_COLUMNS,
    agreement_rows,
    agreement_sentences,
    judge_marks,
    trust_rows,
    trust_sentences,
)
from mllmsent.analysis.description_quality.measured import (
    measured_descriptions,
    read_descriptions,
)
from mllmsent.analysis.description_quality.words import (
    QUALITY_WORDS,
    association_sentences,
    effect_sentences,
    path_sentences,
)
from mllmsent.analysis.found import Analysis, Found, Statement
from mllmsent.analysis.pathways import pathway_flips
from mllmsent.analysis.scene_fields import known_scenes
from mllmsent.metrics import Resampling
from mllmsent.runs.similarity import similarity_notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.description_quality.measured import (
        MeasuredDescriptions,
        ReadDescriptions,
    )
    from mllmsent.analysis.evidence import Evidence
    from mllmsent.analysis.material import Material
    from mllmsent.dioramas import Scene

__all__ = ["DESCRIPTION_QUALITY", "find_description_quality"]

QUALITY_COLUMNS = (
    "describer",
    "strategy",
    "condition",
    "quality",
    "n",
    "mean",
    "low",
    "high",
    "sd",
)
_BOARD = ("scheme", "dimension")


def find_description_quality(
    evidence: Evidence,
    descriptions: pd.DataFrame,
    *,
    stop_reasons: Mapping[str, str] | None = None,
    scenes: Mapping[str, Scene] | None = None,
    resampling: Resampling | None = None,
    condition: str = "none",
) -> Found:
    """What descriptions do to the answers of a run; see the module.

    Args:
        evidence: The run's tables.
        descriptions: Table `descriptions`.
        stop_reasons: Request to the server's word on why its answer ended.
        scenes: Item to what was drawn, where that is known.
        resampling: How intervals are made.
        condition: The condition that stands for the images as they are.

    Returns:
        Statements, the tables of `DESCRIPTION_QUALITY`, and what could not be computed.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    measured = measured_descriptions(
        evidence, descriptions, stop_reasons=stop_reasons, scenes=scenes
    )
    lacking = [*_unmeasured(measured), *similarity_notes(descriptions)]
    found: dict[str, list[dict[str, Any]]] = {"effects": [], "paths": [], "associations": []}
    statements: list[Statement] = []
    for scheme, dimension in boards(evidence) if len(measured.rows) else ():
        about = {"scheme": scheme.name, "dimension": dimension or None}
        title = board_title(scheme, dimension)
        plain, others = _read(evidence, measured, scheme, dimension, condition)
        if not plain:
            lacking.append(f"{title}: no system that read these descriptions can be scored.")
            continue
        pairs = pairs_of(plain, others)
        if len(pairs) > MOST_PAIRS:
            lacking.append(f"{title}: of {len(pairs)} pairs, the first {MOST_PAIRS} are compared.")
        outcome = "error" if dimension else "right"
        effects, paths = description_effects(
            pairs[:MOST_PAIRS], measured.qualities, outcome=outcome, resampling=resampling
        )
        if not effects:
            lacking.append(
                f"{title}: no classifier read two descriptions of the same items, by two describers "
                "or under two conditions."
            )
        scored = [
            each
            for each in evidence.scored(scheme.name, condition=condition)
            if each.dimension == dimension
        ]
        associations, unknown = quality_associations(
            plain, scored, scheme, measured.qualities, level=resampling.level
        )
        lacking += [f"{title}: {sentence}" for sentence in unknown]
        lacking += [f"{title}: {sentence}" for sentence in _left_out(effects, measured.qualities)]
        alpha = 1 - resampling.level
        statements += [
            Statement(text, scheme.name, dimension)
            for text in (
                *effect_sentences(effects, alpha),
                *path_sentences(paths, alpha),
                *association_sentences(associations, alpha),
            )
        ]
        for name, rows in (("effects", effects), ("paths", paths), ("associations", associations)):
            found[name] += [about | row for row in rows]
    trust = trust_rows(measured, condition=condition, level=resampling.level)
    agreement = agreement_rows(measured, condition=condition, resampling=resampling)
    trusted, unknown = trust_sentences(trust, list(judge_marks(measured.qualities)))
    statements += [Statement(text) for text in (*trusted, *agreement_sentences(agreement))]
    lacking += unknown
    tables = {
        "effects": pd.DataFrame(found["effects"], columns=[*_BOARD, *EFFECT_COLUMNS]),
        "paths": pd.DataFrame(found["paths"], columns=[*_BOARD, *PATH_COLUMNS]),
        "qualities": pd.DataFrame(
            _qualities(measured, resampling.level), columns=list(QUALITY_COLUMNS)
        ),
        "associations": pd.DataFrame(
            found["associations"], columns=[*_BOARD, *ASSOCIATION_COLUMNS]
        ),
        "judges": pd.DataFrame(trust, columns=list(TRUST_COLUMNS)),
        "judge_agreement": pd.DataFrame(agreement, columns=list(AGREEMENT_COLUMNS)),
        "flips": pathway_flips(evidence, condition=condition),
        "descriptions": measured.rows,
    }
    return Found(tuple(statements), tables, tuple(lacking))


def _left_out(effects: Sequence[Mapping[str, Any]], qualities: Sequence[str]) -> list[str]:
    """A sentence on the qualities that are not in every equation."""
    counts = Counter(
        name for row in effects for name in qualities if f"; {name}: " in f"; {row['left_out']}"
    )
    if not counts:
        return []
    named = ", ".join(f"{QUALITY_WORDS.get(name, name)} ({n})" for name, n in counts.items())
    some = f"of {len(effects)} pairs, some have not every quality in their equation"
    return [f"{some}: {named}. The table of effects says why (`left_out`)."]


def _unmeasured(measured: MeasuredDescriptions) -> list[str]:
    lacking = []
    if measured.n_foreign:
        lacking.append(
            f"{measured.n_foreign} descriptions are not in English and are not measured: words are "
            "counted by English lists."
        )
    if not len(measured.rows):
        lacking.append(
            "There is no description to measure: the described pathway has models give them, and "
            "imported predictions bring them in a column."
        )
    return lacking


def _read(
    evidence: Evidence,
    measured: MeasuredDescriptions,
    scheme: Scheme,
    dimension: str,
    condition: str,
) -> tuple[list[ReadDescriptions], list[ReadDescriptions]]:
    """What was read of descriptions of the images as they are, and under other conditions."""
    told = [str(name) for name in measured.rows["condition"].unique()]
    found = {
        name: list(read_descriptions(evidence, measured, scheme, dimension, condition=name))
        for name in dict.fromkeys((condition, *told))
    }
    return found.pop(condition), [each for rest in found.values() for each in rest]


def _qualities(measured: MeasuredDescriptions, level: float) -> list[dict[str, Any]]:
    """The mean of each quality of each describer, with an interval that allows for groups."""
    from scipy.stats import t  # noqa: PLC0415 - scipy is slow to import

    rows = []
    who = ["describer", "strategy", "condition"]
    for key, part in measured.rows.groupby(who, sort=False):
        for quality in measured.qualities:
            own = part[part[quality].notna()]
            if not len(own):
                continue
            values = own[quality].to_numpy(np.float64)
            away = own.assign(away=values - values.mean()).groupby("group")["away"].sum()
            n_groups = len(away)
            reach = math.nan
            if n_groups > 1:
                error = math.sqrt(n_groups / (n_groups - 1) * (away**2).sum()) / len(own)
                reach = error * float(t.ppf((1 + level) / 2, n_groups - 1))
            rows.append(
                dict(zip(who, key, strict=True))
                | {
                    "quality": quality,
                    "n": len(own),
                    "mean": values.mean(),
                    "low": values.mean() - reach,
                    "high": values.mean() + reach,
                    "sd": values.std(),
                }
            )
    return rows


def _of_run(material: Material) -> Found:
    responses = material.run.table("responses")
    ended = responses[responses["stop_reason"].notna()]
    return find_description_quality(
        material.evidence,
        material.run.table("descriptions"),
        stop_reasons=dict(zip(ended["request_key"], ended["stop_reason"], strict=True)),
        scenes=known_scenes(material.run.dataset_root()),
        resampling=material.resampling,
        condition=material.condition,
    )


DESCRIPTION_QUALITY = Analysis(
    name="description_quality",
    title="What the description does to the answer",
    question="Whose description leads to the right answer, and which of its qualities carry that?",
    find=_of_run,
    tables={
        "effects": "two descriptions of the same items, read by one classifier: total, indirect "
        "and direct effect",
        "paths": "one quality in such a pair: what it carries, and what would explain it away",
        "qualities": "the mean of a quality of a describer",
        "associations": "a quality of one system's descriptions that goes with a right answer or not",
        "judges": "a judge's marks for one criterion, against what is known of the pictures",
        "judge_agreement": "how well two judges agree in one criterion",
        "flips": "a question that one pathway of a model gets right and another wrong",
        "descriptions": "a description, measured",
    },
)
