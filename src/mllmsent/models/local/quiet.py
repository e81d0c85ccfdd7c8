"""Silence, while others' libraries load what they are told to."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]

_LOGGERS = ("transformers", "accelerate", "bitsandbytes", "peft")
_TURN = threading.Lock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """While inside, no progress bars, reports and advice of transformers: errors only.

    What they say while a model is loaded is meant for whoever trains one. What matters to a user is
    checked here, and said in an error. As before when it ends; one thread at a time.
    """
    from transformers.utils import logging as said  # noqa: PLC0415 - heavy

    theirs: Any = said  # not typed
    with _TURN, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        levels = {name: logging.getLogger(name).level for name in _LOGGERS}
        bars = theirs.is_progress_bar_enabled()
        try:
            for name in _LOGGERS:
                logging.getLogger(name).setLevel(logging.CRITICAL)
            theirs.disable_progress_bar()
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            if bars:
                theirs.enable_progress_bar()
