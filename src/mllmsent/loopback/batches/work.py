"""Batches as every provider has them: handed in, worked on, ended, and what came of each request."""

from __future__ import annotations

import math
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from mllmsent.loopback.exchange import answer, fault_as_error, open_exchange, write_down
from mllmsent.loopback.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mllmsent.loopback.batches.store import Store
    from mllmsent.loopback.dialect import Dialect, Provider
    from mllmsent.loopback.service import Service

__all__ = ["Batch", "Batches", "Item", "Result", "Status"]

Status = Literal["succeeded", "errored", "expired", "canceled"]

_CONNECTION_FAULTS = {"html_page", "dropped_before", "dropped_midway", "slow_body", "garbage"}


@dataclass(frozen=True, slots=True)
class Item:
    """One request of a batch.

    Attributes:
        name: What its caller calls it.
        body: Its body.
        model: The model, where the protocol names it beside the body.
    """

    name: str
    body: Any
    model: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a request.

    Attributes:
        name: What its caller calls it.
        status: What came of it.
        code: HTTP status of an answer or an error; 0 for neither.
        payload: The body of the answer or of the error; None for neither.
        identifier: Names the response.
    """

    name: str
    status: Status
    code: int = 0
    payload: Any = None
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch.

    Attributes:
        identifier: Letters and digits that name it.
        provider: Whose protocol it came in.
        created: When it was handed in, in seconds since the epoch.
        ends: When it ends.
        expires: When it ends at the latest.
        size: How many requests it has.
        canceled: When its end was asked for; None for never.
        about: What the protocol keeps with it.
        counts: How many requests came to what, once it has ended.
    """

    identifier: str
    provider: str
    created: float
    ends: float
    expires: float
    size: int
    canceled: float | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None

    def done(self, now: float) -> int:
        """How many requests were worked on by then, if none is passed over."""
        takes, at = self.about["takes_s"], min(now, self.ends)
        # Compared as the end was computed: a quotient of times falls short of 1 by their rounding.
        share = 1.0 if at >= self.created + takes else (at - self.created) / takes
        return math.floor(self.size * share + 1e-9)


@dataclass(frozen=True, slots=True)
class Batches:
    """The batches of a server.

    Attributes:
        service: Who answers.
        store: Where they are kept.
        dialects: The protocols, by name.
    """

    service: Service
    store: Store
    dialects: Mapping[str, Dialect]

    def open(
        self, provider: Provider, dialect: Dialect, items: Sequence[Item], about: Mapping[str, Any]
    ) -> Batch:
        """Take a batch.

        Args:
            provider: Whose protocol it comes in.
            dialect: The protocol of its requests.
            items: The requests.
            about: What the protocol keeps with it.
        """
        rules, now = self.service.batches, self.service.clock()
        batch = Batch(
            identifier=uuid.uuid4().hex[:24],
            provider=provider.name,
            created=now,
            ends=now + min(rules.takes_s, rules.expires_s),
            expires=now + rules.expires_s,
            size=len(items),
            about={**about, "dialect": dialect.name, "takes_s": rules.takes_s},
        )
        self.store.put_json(f"{batch.identifier}.requests", [asdict(item) for item in items])
        self._keep(batch)
        return batch

    def look(self, provider: Provider, identifier: str) -> Batch:
        """A batch as it stands, its requests answered where it has ended.

        Raises:
            WireError: If there is none of that name.
        """
        kept = self.store.get_json(f"{identifier}.batch")
        if kept is None or kept["provider"] != provider.name:
            raise WireError("not_found", f"No batch found with id '{identifier}'.")
        batch = Batch(**kept)
        if batch.counts is None and self.service.clock() >= batch.ends:
            batch = self._work(batch)
        return batch

    def all(self, provider: Provider) -> list[Batch]:
        """Every batch of a provider, the newest first."""
        found = [
            self.look(provider, name.removesuffix(".batch"))
            for name in self.store.names(".batch")
            if self.store.get_json(name)["provider"] == provider.name
        ]
        return sorted(found, key=lambda batch: -batch.created)

    def cancel(self, provider: Provider, identifier: str) -> Batch:
        """End a batch, unless it has ended; what is answered stays answered."""
        batch = self.look(provider, identifier)
        if batch.counts is None:
            now = self.service.clock()
            batch = replace(batch, canceled=now, ends=now)
            self._keep(batch)
        return batch

    def results(self, batch: Batch) -> list[Result]:
        """What came of each request of a batch that has ended, in no order to rely on."""
        kept = self.store.get_json(f"{batch.identifier}.results") or []
        return [Result(**result) for result in reversed(kept)]

    def _keep(self, batch: Batch) -> None:
        self.store.put_json(f"{batch.identifier}.batch", asdict(batch))

    def _work(self, batch: Batch) -> Batch:
        items = [Item(**item) for item in self.store.get_json(f"{batch.identifier}.requests")]
        done = batch.done(batch.ends)
        late: Status = "expired" if batch.canceled is None else "canceled"
        results = [
            self._answer(batch, item) if index < done else Result(item.name, late)
            for index, item in enumerate(items)
        ]
        counts = dict.fromkeys(("succeeded", "errored", "expired", "canceled"), 0)
        for result in results:
            counts[result.status] += 1
        ended = replace(batch, counts=counts)
        self.store.put_json(f"{batch.identifier}.results", [asdict(result) for result in results])
        self._keep(ended)
        return ended

    def _answer(self, batch: Batch, item: Item) -> Result:
        service, dialect = self.service, self.dialects[batch.about["dialect"]]
        try:
            exchange = open_exchange(
                service, dialect, item.body, item.model, batch=batch.identifier
            )
        except WireError as unread:
            return _errored(dialect.provider, item, unread)
        chance = service.faults.unit(exchange.key, "batch")
        if chance < service.batches.expired_share:
            return Result(item.name, "expired")
        error = fault_as_error(service, exchange)
        if chance >= 1 - service.batches.failed_share or exchange.fault in _CONNECTION_FAULTS:
            error = WireError("server_error")
        payload = None
        if error is None:
            try:
                payload = answer(service, exchange)
            except WireError as filtered:
                error = filtered
            except Exception as failure:  # noqa: BLE001 - whatever an answerer raises is that item's
                error = WireError("server_error", f"The answerer failed: {type(failure).__name__}")
        if error is None:
            result = Result(item.name, "succeeded", 200, payload, exchange.identifier)
        else:
            result = _errored(dialect.provider, item, error)
        write_down(service, exchange, status=result.code)
        return result


def _errored(provider: Provider, item: Item, error: WireError) -> Result:
    identifier = uuid.uuid4().hex[:24]
    body = provider.error(error, identifier)
    return Result(item.name, "errored", body.status, body.payload, identifier)
