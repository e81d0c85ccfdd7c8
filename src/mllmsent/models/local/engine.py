"""From prepared questions to answers: looked at once, begun once, scored and written in batches."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mllmsent.models.local.batching import (
    RowLimit,
    alike_in_length,
    is_out_of_memory,
    packed,
    starting_limit,
)
from mllmsent.models.local.decoding import StoppedError, Writing, write
from mllmsent.models.local.forward import (
    Beginning,
    State,
    counts_padding,
    extend,
    join_rows,
    prefill,
    take_rows,
)
from mllmsent.models.local.label_scores import score_answers
from mllmsent.models.local.prefixes import Cluster, halves, share_prefixes
from mllmsent.models.local.vision import Eye, looks_once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mllmsent.models.local.images import SeenImage
    from mllmsent.models.local.loading import Loaded
    from mllmsent.models.local.vision import ImageFeatures

__all__ = ["Engine", "Job", "Result"]


@dataclass(frozen=True)
class Job:
    """One prepared question.

    Attributes:
        ids: Token ids of the prompt.
        images: Its images, in order.
        image_end: Position after the last image token; 0 without images.
        writing: How its answer is written; None where candidates are scored instead.
        candidates: Token ids of each answer that is possible.
    """

    ids: tuple[int, ...]
    images: tuple[SeenImage, ...]
    image_end: int
    writing: Writing | None = None
    candidates: tuple[tuple[int, ...], ...] = ()

    @property
    def longest(self) -> int:
        """Tokens of the prompt and of the longest answer."""
        if self.writing is not None:
            return len(self.ids) + self.writing.max_tokens
        return len(self.ids) + max(map(len, self.candidates), default=0)


@dataclass(frozen=True)
class Result:
    """What came of a job.

    Attributes:
        ids: Tokens of the answer; empty where candidates were scored.
        stop_reason: "stop" or "length".
        scores: Summed log-likelihood of each candidate, in nats.
        shared: How many tokens of the prompt were read together with other prompts'.
        error: Why there is no answer; None where there is one.
    """

    ids: tuple[int, ...] = ()
    stop_reason: str = ""
    scores: tuple[float, ...] = ()
    shared: int = 0
    error: BaseException | None = None


class Engine:
    """One model on one device (or spread over several by its loader), asked by one thread at a time.

    Args:
        loaded: The model.
        rows: Most rows at once; None finds it from the free memory.
        share_prefixes: Whether what prompts have in common is computed once.
        free_bytes: Tells the free memory of the model's device, or None where that is not known.
    """

    def __init__(
        self,
        loaded: Loaded,
        *,
        rows: int | None = None,
        share_prefixes: bool = True,
        free_bytes: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.loaded = loaded
        self.eye = Eye(loaded) if looks_once(loaded) else None
        self._share = share_prefixes
        self._free_bytes = free_bytes
        self.limit: RowLimit | None = None if rows is None else RowLimit(rows)
        self._stopped = False

    def stop(self) -> None:
        """Break off as soon as the token at hand is done."""
        self._stopped = True

    def run(self, jobs: Sequence[Job]) -> list[Result]:
        """Answer every job; one that cannot be answered has its reason as its result."""
        results: list[Result] = [Result()] * len(jobs)
        if not jobs:
            return results
        import torch  # noqa: PLC0415 - heavy

        if self.limit is None:
            self.limit = starting_limit(self.loaded, self._free_bytes())
        with torch.inference_mode():
            for clusters in self._batches(jobs, self.limit):
                self._guarded(jobs, clusters, results)
        return results

    def _batches(self, jobs: Sequence[Job], limit: RowLimit) -> list[list[Cluster]]:
        """Clusters that are computed together, longest first: what does not fit shows at once."""
        if self._share:
            clusters = share_prefixes(
                [job.ids for job in jobs],
                [job.image_end for job in jobs],
                [tuple(image.key for image in job.images) for job in jobs],
            )
        else:
            clusters = [Cluster((number,), 0) for number in range(len(jobs))]
        clusters = [
            part
            for cluster in clusters
            for part in cluster.parts(limit.rows_of(_longest(jobs, [cluster])))
        ]
        batches: list[list[Cluster]] = []
        for shared in (True, False):
            kind = [cluster for cluster in clusters if bool(cluster.length) is shared]
            kind.sort(key=lambda cluster: -_longest(jobs, [cluster]))
            if not shared and self.eye is None:
                # Images that go through with the prompt can only be stacked where they are alike.
                kind.sort(key=lambda cluster: _shapes(jobs[cluster.members[0]]))
                batches.extend([cluster] for cluster in kind)
                continue
            rows = [len(cluster.members) for cluster in kind]
            lengths = [_longest(jobs, [cluster]) for cluster in kind]
            batches.extend(packed(kind, rows, lengths, limit))
        return batches

    def _guarded(
        self, jobs: Sequence[Job], clusters: Sequence[Cluster], results: list[Result]
    ) -> None:
        """Compute a batch; in smaller ones where memory, or one of its questions, breaks it."""
        members = _members(clusters)
        assert self.limit is not None, "set before anything is computed"
        if len(members) > self.limit.rows_of(_longest(jobs, clusters)):
            # Planned before memory did not suffice for another batch.
            for half in halves(clusters):
                self._guarded(jobs, half, results)
            return
        reason: BaseException | None = None
        try:
            found = self._compute(jobs, clusters)
        except StoppedError:
            raise
        except Exception as error:  # noqa: BLE001 - the reason becomes the answer of these rows only
            reason = error.with_traceback(None)
        # Outside the handler: inside, the error would hold on to what fills the memory.
        if reason is not None:
            parts = self._smaller(jobs, clusters, reason)
            if parts:
                for part in parts:
                    self._guarded(jobs, part, results)
                return
            found = [Result(error=reason)] * len(members)
        for number, result in zip(members, found, strict=True):
            results[number] = result

    def _smaller(
        self, jobs: Sequence[Job], clusters: Sequence[Cluster], reason: BaseException
    ) -> Sequence[Sequence[Cluster]]:
        """Parts of a batch to try instead; none where nothing is to be gained."""
        members = _members(clusters)
        if is_out_of_memory(reason):
            self._make_room()
            assert self.limit is not None, "set before anything is computed"
            candidates = max(len(jobs[number].candidates) for number in members)
            if not self.limit.halve(len(members), _longest(jobs, clusters), candidates):
                return []
            # One row that is left is tried again, with fewer of its candidates at once.
            return halves(clusters) if len(members) > 1 else [clusters]
        # One question that breaks a batch must not take the others with it.
        return [[Cluster((number,), 0)] for number in members] if len(members) > 1 else []

    def _compute(self, jobs: Sequence[Job], clusters: Sequence[Cluster]) -> list[Result]:
        """Answers of the clusters' members, in order."""
        asked = [jobs[number] for cluster in clusters for number in cluster.members]
        features = self._features(asked)
        # Longest first, and read in groups of like length: then they are written together.
        if all(cluster.length == 0 for cluster in clusters):
            shared = [0] * len(asked)
            parts = [
                (
                    rows,
                    prefill(
                        self.loaded,
                        [
                            self._beginning(asked[row], len(asked[row].ids), features)
                            for row in rows
                        ],
                    ),
                )
                for rows in alike_in_length([len(job.ids) for job in asked])
            ]
        else:
            shared = [cluster.length for cluster in clusters for _ in cluster.members]
            parts = self._continued(jobs, clusters, asked, features)
        if not any(counts_padding(state) for _, state in parts):
            parts = [([row for rows, _ in parts for row in rows], join_rows([s for _, s in parts]))]
        results: list[Result] = [Result()] * len(asked)
        for rows, state in parts:
            found = self._answers(state, [asked[row] for row in rows], [shared[r] for r in rows])
            for row, result in zip(rows, found, strict=True):
                results[row] = result
        return results

    def _continued(
        self,
        jobs: Sequence[Job],
        clusters: Sequence[Cluster],
        asked: Sequence[Job],
        features: Mapping[str, ImageFeatures],
    ) -> list[tuple[list[int], State]]:
        """Each cluster's beginning read once, and in groups of rows what follows it."""
        begun = prefill(
            self.loaded,
            [
                self._beginning(jobs[cluster.members[0]], cluster.length, features)
                for cluster in clusters
            ],
        )
        places = [place for place, cluster in enumerate(clusters) for _ in cluster.members]
        rests = [
            job.ids[clusters[place].length :] for job, place in zip(asked, places, strict=True)
        ]
        # A sliding window, and linear attention, count padding between a beginning and what follows:
        # there, only rows of one length are read together.
        groups = alike_in_length([len(rest) for rest in rests], exactly=counts_padding(begun))
        parts = []
        for rows in groups:
            state = take_rows(begun, [places[row] for row in rows])
            self._continue(state, [rests[row] for row in rows])
            parts.append((rows, state))
        return parts

    def _features(self, jobs: Sequence[Job]) -> Mapping[str, ImageFeatures]:
        if self.eye is None:
            return {}
        return self.eye.look(image for job in jobs for image in job.images)

    def _beginning(self, job: Job, length: int, features: Mapping[str, ImageFeatures]) -> Beginning:
        seen = None if self.eye is None else [features[image.key] for image in job.images]
        return Beginning(job.ids[:length], job.images, seen)

    def _continue(self, state: State, rests: Sequence[Sequence[int]]) -> None:
        """Read what follows the shared beginning, padded before it: logits are at the end."""
        import torch  # noqa: PLC0415 - heavy

        width = max(map(len, rests))
        pad = self.loaded.pad_id
        ids = torch.tensor([[pad] * (width - len(rest)) + list(rest) for rest in rests])
        mask = torch.tensor([[0] * (width - len(rest)) + [1] * len(rest) for rest in rests])
        extend(self.loaded, state, ids.to(self.loaded.device), mask.to(self.loaded.device))

    def _answers(self, state: State, jobs: Sequence[Job], shared: Sequence[int]) -> list[Result]:
        results: list[Result] = [Result()] * len(jobs)
        scored = [row for row, job in enumerate(jobs) if job.writing is None]
        written = [row for row, job in enumerate(jobs) if job.writing is not None]
        if scored:
            part = state if not written else take_rows(state, scored)
            assert self.limit is not None, "set before anything is computed"
            found = score_answers(
                self.loaded,
                part,
                [jobs[row].candidates for row in scored],
                self.limit.answers_to(max(jobs[row].longest for row in scored)),
            )
            for row, scores in zip(scored, found, strict=True):
                results[row] = Result(scores=tuple(scores), shared=shared[row])
        if written:
            part = state if not scored else take_rows(state, written)
            plans = [writing for row in written if (writing := jobs[row].writing) is not None]
            answers = write(self.loaded, part, plans, stopped=lambda: self._stopped)
            for row, answer in zip(written, answers, strict=True):
                results[row] = Result(
                    ids=tuple(answer.ids), stop_reason=answer.stop_reason, shared=shared[row]
                )
        return results

    def _make_room(self) -> None:
        import torch  # noqa: PLC0415 - torch takes seconds to import

        if self.eye is not None:
            self.eye.forget()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _members(clusters: Sequence[Cluster]) -> list[int]:
    return [number for cluster in clusters for number in cluster.members]


def _longest(jobs: Sequence[Job], clusters: Sequence[Cluster]) -> int:
    return max(jobs[number].longest for number in _members(clusters))


def _shapes(job: Job) -> str:
    return str([[tuple(t.shape) for t in image.tensors.values()] for image in job.images])
