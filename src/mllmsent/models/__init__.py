"""Whom we ask: one interface, servers of the OpenAI protocol, recorded answers, and the registry."""

from mllmsent.models.interface import (
    Capabilities,
    Message,
    Model,
    Request,
    Response,
    ResponseStatus,
    Settings,
)
from mllmsent.models.pricing import estimate_cost, estimate_image_tokens, prices_as_of
from mllmsent.models.registry import PROVIDERS, ModelFactory, describe_providers, get_model

__all__ = [
    "PROVIDERS",
    "Capabilities",
    "Message",
    "Model",
    "ModelFactory",
    "Request",
    "Response",
    "ResponseStatus",
    "Settings",
    "describe_providers",
    "estimate_cost",
    "estimate_image_tokens",
    "get_model",
    "prices_as_of",
]
