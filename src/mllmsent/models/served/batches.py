"""The batch endpoint of a served model: what is alike whichever protocol it speaks."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mllmsent.models.batches import BatchTerms, BatchTroubleError, SentImages, Written
from mllmsent.models.interface import Response

if TYPE_CHECKING:
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Collection,
        Iterable,
        Iterator,
        Sequence,
    )
    from datetime import datetime
    from pathlib import Path

    from mllmsent.models.batches import BatchAnswer, BatchState
    from mllmsent.models.interface import Request
    from mllmsent.models.served.batch_wire import BatchLink
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.wire import Link

__all__ = ["ServedBatches", "sent_images"]


@dataclass(frozen=True, slots=True)
class ServedBatches:
    """The batch endpoint of a served model; a `Batches`.

    Args:
        terms: How patient to be.
        connect: Gives the link, or a failure where there is no key.
        encode: Gives the images of a request, or why it cannot be sent.
        shown: Gives a response without a key or a password in any of its texts.
    """

    terms: BatchTerms
    connect: Callable[[], Awaitable[Link | Response]]
    encode: Callable[[Request], Awaitable[Sequence[EncodedImage] | Response]]
    shown: Callable[[Response], Response]

    async def write(
        self, requests: Iterable[tuple[str, Request]], file: Path, *, at_most: int | None = None
    ) -> Written:
        """See `Batches`."""
        link = await self._link()
        form, written = link.form, Written()
        most = min(form.most_requests, at_most or form.most_requests)
        with file.open("wb") as out:
            size = out.write(form.head)
            for name, request in requests:
                try:
                    images = await self.encode(request)
                    if isinstance(images, Response):
                        written.unsendable[name] = images
                        continue
                    line = link.line(name, request, images)
                except Exception as error:  # noqa: BLE001 - one bad request never stops the others
                    what = f"the request could not be made: {type(error).__name__}: {error}"
                    unmade = Response("failed", attempts=0, error=what[:500])
                    written.unsendable[name] = self.shown(unmade)
                    continue
                if len(form.head) + len(line) + len(form.foot) > form.most_bytes:
                    written.unsendable[name] = _too_large(len(line), form.most_bytes)
                    continue
                between = form.between if written.sent else b""
                if size + len(between) + len(line) + len(form.foot) > form.most_bytes:
                    break
                size += out.write(between) + out.write(line)
                written.sent[name] = sent_images(images)
                if len(written.sent) >= most:
                    break
            out.write(form.foot)
        return written

    async def submit(self, token: str, file: Path, *, size: int) -> BatchState:
        """See `Batches`."""
        with self._without_secrets():
            state = self._told(await (await self._link()).submit(token, file))
        # A provider that has not read the file yet knows no number.
        return state if state.total else replace(state, total=size)

    async def find(
        self, token: str, *, size: int, since: datetime, others: Collection[str]
    ) -> BatchState | None:
        """See `Batches`."""
        with self._without_secrets():
            link = await self._link()
            state = await link.find(token, size=size, since=since, others=others)
        return None if state is None else self._told(state)

    async def look(self, batch: str) -> BatchState:
        """See `Batches`."""
        with self._without_secrets():
            return self._told(await (await self._link()).look(batch))

    async def results(
        self, batch: str, *, with_schema: Collection[str]
    ) -> AsyncIterator[BatchAnswer]:
        """See `Batches`."""
        with self._without_secrets():
            link = await self._link()
            async for answer in link.results(batch, with_schema=with_schema):
                yield replace(answer, response=self.shown(answer.response))

    async def cancel(self, batch: str) -> BatchState:
        """See `Batches`."""
        with self._without_secrets():
            return self._told(await (await self._link()).cancel(batch))

    @contextmanager
    def _without_secrets(self) -> Iterator[None]:
        try:
            yield
        except BatchTroubleError as trouble:
            raise BatchTroubleError(
                self._shown_text(trouble.reason), passes=trouble.passes, hopeless=trouble.hopeless
            ) from None

    def _told(self, state: BatchState) -> BatchState:
        return replace(state, error=self._shown_text(state.error))

    def _shown_text(self, text: str) -> str:
        return self.shown(Response("failed", error=text)).error

    async def _link(self) -> BatchLink:
        link = await self.connect()
        if isinstance(link, Response):
            raise BatchTroubleError(link.error, passes=False, hopeless=True)
        if link.batches is None:
            raise BatchTroubleError("this protocol has no batches", passes=False, hopeless=True)
        return link.batches


def sent_images(images: Sequence[EncodedImage]) -> SentImages:
    """The images of a request as its response tells of them."""
    notes = dict.fromkeys(image.note for image in images if image.note)
    return SentImages(tuple(image.sha256 for image in images), "; ".join(notes))


def _too_large(n_bytes: int, most: int) -> Response:
    return Response(
        "failed",
        attempts=0,
        error=f"too large: this request has {n_bytes:,} bytes, and a batch at most {most:,}. "
        "Set `max_image_bytes` or `max_image_side`",
    )
