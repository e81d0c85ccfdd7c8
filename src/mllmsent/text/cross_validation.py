"""Out-of-fold predictions: every text is read by a classifier that has seen nothing of it.

For each fold a fresh classifier learns from the rows outside it and reads the rows inside it. No row
of a test row's item or group is ever learned from, also where more rows may be learned from than
are tested (other conditions, items on which fewer annotators agree). Whatever a classifier chooses,
it chooses from what it learns from.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError
from mllmsent.text.fold_jobs import FoldJob, run_jobs
from mllmsent.text.interface import CutWarning
from mllmsent.text.targets import SEPARATOR, decide_labels, encode_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats, ScoreKind, TextClassifier

__all__ = ["FoldFit", "LeakageWarning", "OutOfFold", "cross_validate"]


class LeakageWarning(UserWarning):
    """Something that is known in training may be known of a test row too."""


@dataclass(frozen=True, slots=True)
class FoldFit:
    """How one fold was read.

    Attributes:
        fold: Its number.
        n_train: Rows learned from.
        n_test: Rows read.
        chosen: What the classifier chose or found in training.
    """

    fold: int
    n_train: int
    n_test: int
    chosen: Mapping[str, Any]


@dataclass(frozen=True)
class OutOfFold:
    """What `cross_validate` gives.

    Attributes:
        scheme: What was read in.
        score_kind: What the scores are.
        scores: (n, labels) scores or (n, dimensions) values; NaN in rows that were not read, and in
            rows that decide nothing.
        folds: (n,) the fold of each row, -1 for none.
        was_read: (n,) whether a classifier was given the row.
        fits: How each fold was read; empty where the classifier does not train.
        notes: What must be known beside the scores, one sentence each.
    """

    scheme: Scheme
    score_kind: ScoreKind
    scores: Floats
    folds: NDArray[np.int64]
    was_read: NDArray[np.bool_]
    fits: tuple[FoldFit, ...]
    notes: tuple[str, ...]

    def labels(self) -> tuple[tuple[str, ...], ...]:
        """The labels of each row, none where it decides nothing; see `decide_labels`.

        Raises:
            InputError: If the scheme has dimensions and no labels.
        """
        if self.scheme.kind == "dimensional":
            raise InputError(f"Scheme {self.scheme.name!r} has values, not labels.")
        return decide_labels(self.scores, self.scheme, self.score_kind)

    def only(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> OutOfFold:
        """The same of some of the rows, in their order."""
        kept = np.asarray(rows, dtype=np.int64)
        return replace(
            self,
            scores=self.scores[kept],
            folds=self.folds[kept],
            was_read=self.was_read[kept],
        )

    def columns(self) -> list[dict[str, Any]]:
        """Each row's columns of table `predictions`: status, label, scores, values, and so on."""
        is_label = self.scheme.kind != "dimensional"
        names = self.scheme.label_names if is_label else self.scheme.dimension_names
        decided = self.labels() if is_label else ((),) * len(self.scores)
        rows: list[dict[str, Any]] = []
        for scores, labels, was_read in zip(self.scores, decided, self.was_read, strict=True):
            columns: dict[str, Any] = dict.fromkeys(("label", "scores", "values", "score_kind"))
            numbers = dict(zip(names, map(float, scores), strict=True))
            if not was_read:
                columns |= {"status": "failed", "note": "in no fold, so nothing may read it"}
            elif not np.isfinite(scores).all():
                columns |= {"status": "unparsed", "note": "the text decides for nothing"}
            else:
                columns |= {"status": "ok", "note": None, "score_kind": self.score_kind}
                if is_label:
                    columns |= {"label": SEPARATOR.join(labels), "scores": numbers}
                else:
                    columns |= {"values": numbers}
            rows.append(columns)
        return rows


