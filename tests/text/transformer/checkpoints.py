"""Tiny checkpoints of the families, with random weights and a tokenizer trained on a few sentences."""

import importlib
from pathlib import Path
from typing import Any

from tests.text.corpus import FILLER, WORDS
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import BPE

__all__ = ["CONTEXT", "FAMILIES", "build", "build_judge", "transformers"]

# Its classes are made from options by name, which no type tells.
transformers: Any = importlib.import_module("transformers")
transformers.utils.logging.disable_progress_bar()
torch: Any = importlib.import_module("torch")

FAMILIES = ("bert", "mbert", "distilbert", "modernbert", "bart", "llama")
CONTEXT = 64
_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "[CLS]", "[SEP]", "[MASK]")
_CORPUS = [" ".join([*words, *FILLER]) for words in WORDS.values()] * 20 + [
    "The feeling of this scene is negative, neutral, positive.",
]
_SMALL = {"num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
_SIZES: dict[str, dict[str, Any]] = {
    "bert": {"hidden_size": 32, **_SMALL},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64},
    "modernbert": {
        "hidden_size": 32,
        **_SMALL,
        "cls_token_id": 4,
        "sep_token_id": 5,
        "local_attention": 8,
        "global_attn_every_n_layers": 2,
    },
    "bart": {
        "d_model": 32,
        **{f"{part}_layers": 2 for part in ("encoder", "decoder")},
        **{f"{part}_attention_heads": 4 for part in ("encoder", "decoder")},
        **{f"{part}_ffn_dim": 64 for part in ("encoder", "decoder")},
        "decoder_start_token_id": 2,
        "forced_eos_token_id": 2,
    },
    "llama": {"hidden_size": 64, **_SMALL, "num_key_value_heads": 2, "intermediate_size": 128},
}
_SIZES["mbert"] = _SIZES["bert"]
_CONFIGS = {
    "bert": "BertConfig",
    "mbert": "BertConfig",
    "distilbert": "DistilBertConfig",
    "modernbert": "ModernBertConfig",
    "bart": "BartConfig",
    "llama": "LlamaConfig",
}
_MADE_AS = {"llama": "AutoModelForCausalLM", "bart": "AutoModelForSeq2SeqLM"}


def build(family: str, folder: Path, *, seed: int = 0, **changes: Any) -> Path:
    """Write a checkpoint as its family is published: with the head that it was pre-trained with."""
    torch.manual_seed(seed)
    kind = getattr(transformers, _MADE_AS.get(family, "AutoModelForMaskedLM"))
    tokenizer = _word_pieces() if family == "mbert" else make_tokenizer(family)
    _save(kind.from_config(_config(family, len(tokenizer), **changes)), tokenizer, folder)
    return folder


def build_judge(folder: Path, labels: tuple[str, ...], family: str = "bart", seed: int = 0) -> Path:
    """Write a classifier of pairs of texts, of such labels."""
    torch.manual_seed(seed)
    tokenizer = make_tokenizer(family)
    named = dict(enumerate(labels))
    config = _config(
        family, len(tokenizer), id2label=named, label2id={v: k for k, v in named.items()}
    )
    _save(transformers.AutoModelForSequenceClassification.from_config(config), tokenizer, folder)
    return folder


def make_tokenizer(family: str) -> Any:
    """A byte-level BPE tokenizer that puts a family's marks around texts and pairs of them."""
    tokenizer = Tokenizer(BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        _CORPUS,
        trainers.BpeTrainer(
            vocab_size=500,
            special_tokens=list(_SPECIAL),
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    single, pair = {
        "llama": ("<s> $A", "<s> $A $B:1"),
        "bart": ("<s> $A </s>", "<s> $A </s> </s> $B </s>"),
    }.get(family, ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[(name, n) for n, name in enumerate(_SPECIAL)]
    )
    usual = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    if family != "llama":  # which has no token for padding
        usual |= {"pad_token": "<pad>"}
    if family not in {"llama", "bart"}:
        usual |= {"cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    inputs = ["input_ids", "attention_mask"]
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=CONTEXT,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"]
        if family == "bert"
        else inputs,
        **usual,
    )


def _word_pieces() -> Any:
    """A tokenizer as mBERT's is: cased word pieces."""
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = sorted({letter for text in _CORPUS for letter in text if letter != " "})
    words = sorted({word for text in _CORPUS for word in text.split()} - set(letters))
    pieces = [*marks, *letters, *(f"##{letter}" for letter in letters), *words]
    return transformers.BertTokenizer(
        vocab={piece: place for place, piece in enumerate(pieces)},
        do_lower_case=False,
        model_max_length=CONTEXT,
    )


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    with torch.no_grad():
        for weight in model.parameters():
            # To weights as small as random ones are, all texts are alike.
            weight.mul_(5 if weight.ndim > 1 else 1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _config(family: str, words: int, **changes: Any) -> Any:
    told = {"vocab_size": words, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    told |= {"max_position_embeddings": CONTEXT, **_SIZES[family], **changes}
    return getattr(transformers, _CONFIGS[family])(**told)
