"""Words for tiny checkpoints: real tokenizers of a few hundred tokens, and templates of turns."""

import importlib
from typing import Any

from tokenizers import Tokenizer, decoders, pre_tokenizers, trainers
from tokenizers.models import BPE

__all__ = [
    "CHATML",
    "CORPUS",
    "GEMMA",
    "QWEN",
    "chatml_template",
    "gemma_template",
    "make_tokenizer",
]

# Its classes are made from options by name, which no type tells.
transformers: Any = importlib.import_module("transformers")

# What the tokenizers learn their words from: half of what prompts of the framework say.
CORPUS = (
    "Which emotion does this image evoke? Answer with one word: amusement, anger, awe, joy, fear.",
    "contentment, disgust, excitement, sadness, surprise, trust, neutral, positive, negative",
    "A child laughs in a sunny meadow, and whoever looks at it feels contentment and joy.",
    "An empty street in heavy rain at night; the picture evokes loneliness, sadness and some fear.",
    '{"label": "negative", "valence": -0.5, "arousal": 0.25, "reason": "gray light, no people"}',
)

CHATML = {
    "bos_token": "<s>",
    "eos_token": "<|im_end|>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
}
GEMMA = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
QWEN = {
    "eos_token": "<|im_end|>",
    "pad_token": "<|endoftext|>",
    "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>",
    "vision_start_token": "<|vision_start|>",
    "vision_end_token": "<|vision_end|>",
}


def chatml_template(image: str) -> str:
    """ChatML, with the family's placeholder of an image."""
    return _template("{{ '<|im_start|>' + ROLE + '\\n' }}", image, "{{ '<|im_end|>\\n' }}")


def gemma_template(image: str) -> str:
    """Gemma's turns: the assistant is called model."""
    return "{{ bos_token }}" + _template(
        "{{ '<start_of_turn>' + ('model' if ROLE == 'assistant' else ROLE) + '\\n' }}",
        image,
        "{{ '<end_of_turn>\\n' }}",
    )


def _template(start: str, image: str, end: str) -> str:
    # Jinja drops a literal line break beside {%-; within an expression it stays.
    return (
        "{%- for m in messages -%}"
        + start.replace("ROLE", "m['role']")
        + "{%- if m['content'] is string -%}{{ m['content'] }}{%- else -%}"
        "{%- for part in m['content'] -%}"
        f"{{%- if part['type'] == 'image' -%}}{{{{ '{image}' }}}}"
        "{%- elif part['type'] == 'text' -%}{{ part['text'] }}{%- endif -%}"
        "{%- endfor -%}{%- endif -%}"
        + end
        + "{%- endfor -%}{%- if add_generation_prompt -%}"
        + start.replace("ROLE", "'assistant'")
        + "{%- endif -%}"
    )


def make_tokenizer(special: dict[str, str], *others: str, words: int = 600) -> Any:
    """A byte-level BPE tokenizer.

    Args:
        special: Attribute to token: bos_token and its like, and the family's own, as image_token.
        others: Further special tokens.
        words: Size of the vocabulary, at most.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=words,
        special_tokens=list(dict.fromkeys([*special.values(), *others])),
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    usual = ("bos_token", "eos_token", "pad_token", "unk_token")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        padding_side="left",
        model_max_length=4096,
        model_specific_special_tokens={k: v for k, v in special.items() if k not in usual},
        additional_special_tokens=list(others),
        **{key: token for key, token in special.items() if key in usual},
    )
