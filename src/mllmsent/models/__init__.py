"""Whom we ask: one interface, servers of the OpenAI protocol, recorded answers, and the registry."""

from mllmsent.models.image_tokens import image_tokens
from mllmsent.models.interface import (
    Capabilities,
    Message,
    Model,
    Request,
    Response,
    ResponseStatus,
    Settings,
)
from mllmsent.models.price_words import dollars, price_in_words
from mllmsent.models.pricing import OwnPrices, Pricing, estimate_cost, prices_as_of
from mllmsent.models.registry import PROVIDERS, ModelFactory, describe_providers, get_model
from mllmsent.models.token_counts import input_tokens, most_input_tokens, text_tokens

__all__ = [
    "PROVIDERS",
    "Capabilities",
    "Message",
    "Model",
    "ModelFactory",
    "OwnPrices",
    "Pricing",
    "Request",
    "Response",
    "ResponseStatus",
    "Settings",
    "describe_providers",
    "dollars",
    "estimate_cost",
    "get_model",
    "image_tokens",
    "input_tokens",
    "most_input_tokens",
    "price_in_words",
    "prices_as_of",
    "text_tokens",
]
