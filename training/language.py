"""The words of the models: tokenizer, chat template, and the processor around both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.questions import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CHAT_TEMPLATE", "END_OF_TURN", "build_processor", "build_tokenizer"]

END_OF_TURN = "<|im_end|>"
_START_OF_TURN = "<|im_start|>"
_PAD = "<|pad|>"

# Jinja strips the newline after a tag, so that every newline is written as an expression: the ids
# of training and those of the template must be the same.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{%- if message['content'] is string -%}{{- message['content'] -}}{%- else -%}"
    "{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}{{- '<image>' -}}"
    "{%- elif part['type'] == 'text' -%}{{- part['text'] -}}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{{- '<|im_end|>' + '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant' + '\\n' -}}{%- endif -%}"
)

# A word with the space before it, a digit, what stands between words (so that the glue of JSON is
# one token), or white space. "slightly" goes with the next word: labels that begin alike would be
# taken for one until their second token, and together win over likelier ones.
_PIECES = r" ?slightly \p{L}+| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+(?: ?[^\s\p{L}\p{N}]+)*|\s+"


def build_tokenizer(texts: Iterable[str], size: int) -> Any:
    """A byte-level BPE tokenizer learned from texts.

    Args:
        texts: Questions and answers as they will be met.
        size: Number of tokens in the vocabulary.

    Returns:
        A `PreTrainedTokenizerFast` whose end of text is the end of a turn.
    """
    from tokenizers import (  # noqa: PLC0415 - a heavy library
        Regex,
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        trainers,
    )
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - a heavy library

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    special = [END_OF_TURN, _START_OF_TURN, _PAD, IMAGE]
    core.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it so
        tokenizer_object=core,
        eos_token=END_OF_TURN,
        pad_token=_PAD,
        additional_special_tokens=[_START_OF_TURN],
        model_specific_special_tokens={"image_token": IMAGE},
        padding_side="left",
        model_max_length=4096,
        clean_up_tokenization_spaces=False,
    )


def build_processor(tokenizer: Any, *, image_size: int, patch_size: int) -> Any:
    """The processor: pictures to the model's size, conversations to tokens."""
    import transformers  # noqa: PLC0415 - a heavy library

    # the one without torchvision, which is not needed
    image_class = transformers.CLIPImageProcessorPil
    return transformers.LlavaProcessor(  # type: ignore[no-untyped-call]  # transformers leaves it so
        image_processor=image_class(
            size={"shortest_edge": image_size},
            crop_size={"height": image_size, "width": image_size},
        ),
        tokenizer=tokenizer,
        patch_size=patch_size,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )
