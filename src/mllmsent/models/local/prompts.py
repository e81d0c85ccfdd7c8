"""Messages as the model's own chat template writes them: the text before it is cut into tokens."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.local.loading import Loaded
    from mllmsent.prompts.message import Message

__all__ = ["answer_text", "prompt_text"]


def prompt_text(loaded: Loaded, messages: Sequence[Message]) -> str:
    """The prompt up to where the model's answer begins; an image is its placeholder.

    Words in the messages that read like the template's own marks (a turn's end, an image's
    placeholder) are broken by a space, so that what a dataset says cannot speak as the template.

    Raises:
        InputError: If the model has no chat template, or it does not take these messages.
    """
    return _render(loaded, _turns(loaded, messages), answer=None)


def answer_text(loaded: Loaded, messages: Sequence[Message], prompt: str, answer: str) -> str:
    """An answer as the template writes it after `prompt`, its end included where it writes one.

    A template may put a space before an answer, or a line break after; the model has learned it
    so, and a likelihood must be that of the same tokens.

    Args:
        loaded: The model.
        messages: The conversation.
        prompt: What `prompt_text` gave for it.
        answer: The assistant's words.
    """
    whole = _render(loaded, _turns(loaded, messages), answer=answer)
    return whole[len(prompt) :] if whole.startswith(prompt) else answer


def _turns(loaded: Loaded, messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": _plain(loaded, part)}
                if isinstance(part, str)
                else {"type": "image"}
                for part in message.parts
            ],
        }
        for message in messages
    ]


def _plain(loaded: Loaded, text: str) -> str:
    """Words without the template's marks."""
    for mark in _marks(loaded.tokenizer):
        if mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


@lru_cache(maxsize=16)
def _marks(tokenizer: Any) -> tuple[str, ...]:
    special = set(tokenizer.all_special_tokens) | {
        str(token) for token in tokenizer.added_tokens_decoder.values() if token.special
    }
    # A mark of one character could not be told from ordinary writing.
    return tuple(sorted((mark for mark in special if len(mark) > 1), key=len, reverse=True))


def _render(loaded: Loaded, turns: list[dict[str, Any]], *, answer: str | None) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - `--help` does without templates

    if loaded.chat_template is None:
        raise InputError(
            "This model has no chat template, so nobody knows how it wants to be asked.",
            cure="Take its instruction-tuned version (often named -it, -instruct or -chat).",
        )
    try:
        return _written(loaded, turns, answer)
    except TemplateError as error:
        # Some templates know no system turn; its words then open the user's first.
        folded = _without_system(turns)
        if folded != turns:
            try:
                return _written(loaded, folded, answer)
            except TemplateError:
                pass
        raise InputError(
            f"The model's chat template does not take this conversation: {error}.",
            cure="Take a strategy with other turns.",
        ) from None


def _written(loaded: Loaded, turns: list[dict[str, Any]], answer: str | None) -> str:
    if answer is not None:
        said = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
        turns = [*turns, said]
    text: str = loaded.processor.apply_chat_template(
        turns,
        chat_template=loaded.chat_template,
        tokenize=False,
        add_generation_prompt=answer is None,
    )
    return text


def _without_system(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not turns or turns[0]["role"] != "system" or len(turns) < 2:
        return turns
    first, second = turns[0], turns[1]
    words = [
        part | {"text": part["text"] + "\n\n"} if part["type"] == "text" else part
        for part in first["content"]
    ]
    return [second | {"content": [*words, *second["content"]]}, *turns[2:]]