def cross_validate(
    factory: Callable[[], TextClassifier],
    texts: Sequence[str],
    targets: Sequence[Any] | NDArray[Any],
    folds: Sequence[int] | NDArray[np.integer[Any]],
    *,
    scheme: Scheme,
    ids: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    train_rows: NDArray[np.bool_] | None = None,
    test_rows: NDArray[np.bool_] | None = None,
    seed: int = 0,
    workers: int | None = None,
) -> OutOfFold:
    """Read every row by a classifier that has learned from other items.

    Args:
        factory: Gives a fresh, untrained classifier each time.
        texts: (n,) texts. A blank one is not learned from, and decides nothing.
        targets: (n,) what `encode_targets` takes; None where there is none. Rows without a target
            are read and not learned from.
        folds: (n,) the fold, 0 or more, that each row is tested in; -1 for rows that are only learned
            from. A classifier that does not train reads every row, in whatever fold.
        scheme: What the targets are in.
        ids: (n,) the item of each row; rows of one item (conditions, repeats) share a fold. By
            default each row is an item.
        groups: (n,) the group of each row, which share a fold as well. By default the item.
        train_rows: (n,) booleans: whether a row may be learned from. By default every row.
        test_rows: (n,) booleans: whether a row is read. By default every row that is in a fold. One
            that is in a fold and not read is learned from where another fold is tested: what is
            left out with a fold (a dataset, a source of images) is then left out whole.
        seed: Seeds whatever classifiers draw or divide; each fold gets a seed of its own.
        workers: Processes to share the folds; by default as many as help, and none but this for a
            classifier that says it must stay in its process. The result is the same.

    Returns:
        The predictions, in the order of the rows.

    Raises:
        InputError: If the classifier cannot read in the scheme, an item or a group is tested in two
            folds, a target is not of the scheme, or nothing is left to learn from.

    Warns:
        LeakageWarning: If items of different folds have one text.
    """
    classifier = factory()
    reason = classifier.supports(scheme)
    if reason is not None:
        raise InputError(reason, item=scheme.name)
    if classifier.scheme.digest() != scheme.digest():
        raise InputError(
            f"The classifier reads in {classifier.scheme.name!r}, the targets are in {scheme.name!r}."
        )
    fold_of = _as_folds(folds)
    n = len(fold_of)
    item_of = _names(ids, n, "ids")
    group_of = item_of if groups is None else _names(groups, n, "groups")
    encoded, known = encode_targets(targets, scheme)
    if len(texts) != n or len(known) != n:
        raise InputError(f"{len(texts)} texts and {len(known)} targets for {n} rows of folds.")
    written = np.array([bool(text.strip()) for text in texts], dtype=bool)
    readable = _flags(test_rows, n, "test_rows")
    if not classifier.trains:
        return _read_untaught(classifier, texts, fold_of, readable)

    learnable = known & written & _flags(train_rows, n, "train_rows")
    is_read = readable & (fold_of >= 0)
    tested_in = np.where(is_read, fold_of, -1)
    _refuse_shared(item_of, tested_in, "Item")
    _refuse_shared(group_of, tested_in, "Group")
    numbers = [int(fold) for fold in np.unique(tested_in) if fold >= 0]
    jobs: list[FoldJob] = []
    notes: list[str] = []
    for fold in numbers:
        test = np.flatnonzero(tested_in == fold).tolist()
        related = np.isin(item_of, item_of[test]) | np.isin(group_of, group_of[test])
        train = np.flatnonzero(learnable & ~related & (fold_of != fold)).tolist()
        if not train:
            raise InputError(
                f"Fold {fold}: no row is left to learn from.",
                cure="Use at least two folds, and items with targets in more than one of them.",
            )
        notes.extend(_missing_labels(encoded[train], scheme, fold))
        jobs.append(
            FoldJob(
                classifier=factory(),
                texts=[texts[row] for row in train],
                targets=encoded[train],
                groups=group_of[train],
                seed=int(np.random.SeedSequence([seed, fold]).generate_state(1)[0]),
                test_texts=[texts[row] for row in test],
            )
        )
    shared = _shared_texts(texts, item_of, fold_of, is_read, learnable)
    if shared:
        notes.append(shared)
        warnings.warn(shared, LeakageWarning, stacklevel=2)

    scores = _no_scores(n, scheme)
    fits = []
    sizes = [(len(job.texts), len(job.test_texts)) for job in jobs]
    done = run_jobs(jobs, workers, parallel=classifier.parallel_folds)
    for fold, (n_train, n_test), read in zip(numbers, sizes, done, strict=True):
        scores[tested_in == fold] = read.scores
        fits.append(FoldFit(fold, n_train, n_test, read.fitted))
    notes.extend(_cut_texts(fits))
    return OutOfFold(
        scheme=scheme,
        score_kind=classifier.score_kind,
        scores=scores,
        folds=fold_of,
        was_read=is_read,
        fits=tuple(fits),
        notes=tuple(notes),
    )


def _no_scores(n: int, scheme: Scheme) -> Floats:
    return np.full((n, len(scheme.labels) or len(scheme.dimensions)), np.nan)


