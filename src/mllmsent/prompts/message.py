"""One turn of a conversation with a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mllmsent.data.images import ImageRef

__all__ = ["Message", "Role"]

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: Who speaks.
        parts: Texts and images in the order in which they are shown.
    """

    role: Role
    parts: tuple[str | ImageRef, ...]
