from typing import Any

import pytest

from training.language import CHAT_TEMPLATE, END_OF_TURN, build_processor, build_tokenizer

TEXTS = [
    '{"label": "negative"}',
    "valence: 6.2, arousal: 4.1",
    "A meadow at dusk: it is raining.\nNobody is there.",
] * 5


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(TEXTS, 400)


@pytest.mark.parametrize("text", [*TEXTS[:3], "Wähle: 日本 🙂 \t end ", 'a "b": [1.25, {}]'])
def test_any_text_survives_encoding_and_decoding(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_digits_are_single_tokens(tokenizer: Any) -> None:
    assert tokenizer.tokenize("62.81")[:2] == ["6", "2"]


def test_what_stands_between_json_fields_is_one_token(tokenizer: Any) -> None:
    assert '":' not in tokenizer.tokenize('{"label": "negative"}')
    assert len(tokenizer.tokenize('{"label": "negative"}')) == 5


def test_the_template_keeps_newlines_roles_and_the_place_of_the_image(tokenizer: Any) -> None:
    messages = [
        {"role": "system", "content": "Be brief.\n"},
        {
            "role": "user",
            "content": [{"type": "text", "text": "See:\n"}, {"type": "image"}],
        },
    ]
    text = tokenizer.apply_chat_template(
        messages, chat_template=CHAT_TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    assert text == (
        "<|im_start|>system\nBe brief.\n<|im_end|>\n<|im_start|>user\nSee:\n<image><|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_a_turn_ends_with_the_end_of_text(tokenizer: Any) -> None:
    assert tokenizer.eos_token == END_OF_TURN
    assert tokenizer.pad_token_id != tokenizer.eos_token_id


def test_a_picture_becomes_a_token_for_each_patch(tokenizer: Any) -> None:
    processor = build_processor(tokenizer, image_size=48, patch_size=16)
    from PIL import Image  # noqa: PLC0415 - only this test has a picture

    found = processor(images=Image.new("RGB", (300, 300)), text="<image>", return_tensors="pt")
    assert found["input_ids"].shape == (1, 9)
    assert found["pixel_values"].shape == (1, 3, 48, 48)
