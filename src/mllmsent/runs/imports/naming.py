"""What people read of an imported system: how it was trained, and its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mllmsent.pathways.system import System

__all__ = ["system_name", "training_word"]

_TRAININGS = {
    "finetuned": "fine-tuned",
    "finetuning": "fine-tuned",
    "finetune": "fine-tuned",
    "notfinetuned": "frozen",
    "notfinetuning": "frozen",
}
"""Spellings of two ways to train; equal systems must not differ by a hyphen."""


def training_word(written: str) -> str:
    """How a classifier was trained, in this project's words where it has one."""
    return _TRAININGS.get(re.sub(r"[^a-z]+", "", written.lower()), written)


def system_name(system: System) -> str:
    """Name with the training, which often is all that tells two imported systems apart."""
    return f"{system.name} · {system.training}" if system.training else system.name
