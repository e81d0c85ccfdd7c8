"""What the loopback server must know of a provider and of a protocol to speak it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mllmsent.loopback.call import Call, Outcome
    from mllmsent.loopback.rates import Standing
    from mllmsent.loopback.wire import ErrorBody, WireError

__all__ = ["Dialect", "Provider", "TokenCounter"]


@dataclass(frozen=True, slots=True)
class Provider:
    """What all protocols of one provider share.

    Attributes:
        name: Its name, `anthropic`.
        base: Where its addresses begin on the loopback server, `/anthropic/v1`, as a pattern of
            aiohttp. Providers have hosts of their own, and some addresses on them have the same
            path.
        prefix: What all of its addresses begin with.
        shown_key: The key in a request's headers and query; empty for none.
        check_headers: Complains of headers that are missing, or wrong.
        error: Words an error; the second argument is the request's identifier.
        list_models: The body of GET {base}/models.
        describe_model: The body of GET {base}/models/{name}.
        identify: The headers that name a response.
        rate_headers: The headers that tell how limits stand, at a time in seconds since the epoch.
        over_limit: The error of a request to a model that would break a limit, and may come again
            after so many seconds.
        tokens_taken: What a call counts for before it is answered, from its input's tokens.
        output_tokens: The tokens of an answer, from its body, where they are limited apart.
        largest_body: Bytes of the largest request that is taken.
        retry_headers: Whether headers say when to come back after an error.
    """

    name: str
    base: str
    prefix: str
    shown_key: Callable[[Mapping[str, str], Mapping[str, str]], str]
    check_headers: Callable[[Mapping[str, str]], None]
    error: Callable[[WireError, str], ErrorBody]
    list_models: Callable[[Sequence[str]], Mapping[str, Any]]
    describe_model: Callable[[str], Mapping[str, Any]]
    identify: Callable[[str], Mapping[str, str]]
    rate_headers: Callable[[Mapping[str, Standing], float], Mapping[str, str]]
    over_limit: Callable[[str, Standing, float], WireError]
    tokens_taken: Callable[[Call, int], int]
    output_tokens: Callable[[Mapping[str, Any]], int] | None = None
    largest_body: int = 256 * 2**20
    retry_headers: bool = True


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """An address that counts what a request would cost, and answers nothing.

    Attributes:
        path: Below the provider's base.
        read: The body and the model in the path, as what would be asked.
        payload: The response's body, from the number of tokens.
    """

    path: str
    read: Callable[[object, str], Call]
    payload: Callable[[int], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One protocol: how it is asked, and how it answers.

    Attributes:
        name: Its name in the log, `openai-chat`.
        provider: Whose protocol it is.
        path: Below the provider's base; `{model}` where the address names the model.
        conversation: Members of the body that are what is asked; all others are parameters.
        read: The body and the model in the path, as a `Call`.
        render: The response's body; may raise a `WireError` where the protocol has an error for it.
        input_tokens: What a call costs before anything is answered.
        counter: Where tokens are counted, if the protocol has such an address.
        schema_parameter: What it calls the member that holds an answer's schema.
    """

    name: str
    provider: Provider
    path: str
    conversation: frozenset[str]
    read: Callable[[object, str], Call]
    render: Callable[[Call, Outcome], Mapping[str, Any]]
    input_tokens: Callable[[Call], int]
    counter: TokenCounter | None = None
    schema_parameter: str = "response_format"
