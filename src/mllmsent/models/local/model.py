"""A local model as everything else sees it: requests in, responses out, in batches."""

from __future__ import annotations

import asyncio
import gc
import os
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import MllmsentError
from mllmsent.models.interface import Capabilities, Response
from mllmsent.models.local.responses import Asked, in_a_sentence, mean_likelihood, read_result
from mllmsent.models.machine import this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.models.interface import Request
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.engine import Engine, Job
    from mllmsent.models.local.options import LocalOptions
    from mllmsent.models.local.preparing import Preparer

__all__ = ["LocalModel"]

_AT_ONCE = 128
"""Requests of one call: enough to fill a batch, few enough that little is lost when a run stops."""
_READERS = 4
_STOPPED = Response(status="failed", error="stopped", attempts=0)


@dataclass
class _Team:
    """A loaded model: one engine for each device that has a copy."""

    preparer: Preparer
    engines: queue.SimpleQueue[Engine]
    everyone: tuple[Engine, ...]
    readers: ThreadPoolExecutor
    workers: ThreadPoolExecutor


class LocalModel:
    """A multimodal LLM that runs on this machine through transformers; loaded when first asked.

    Args:
        name: As studies and tables call it: "hf/google/gemma-4-E4B-it".
        checkpoint: Its files.
        options: How it runs.
    """

    def __init__(self, name: str, checkpoint: Checkpoint, options: LocalOptions) -> None:
        self._name = name
        self.checkpoint = checkpoint
        self.options = options
        self._lock = Lock()
        self._team: _Team | None = None
        self._priors: dict[object, tuple[float, ...]] = {}

    @property
    def name(self) -> str:
        """As studies and tables call it."""
        return self._name

    @property
    def identity(self) -> Mapping[str, Any]:
        """Its weights and all that changes answers; not where it runs, nor how many at once."""
        from mllmsent.models.local.devices import resolved_dtype  # noqa: PLC0415 - may ask torch

        found: dict[str, Any] = {
            "name": self.checkpoint.repo or self.checkpoint.source,
            "revision": self.checkpoint.revision or self.checkpoint.digest,
            "dtype": resolved_dtype(self.options, self.checkpoint),
        }
        if self.options.quantization:
            found["quantization"] = self.options.quantization
        if self.options.trust_remote_code and self.checkpoint.config.get("auto_map"):
            found["code"] = "its own"
        if self.options.processor:
            found["processor"] = dict(self.options.processor)
        return found

    @property
    def capabilities(self) -> Capabilities:
        """Large batches; likelihoods and attention; schemas where llguidance is installed."""
        from mllmsent.models.local.constraints import constraints_available  # noqa: PLC0415 - brings torch

        return Capabilities(
            max_batch_size=_AT_ONCE,
            # While one batch is computed, on each device, the next is read and prepared.
            max_in_flight=1 + self._most_copies(),
            images_per_request=64,
            structured_answers=constraints_available(),
            label_scores=True,
            attention=True,
            shares_images=True,
        )

    def _most_copies(self) -> int:
        if not isinstance(self.options.device, str):
            return len(self.options.device)
        # torch is not asked: nothing is to be loaded before a question is.
        return max(1, this_machine().n_gpus) if self.options.device in {"auto", "cuda"} else 1

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch; see `Model.answer`."""
        from mllmsent.models.local.prompts import require_template  # noqa: PLC0415 - likewise

        try:
            team = await asyncio.to_thread(self.load)
            require_template(team.preparer.loaded)
        except MllmsentError as error:
            # Whoever cannot be loaded for one question cannot be for another.
            failure = Response(
                status="failed", error=in_a_sentence(error), attempts=0, hopeless=True
            )
            return [failure] * len(requests)
        try:
            return await self._answered(team, requests)
        except (RuntimeError, asyncio.CancelledError):
            task = asyncio.current_task()
            if self._team is team or (task is not None and task.cancelling()):
                raise
            return [_STOPPED] * len(requests)  # closed, and its threads gone, while it was asked

    async def _answered(self, team: _Team, requests: Sequence[Request]) -> Sequence[Response]:
        loop = asyncio.get_running_loop()
        prepared = await asyncio.gather(
            *(
                loop.run_in_executor(team.readers, self._prepare, team.preparer, request)
                for request in requests
            )
        )
        return await loop.run_in_executor(team.workers, self._work, team, requests, prepared)

    async def aclose(self) -> None:
        """Let go of threads and memory; what is being computed is broken off."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """See `aclose`."""
        with self._lock:
            team, self._team = self._team, None
        if team is None:
            return
        for engine in team.everyone:
            engine.stop()
        team.workers.shutdown(cancel_futures=True)
        team.readers.shutdown(cancel_futures=True)
        del team, engine
        gc.collect()  # what refers to itself would keep its gigabytes until somebody else asks

    def load(self) -> _Team:
        """Load the model, once.

        Raises:
            InputError: If it cannot be loaded here; with the cure.
            MissingExtraError: If torch or transformers is not installed.
        """
        with self._lock:
            if self._team is None:
                self._team = self._loaded()
            return self._team

    def _loaded(self) -> _Team:
        # Heavy, all of them: only a model that is asked pays for them.
        from mllmsent.models.local.devices import free_memory, placements  # noqa: PLC0415 - brings torch
        from mllmsent.models.local.engine import Engine  # noqa: PLC0415 - likewise
        from mllmsent.models.local.images import ImageDesk  # noqa: PLC0415 - likewise
        from mllmsent.models.local.loading import load_checkpoint  # noqa: PLC0415 - likewise
        from mllmsent.models.local.preparing import Preparer  # noqa: PLC0415 - likewise

        engines = []
        for device in placements(self.checkpoint, self.options):
            loaded = load_checkpoint(self.checkpoint, self.options, device)
            engines.append(
                Engine(
                    loaded,
                    rows=self.options.batch_size,
                    share_prefixes=self.options.share_prefixes,
                    free_bytes=lambda place=loaded.device: free_memory(place),  # type: ignore[misc] # bound here
                )
            )
        waiting: queue.SimpleQueue[Engine] = queue.SimpleQueue()
        for engine in engines:
            waiting.put(engine)
        readers = max(1, min(_READERS, os.cpu_count() or 1))
        return _Team(
            preparer=Preparer(engines[0].loaded, ImageDesk()),
            engines=waiting,
            everyone=tuple(engines),
            readers=ThreadPoolExecutor(readers, thread_name_prefix="mllmsent-read"),
            workers=ThreadPoolExecutor(len(engines), thread_name_prefix="mllmsent-compute"),
        )

    def _prepare(self, preparer: Preparer, request: Request) -> Job | BaseException:
        try:
            return preparer.prepare(request)
        except Exception as error:  # noqa: BLE001 - the reason becomes this request's response
            return error

    def _work(
        self, team: _Team, requests: Sequence[Request], prepared: Sequence[Job | BaseException]
    ) -> list[Response]:
        """Compute what could be prepared, on an engine that is free."""
        from mllmsent.models.local.decoding import StoppedError  # noqa: PLC0415 - brings torch
        from mllmsent.models.local.engine import Job  # noqa: PLC0415 - likewise

        engine = team.engines.get()
        began = time.perf_counter()
        try:
            priors = self._priors_of(team, engine, requests, prepared)
            jobs = [each for each in prepared if isinstance(each, Job)]
            results = iter(engine.run(jobs))
        except StoppedError:
            return [_STOPPED] * len(requests)
        finally:
            team.engines.put(engine)
        took = time.perf_counter() - began
        asked = Asked(self._name, self.checkpoint, team.preparer.loaded.tokenizer, took)
        return [
            read_result(asked, request, each, next(results), prior)
            if isinstance(each, Job)
            else Response(status="failed", error=in_a_sentence(each), attempts=0)
            for request, each, prior in zip(requests, prepared, priors, strict=True)
        ]

    def _priors_of(
        self,
        team: _Team,
        engine: Engine,
        requests: Sequence[Request],
        prepared: Sequence[Job | BaseException],
    ) -> list[tuple[float, ...] | None]:
        """What each calibrated question suggests about no image at all; the same ones once."""
        keys = [
            None
            if isinstance(each, BaseException) or not (request.calibrated and request.candidates)
            else _prior_key(request)
            for request, each in zip(requests, prepared, strict=True)
        ]
        missing: dict[object, list[Job]] = {}
        for key, request in zip(keys, requests, strict=True):
            if key is not None and key not in self._priors and key not in missing:
                try:
                    missing[key] = team.preparer.content_free(request)
                except MllmsentError:  # a blank image may take more tokens than there is room for
                    missing[key] = []
        results = iter(engine.run([job for jobs in missing.values() for job in jobs]))
        for key, jobs in missing.items():
            scores = [next(results).scores for _ in jobs]
            if scores and all(scores):
                self._priors[key] = tuple(map(mean_likelihood, zip(*scores, strict=True)))
        return [None if key is None else self._priors.get(key) for key in keys]


def _prior_key(request: Request) -> object:
    turns = tuple(
        (message.role, tuple(part if isinstance(part, str) else "image" for part in message.parts))
        for message in request.messages
    )
    shown = tuple(image.digest for image in request.images[:-1])
    return turns, shown, request.candidates
