"""A model behind a server: what is alike whichever protocol it speaks.

Keys come from the environment and go where they may; images are fitted to what the provider takes;
what passes (a rate limit, a broken connection) is waited for and sent again, until the deadline.
"""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.models.batches import BatchTerms
from mllmsent.models.interface import Capabilities, Response
from mllmsent.models.served.batches import ServedBatches, sent_images
from mllmsent.models.served.door import Door, door_of
from mllmsent.models.served.encoded_images import ImageEncoder, ImageLimits
from mllmsent.models.served.failures import redact
from mllmsent.models.served.first_tokens import asked_for_tokens
from mllmsent.models.served.pace import Pace
from mllmsent.models.served.secrets import response_without
from mllmsent.models.served.session import Session
from mllmsent.models.served.wire import Endpoint, Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Request
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.options import ServedOptions, ServedProvider
    from mllmsent.models.served.pace import Turn
    from mllmsent.models.served.wire import Connect, Link

__all__ = ["ServedModel"]

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0
"""Waits where a server does not say how long: doubled each time, as the providers' SDKs do."""

_OVER_A_MINUTE_S = 120.0
"""What is limited per minute comes back in less, however short the deadline of an answer is."""

_LONGEST_ERROR = 1500

_MOST_BATCHES = 4
"""So often a request is handed in, at most, where it fails each time in a way that passes."""

_MOST_AT_ONCE = 1000
"""A study may ask for more at once than the model suggests, up to this many."""


@dataclass(eq=False, slots=True)
class _Asking:
    """How a request stands.

    Attributes:
        request: What is to be asked.
        sent: The same as it was sent last.
        images: Its images, while it is under way.
        attempts: How often it was sent.
        ends: Its deadline, on the loop's clock; nothing before its first turn.
        error: What was wrong with the last try.
    """

    request: Request
    sent: Request = field(init=False)
    images: list[EncodedImage] = field(default_factory=list)
    attempts: int = 0
    ends: float = math.inf
    error: str = ""

    def __post_init__(self) -> None:
        self.sent = self.request

    def told(self, response: Response) -> Response:
        """A response with what is known of how it was had."""
        images = sent_images(self.images)
        return replace(
            response,
            attempts=self.attempts,
            image_sha256=images.sha256,
            image_note=images.note,
            schema_rejected=self.sent is not self.request,
        )


