"""What a server would tell of a real model agrees with what the model itself says of whole answers."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

import mllmsent
from mllmsent.affect import get_scheme
from mllmsent.data.images import ImageRef
from mllmsent.models import Message, Request, Response, Settings, get_model
from mllmsent.models.checkup_pictures import two_pictures
from mllmsent.models.served.first_tokens import TokenStep, score_first_tokens
from mllmsent.pathways.likelihood import read_likelihoods
from mllmsent.prompts import answer_words, get_strategy, render

LIKELIHOOD = get_strategy("likelihood")
CHECKPOINT = Path(mllmsent.__file__).parent / "models" / "builtin" / "diorama-small"


class Told:
    """The likeliest 20 tokens of each step, by transformers' own `generate`, as servers tell them."""

    def __init__(self) -> None:
        self.processor: Any = AutoProcessor.from_pretrained(CHECKPOINT)  # type: ignore[no-untyped-call] # theirs
        self.model: Any = AutoModelForImageTextToText.from_pretrained(CHECKPOINT)

    def steps(self, messages: tuple[Message, ...], image: ImageRef) -> list[TokenStep]:
        words = self.processor.tokenizer
        turns = [
            {
                "role": message.role,
                "content": [
                    {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}
                    for part in message.parts
                ],
            }
            for message in messages
        ]
        prompt = self.processor.apply_chat_template(turns, add_generation_prompt=True)
        with Image.open(image.path) as opened, torch.inference_mode():
            read = self.processor(images=[opened.convert("RGB")], text=prompt, return_tensors="pt")
            out = self.model.generate(
                **read,
                max_new_tokens=16,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
        steps = []
        written = out.sequences[0][read["input_ids"].shape[1] :].tolist()
        for token, logits in zip(written, out.scores, strict=True):
            if token == words.eos_token_id:
                break
            chances: dict[bytes, float] = {}
            for logprob, other in zip(*torch.log_softmax(logits[0], -1).topk(20), strict=True):
                said = words.decode([int(other)]).encode()
                chances[said] = chances.get(said, 0.0) + math.exp(float(logprob))
            steps.append(TokenStep(words.decode([token]).encode(), chances))
        return steps


@pytest.mark.slow
def test_first_tokens_and_whole_answers_give_one_distribution() -> None:
    told, model = Told(), get_model("builtin/diorama-small")
    with two_pictures() as pictures:
        for scheme in map(get_scheme, ("polarity3", "polarity5", "mikels", "ekman")):
            labels = tuple(answer_words(LIKELIHOOD, scheme).values())
            for picture in pictures:
                messages = render(LIKELIHOOD, scheme, picture, emotion_target="evoked")
                asked = Request(messages, Settings(None, max_tokens=None), candidates=labels)
                (whole,) = asyncio.run(model.answer([asked]))
                found = score_first_tokens(labels, told.steps(messages, picture))
                begun = Response(
                    "ok",
                    label_scores=found.scores,
                    label_tokens=found.tokens,
                    label_limits=found.limits,
                )
                one, other = (read_likelihoods(LIKELIHOOD, scheme, each) for each in (whole, begun))
                assert other["status"] == "ok"
                assert other["label"] == one["label"]
                assert other["scores"] == pytest.approx(one["scores"], abs=0.005)
