"""How many tokens a request is counted as, held to what providers and their tokenizers say."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.data.images import ImageRef
from mllmsent.models import image_tokens, input_tokens, most_input_tokens, text_tokens
from mllmsent.models.image_tokens import ImageRule, _rules, image_rule
from mllmsent.models.interface import Request
from mllmsent.prompts import Message

OPENAI = "https://developers.openai.com/api/docs/guides/images-vision"
CLAUDE = "https://platform.claude.com/docs/en/build-with-claude/vision"
GEMINI = "https://ai.google.dev/gemini-api/docs/image-understanding"
RESOLUTIONS = "https://ai.google.dev/gemini-api/docs/media-resolution"
MEASURED = "https://huggingface.co/datasets/JOHNISKING/image-token-cost"

# The providers' own worked examples.
DOCUMENTED = [
    # Worked out there for GPT-4o: four tiles, six tiles, and low detail whatever the size.
    (OPENAI, "openai/gpt-4o", 1024, 1024, "high", 765),
    (OPENAI, "openai/gpt-4o", 2048, 4096, "high", 1105),
    (OPENAI, "openai/gpt-4o", 4096, 8192, "low", 85),
    (OPENAI, "openai/gpt-4.1", 1024, 1024, None, 765),
    # Base and tile as in the table of models: 2833 and 5667, 75 and 150, 70 and 140.
    (OPENAI, "openai/gpt-4o-mini", 1024, 1024, "high", 2833 + 4 * 5667),
    (OPENAI, "openai/gpt-4o-mini", 1024, 1024, "low", 2833),
    (OPENAI, "openai/o3", 1024, 1024, None, 75 + 4 * 150),
    (OPENAI, "openai/gpt-5", 1024, 1024, None, 70 + 4 * 140),
    # Worked out there for 2,500 patches and a multiplier of 1.2: no resizing; 50 by 50 patches.
    (OPENAI, "openai/gpt-5.4", 1024, 1024, "high", 1229),
    (OPENAI, "openai/gpt-5.4", 2048, 2048, "high", 3000),
    (OPENAI, "openai/gpt-6-astra", 2048, 2048, "high", 3000),
    (OPENAI, "openai/gpt-6-astra", 4096, 512, "high", 2458),
    # From its table of sizes: within 512 pixels; 10,000 patches; 2048 pixels and 6,144 patches.
    (OPENAI, "openai/gpt-6-astra", 2048, 1024, "low", math.ceil(16 * 8 * 1.2)),
    (OPENAI, "openai/gpt-5.6-luna", 4096, 512, "high", math.ceil(64 * 8 * 1.2)),
    (OPENAI, "openai/gpt-5.6-sol", 4096, 4096, None, math.ceil(128 * 128 * 1.2)),
    (OPENAI, "openai/gpt-5.5", 1024, 1024, "low", math.ceil(16 * 16 * 1.2)),
    (OPENAI, "openai/gpt-5.5", 6400, 1600, "auto", math.ceil(188 * 47 * 1.2)),
    (OPENAI, "openai/gpt-5.4", 3200, 3200, "original", 12000),
    (OPENAI, "openai/gpt-5.4-mini", 2048, 2048, "low", math.ceil(64 * 64 * 1.2)),
    (OPENAI, "openai/gpt-5.4-nano", 2048, 2048, None, 3000),
    (OPENAI, "openai/gpt-5.2", 4096, 4096, "high", math.ceil(64 * 64 * 1.2)),
    (OPENAI, "openai/gpt-4.1-mini", 1024, 1024, None, 1659),
    (OPENAI, "openai/gpt-4.1-mini", 4096, 4096, "low", math.ceil(64 * 64 * 1.62)),
    (OPENAI, "openai/gpt-5-mini", 1024, 1024, None, 1229),
    (OPENAI, "openai/gpt-5-nano", 1024, 1024, None, 1536),
    (OPENAI, "openai/gpt-5.1", 1024, 1024, None, 70 + 4 * 140),
    # Worked out there earlier, for 1,536 patches: 1452 after shrinking; times 2.46 and 1.72.
    (OPENAI, "openai/gpt-4.1-nano", 1800, 2400, None, 3572),
    (OPENAI, "openai/o4-mini", 1800, 2400, None, 2498),
    # Its table of sizes and tokens, by the standard resolution and by the high one.
    *(
        (CLAUDE, model, width, height, None, tokens)
        for width, height, *both in (
            (200, 200, 64, 64),
            (1000, 1000, 1296, 1296),
            (1092, 1092, 1521, 1521),
            (1920, 1080, 1560, 2691),
            (2000, 1500, 1564, 3888),
            (3840, 2160, 1560, 4784),
        )
        for model, tokens in zip(
            ("anthropic/claude-haiku-4-5", "anthropic/claude-opus-4-7"), both, strict=True
        )
    ),
    # Worked out there: resized to 924x1307.
    (CLAUDE, "anthropic/claude-sonnet-4-5", 1075, 1520, None, 33 * 47),
    # Worked out there: crops of 540 / 1.5 = 360 pixels, three by two of them, 258 tokens each.
    (GEMINI, "google/gemini-2.5-flash", 960, 540, None, 6 * 258),
    (GEMINI, "google/gemini-2.5-flash", 384, 384, None, 258),
    (RESOLUTIONS, "google/gemini-3-pro-preview", 4000, 3000, None, 1120),
    (RESOLUTIONS, "google/gemini-3-pro-preview", 4000, 3000, "low", 280),
    (RESOLUTIONS, "google/gemini-3-flash-preview", 100, 100, "medium", 560),
    (RESOLUTIONS, "google/gemini-2.5-flash", 4000, 3000, "low", 64),
    (RESOLUTIONS, "google/gemini-2.5-flash", 4000, 3000, "medium", 256),
]

# Billed by the providers, and measured by somebody else; the prompt around the image is taken off.
BILLED = [
    (MEASURED, "claude-haiku-4-5", 256, 256, None, 165 - 65),
    (MEASURED, "claude-haiku-4-5", 512, 512, None, 426 - 65),
    (MEASURED, "claude-haiku-4-5", 1280, 720, None, 1261 - 65),
    (MEASURED, "claude-haiku-4-5", 1920, 1080, None, 1625 - 65),
    (MEASURED, "claude-opus-5-5", 1920, 1080, None, 2768 - 77),
    (MEASURED, "gpt-6-astra", 512, 512, None, 308),
    (MEASURED, "gpt-6-astra", 1920, 1080, None, 2448),
    (MEASURED, "gpt-6-astra", 3840, 2160, "high", 2931),
    (MEASURED, "gpt-6-astra", 4032, 3024, "high", 2942),
    (MEASURED, "gpt-6-astra", 4032, 3024, None, 14364),
    (MEASURED, "gpt-5.5", 4032, 3024, None, 11868),
    # community.openai.com: GPT-4o billed 267 for an image of 128x64 pixels and 12 tokens of text.
    ("https://community.openai.com/t/1262691", "gpt-4o", 128, 64, "high", 255),
    ("https://community.openai.com/t/1262691", "gpt-4.1-nano", 128, 64, None, 20),
    # Billed 1453 and 773 with 8 tokens of text: sides are whole pixels, here 513 and 512.
    ("https://community.openai.com/t/1281361", "gpt-4.1", 2049, 513, None, 1445),
    ("https://community.openai.com/t/1281361", "gpt-4.1", 2050, 513, None, 765),
]


@pytest.mark.parametrize(("source", "model", "width", "height", "detail", "tokens"), DOCUMENTED)
def test_images_count_as_in_the_documentations_own_examples(
    source: str, model: str, width: int, height: int, detail: str | None, tokens: int
) -> None:
    assert image_tokens(model, width, height, detail=detail) == tokens, source
    assert image_rule(model).source


@pytest.mark.parametrize(("source", "model", "width", "height", "detail", "tokens"), BILLED)
def test_images_count_as_they_were_billed(
    source: str, model: str, width: int, height: int, detail: str | None, tokens: int
) -> None:
    assert image_tokens(model, width, height, detail=detail) == tokens, source


@pytest.mark.parametrize(
    "names",
    [
        ("anthropic/claude-opus-4-8", "openrouter/anthropic/claude-opus-4.8"),
        ("openai/gpt-4o", "azure/gpt-4o", "gpt-4o-2024-08-06", "GPT-4o"),
        ("google/gemini-2.5-flash", "gemini-2.5-flash-001"),
        ("openai/gpt-4o-mini", "openai/ft:gpt-4o-mini-2024-07-18:org::abc"),
    ],
)
def test_a_model_counts_alike_whoever_serves_it(names: tuple[str, ...]) -> None:
    assert len({image_tokens(name, 1500, 900) for name in names}) == 1


def test_a_model_of_which_nothing_is_known_has_a_rule_of_thumb_that_says_so() -> None:
    assert not image_rule("openai/something-new").is_known
    assert 300 < image_tokens("openai/something-new", 512, 512) < 400
    assert image_tokens("openai/something-new", 9000, 9000) <= 1568


@given(st.integers(1, 6000), st.integers(1, 6000))
def test_an_image_that_is_too_large_for_claude_is_sized_as_its_documentation_does_it(
    width: int, height: int
) -> None:
    """The longest side in whole pixels with which, the other one rounded, both limits are kept."""
    long, short = max(width, height), min(width, height)

    def patches(side: int) -> int:
        return math.ceil(side / 28) * math.ceil(max(round(side * short / long), 1) / 28)

    tokens = patches(long)
    if long > 1568 or tokens > 1568:
        tokens = next(
            patches(side) for side in range(min(long, 1568), 0, -1) if patches(side) <= 1568
        )
    assert image_tokens("claude-sonnet-4-5", width, height) == tokens


@given(
    st.sampled_from(
        ["gpt-4o", "gpt-4.1-mini", "gpt-5.4", "gpt-6", "claude-haiku-4-5", "claude-opus-4-7",
         "gemini-2.5-pro", "gemini-3-pro", "qwen2.5-vl-7b", "x"]
    ),
    st.integers(0, 20_000),
    st.integers(0, 20_000),
)  # fmt: skip
def test_every_image_is_some_tokens_and_no_more_than_the_rule_allows(
    model: str, width: int, height: int
) -> None:
    tokens = image_tokens(model, width, height)
    most = image_rule(model).most
    assert tokens >= 1
    assert most is None or tokens <= most * image_rule(model).multiplier + 1
    assert tokens == image_tokens(model, height, width), "turning a picture costs nothing"


# Counted by OpenAI's own vocabulary, o200k_base (package bpe-openai 0.1.4).
TEXTS = {
    "Which sentiment does this image evoke?": 7,
    "The image shows an old woman sitting alone on a wooden bench in a snowy park; her expression "
    "is pensive, and the muted palette, bare trees and fading light lend the scene a melancholic "
    "atmosphere. A dog lies at her feet.": 48,
    '{"type": "object", "properties": {"label": {"type": "string", "enum": ["negative", "neutral", '
    '"positive"]}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}, "reasoning": '
    '{"type": "string"}}, "required": ["label", "confidence", "reasoning"], '
    '"additionalProperties": false}': 82,
    "Qual sentimento esta imagem evoca no observador? Responda apenas com uma das palavras: "
    "negativo, neutro, positivo. Não escreva mais nada, nem explicações.": 36,
    "这张图片会唤起观众怎样的情绪?请只用下列词语之一回答:消极、中性、积极。不要写其他内容。": 36,
    "この画像は見る人にどのような感情を呼び起こしますか。次の語のうち一つだけで答えてください。": 34,
}


@pytest.mark.parametrize(("text", "tokens"), TEXTS.items())
def test_texts_count_within_a_tenth_of_a_real_tokenizer(text: str, tokens: int) -> None:
    assert text_tokens(text) == pytest.approx(tokens, rel=0.1)


@given(st.text(max_size=300))
def test_no_text_counts_more_than_its_bytes_which_no_tokenizer_passes(text: str) -> None:
    assert 0 <= text_tokens(text) <= len(text.encode("utf-8", "surrogatepass"))


def photo(width: int, height: int) -> ImageRef:
    return ImageRef(Path("p.jpg"), "0" * 64, "image/jpeg", width, height)


def test_an_image_counts_in_the_size_in_which_it_is_sent() -> None:
    request = Request((Message("user", (photo(4000, 2000),)),))
    model = "anthropic/claude-haiku-4-5"
    whole = input_tokens(request, model, {})
    side = input_tokens(request, model, {"max_image_side": 280})
    pixels = input_tokens(request, model, {"max_image_pixels": 280 * 140})
    assert whole - side == image_tokens(model, 4000, 2000) - 10 * 5
    assert side == pixels


def test_detail_and_resolution_count_as_the_study_asks_for_them() -> None:
    request = Request((Message("user", (photo(4000, 2000),)),))
    low = input_tokens(request, "openai/gpt-4o", {"image_detail": "low"})
    assert input_tokens(request, "openai/gpt-4o", {}) - low == 170 * 6
    gemini = input_tokens(request, "google/gemini-3-pro", {"media_resolution": "low"})
    assert input_tokens(request, "google/gemini-3-pro", {}) - gemini == 1120 - 280


def test_the_schema_of_an_answer_is_read_too() -> None:
    asked = (Message("user", ("Which?",)),)
    schema = {"type": "object", "properties": {"label": {"enum": ["negative", "positive"]}}}
    assert input_tokens(Request(asked, answer_schema=schema), "gpt-4o", {}) > 20 + input_tokens(
        Request(asked), "gpt-4o", {}
    )


@given(
    st.lists(st.text(max_size=60), min_size=1, max_size=3),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.sampled_from(["openai/gpt-4o", "anthropic/claude-opus-4-8", "openai/unheard-of"]),
)
def test_what_cannot_be_passed_is_more_than_what_is_expected(
    texts: list[str], width: int, height: int, model: str
) -> None:
    request = Request((Message("user", (*texts, photo(width, height))),))
    assert input_tokens(request, model, {}) < most_input_tokens(request, model, {})


@pytest.mark.parametrize("model", ["azure/our-deployment", "openai/unheard-of"])
def test_whatever_model_of_openai_it_is_cannot_have_read_more(model: str) -> None:
    request = Request((Message("user", (photo(1024, 1024),)),))
    read = most_input_tokens(request, model, {})
    dearest = image_tokens("gpt-4o-mini", 1024, 1024)
    assert (
        read
        > dearest
        == max(
            image_tokens(pattern.rstrip("*"), 1024, 1024)
            for rule in _rules().rules
            for pattern in rule.models
        )
    )


def test_every_rule_says_where_it_comes_from_and_speaks_of_keys_that_there_are() -> None:
    rules = _rules()
    assert rules.as_of
    for rule in rules.rules:
        assert rule.source.startswith("https://"), rule.models
        for changes in rule.by_detail.values():
            assert changes.keys() <= ImageRule.model_fields.keys(), rule.models
    assert rules.otherwise.unconfirmed