@dataclass(eq=False)
class ServedModel:
    """A model behind a server; a `Model`.

    Args:
        provider_name: "openai", "vllm", ...; first part of the model's name.
        model: The model's name at the server: "gpt-4o", "Qwen/Qwen3-VL-8B-Instruct".
        provider: What is known of the provider.
        options: What the study says.
        connect: The protocol.

    Raises:
        InputError: If the address is none.
    """

    provider_name: str
    model: str
    provider: ServedProvider
    options: ServedOptions
    connect: Connect
    door: Door = field(init=False)
    # A notebook or a second run brings another event loop, and may bring another key.
    _sessions: dict[tuple[asyncio.AbstractEventLoop, str], Session] = field(
        default_factory=dict, repr=False
    )

    def __post_init__(self) -> None:
        self.door = door_of(self.provider, self.options)
        self._images = ImageEncoder(
            ImageLimits(
                max_bytes=self.options.max_image_bytes or self.provider.max_image_bytes,
                max_side=self.options.max_image_side or self.provider.max_image_side,
                max_pixels=self.options.max_image_pixels or self.provider.max_image_pixels,
                media_types=self.provider.media_types,
            )
        )

    async def encode(self, images: Sequence[ImageRef]) -> list[EncodedImage]:
        """Images as the provider takes them.

        Raises:
            InputError: If one cannot be read.
        """
        return [await self._images.encode(image) for image in images]

    @property
    def name(self) -> str:
        """See `Model`."""
        return f"{self.provider_name}/{self.model}"

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `Model`."""
        told = {
            "provider": self.provider_name,
            "model": self.model,
            "address": self.options.server_name or self.door.address,
        } | self.options.identity
        return {key: value for key, value in told.items() if value is not None}

    @property
    def capabilities(self) -> Capabilities:
        """See `Model`."""
        return Capabilities(
            max_batch_size=1,
            max_in_flight=self.options.max_in_flight or self.provider.max_in_flight,
            images_per_request=self.options.images_per_request,
            structured_answers=self.options.structured_answers,
            label_scores=self._tells_logprobs,
            first_tokens=self._tells_logprobs,
            logprobs=self._tells_logprobs,
        )

    @property
    def batches(self) -> ServedBatches | None:
        """Its batch endpoint; None where its provider has none. See `Batches`."""
        if not self.provider.batches:
            return None
        # Each time may take a day.
        retries = min(self.options.max_retries, _MOST_BATCHES - 1)
        terms = BatchTerms(retries=retries, pause_s=self.options.poll_s)
        return ServedBatches(terms, self._link, self._encoded, self.shown)

    @property
    def _tells_logprobs(self) -> bool:
        """Whether it is asked for log probabilities of tokens: as told, or as it is known to be."""
        told = getattr(self.options, "logprobs", None)
        if told is not None:
            return bool(told)
        return any(fnmatchcase(self.model, name) for name in self.provider.logprobs)

    async def answer(self, requests: Sequence[Request]) -> Sequence[Response]:
        """See `Model`."""
        return await asyncio.gather(*map(self._answer, requests))

    async def aclose(self) -> None:
        """See `Model`."""
        here = asyncio.get_running_loop()
        for loop, key in list(self._sessions):
            if loop is here or loop.is_closed():
                await self._sessions.pop((loop, key)).link.aclose()

    async def _answer(self, request: Request) -> Response:
        session = self._too_many_images(request) or await self._session()
        if isinstance(session, Response):
            return session
        return self.shown(await self._insist(session, request))

    def shown(self, response: Response) -> Response:
        """A response as it may be kept and shown: without a key or a password in any of its texts."""
        # What the server says of it is short by now; the cure behind that is not to be cut off.
        error, key = response.error, self.door.key
        said = redact(error, key, longest=_LONGEST_ERROR) if error else ""
        return response_without(replace(response, error=said), self.door.secrets)

    def _too_many_images(self, request: Request) -> Response | None:
        n_images = len(request.images)
        if n_images <= self.options.images_per_request:
            return None
        return Response(
            "failed",
            attempts=0,
            error=f"{n_images} images in one request; {self.name} is sent at most "
            f"{self.options.images_per_request}. Set `images_per_request`",
        )

    async def _link(self) -> Link | Response:
        """The link in this event loop, or a failure where there is no key."""
        session = await self._session()
        return session if isinstance(session, Response) else session.link

    async def _encoded(self, request: Request) -> Sequence[EncodedImage] | Response:
        """The images of a request, or why it cannot be sent."""
        too_many = self._too_many_images(request)
        if too_many is not None:
            return too_many
        try:
            return await self.encode(request.images)
        except InputError as error:
            return self.shown(Response("failed", attempts=0, error=f"image: {error}"))

    async def _insist(self, session: Session, request: Request) -> Response:
        """Send a request until it is answered, or nothing is to be hoped for any more."""
        loop, pace = asyncio.get_running_loop(), session.pace
        asking, counted = _Asking(request), 0
        while True:
            outcome = await self._try(session, asking)
            if isinstance(outcome, Response):
                return outcome
            if session.schemas.rejects(asking.sent, outcome):
                continue
            response = asking.told(outcome.response)
            if response.hopeless or self._lasts(pace, outcome.fault):
                pace.give_up(response.error)
                return replace(response, hopeless=True)
            asking.images = []
            if outcome.fault is None or not self._goes_on(outcome.fault, counted):
                return response
            wait = _own_wait(outcome.fault, counted)
            if loop.time() + max(wait, pace.paused_s) >= asking.ends:
                return response
            counted += outcome.fault.kind != "rate_limit"
            asking.error = response.error
            await asyncio.sleep(wait)

    async def _try(self, session: Session, asking: _Asking) -> Outcome | Response:
        """Send a request when it is its turn; a failure where it cannot be, or nobody is to."""
        pace, request = session.pace, asking.request
        n_bytes = sum(map(self._images.n_bytes, request.images))
        under_way: Turn | None = None
        try:
            async with (
                asyncio.timeout_at(asking.ends if asking.attempts else None) as deadline,
                pace.turn(again=asking.attempts > 0, n_bytes=n_bytes) as turn,
            ):
                if pace.given_up:
                    return Response(
                        "failed", attempts=asking.attempts, error=pace.given_up, hopeless=True
                    )
                if not asking.attempts:  # to wait for the first turn is not yet to be asked
                    asking.ends = asyncio.get_running_loop().time() + self.options.deadline_s
                    deadline.reschedule(asking.ends)
                # Only now: those that wait do so without their images in memory.
                asking.images = await self.encode(request.images)
                asking.attempts += 1
                asking.sent, under_way = session.schemas.asked(request), turn
                outcome = await session.link.send(
                    asking.sent, asking.images, attempt=asking.attempts - 1
                )
                outcome = session.known(outcome)
                pace.learn(turn, outcome, longest=self._longest(request))
        except TimeoutError:
            late = Response("failed", error=self._too_late(asking.error))
            outcome = Outcome(late, Fault("timeout"))
            if under_way is not None:
                pace.learn(under_way, outcome)
        except InputError as error:
            return Response("failed", attempts=asking.attempts, error=f"image: {error}")
        return outcome

    def _longest(self, request: Request) -> int | None:
        if not self.provider.counts_longest_answer:
            return None
        return asked_for_tokens(request).settings.max_tokens

    def _lasts(self, pace: Pace, fault: Fault | None) -> bool:
        """Whether what passes has lasted, or is said to last, for longer than an answer may take."""
        if fault is None or not fault.passes:
            return False
        longest = self.options.deadline_s
        down_s = pace.breaker.down_s(asyncio.get_running_loop().time())
        return down_s >= longest or pace.paused_s >= max(longest, _OVER_A_MINUTE_S)

    def _goes_on(self, fault: Fault, counted: int) -> bool:
        """Whether there is to be another try."""
        if not fault.passes or not self.options.max_retries:
            return False
        return fault.kind == "rate_limit" or counted < self.options.max_retries

    def _too_late(self, said: str) -> str:
        last = f"; before that: {said}" if said else ""
        return (
            f"timeout: no complete answer within {self.options.deadline_s:g} s, retries included"
            f"{last}. Raise `deadline_s` or lower in-flight"
        )

    async def _session(self) -> Session | Response:
        """What it has in this event loop, or a failure where it cannot have any."""
        if reason := self.door.no_key:
            return Response("failed", attempts=0, hopeless=True, error=reason)
        mine = asyncio.get_running_loop(), self.door.key
        if mine not in self._sessions:
            try:
                link = self.connect(self.endpoint())
            except InputError as error:  # of a proxy or of certificates
                what = f"{error.message} {error.cure}"
                return Response("failed", attempts=0, hopeless=True, error=redact(what))
            except Exception as error:  # noqa: BLE001 - what an SDK makes of its environment is its own
                what = f"the SDK's client could not be made: {type(error).__name__}: {error}"
                why = redact(what, self.door.key)
                return Response("failed", attempts=0, hopeless=True, error=why)
            self._sessions[mine] = Session(link, Pace(self._most_at_once))
            for loop, other in list(self._sessions):
                if loop.is_closed():
                    await self._sessions.pop((loop, other)).link.aclose()
        return self._sessions[mine]

    @property
    def _most_at_once(self) -> int:
        return max(self.capabilities.max_in_flight, _MOST_AT_ONCE)

    def endpoint(self) -> Endpoint:
        """Whom links ask, with the key and the proxy that the environment has now.

        Raises:
            InputError: If the environment names a proxy that cannot be used.
        """
        door = self.door
        return Endpoint(
            url=door.url,
            address=door.address,
            model=self.model,
            key=door.key,
            key_env=door.key_env,
            is_near=door.is_near,
            most_at_once=self._most_at_once,
            provider=self.provider,
            options=self.options,
            takes_environment=door.takes_environment,
            login=door.login,
            proxy=door.proxy,
        )


def _own_wait(fault: Fault, counted: int) -> float:
    """Seconds until a request's own next try. On a rate limit all wait: see `Pace`."""
    if fault.kind == "rate_limit":
        return 0.0
    if fault.retry_after_s is not None:
        return fault.retry_after_s
    longest = min(_FIRST_WAIT_S * 2.0 ** min(counted, 10), _LONGEST_WAIT_S)
    # Those that failed together do not come back together.
    return longest * random.uniform(0.75, 1.0)
