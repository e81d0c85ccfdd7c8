"""Structured answers: at every step only those tokens that can still lead to valid JSON.

llguidance does the work. Of the libraries tried with transformers 5 it alone enforced everything our
schemas say (ends of scales included) and needs nothing besides itself; a mask takes it some tens of
microseconds. A grammar is compiled once; each row of a batch walks through it on its own.
"""

from __future__ import annotations

import json
import threading
import weakref
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError, MissingExtraError
from mllmsent.models.local.bounded_schema import bounded_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    import torch

__all__ = ["Grammar", "Walk", "compile_grammar", "constraints_available", "mask_rows"]

# Models are taught JSON with a blank after comma and colon, or with none; more has no use, and a
# weak model can write blanks for ever.
_COMMA, _COLON = ", ?", ": ?"

# A vocabulary takes a second to read, a grammar a millisecond; both are kept as long as their
# tokenizer lives. Models may be asked from several threads.
_LOCK = threading.Lock()
_COMPILED: MutableMapping[Any, dict[tuple[Any, ...], Any]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Grammar:
    """Every answer that a schema admits, in one tokenizer's tokens.

    Attributes:
        eos_ids: Tokens that end an answer.
        width: Tokens that a mask speaks of.
    """

    eos_ids: tuple[int, ...]
    width: int
    _start: Any = field(repr=False)


class Walk:
    """Where one row stands in a grammar.

    Args:
        grammar: What it may write.
    """

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._matcher = grammar._start.deep_copy()  # noqa: SLF001 - the two are one thing
        self._ended = False

    @property
    def finished(self) -> bool:
        """Whether nothing but the end may follow.

        So it is as well where the library gave up (a grammar too large for its limits): the answer
        then ends unfinished and is read as it stands.
        """
        return self._ended or bool(self._matcher.is_stopped() or self._matcher.is_error())

    def accept(self, token: int) -> None:
        """Take a step.

        Args:
            token: One that the mask allowed; a token that ends the answer, only where it may end.

        Raises:
            ValueError: If it was not allowed.
        """
        if token in self.grammar.eos_ids and (self.finished or self._matcher.is_accepting()):
            self._ended = True
        elif self.finished or not self._matcher.consume_token(token):
            raise ValueError(f"Token {token} does not continue a valid answer.")

    def mask(self, logits: torch.Tensor) -> None:
        """Set what may not follow to minus infinity, in place.

        Args:
            logits: (vocabulary,), as wide as the model makes them.
        """
        mask_rows([self], logits[None])

    def fill(self, bits: Any) -> None:
        """Write what may follow, one bit for each token, lowest bit first.

        Args:
            bits: (ceil(width / 32),) int32 array, contiguous.
        """
        if not self.finished:
            self._matcher.unsafe_compute_mask_ptr(bits.ctypes.data, bits.nbytes)
        # Finding out what may follow can be what exceeds the library's limits.
        if self.finished:
            bits[:] = 0
            octets = bits.view("uint8")
            for token in self.grammar.eos_ids:
                octets[token // 8] |= 1 << (token % 8)


def constraints_available(tokenizer: Any = None) -> bool:
    """Whether answers can be constrained here.

    Args:
        tokenizer: Also asks whether this one can be read; those without a fast version cannot.
    """
    if find_spec("llguidance") is None:
        return False
    return tokenizer is None or hasattr(tokenizer, "backend_tokenizer")


def compile_grammar(
    tokenizer: Any, schema: Mapping[str, Any], *, vocab_size: int, eos_ids: Sequence[int]
) -> Grammar:
    """The grammar of a schema, compiled once for each tokenizer and schema.

    Answers are compact JSON, their keys in the order of the schema, and end: `bounded_schema` says
    what bounds are put where the schema has none.

    Args:
        tokenizer: A fast tokenizer of transformers.
        schema: JSON Schema of the answer.
        vocab_size: How many logits the model makes; at least one for each token of the tokenizer,
            or else the missing ones are never allowed.
        eos_ids: Tokens that end an answer, at least one.

    Raises:
        InputError: If the schema has no answer, or says what cannot be enforced.
        MissingExtraError: If llguidance is not installed.
    """
    if not constraints_available():
        raise MissingExtraError("Answers held to a schema", extra="local")
    if not constraints_available(tokenizer):
        raise InputError(
            f"Answers cannot be held to a schema with a {type(tokenizer).__name__}.",
            cure="Take a model with a tokenizer.json, or ask without a schema (readout: text).",
        )
    width = max(vocab_size, len(tokenizer))
    table = (width, tuple(eos_ids))
    # Not sorted: the order of the keys is the order in which they are written.
    key = (*table, json.dumps(dict(schema)))
    with _LOCK:
        kept = _COMPILED.setdefault(tokenizer, {})
        if key not in kept:
            if table not in kept:
                kept[table] = _vocabulary(tokenizer, width, eos_ids)
            kept[key] = Grammar(tuple(eos_ids), width, _compile(kept[table], schema))
        grammar: Grammar = kept[key]
    return grammar


def mask_rows(walks: Sequence[Walk | None], logits: torch.Tensor) -> None:
    """Set what may not follow to minus infinity, in place, in each row that walks a grammar.

    Args:
        walks: One for each row; None leaves the row as it is.
        logits: (rows, vocabulary), on any device.
    """
    import numpy as np  # noqa: PLC0415 - with torch
    import torch  # noqa: PLC0415 - heavy

    widths = [walk.grammar.width for walk in walks if walk is not None]
    if not widths:
        return
    # All bits set: a row without a grammar.
    bits = np.full((len(walks), -(-max(*widths, logits.shape[1]) // 32)), -1, dtype=np.int32)
    for row, walk in zip(bits, walks, strict=True):
        if walk is not None:
            words = -(-walk.grammar.width // 32)
            walk.fill(row[:words])
            row[words:] = 0
    # Sent to the device as bits, and made into bytes there.
    octets = torch.from_numpy(bits.view(np.uint8)).to(logits.device)
    places = torch.arange(8, dtype=torch.uint8, device=logits.device)
    allowed = ((octets[:, :, None] >> places) & 1).flatten(1)[:, : logits.shape[1]]
    logits.masked_fill_(allowed == 0, float("-inf"))


def _vocabulary(tokenizer: Any, width: int, eos_ids: Sequence[int]) -> Any:
    from llguidance.hf import from_tokenizer  # noqa: PLC0415 - an extra

    return from_tokenizer(tokenizer, n_vocab=width, eos_token=list(eos_ids))


def _compile(vocabulary: Any, schema: Mapping[str, Any]) -> Any:
    from llguidance import LLMatcher  # noqa: PLC0415 - an extra

    # Said to be JSON Schema explicitly, so that a schema cannot pass for another kind of grammar.
    grammar = LLMatcher.grammar_from_json_schema(
        json.dumps(bounded_schema(schema)),
        overrides={
            "whitespace_flexible": False,
            "item_separator": _COMMA,
            "key_separator": _COLON,
        },
    )
    broken, notes = LLMatcher.validate_grammar_with_warnings(grammar, vocabulary)
    if broken:
        raise InputError(
            f"No answer can be held to this schema: {'; '.join(notes)}.",
            cure="Keep to types, enum, minimum, maximum, required and items, or ask without one.",
        )
    # Without room for a log: the library would write to standard error.
    return LLMatcher(vocabulary, grammar, log_level=0)
