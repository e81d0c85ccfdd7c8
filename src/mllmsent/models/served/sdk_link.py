"""Links through SDKs of one make: OpenAI's and Anthropic's come from one generator and are alike.

Measured with 100 connections and 37 kB images (benchmarks/throughput.py), OpenAI's typed call costs
17 ms of CPU a request on httpx 0.28, 2.3 ms on its default httpx2 and 2.0 ms on aiohttp. Without its
walk through the typed parameters and the typed answer it is 2.4 ms on httpx2, everything of ours
included, and 1.4 ms on aiohttp. So: aiohttp, `client.post` with a plain body, and the SDK for what it
is good at: keys, timeouts, errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from mllmsent.models.served.failures import failed, fault_of_answer, web_page
from mllmsent.models.served.listing import Listing
from mllmsent.models.served.payloads import read_body
from mllmsent.models.served.proxies import trusted_certificates
from mllmsent.models.served.sdk_environment import withheld_headers
from mllmsent.models.served.told import read_told
from mllmsent.models.served.wire import Allowance, Fault, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from mllmsent.models.interface import Request, Response
    from mllmsent.models.served.batch_wire import BatchLink
    from mllmsent.models.served.encoded_images import EncodedImage
    from mllmsent.models.served.first_tokens import TokenStep
    from mllmsent.models.served.wire import Endpoint

__all__ = ["SDKLink", "TellsTokens", "Words", "client_settings"]

_NO_KEY = "none"


@runtime_checkable
class TellsTokens(Protocol):
    """Words of a protocol in which a server can tell the likeliest tokens of an answer."""

    def steps(self, payload: object) -> Sequence[TokenStep]:
        """The tokens of a decoded answer, in order; none where it tells none. Raises nothing."""
        ...


class Words(Protocol):
    """What a protocol says, and how it is understood."""

    path: str
    """Where questions go, behind the server's address."""
    security: Mapping[str, Any]
    """What the SDK is to be told of credentials, beside the key."""

    def body(
        self, endpoint: Endpoint, request: Request, images: Sequence[EncodedImage]
    ) -> dict[str, Any]:
        """A request in the protocol's words."""
        ...

    def read(self, payload: object, *, schema_wanted: bool) -> Response:
        """The response in a decoded answer; raises nothing."""
        ...

    def allowances(self, headers: Mapping[str, str]) -> tuple[Allowance, ...]:
        """What the headers of a response say of limits."""
        ...

    def failure(self, error: Any, endpoint: Endpoint, *, served: Sequence[str] = ()) -> Outcome:
        """The outcome for an error of the SDK."""
        ...


def client_settings(sdk: ModuleType, endpoint: Endpoint) -> dict[str, Any]:
    """What a client of such an SDK is made with.

    Args:
        sdk: Its package.
        endpoint: Whom it asks.

    Raises:
        InputError: If the certificates that the environment names cannot be used.
    """
    import httpx2  # noqa: PLC0415 - comes with the SDK

    # The pool is never the brake.
    limits = httpx2.Limits(
        max_connections=endpoint.most_at_once, max_keepalive_connections=endpoint.most_at_once
    )
    timeout_s = endpoint.options.timeout_s
    key = endpoint.key or _NO_KEY
    return {
        "base_url": endpoint.url,
        # Said explicitly, no other credential of the environment is sent in its place.
        "api_key": key,
        "default_headers": {} if endpoint.takes_environment else withheld_headers(sdk, key),
        "max_retries": 0,  # whoever asks tries again, and knows how fast all may go
        "timeout": httpx2.Timeout(timeout_s, connect=min(30.0, timeout_s)),
        # What the environment says of proxies, certificates and credentials was read before.
        "http_client": sdk.DefaultAioHttpClient(
            limits=limits,
            trust_env=False,
            proxy=endpoint.proxy.url if endpoint.proxy else None,
            verify=trusted_certificates() or True,
            auth=endpoint.login,
        ),
    }


@dataclass(eq=False)
class SDKLink:
    """A client of a server; a `Link`.

    Args:
        endpoint: Whom it asks.
        sdk: The SDK's package, for its errors.
        client: The SDK's asynchronous client.
        words: The protocol.
        batches: Its batch half.
    """

    endpoint: Endpoint
    sdk: Any
    client: Any
    words: Words
    batches: BatchLink | None = None
    _listing: Listing = field(init=False)

    def __post_init__(self) -> None:
        self._listing = Listing(self._list_models)

    async def send(
        self, request: Request, images: Sequence[EncodedImage], *, attempt: int
    ) -> Outcome:
        """See `Link`."""
        import httpx2  # noqa: PLC0415 - comes with the SDK

        words, endpoint = self.words, self.endpoint
        try:
            reply = await self.client.post(
                words.path,
                cast_to=httpx2.Response,
                body=words.body(endpoint, request, images),
                options={"headers": {"x-stainless-retry-count": str(attempt)}, **words.security},
            )
            kind = reply.headers.get("content-type", "")
            if kind.startswith("text/html"):
                return web_page(endpoint)
            steps = words.steps if isinstance(words, TellsTokens) else None
            response = read_body(
                reply.content,
                kind,
                lambda told: read_told(told, request, endpoint.options, words.read, steps),
            )
            response = replace(response, latency_s=reply.elapsed.total_seconds())
        except self.sdk.NotFoundError as error:
            return words.failure(error, endpoint, served=await self.served())
        except self.sdk.APIStatusError as error:
            outcome = words.failure(error, endpoint)
            return replace(outcome, allowances=words.allowances(error.response.headers))
        except self.sdk.APIError as error:
            return words.failure(error, endpoint)
        except Exception as error:  # noqa: BLE001 - hostile bytes may break any layer: say it, go on
            what = f"{type(error).__name__}: {error}"
            return failed(f"the request could not be made: {what}", Fault("lasting"))
        return Outcome(response, fault_of_answer(response), words.allowances(reply.headers))

    async def served(self) -> tuple[str, ...]:
        """See `Link`; asked once."""
        return await self._listing.names()

    async def aclose(self) -> None:
        """See `Link`."""
        await self.client.close()

    async def _list_models(self) -> tuple[str, ...]:
        if not self.endpoint.provider.lists_models:
            return ()
        listed = await self.client.with_options(timeout=10).models.list()
        return tuple(model.id for model in listed.data)
