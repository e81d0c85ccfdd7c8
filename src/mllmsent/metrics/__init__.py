"""Scores, intervals, tests and agreement: arrays in, numbers out.

    sample = label_sample(truth, predicted, labels=("negative", "neutral", "positive"), groups=items)
    evaluate(metrics_for("ordered"), sample)["macro_f1"]      # value and interval
    paired_tests(get_metric("macro_f1"), {"A": sample, "B": other})

How the parts hang together is told in `metric`.
"""

from mllmsent.metrics.agreement import (
    intraclass_correlation,
    krippendorff_alpha,
    pairwise_agreement,
    soft_label_entropy,
    split_half_reliability,
)
from mllmsent.metrics.answer_changes import (
    AnswerChange,
    ExcessChange,
    excess_changes,
    label_changes,
    number_changes,
)
from mllmsent.metrics.bootstrap import (
    Interval,
    Resampling,
    Score,
    score_difference,
    score_sample,
)
from mllmsent.metrics.classification import ClassScores, class_scores, confusion_matrix
from mllmsent.metrics.coding import label_sample, label_set_sample, rating_sample, sample_kind
from mllmsent.metrics.corrected_t import CorrectedT, corrected_resampled_t, fold_scores
from mllmsent.metrics.differences import (
    PairedDifference,
    SystemDraws,
    draw_systems,
    paired_differences,
)
from mllmsent.metrics.evaluate import (
    Evaluation,
    FoldScores,
    class_intervals,
    evaluate,
    evaluate_dimension,
    evaluate_label_sets,
    evaluate_labels,
    fold_mean,
    fold_mean_difference,
)
from mllmsent.metrics.flips import Flips, flips
from mllmsent.metrics.letters import indistinguishable_groups, significance_letters
from mllmsent.metrics.metric import METRICS, Metric, get_metric, metric_names, metrics_for
from mllmsent.metrics.paired_effects import PairEffect, standardized_differences, win_shares
from mllmsent.metrics.permutation import PairedTest, holm, paired_test, paired_tests
from mllmsent.metrics.power import POWER, detectable_difference, groups_needed
from mllmsent.metrics.rank_stability import kendall_w, swapped_pairs
from mllmsent.metrics.rater_agreement import (
    PairAgreement,
    cohen_kappas,
    concordances,
    fleiss_kappa,
)
from mllmsent.metrics.samples import (
    LabelSample,
    LabelSetSample,
    RatingSample,
    Sample,
)

__all__ = [
    "METRICS",
    "POWER",
    "AnswerChange",
    "ClassScores",
    "CorrectedT",
    "Evaluation",
    "ExcessChange",
    "Flips",
    "FoldScores",
    "Interval",
    "LabelSample",
    "LabelSetSample",
    "Metric",
    "PairAgreement",
    "PairEffect",
    "PairedDifference",
    "PairedTest",
    "RatingSample",
    "Resampling",
    "Sample",
    "Score",
    "SystemDraws",
    "class_intervals",
    "class_scores",
    "cohen_kappas",
    "concordances",
    "confusion_matrix",
    "corrected_resampled_t",
    "detectable_difference",
    "draw_systems",
    "evaluate",
    "evaluate_dimension",
    "evaluate_label_sets",
    "evaluate_labels",
    "excess_changes",
    "fleiss_kappa",
    "flips",
    "fold_mean",
    "fold_mean_difference",
    "fold_scores",
    "get_metric",
    "groups_needed",
    "holm",
    "indistinguishable_groups",
    "intraclass_correlation",
    "kendall_w",
    "krippendorff_alpha",
    "label_changes",
    "label_sample",
    "label_set_sample",
    "metric_names",
    "metrics_for",
    "number_changes",
    "paired_differences",
    "paired_test",
    "paired_tests",
    "pairwise_agreement",
    "rating_sample",
    "sample_kind",
    "score_difference",
    "score_sample",
    "significance_letters",
    "soft_label_entropy",
    "split_half_reliability",
    "standardized_differences",
    "swapped_pairs",
    "win_shares",
]
