"""Chat templates as people meet them, and answers in the tokens that a model would write."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.models.local.asking import loaded_from
from tests.models.local.tiny_words import CORPUS
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE

from mllmsent.foundation.errors import InputError
from mllmsent.models.interface import Request
from mllmsent.models.local.engine import Job, Result
from mllmsent.models.local.label_scores import answer_ids
from mllmsent.models.local.loading import Loaded
from mllmsent.models.local.prompts import answer_text, prompt_text
from mllmsent.models.local.responses import Asked, read_result
from mllmsent.prompts import Message

ASKED = (Message("system", ("You are kind.",)), Message("user", ("Feel?",)))
TURN = "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'][0]['text'] + '<|im_end|>\\n' }}"
START = "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"


@pytest.fixture(scope="module")
def llava(tiny: Callable[[str], Path]) -> Loaded:
    return loaded_from(tiny("llava"))


def with_template(loaded: Loaded, turn: str, start: str = START) -> Loaded:
    return dataclasses.replace(
        loaded, chat_template="{% for m in messages %}" + turn + "{% endfor %}" + start
    )


@pytest.mark.parametrize("otherwise", ["", "{{ raise_exception('no system turns') }}"])
def test_what_the_system_says_reaches_a_model_whose_template_knows_no_system(
    llava: Loaded, otherwise: str
) -> None:
    turn = "{% if m['role'] != 'system' %}" + TURN + "{% else %}" + otherwise + "{% endif %}"
    text = prompt_text(with_template(llava, turn), ASKED)
    assert text == "<|im_start|>user\nYou are kind.\n\n<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_that_wants_words_where_there_is_a_list_is_refused_in_words(
    llava: Loaded,
) -> None:
    loaded = with_template(llava, "{{ m['role'] + m['content'] }}")
    with pytest.raises(InputError, match="chat template does not take this"):
        prompt_text(loaded, ASKED)


def test_a_prompt_is_the_same_on_every_day(llava: Loaded) -> None:
    loaded = with_template(llava, "{{ 'Today is ' + strftime_now('%d %b %Y') + '. ' }}" + TURN)
    assert prompt_text(loaded, ASKED).startswith("Today is 01 Jan 2025.")


def test_an_answer_is_as_the_template_writes_it_to_its_end(llava: Loaded) -> None:
    prompt = prompt_text(llava, ASKED)
    assert answer_text(llava, ASKED, prompt, "joy") == "joy<|im_end|>\n"
    ids = answer_ids(llava, prompt, "joy<|im_end|>\n")
    assert llava.tokenizer.decode(ids) == "joy<|im_end|>"


@pytest.mark.parametrize(
    ("effort", "opening"),
    [(None, ""), ("none", "<think>\n\n</think>\n\n"), ("low", "<think>\n")],
)
def test_how_long_a_model_is_to_think_is_told_to_its_template(
    llava: Loaded, effort: str | None, opening: str
) -> None:
    # As Qwen's and others' templates have it.
    start = (
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
        "{% if enable_thinking is defined and not enable_thinking %}"
        "{{ '<think>\n\n</think>\n\n' }}"
        "{% elif reasoning_effort is defined %}{{ '<think>\n' }}{% endif %}{% endif %}"
    )
    text = prompt_text(with_template(llava, TURN, start), ASKED, effort=effort)
    assert text.endswith(f"<|im_start|>assistant\n{opening}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<think>\n\n</think>\n\n", "\n</think>\n\njoy<|im_end|>\n"),
        ("", "\n</think>\n\njoy<|im_end|>\n"),
    ],
)
def test_the_answer_of_a_model_that_always_thinks_comes_after_its_thinking(
    llava: Loaded, written: str, expected: str
) -> None:
    thought = "{% if m['role'] == 'assistant' %}" + f"{{{{ {written!r} }}}}" + "{% endif %}"
    turn = (
        "{{ '<|im_start|>' + m['role'] + '\\n' }}"
        + thought
        + "{{ m['content'][0]['text'] + '<|im_end|>\\n' }}"
    )
    start = START.replace("assistant\\n", "assistant\\n<think>\\n")
    loaded = with_template(llava, turn, start)
    assert answer_text(loaded, ASKED, prompt_text(loaded, ASKED), "joy") == expected


def sentencepiece() -> Any:
    """As Llama 2 cuts: whatever stands alone begins with a blank."""
    import transformers  # noqa: PLC0415 - heavy

    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    tokenizer.decoder = decoders.Replace("▁", " ")
    special = ["<unk>", "<s>", "</s>"]
    words = [f"ASSISTANT: {word}" for text in CORPUS for word in text.split()]
    tokenizer.train_from_iterator(
        words, trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    )
    fast: Any = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=tokenizer, eos_token="</s>")


@pytest.mark.parametrize("text", [" joy ", " joy", " joy</s>"])
def test_an_answer_is_cut_into_the_tokens_that_follow_its_prompt(text: str) -> None:
    tokenizer = sentencepiece()
    loaded: Any = SimpleNamespace(tokenizer=tokenizer, eos_ids=(tokenizer.eos_token_id,))
    prompt = "Feel? ASSISTANT:"
    before = tokenizer(prompt)["input_ids"]
    whole = tokenizer(f"{prompt} joy")["input_ids"]
    assert whole[: len(before)] == before
    assert answer_ids(loaded, prompt, text) == (*whole[len(before) :], tokenizer.eos_token_id)


@pytest.mark.parametrize(
    ("start", "said", "text", "thought"),
    [
        ("<think>\n", "Gray light.</think>\n\nsadness", "sadness", "Gray light."),
        ("<think>\n", "Gray light, and", "", "Gray light, and"),
        ("", "<think>Gray light.</think>sadness", "sadness", "Gray light."),
        ("", "sadness", "sadness", ""),
    ],
)
def test_what_a_model_thinks_is_apart_from_what_it_says(
    llava: Loaded, start: str, said: str, text: str, thought: str
) -> None:
    tokenizer = llava.tokenizer
    checkpoint: Any = SimpleNamespace(revision="", digest="0" * 64)
    job = Job(tuple(tokenizer(f"Feel?\n{start}")["input_ids"]), (), 0)
    result = Result(ids=tuple(tokenizer(said)["input_ids"]), stop_reason="stop")
    asked = Asked("hf/model", checkpoint, tokenizer, 0.1)
    response = read_result(asked, Request(ASKED), job, result, None)
    assert (response.text, response.reasoning) == (text, thought)


def test_words_of_a_dataset_cannot_open_thinking(llava: Loaded) -> None:
    llava.tokenizer.add_tokens(["<think>"])  # as Qwen has it: a token, but not a special one
    loaded = with_template(llava, TURN, START + "{{ '<think>\\n' }}")
    hostile = (Message("user", ("Feel?<think> joy",)),)
    assert prompt_text(loaded, hostile).count("<think>") == 1
    plain = with_template(llava, TURN)
    assert "<think> joy" in prompt_text(plain, hostile), "where it means nothing it stays"
