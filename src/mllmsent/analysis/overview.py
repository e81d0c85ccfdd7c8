"""What there is before anything is scored: what people said, how they agree, what models answered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from mllmsent.metrics import Resampling, krippendorff_alpha, pairwise_agreement

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme
    from mllmsent.analysis.evidence import Evidence

__all__ = ["STATUSES", "answer_counts", "people_agreement", "status_counts", "target_counts"]

STATUSES = ("ok", "unparsed", "refused", "failed")
"""What can become of a question, best first."""


def status_counts(evidence: Evidence, *, condition: str = "none") -> pd.DataFrame:
    """What became of the questions, for every system and scheme, with or without a target.

    Returns:
        A row per system and scheme: columns system_id, system, scheme, asked, and one for each of
        `STATUSES`.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    asked = evidence.predictions[evidence.predictions["condition"] == condition]
    rows = []
    for scheme in evidence.schemes:
        of_scheme = asked[asked["scheme"] == scheme]
        for system, name in evidence.names.items():
            counts = Counter(of_scheme.loc[of_scheme["system_id"] == system, "status"])
            if counts:
                rows.append(
                    {
                        "system_id": system,
                        "system": name,
                        "scheme": scheme,
                        "asked": counts.total(),
                        **{status: counts[status] for status in STATUSES},
                    }
                )
    return pd.DataFrame(rows, columns=["system_id", "system", "scheme", "asked", *STATUSES])


def answer_counts(evidence: Evidence, scheme: str, *, condition: str = "none") -> pd.DataFrame:
    """How often each system gave each label, whatever people said.

    An answer of several labels counts for each of them. In an open vocabulary the labels are those
    that were given, commonest first.

    Returns:
        A row per system and label: columns system_id, system, label, count, and share, the count
        over all answers that could be read (NaN without any).
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    rows = evidence.predictions
    rows = rows[
        (rows["scheme"] == scheme) & (rows["condition"] == condition) & (rows["status"] == "ok")
    ]
    split = rows["label"].dropna().astype(str).str.split("|")
    given = Counter(label for labels in split for label in labels)
    known = evidence.schemes[scheme].label_names
    labels = [*known, *(label for label, _ in given.most_common() if label not in known)]
    table: list[dict[str, Any]] = []
    asked = evidence.predictions[evidence.predictions["scheme"] == scheme]
    present = set(asked["system_id"].unique())
    answers_of = dict(list(split.groupby(rows.loc[split.index, "system_id"])))
    for system, name in evidence.names.items():
        if system not in present:
            continue
        answers = answers_of.get(system, ())
        counts = Counter(label for answer in answers for label in answer)
        table.extend(
            {
                "system_id": system,
                "system": name,
                "label": label,
                "count": counts[label],
                "share": counts[label] / len(answers) if len(answers) else float("nan"),
            }
            for label in labels
        )
    return pd.DataFrame(table, columns=["system_id", "system", "label", "count", "share"])


def target_counts(evidence: Evidence, scheme: str, *, annotators: str = "all") -> pd.DataFrame:
    """How many items have each label as their target.

    Returns:
        A row per label of the scheme: columns label, count and share (of the items with a target;
        with several labels per item the shares add up to more than one).
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    definition = evidence.schemes[scheme]
    truth = evidence.truth(scheme, annotators=annotators)
    counts: Counter[str] = Counter()
    for said in truth.values():
        counts.update(said if definition.multi_label else [said])
    labels = [
        *definition.label_names,
        *(label for label, _ in counts.most_common() if label not in definition.label_names),
    ]
    rows = [
        {"label": label, "count": counts[label], "share": counts[label] / len(truth)}
        for label in labels
        if truth
    ]
    return pd.DataFrame(rows, columns=["label", "count", "share"])


def people_agreement(
    annotations: pd.DataFrame,
    schemes: Mapping[str, Scheme],
    resampling: Resampling | None = None,
) -> pd.DataFrame:
    """How well people agree, which bounds how well a model can agree with them.

    Args:
        annotations: Table `annotations`.
        schemes: Name to scheme, to know which labels are ordered; of others the labels are nominal.
        resampling: How intervals are made.

    Returns:
        A row per scheme (and dimension) that was annotated: columns scheme, dimension, items,
        annotators, per_item (mean number of annotations), agreement (raw, of two people; labels
        only), alpha (Krippendorff's; of its level: nominal, ordinal, interval) with alpha_low and
        alpha_high, and level.
    """
    import pandas as pd  # noqa: PLC0415 - `--help` does without pandas

    resampling = resampling or Resampling()
    rows = []
    for (scheme, dimension), part in annotations.groupby(
        ["scheme", "dimension"], sort=False, dropna=False
    ):
        rated = isinstance(dimension, str)
        said = part[part["value" if rated else "label"].notna()]
        if not len(said):
            continue
        rows.append(
            {
                "scheme": str(scheme),
                "dimension": dimension if rated else None,
                "items": int(said["item_id"].nunique()),
                "annotators": int(said["annotator_id"].nunique()),
                "per_item": len(said) / said["item_id"].nunique(),
                **_agreement(said, schemes.get(str(scheme)), resampling, rated=rated),
            }
        )
    columns = [
        "scheme", "dimension", "items", "annotators", "per_item", "agreement", "alpha",
        "alpha_low", "alpha_high", "level",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _agreement(
    said: pd.DataFrame, scheme: Scheme | None, resampling: Resampling, *, rated: bool
) -> dict[str, Any]:
    items = said["item_id"].astype(str).tolist()
    if rated:
        alpha = krippendorff_alpha(
            items, said["value"].astype(float).tolist(), "interval", resampling=resampling
        )
        level, raw = "interval", float("nan")
    else:
        labels = said["label"].astype(str).tolist()
        ordered = scheme is not None and scheme.kind == "ordered"
        known = scheme.label_names if scheme is not None else ()
        if ordered and set(labels) <= set(known):
            level = "ordinal"
            alpha = krippendorff_alpha(
                items, labels, "ordinal", labels=known, resampling=resampling
            )
        else:
            level = "nominal"
            alpha = krippendorff_alpha(items, labels, resampling=resampling)
        raw = pairwise_agreement(items, labels, resampling).value
    return {
        "agreement": raw,
        "alpha": alpha.value,
        "alpha_low": alpha.interval.low,
        "alpha_high": alpha.interval.high,
        "level": level,
    }
