"""Messages as the model's own chat template writes them: the text before it is cut into tokens."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.errors import InputError
from mllmsent.models.thinking import OPENING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mllmsent.models.local.loading import Loaded
    from mllmsent.prompts.message import Message

__all__ = ["answer_text", "prompt_text", "require_template"]

_DAY = datetime(2025, 1, 1, 12, tzinfo=UTC)
_DIRECTIVES = "YymdeBbAaHMSjp"


def require_template(loaded: Loaded) -> None:
    """Refuse a model that has no chat template.

    Raises:
        InputError: With the cure.
    """
    if loaded.chat_template is None:
        raise InputError(
            "This model has no chat template, so nobody knows how it wants to be asked.",
            cure="Take its instruction-tuned version (often named -it, -instruct or -chat).",
        )


def prompt_text(loaded: Loaded, messages: Sequence[Message], *, effort: str | None = None) -> str:
    """The prompt up to where the model's answer begins; an image is its placeholder.

    Words in the messages that read like the template's own marks (a turn's end, an image's
    placeholder) are broken by a space, so that what a dataset says cannot speak as the template.

    Args:
        loaded: The model.
        messages: The conversation.
        effort: How long it is to think, told to the template as `reasoning_effort`, and as
            `enable_thinking`, which is false for "none"; None leaves it to the template.

    Raises:
        InputError: If the model has no chat template, or it does not take these messages.
    """
    return _render(loaded, _turns(loaded, messages), answer=None, effort=effort)


def answer_text(
    loaded: Loaded,
    messages: Sequence[Message],
    prompt: str,
    answer: str,
    *,
    effort: str | None = None,
) -> str:
    """An answer as the template writes it after `prompt`, its end included where it writes one.

    A template may put a space before an answer, or a line break after; the model has learned it
    so, and a likelihood must be that of the same tokens. Where it opens the model's thinking, the
    answer is one without any.

    Args:
        loaded: The model.
        messages: The conversation.
        prompt: What `prompt_text` gave for it.
        answer: The assistant's words.
        effort: As for the prompt.
    """
    whole = _render(loaded, _turns(loaded, messages), answer=answer, effort=effort)
    if whole.startswith(prompt):
        return whole[len(prompt) :]
    # It writes a turn that is over in another way than one to come.
    place = whole.rfind(answer.strip())
    ended = answer if place < 0 else whole[place:]
    return f"\n</think>\n\n{ended}" if prompt.rstrip().endswith(OPENING) else ended


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
    for mark in _marks(loaded.tokenizer, _image_mark(loaded), loaded.chat_template or ""):
        if mark in text:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def _image_mark(loaded: Loaded) -> str:
    return str(getattr(loaded.processor, "image_token", ""))


@lru_cache(maxsize=16)
def _marks(tokenizer: Any, image: str, template: str) -> tuple[str, ...]:
    special = {image, *tokenizer.all_special_tokens} | {
        str(token)
        for token in tokenizer.added_tokens_decoder.values()
        # `<think>` is not special to tokenizers, and yet the template's own. Gemma has a token for
        # each number of line breaks, which are ordinary writing.
        if token.special or (str(token) in template and not str(token).isspace())
    }
    # A mark of one character could not be told from ordinary writing.
    return tuple(sorted((mark for mark in special if len(mark) > 1), key=len, reverse=True))


def _render(
    loaded: Loaded, turns: list[dict[str, Any]], *, answer: str | None, effort: str | None
) -> str:
    from jinja2 import TemplateError  # noqa: PLC0415 - `--help` does without templates

    require_template(loaded)
    # Some templates know no system turn: they refuse it, or leave it out without a word. What it
    # says then opens the user's first.
    texts: list[str] = []
    reasons: list[Exception] = []
    for said in (turns, _without_system(turns)):
        try:
            texts.append(_written(loaded, said, answer, effort))
        except (TemplateError, TypeError) as error:  # its own word; or it cannot do with a list
            reasons.append(error)
        else:
            if _says(texts[-1], turns[:1]):
                return texts[-1]
    if texts:  # it writes the words in another way
        return texts[0]
    raise InputError(
        f"The model's chat template does not take this conversation: {reasons[0]}.",
        cure="Take a strategy with other turns.",
    )


def _says(text: str, turns: list[dict[str, Any]]) -> bool:
    """Whether a prompt holds what the system says, where it says anything."""
    parts = [part for turn in turns if turn["role"] == "system" for part in turn["content"]]
    return all(part["text"].strip() in text for part in parts if part["type"] == "text")


def _written(
    loaded: Loaded, turns: list[dict[str, Any]], answer: str | None, effort: str | None
) -> str:
    if answer is not None:
        said = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
        turns = [*turns, said]
    thinking: dict[str, Any] = {}
    if effort is not None:
        # Templates know one name or the other; what they do not know they pass over.
        thinking = {"reasoning_effort": effort, "enable_thinking": effort != "none"}
    text: str = loaded.processor.apply_chat_template(
        turns,
        chat_template=_undated(loaded.chat_template or ""),
        tokenize=False,
        add_generation_prompt=answer is None,
        **thinking,
    )
    return text


@lru_cache(maxsize=16)
def _undated(template: str) -> str:
    """A template that tells the model it is always the same day, where it tells any.

    Else the same question would be another one tomorrow.
    """
    if "strftime_now" not in template:
        return template
    # As a macro of the template's own: a function would have to pass transformers as text.
    parts = "".join(f"|replace('%{d}', '{_DAY.strftime('%' + d).strip()}')" for d in _DIRECTIVES)
    macro = f"{{%- macro strftime_now(format) -%}}{{{{ format{parts} }}}}{{%- endmacro -%}}"
    return macro + template


def _without_system(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not turns or turns[0]["role"] != "system" or len(turns) < 2:
        return turns
    first, second = turns[0], turns[1]
    words = [
        part | {"text": part["text"] + "\n\n"} if part["type"] == "text" else part
        for part in first["content"]
    ]
    return [second | {"content": [*words, *second["content"]]}, *turns[2:]]
