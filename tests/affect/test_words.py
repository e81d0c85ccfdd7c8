"""The words that surround labels, language by language."""

from importlib.resources import files

import pytest

from mllmsent.affect import get_scheme, read_answer
from mllmsent.affect.reading.lexicon import KINDS, likely_languages, tokens_of
from mllmsent.affect.reading.text import plain, tokenize, without_reasoning
from mllmsent.foundation.config import parse_document

WORDS = {
    entry.name.removesuffix(".yaml"): parse_document(entry.read_text(encoding="utf-8")).value
    for entry in (files("mllmsent.affect.reading") / "words").iterdir()
    if entry.name.endswith(".yaml")
}


@pytest.mark.parametrize("language", WORDS)
def test_a_language_file_holds_phrases_by_kinds_that_are_known(language: str) -> None:
    assert set(WORDS[language]) <= KINDS
    for phrases in WORDS[language].values():
        assert all(isinstance(phrase, str) and tokens_of(phrase) for phrase in phrases)


@pytest.mark.parametrize("language", WORDS)
def test_every_language_can_deny_doubt_weaken_and_decline(language: str) -> None:
    needed = {
        "cue",
        "answer",
        "negator",
        "hedge",
        "or",
        "slight",
        "partial",
        "cannot",
        "task",
        "sorry",
    }
    assert set(WORDS[language]) >= needed


@pytest.mark.parametrize("language", WORDS)
def test_no_word_both_denies_and_says_nothing(language: str) -> None:
    """What denies, doubts or weakens must never be passed over as a filler."""
    words = {kind: {tokens_of(p) for p in phrases} for kind, phrases in WORDS[language].items()}
    passed_over = words.get("filler", set()) | words.get("intense", set())
    for kind in ("negator", "hedge", "or", "slight", "condition"):
        assert not words.get(kind, set()) & passed_over, kind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Das Bild vermittelt eine Stimmung", "de"),
        ("La imagen transmite un sentimiento", "es"),
        ("A imagem não é", "pt"),
        ("这张图片的情感", "zh"),
        ("この画像の感情は", "ja"),
        ("Изображение вызывает", "ru"),
    ],
)
def test_the_language_of_a_text_is_that_of_its_words(text: str, language: str) -> None:
    assert language in (likely_languages(tokenize(text)) or ())


def test_a_bare_label_is_of_no_language_yet() -> None:
    assert likely_languages(tokenize("Xyzzy")) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SlightlyPositive", "slightly_positive"),
        ("Négatif", "NEGATIF"),
        ("isn't", "is not"),
        ("can't", "can not"),
        ("“positive”", '"positive"'),
        ("ｐｏｓｉｔｉｖｅ", "positive"),
        ("posi\u200btive", "positive"),
        ("الإيجابي", "إيجابي"),
        ("awe-inspiring", "awe inspiring"),
        ("kızgın", "kizgin"),
    ],
)
def test_what_looks_the_same_is_the_same(one: str, other: str) -> None:
    assert tokens_of(one) == tokens_of(other)


@pytest.mark.parametrize(
    ("answer", "rest", "is_cut"),
    [
        ("<think>a</think>b", "b", False),
        ("a</think>b", "b", False),
        ("<think>a", "", True),
        ("b<think>a", "b", True),
        ("<think>a<think>b</think>c", "c", False),
        ("<thinking>a</thinking>b", "b", False),
        ("[THINK]a[/THINK]b", "b", False),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b", False),
        ("no tags", "no tags", False),
    ],
)  # fmt: skip
def test_reasoning_is_taken_out_however_it_is_marked(answer: str, rest: str, is_cut: bool) -> None:
    assert without_reasoning(answer) == (rest, is_cut)


def test_line_breaks_and_case_stay_in_plain_text() -> None:
    assert plain("A\r\nB\u2028C") == "A\n\nB\nC"


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("Das Bild vermittelt eine negative Stimmung.", "negative"),
        ("L'image dégage une ambiance positive.", "positive"),
        ("El sentimiento general es neutral.", "neutral"),
        ("A imagem transmite um sentimento positivo.", "positive"),
        ("L'immagine trasmette emozioni negative.", "negative"),
        ("De sfeer is positief.", "positive"),
        ("Nastrój obrazu jest negatywny.", "negative"),
        ("Изображение вызывает положительные эмоции.", "positive"),
        ("Bu görüntünün genel duygusu olumludur.", "positive"),
        ("这张图片传达的情感是消极的。", "negative"),
        ("この画像の感情はポジティブです。", "positive"),
        ("이 이미지는 부정적인 감정을 전달합니다.", "negative"),
        ("المشاعر في هذه الصورة إيجابية.", "positive"),
        ("यह चित्र नकारात्मक भावना व्यक्त करता है।", "negative"),
    ],
)
def test_a_sentence_is_read_in_every_language(answer: str, label: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).labels == (label,)


@pytest.mark.parametrize(
    "answer",
    [
        "Das Bild ist nicht positiv.", "L'image n'est pas positive.", "La imagen no es positiva.",
        "A imagem não é positiva.", "L'immagine non è positiva.", "De afbeelding is niet positief.",
        "Obraz nie jest pozytywny.", "Изображение не положительное.", "Görüntü olumlu değil.",
        "这张图片不是积极的。", "この画像はポジティブではありません。", "이 이미지는 긍정적이지 않습니다.",
        "الصورة ليست إيجابية.", "यह चित्र सकारात्मक नहीं है।",
    ],
)  # fmt: skip
def test_a_denial_is_understood_in_every_language(answer: str) -> None:
    assert read_answer(answer, get_scheme("polarity3")).status == "unparsed"
