"""Links to servers of OpenAI's protocols, through the official SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mllmsent.models.served.openai.batches import OpenAIBatches
from mllmsent.models.served.openai.chat import OpenAIChat
from mllmsent.models.served.openai.responses import OpenAIResponses
from mllmsent.models.served.options import OpenAIOptions
from mllmsent.models.served.sdk_link import SDKLink, client_settings

if TYPE_CHECKING:
    from mllmsent.models.served.wire import Endpoint

__all__ = ["connect_openai"]


def connect_openai(endpoint: Endpoint) -> SDKLink:
    """A link in the protocol that the option `api` names."""
    import openai  # noqa: PLC0415 - an optional part

    options = endpoint.options
    responses = isinstance(options, OpenAIOptions) and options.api == "responses"
    client = openai.AsyncOpenAI(**client_settings(openai, endpoint))
    words = OpenAIResponses() if responses else OpenAIChat()
    return SDKLink(endpoint, openai, client, words, OpenAIBatches(endpoint, client, words))
