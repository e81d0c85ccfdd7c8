from typing import Any

import pytest
import torch

from mllmsent.dioramas import sample_scene
from mllmsent.dioramas.dice import Dice
from mllmsent.prompts import get_strategy
from training.language import build_tokenizer
from training.lessons import lesson
from training.network import answer_loss, build_model, vision_tokens
from training.packing import Packer, batches_of
from training.questions import Answer, Asked, describe_question, label_question
from training.recipe import get_recipe
from training.votes import no_verdict, verdict_of

SCENE = sample_scene(8, 3)
VERDICT = verdict_of(SCENE, "item")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    asked = [one for n in range(30) for one in lesson(SCENE, VERDICT, Dice(n))]
    return build_tokenizer(
        [str(part) for one in asked for message in one.messages for part in message.parts], 600
    )


@pytest.fixture(scope="module")
def packer(tokenizer: Any) -> Packer:
    return Packer(tokenizer, get_recipe("trial").image_tokens)


def test_every_answer_may_be_any_label_in_its_share(packer: Packer) -> None:
    question = label_question(get_strategy("zero-shot"), "polarity3", no_verdict("x")).messages
    asked = Asked(question, Answer("", {"positive": 0.75, "neutral": 0.25}))
    segment = packer.segment(0, asked, 0.5)
    first = packer.tokenizer.encode("positive")[0], packer.tokenizer.encode("neutral")[0]
    assert dict(segment.wanted[0]) == dict(zip(first, (0.75, 0.25), strict=True))
    assert segment.wanted[-1] == ((packer.tokenizer.eos_token_id, 1.0),)


def test_labels_that_begin_alike_are_told_apart_where_they_differ(packer: Packer) -> None:
    shares = {"slightly negative": 0.3, "slightly positive": 0.1, "neutral": 0.6}
    asked = label_question(get_strategy("zero-shot"), "polarity5", VERDICT)
    segment = packer.segment(0, Asked(asked.messages, Answer("", shares)), 0.35)
    decoded = packer.tokenizer.decode(segment.answer)
    assert decoded == "slightly positive<|im_end|>"
    assert sorted(share for _, share in segment.wanted[0]) == pytest.approx([0.4, 0.6])
    choices = [ways for ways in segment.wanted if len(ways) == 2]
    assert sorted(share for _, share in choices[-1]) == pytest.approx([0.25, 0.75])


def test_an_answer_in_pieces_has_the_tokens_of_the_whole(packer: Packer) -> None:
    for number in range(30):
        for asked in lesson(SCENE, VERDICT, Dice("pieces", number)):
            segment = packer.segment(0, asked, 0.0)
            choice = next(iter(asked.answer.choices))
            whole = asked.answer.head + choice + asked.answer.tail
            expected = packer.tokenizer.encode(whole, add_special_tokens=False)
            assert list(segment.answer[:-1]) == expected


def test_a_conversation_that_does_not_begin_with_the_picture_shares_nothing(packer: Packer) -> None:
    early = packer.segment(0, describe_question(get_strategy("describe"), SCENE, 1), 0.0)
    late = packer.segment(0, describe_question(get_strategy("published-describe"), SCENE, 1), 0.0)
    assert early.is_shared
    assert not late.is_shared
    assert set(packer.beginning) <= set(late.question)


def test_nothing_is_lost_when_segments_are_cut_into_batches(packer: Packer) -> None:
    segments = [
        packer.segment(n % 3, asked, 0.2)
        for n in range(9)
        for asked in lesson(SCENE, VERDICT, Dice("cut", n))
    ]
    batches = batches_of(segments, packer.tokenizer.pad_token_id)
    assert sum(len(batch.ids) for batch in batches) == len(segments)
    assert sum(len(batch.places) for batch in batches) == sum(len(s.answer) for s in segments)
    assert sum(batch.is_shared for batch in batches) <= 4


def test_sharing_a_picture_changes_nothing_of_what_is_computed(
    packer: Packer, tokenizer: Any
) -> None:
    torch.manual_seed(0)
    model = build_model(get_recipe("trial"), tokenizer)
    pixels = torch.rand(2, 3, 48, 48)
    asked = {picture: lesson(SCENE, VERDICT, Dice("same", picture)) for picture in (0, 1)}
    segments = [packer.segment(n, one, 0.4) for n, own in asked.items() for one in own]
    with torch.inference_mode():
        total, weight = answer_loss(
            model,
            vision_tokens(model, pixels),
            packer.beginning,
            batches_of(segments, tokenizer.pad_token_id),
        )
        expected = counted = 0.0
        for segment in segments:
            start = packer.beginning if segment.is_shared else ()
            ids = torch.tensor([start + segment.question + segment.answer])
            shown = pixels[segment.picture][None]
            logits = model(input_ids=ids, pixel_values=shown).logits[0].log_softmax(-1)
            share = len(segment.answer) ** -0.5
            first = ids.shape[1] - len(segment.answer) - 1
            for place, ways in enumerate(segment.wanted, start=first):
                expected -= share * sum(float(logits[place, t]) * part for t, part in ways)
                counted += share
    assert float(total) == pytest.approx(expected, rel=1e-4)
    assert float(weight) == pytest.approx(counted, rel=1e-5)
