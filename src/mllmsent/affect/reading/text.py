"""From a raw answer to plain text and tokens: reasoning blocks out, spelling made equal.

Everything here is linear in the length of the answer, which is hostile input.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["MAX_CHARACTERS", "Token", "fold", "plain", "tokenize", "without_reasoning"]

MAX_CHARACTERS = 32_000
"""A longer answer, reasoning blocks aside, is a model that ran away."""

# The markers by which models set their reasoning apart: most write <think>, Kimi ◁think▷, Magistral
# [THINK], gpt-oss channels of which only the one called "final" is the answer.
_TAG = "think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis"
_MARKER = re.compile(
    rf"(?P<open><(?:{_TAG})>|◁think▷|\[THINK\]|<\|channel\|>(?:analysis|commentary)<\|message\|>)"
    rf"|(?P<close></(?:{_TAG})>|◁/think▷|\[/THINK\]|<\|channel\|>final<\|message\|>)",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"<\|[a-z_]{1,30}\|>(?:assistant)?", re.IGNORECASE)

_SAME = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»「」『』‹›《》〈〉＂", '"'),
        **dict.fromkeys("‘’‚‛ʼ´`", "'"),
        **dict.fromkeys("−‐‑﹣", "-"),
        **dict.fromkeys("–—―", " - "),
        **dict.fromkeys("…", " ... "),
        **dict.fromkeys("→⇒➜➔➡⟶⇨👉", " => "),
        **dict.fromkeys("•●▪◦‣·∙", " * "),
        **dict.fromkeys("、，", ","),
        **dict.fromkeys("।॥", "."),
        **dict.fromkeys("؟", "?"),
        **dict.fromkeys("؛", ";"),
        **dict.fromkeys("，、،", ","),
        "\u2028": "\n",
        "\u2029": "\n",
        "\x0b": "\n",
        "\x0c": "\n",
        "\r": "\n",
        "\t": " ",
        "ı": "i",
        "ł": "l",
    }
)
_DIGIT_DASH = re.compile(r"(?<=\d)\s?[–—](?=\s?\d)")
_CAMEL = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])")
_INVISIBLE = {"Cf", "Cc", "Co", "Cs", "Cn"}
_ACCENT = re.compile("[\u0300-\u036f\u0640\u064b-\u065f\u0670]")
_SPACES = re.compile(r"[^\S\n]+")
_NOT = re.compile(r"n't\b")
_ARABIC_ARTICLE = re.compile(r"^[وفبلك]?ال(?=..)")

# Han, kana and Hangul are written without spaces or with endings glued on: a token a character.
_SINGLE = "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
_TOKEN = re.compile(
    rf"(?P<number>(?:(?<![\w).,])[+-])?\d+(?:[.,]\d+)?)"
    rf"|(?P<single>[{_SINGLE}])"
    rf"|(?P<word>(?:(?![{_SINGLE}])[^\W\d_]|[{_MARKS}])+)"
    rf"|(?P<arrow>=+>|-+>|<-+)"
    rf"|(?P<other>[^\w\s]|_)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, sign, or character of a script without spaces.

    Attributes:
        text: It, folded.
        kind: "word", "number", "arrow" or "other".
    """

    text: str
    kind: str


def without_reasoning(answer: str) -> tuple[str, bool]:
    """The answer without the model's reasoning.

    Returns:
        What stands outside of reasoning blocks, and whether a block was never closed. All before a
        closing marker without an opening one is reasoning too.
    """
    kept: list[str] = []
    depth = position = 0
    for marker in _MARKER.finditer(answer):
        if depth == 0:
            kept.append(answer[position : marker.start()])
        if marker["open"]:
            depth += 1
        else:
            if depth == 0:
                kept.clear()
            depth = 0
        position = marker.end()
    if depth == 0:
        kept.append(answer[position:])
    return _SPECIAL.sub(" ", "\n".join(kept)).strip(), depth > 0


def plain(text: str) -> str:
    """One spelling for what looks the same: widths, quotes, dashes, spaces, invisible characters.

    Letter case stays, and so do line breaks and markup.
    """
    text = _DIGIT_DASH.sub("-", text).translate(_SAME)
    text = unicodedata.normalize("NFKC", text).translate(_SAME)
    shown = "".join(
        char if char == "\n" or unicodedata.category(char) not in _INVISIBLE else ""
        for char in text
    )
    return _SPACES.sub(" ", shown)


def fold(text: str) -> str:
    """The form in which words are compared: lower case, no accents, CamelCase and snake_case apart."""
    text = _CAMEL.sub(" ", plain(text)).replace("_", " ").casefold()
    text = _ACCENT.sub("", unicodedata.normalize("NFKD", text))
    text = unicodedata.normalize("NFC", text).translate(_SAME)
    return _NOT.sub(" not", text.replace("can't", "can not").replace("won't", "will not")).replace(
        "'", " "
    )


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, folded; a hyphen within a word only parts it."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(_INNER_HYPHEN.sub(" ", fold(text))):
        kind = match.lastgroup or "other"
        word = match.group()
        if kind in {"word", "single"}:
            tokens.append(Token(_ARABIC_ARTICLE.sub("", word), "word"))
        else:
            tokens.append(Token(word, kind))
    return tokens


_INNER_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
