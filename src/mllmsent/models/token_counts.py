"""How many tokens a request is, before anybody has counted: an estimate, and what it cannot pass.

No provider's tokenizer is at hand without a download, so texts are counted by a rule: a word of up
to nine letters is a token, a run of up to three digits or of punctuation is one, and so on. It is
within 10 % of OpenAI's o200k_base for the English wordings of this package, for JSON, Portuguese,
Chinese and Japanese, and up to 15 % below it for German and 30 % for Arabic; a token for each four
characters is up to 15 % off in English and 70 % in Chinese. Providers whose tokenizers
cut finer have a factor in `image_tokens.yaml`. Images are counted as `image_tokens` does, in the
size in which they are sent: after a study's own limits on pixels, but not that of bytes, since how
far a file has to shrink for it is known only once it is shrunk.
"""

from __future__ import annotations

import functools
import json
import math
import re
from typing import TYPE_CHECKING, Any

from mllmsent.models.image_tokens import image_rule, image_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mllmsent.data.images import ImageRef
    from mllmsent.models.interface import Request

__all__ = ["input_tokens", "most_input_tokens", "text_tokens"]

MESSAGE_TOKENS = 4
"""What a message has around its content: OpenAI documents three, and three before the answer."""

ENVELOPE_TOKENS = 600
"""More than providers are known to add to a request with a schema: Anthropic's prompt for tools has
some 300 to 500 tokens."""

_OPENAI = frozenset({"azure", "openai"})
"""Who serves OpenAI's models, under names of one's own too."""

_DEAREST_OF_OPENAI = "gpt-4o-mini"
"""The model of OpenAI's that counts an image as the most tokens."""

_PIECES = re.compile(
    r"(?P<word>[A-Za-z]+)|(?P<digits>\d{1,3})|(?P<lines>\n+)"
    r"|(?P<signs>[!-/:-@\[-`{-~]+)|(?P<foreign>[^\x00-\x7f\s]+)"
)
_EAST_ASIAN = re.compile(r"[\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")


@functools.lru_cache(maxsize=2048)
def text_tokens(text: str) -> float:
    """Roughly how many tokens a text is by OpenAI's tokenizer o200k_base.

    Args:
        text: Any text.
    """
    return sum(_piece_tokens(piece.lastgroup or "", piece[0]) for piece in _PIECES.finditer(text))


def input_tokens(request: Request, model: str, identity: Mapping[str, Any]) -> int:
    """Roughly how many tokens a model reads: texts, images and the answer's schema.

    Args:
        request: What is asked.
        model: Whom, as `provider/name`.
        identity: `Model.identity`, which has the study's limits on images.
    """
    read = sum(text_tokens(text) for text in _texts(request)) * image_rule(model).text
    around = MESSAGE_TOKENS * len(request.messages)
    return round(read) + around + sum(_image(each, model, identity) for each in request.images)


def most_input_tokens(request: Request, model: str, identity: Mapping[str, Any]) -> int:
    """More tokens than a model can be said to have read, to hold a budget by.

    A token of text is at least a byte. An image is what its rule says and a fifth more. Where no rule is
    known, it is a token for each square of 14 pixels; of a model of OpenAI's, the most of its models.

    Args:
        request: What is asked.
        model: Whom, as `provider/name`.
        identity: `Model.identity`, which has the study's limits on images.
    """
    read = sum(len(text.encode("utf-8", "surrogatepass")) for text in _texts(request))
    images = (_most_of_an_image(image, model, identity) for image in request.images)
    return read + ENVELOPE_TOKENS + MESSAGE_TOKENS * len(request.messages) + sum(images)


def _most_of_an_image(image: ImageRef, model: str, identity: Mapping[str, Any]) -> int:
    if not image_rule(model).is_known:
        if model.partition("/")[0] not in _OPENAI:
            return max(
                1024, math.prod(math.ceil(side / 14) for side in (image.width, image.height))
            )
        model = _DEAREST_OF_OPENAI
    return math.ceil(_image(image, model, identity) * 1.2)


def _texts(request: Request) -> list[str]:
    texts = [
        part for message in request.messages for part in message.parts if isinstance(part, str)
    ]
    if request.answer_schema is not None:
        texts.append(json.dumps(dict(request.answer_schema), ensure_ascii=False))
    return texts


def _image(image: ImageRef, model: str, identity: Mapping[str, Any]) -> int:
    scale = 1.0
    if longest := identity.get("max_image_side"):
        scale = min(scale, longest / max(image.width, image.height, 1))
    if most := identity.get("max_image_pixels"):
        scale = min(scale, math.sqrt(most / max(image.width * image.height, 1)))
    detail = identity.get("image_detail") or identity.get("media_resolution")
    size = (max(round(side * scale), 1) for side in (image.width, image.height))
    return image_tokens(model, *size, detail=None if detail is None else str(detail).lower())


def _piece_tokens(kind: str, piece: str) -> float:
    length = len(piece)
    match kind:
        case "word":  # frequent words are one token each, and names and long ones are cut
            return 1 + max(length - 9, 0) / 6
        case "digits":
            return 1
        case "lines":
            return 0.5  # often part of the sign before it
        case "signs":
            return max(length / 3, 1)
        case _:
            dense, hangul = len(_EAST_ASIAN.findall(piece)), len(_HANGUL.findall(piece))
            return max(0.75 * dense + 0.55 * hangul + (length - dense - hangul) / 4, 1)
