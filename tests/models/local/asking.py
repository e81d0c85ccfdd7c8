"""Requests about pictures on disk, and what transformers itself answers to them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from mllmsent.data.images import ImageRef, open_image
from mllmsent.models import Request, Settings
from mllmsent.models.local.checkpoint import find_checkpoint
from mllmsent.models.local.images import ImageDesk
from mllmsent.models.local.loading import Loaded, load_checkpoint
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.local.preparing import Preparer
from mllmsent.prompts import Message

QUESTIONS = (
    "Which emotion does this image evoke?",
    "Feel?",
    "Which emotion does this image evoke? Answer with one word: joy, fear.",
)
LABELS = ("joy", "fear", "very sad", "positive", "negative")


def loaded_from(folder: Path, **options: Any) -> Loaded:
    read = LocalOptions(**options)
    return load_checkpoint(find_checkpoint(str(folder), read), read)


def preparer_of(loaded: Loaded) -> Preparer:
    return Preparer(loaded, ImageDesk())


def reference(path: Path, image: Image.Image) -> ImageRef:
    """The picture, written to a file."""
    image.save(path)
    data = path.read_bytes()
    width, height = image.size
    return ImageRef(path, hashlib.sha256(data).hexdigest(), "image/png", width, height)


def ask(
    image: ImageRef,
    text: str,
    *,
    system: str = "",
    image_last: bool = False,
    max_tokens: int = 8,
    **more: Any,
) -> Request:
    """A question about one image, greedily answered."""
    parts: tuple[str | ImageRef, ...] = (text, image) if image_last else (image, text)
    messages = [Message("user", parts)]
    if system:
        messages.insert(0, Message("system", (system,)))
    settings = more.pop("settings", Settings(temperature=0.0, max_tokens=max_tokens))
    return Request(tuple(messages), settings, **more)


def many_questions(images: Sequence[ImageRef], **more: Any) -> list[Request]:
    """Every question about every image, in wordings that share their beginning and that do not."""
    variants: list[dict[str, Any]] = [{}, {"system": "You are kind."}, {"image_last": True}]
    return [
        ask(image, question, **variant, **more)
        for image in images
        for question in QUESTIONS
        for variant in variants
    ]


def their_inputs(loaded: Loaded, request: Request) -> Any:
    """What transformers' own processor makes of a request."""
    turns = [
        {
            "role": message.role,
            "content": [
                {"type": "text", "text": part}
                if isinstance(part, str)
                else {"type": "image", "image": open_image(part.read_bytes())}
                for part in message.parts
            ],
        }
        for message in request.messages
    ]
    return loaded.processor.apply_chat_template(
        [turns],
        chat_template=loaded.chat_template,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        add_generation_prompt=True,
    )


def their_answer(loaded: Loaded, request: Request) -> list[int]:
    """Tokens that transformers' own `generate` answers, alone and greedily."""
    inputs = their_inputs(loaded, request)
    with torch.no_grad():
        out = loaded.model.generate(
            **inputs, max_new_tokens=request.settings.max_tokens, do_sample=False
        )
    ids: list[int] = out[0, inputs["input_ids"].shape[1] :].tolist()
    ends = [place for place, token in enumerate(ids) if token in loaded.eos_ids]
    return ids[: ends[0]] if ends else ids


def their_score(loaded: Loaded, request: Request, answer_ids: Sequence[int]) -> float:
    """Summed log-likelihood of an answer by one full forward pass without any cache."""
    inputs = dict(their_inputs(loaded, request))
    prompt = inputs["input_ids"].shape[1]
    inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([list(answer_ids)])], 1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    for name in ("token_type_ids", "mm_token_type_ids"):
        if name in inputs:
            more = torch.zeros(1, len(answer_ids), dtype=inputs[name].dtype)
            inputs[name] = torch.cat([inputs[name], more], 1)
    with torch.no_grad():
        steps = torch.log_softmax(loaded.model(**inputs, use_cache=False).logits.float(), -1)
    return sum(float(steps[0, prompt - 1 + place, token]) for place, token in enumerate(answer_ids))