def _read_untaught(
    classifier: TextClassifier,
    texts: Sequence[str],
    fold_of: NDArray[np.int64],
    readable: NDArray[np.bool_],
) -> OutOfFold:
    """What a classifier that does not train reads, of whatever fold."""
    scores = _no_scores(len(fold_of), classifier.scheme)
    read = [texts[row] for row in np.flatnonzero(readable).tolist()]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", CutWarning)
        scores[readable] = classifier.predict(read)
    cut = 0
    for each in warned:
        if isinstance(each.message, CutWarning):
            cut += each.message.cut  # it is among the notes
        else:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return OutOfFold(
        scheme=classifier.scheme,
        score_kind=classifier.score_kind,
        scores=scores,
        folds=fold_of,
        was_read=readable,
        fits=(),
        notes=_cut_note(cut / len(read)) if read else (),
    )


def _as_folds(folds: Sequence[int] | NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    given = np.asarray(folds)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InputError("Folds are one whole number for each row; -1 for none.")
    fold_of: NDArray[np.int64] = given.astype(np.int64)
    if (fold_of < -1).any():
        raise InputError(f"{fold_of.min()} is no fold; -1 is for rows in none.")
    return fold_of


def _flags(given: NDArray[np.bool_] | None, n: int, what: str) -> NDArray[np.bool_]:
    if given is None:
        return np.ones(n, dtype=bool)
    if len(given) != n:
        raise InputError(f"{len(given)} {what} for {n} rows of folds.")
    return np.asarray(given, dtype=bool)


def _names(given: Sequence[str] | None, n: int, what: str) -> NDArray[Any]:
    if given is None:
        return np.arange(n)
    if len(given) != n:
        raise InputError(f"{len(given)} {what} for {n} rows of folds.")
    return np.array([str(name) for name in given], dtype=object)


def _refuse_shared(names: NDArray[Any], fold_of: NDArray[np.int64], what: str) -> None:
    tested_in: dict[Any, set[int]] = defaultdict(set)
    for name, fold in zip(names, fold_of, strict=True):
        if fold >= 0:
            tested_in[name].add(int(fold))
    torn = [str(name) for name, found in tested_in.items() if len(found) > 1]
    if torn:
        shown = ", ".join(repr(name) for name in torn[:5])
        more = f" and {len(torn) - 5} more" if len(torn) > 5 else ""
        raise InputError(
            f"{what} {shown}{more} would be tested in one fold and learned from in another.",
            cure="Give all rows of one item, and of one group, the same fold (grouped folds do).",
        )


def _missing_labels(targets: NDArray[Any], scheme: Scheme, fold: int) -> list[str]:
    if scheme.kind == "dimensional":
        return []
    names = scheme.label_names
    if scheme.multi_label:
        held = {names[place] for place in np.flatnonzero(targets.any(axis=0))}
    else:
        held = set(targets)
    missing = [name for name in names if name not in held]
    if not missing:
        return []
    return [f"Fold {fold}: no text to learn {', '.join(missing)} from, so none is read as that."]


def _cut_texts(fits: Sequence[FoldFit]) -> tuple[str, ...]:
    """Whether texts were longer than the classifier, or a member of it, reads."""
    shares = []
    for fit in fits:
        told = [fit.chosen, *fit.chosen.get("members", ())]
        shares.append(max(int(each.get("cut", 0)) for each in told) / fit.n_train)
    return _cut_note(max(shares, default=0.0))


def _cut_note(share: float) -> tuple[str, ...]:
    if not share:
        return ()
    return (
        f"{share:.1%} of the texts are longer than the classifier reads; their ends were left out.",
    )


def _shared_texts(
    texts: Sequence[str],
    item_of: NDArray[Any],
    fold_of: NDArray[np.int64],
    is_read: NDArray[np.bool_],
    learnable: NDArray[np.bool_],
) -> str | None:
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, text in enumerate(texts):
        if text.strip():
            rows_of[" ".join(text.split()).casefold()].append(row)
    shared: dict[Any, Any] = {}
    for rows in rows_of.values():
        # One example per tested item is enough to say so.
        for test in rows if len(rows) > 1 else ():
            if not is_read[test] or item_of[test] in shared:
                continue
            for train in rows:
                if (
                    learnable[train]
                    and fold_of[train] != fold_of[test]
                    and item_of[train] != item_of[test]
                ):
                    shared[item_of[test]] = item_of[train]
                    break
    if not shared:
        return None
    tested, learned = next(iter(shared.items()))
    return (
        f"{len(shared)} items are tested whose very text is learned from under another item, such "
        f"as {tested} and {learned}. If those are one image, give them one group."
    )
