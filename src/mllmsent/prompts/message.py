"""One turn of a conversation with a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from mllmsent.data.images import ImageRef

__all__ = ["Message", "Role", "Shown"]

Role = Literal["system", "user", "assistant"]

Shown: TypeAlias = "ImageRef | str | tuple[ImageRef, str]"
"""What is shown of an item: its image, its text, or both."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Attributes:
        role: Who speaks.
        parts: Texts and images in the order in which they are shown.
    """

    role: Role
    parts: tuple[str | ImageRef, ...]
