"""Answers held to a schema, token by token."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLParserLimits
from llguidance.hf import from_tokenizer
from tests.models.local.checkpoints import CHATML, CORPUS, make_tokenizer
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, trainers
from tokenizers.models import BPE, Unigram
from transformers import PreTrainedTokenizerFast

from mllmsent.affect import answer_schema, get_scheme, scheme_names
from mllmsent.foundation import InputError, MissingExtraError
from mllmsent.models.local import constraints
from mllmsent.models.local.constraints import (
    Grammar,
    Walk,
    compile_grammar,
    constraints_available,
    mask_rows,
)
from mllmsent.pathways.scene import scene_schema

PADDING = 19  # Models make more logits than there are tokens, so that their number is round.


def byte_level() -> Any:
    return make_tokenizer(CHATML | {"image_token": "<image>"}, "<|im_start|>")


def gemma_like() -> Any:
    """Blanks are written ▁, and what has no token is written in bytes."""
    return _with_bytes(
        Tokenizer(BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True)), trainers.BpeTrainer
    )


def sentencepiece_unigram() -> Any:
    """As T5 and ALBERT have it."""
    return _with_bytes(Tokenizer(Unigram()), trainers.UnigramTrainer, unk_token="<unk>")


def _with_bytes(tokenizer: Any, trainer: Any, **options: Any) -> Any:
    marks = ["<pad>", "<s>", "</s>", "<unk>"]
    octets = [f"<0x{octet:02X}>" for octet in range(256)]
    if isinstance(tokenizer.model, BPE):
        tokenizer.normalizer = normalizers.Replace(" ", "▁")
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(
        CORPUS * 20,
        trainer(vocab_size=560, special_tokens=marks + octets, show_progress=False, **options),
    )
    saved = json.loads(tokenizer.to_str())
    # The trainer knows no bytes: they are ordinary entries of the vocabulary.
    saved["model"]["byte_fallback"] = True
    saved["added_tokens"] = [entry for entry in saved["added_tokens"] if entry["content"] in marks]
    tokenizer = Tokenizer.from_str(json.dumps(saved))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    fast: Any = PreTrainedTokenizerFast  # untyped
    return fast(tokenizer_object=tokenizer, eos_token="</s>", pad_token="<pad>", unk_token="<unk>")


TOKENIZERS: dict[str, Callable[[], Any]] = {
    "byte-level BPE": byte_level,
    "BPE over ▁ and bytes": gemma_like,
    "Unigram over ▁ and bytes": sentencepiece_unigram,
}


@pytest.fixture(scope="module", params=list(TOKENIZERS))
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return TOKENIZERS[request.param]()


@pytest.fixture(scope="module")
def plain() -> Any:
    return byte_level()


def walk_in(tokenizer: Any, schema: dict[str, Any]) -> Walk:
    return Walk(
        compile_grammar(
            tokenizer,
            schema,
            vocab_size=len(tokenizer) + PADDING,
            eos_ids=[tokenizer.eos_token_id],
        )
    )


def written(tokenizer: Any, walk: Walk, model: Callable[[], torch.Tensor]) -> str:
    """What a greedy model writes; `model` gives the next logits."""
    tokens: list[int] = []
    while not walk.finished:
        assert len(tokens) < 40_000, "this answer does not end"
        logits = model()
        walk.mask(logits)
        tokens.append(int(logits.argmax()))
        walk.accept(tokens[-1])
    text: str = tokenizer.decode([token for token in tokens if token != tokenizer.eos_token_id])
    return text


def fits(tokenizer: Any, schema: dict[str, Any], text: str) -> bool:
    """Whether a model that wants to write this text may, and is at the end then."""
    walk = walk_in(tokenizer, schema)
    words = [tokenizer.decode([token]) for token in range(len(tokenizer))]
    while text:
        wanted = [len(word) if word and text.startswith(word) else float("-inf") for word in words]
        logits = torch.tensor(wanted)
        walk.mask(logits)
        if torch.isinf(logits).all():
            return False
        token = int(logits.argmax())
        walk.accept(token)
        text = text.removeprefix(words[token])
    return walk.finished


@pytest.mark.parametrize("make", [answer_schema, scene_schema])
@pytest.mark.parametrize("name", scheme_names())
def test_a_model_that_knows_nothing_still_gives_a_valid_answer(
    name: str, make: Any, tokenizer: Any
) -> None:
    schema = make(get_scheme(name))
    chance = torch.Generator().manual_seed(0)
    for _ in range(3):
        text = written(
            tokenizer,
            walk_in(tokenizer, schema),
            lambda: torch.randn(len(tokenizer) + PADDING, generator=chance),
        )
        jsonschema.validate(json.loads(text), schema)


@pytest.mark.parametrize("name", ["vad", "mikels-multi", "free"])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_model_that_repeats_itself_for_ever_comes_to_an_end(
    name: str, plain: Any, seed: int
) -> None:
    schema = answer_schema(get_scheme(name))
    favorite = torch.randn(
        len(plain) + PADDING, generator=torch.Generator().manual_seed(seed), dtype=torch.float32
    )
    text = written(plain, walk_in(plain, schema), favorite.clone)
    jsonschema.validate(json.loads(text), schema)


@pytest.mark.parametrize("loved", [" ", "0", "\\", "[", ","])
def test_a_model_that_loves_one_character_comes_to_an_end(loved: str, plain: Any) -> None:
    logits = torch.zeros(len(plain) + PADDING)
    logits[plain.convert_tokens_to_ids(plain.tokenize(loved))] = 1
    for name in ("vad", "free", "polarity3"):
        schema = answer_schema(get_scheme(name))
        text = written(plain, walk_in(plain, schema), logits.clone)
        jsonschema.validate(json.loads(text), schema)


def test_a_real_model_with_random_weights_answers_in_the_schema(
    tiny: Callable[[str], Path],
) -> None:
    folder = tiny("llama")
    tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder)
    model: Any = transformers.AutoModelForCausalLM.from_pretrained(folder)
    schema = scene_schema(get_scheme("valence-arousal"))
    walk = walk_in(tokenizer, schema)
    state: dict[str, Any] = {"past_key_values": None}
    tokens = tokenizer("What is this?")["input_ids"]
    answer: list[int] = []
    with torch.inference_mode():
        while not walk.finished and len(answer) < 3000:
            out = model(
                torch.tensor([tokens]), past_key_values=state["past_key_values"], logits_to_keep=1
            )
            state["past_key_values"] = out.past_key_values
            logits = out.logits[0, -1]
            walk.mask(logits)
            tokens = [int(logits.argmax())]
            walk.accept(tokens[0])
            answer += tokens
    jsonschema.validate(json.loads(tokenizer.decode(answer)), schema)


KINDS = st.one_of(
    st.just({"type": "string"}),
    st.just({"type": "boolean"}),
    st.just({"type": ["integer", "null"]}),
    st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=4).map(
        lambda words: {"type": "string", "enum": sorted(words)}
    ),
    st.tuples(st.integers(-2000, 2000), st.integers(1, 500)).map(
        lambda ends: {
            "type": "number",
            "minimum": ends[0] / 100,
            "maximum": (ends[0] + ends[1]) / 100,
        }
    ),
)
SCHEMAS = st.recursive(
    KINDS,
    lambda inner: (
        inner.map(lambda items: {"type": "array", "items": items})
        | st.tuples(
            st.dictionaries(st.text(min_size=1, max_size=6), inner, min_size=1, max_size=3),
            st.booleans(),
        ).map(
            lambda made: {
                "type": "object",
                "properties": made[0],
                "required": sorted(made[0]) if made[1] else [],
            }
        )
    ),
    max_leaves=4,
)


@settings(max_examples=40, deadline=None)
@given(schema=SCHEMAS, seed=st.integers(0, 100))
def test_any_schema_of_this_kind_is_kept_to(plain: Any, schema: dict[str, Any], seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    text = written(
        plain,
        walk_in(plain, schema),
        lambda: torch.randn(len(plain) + PADDING, generator=chance),
    )
    jsonschema.validate(json.loads(text), schema)


PAIR = {
    "type": "object",
    "properties": {
        "b": {"type": "number", "minimum": -1, "maximum": 1},
        "a": {"type": "array", "items": {"enum": ["x", "y"]}, "minItems": 1},
    },
    "required": ["b", "a"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('{"b":0.5,"a":["x","y"]}', True),
        ('{"b": -0.25, "a": ["x", "y"]}', True),  # as Python's json writes it
        ('{"b":  0.5,"a":["x"]}', False),
        ('{ "b":0.5,"a":["x"]}', False),
        ('{"a":["x"],"b":0.5}', False),  # the schema's order, not the alphabet's
        ('{"b":1.5,"a":["x"]}', False),
        ('{"b":0.12345,"a":["x"]}', False),
        ('{"b":0.5,"a":[]}', False),
        ('{"b":0.5,"a":["z"]}', False),
        ('{"b":0.5,"a":["x"],"c":1}', False),
        ('{"b":0.5}', False),
    ],
)
def test_only_compact_json_in_the_schemas_order_may_be_written(
    text: str, right: bool, plain: Any
) -> None:
    assert fits(plain, PAIR, text) is right


def test_marks_of_the_template_cannot_be_written_into_a_text(plain: Any) -> None:
    walk = walk_in(plain, {"type": "string"})
    walk.accept(plain.convert_tokens_to_ids('"'))
    logits = torch.zeros(len(plain) + PADDING)
    walk.mask(logits)
    marks = [*plain.all_special_ids, plain.image_token_id, *range(len(plain), len(logits))]
    assert torch.isinf(logits[marks]).all()
    assert (logits == 0).any()


def test_when_the_answer_is_complete_only_its_end_may_follow(plain: Any) -> None:
    end, other_end = plain.eos_token_id, plain.convert_tokens_to_ids("<|im_start|>")
    grammar = compile_grammar(plain, {"const": 5}, vocab_size=len(plain), eos_ids=[end, other_end])
    walk = Walk(grammar)
    walk.accept(plain.convert_tokens_to_ids("5"))
    assert walk.finished
    logits = torch.zeros(len(plain))
    walk.mask(logits)
    assert torch.nonzero(logits == 0).flatten().tolist() == sorted([end, other_end])
    walk.accept(other_end)


def test_an_answer_that_may_end_or_go_on_is_not_finished(plain: Any) -> None:
    walk = walk_in(plain, {"type": "integer", "minimum": 0, "maximum": 20})
    walk.accept(plain.convert_tokens_to_ids("1"))
    logits = torch.zeros(len(plain) + PADDING)
    walk.mask(logits)
    before = walk.finished
    assert logits[plain.eos_token_id] == 0
    assert logits[plain.convert_tokens_to_ids("9")] == 0
    walk.accept(plain.eos_token_id)
    assert (before, walk.finished) == (False, True)


def test_a_grammar_that_outgrows_the_librarys_limits_ends_the_answer(plain: Any) -> None:
    width = len(plain) + PADDING
    start = LLMatcher(
        from_tokenizer(plain, n_vocab=width, eos_token=[plain.eos_token_id]),
        LLMatcher.grammar_from_json_schema({"type": "string", "maxLength": 40}),
        log_level=0,
        limits=LLParserLimits(max_lexer_states=10),
    )
    walk = Walk(Grammar((plain.eos_token_id,), width, start))
    walk.accept(plain.convert_tokens_to_ids('"'))
    logits = torch.zeros(width)
    walk.mask(logits)
    assert torch.nonzero(logits == 0).flatten().tolist() == [plain.eos_token_id]
    assert walk.finished


def test_a_token_that_was_not_allowed_is_a_mistake(plain: Any) -> None:
    walk = walk_in(plain, PAIR)
    with pytest.raises(ValueError, match="does not continue"):
        walk.accept(plain.convert_tokens_to_ids("5"))
    for token in (plain.eos_token_id, len(plain) + 5):
        with pytest.raises(ValueError, match="does not continue"):
            walk_in(plain, PAIR).accept(token)


def test_rows_of_a_batch_walk_apart(plain: Any) -> None:
    width = len(plain) + PADDING
    walks: list[Walk | None] = [
        walk_in(plain, PAIR),
        None,
        walk_in(plain, {"type": "integer"}),
        walk_in(plain, PAIR),
    ]
    assert walks[3] is not None
    walks[3].accept(plain.convert_tokens_to_ids('{"'))
    together = torch.randn(4, width, generator=torch.Generator().manual_seed(0))
    alone = together.clone()
    mask_rows(walks, together)
    for walk, row in zip(walks, alone, strict=True):
        if walk is not None:
            walk.mask(row)
    assert torch.equal(together, alone)
    assert torch.isfinite(together[1]).all(), "a row without a schema is left as it is"
    assert not torch.equal(together[0].isinf(), together[3].isinf())


def test_rows_without_a_schema_cost_nothing() -> None:
    logits = torch.randn(2, 7)
    before = logits.clone()
    mask_rows([None, None], logits)
    assert torch.equal(logits, before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_logits_of_every_precision_and_width_are_masked(plain: Any, dtype: torch.dtype) -> None:
    allowed = plain.convert_tokens_to_ids('{"')
    for width in (len(plain) - 3, len(plain), len(plain) + 500):
        logits = torch.zeros(width, dtype=dtype)
        grammar = compile_grammar(plain, PAIR, vocab_size=len(plain), eos_ids=[plain.eos_token_id])
        Walk(grammar).mask(logits)
        assert logits[allowed] == 0
        assert torch.isinf(logits).sum() > width - 10


def test_a_grammar_is_compiled_once_for_a_tokenizer_and_a_schema(plain: Any) -> None:
    def grammar(tokenizer: Any, schema: dict[str, Any], ends: Sequence[int]) -> Any:
        return compile_grammar(tokenizer, schema, vocab_size=len(tokenizer), eos_ids=ends)

    end = plain.eos_token_id
    first = grammar(plain, PAIR, [end])
    assert grammar(plain, json.loads(json.dumps(PAIR)), [end]) is first
    assert grammar(plain, PAIR, [end, end + 4]) is not first
    assert grammar(byte_level(), PAIR, [end]) is not first
    turned = PAIR | {"properties": dict(reversed(PAIR["properties"].items()))}  # type: ignore[attr-defined]
    assert grammar(plain, turned, [end]) is not first, "the order of the keys counts"


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "blob"}, "blob"),
        ({"type": "number", "minimum": 3, "maximum": 2}, "nsatisfiable"),
        ({"$ref": "#/$defs/missing"}, "missing"),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "uniqueItems"),
    ],
)
def test_a_schema_that_cannot_be_kept_to_is_named(
    schema: dict[str, Any], says: str, plain: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match=says) as error:
        walk_in(plain, schema)
    assert error.value.cure
    assert capfd.readouterr() == ("", "")


def test_a_tokenizer_without_a_fast_version_is_named() -> None:
    slow = object()
    assert not constraints_available(slow)
    with pytest.raises(InputError, match="tokenizer"):
        compile_grammar(slow, PAIR, vocab_size=9, eos_ids=[1])


def test_without_the_library_the_extra_is_named(
    plain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert constraints_available()
    assert constraints_available(plain)
    monkeypatch.setattr(constraints, "find_spec", lambda _name: None)
    assert not constraints_available()
    with pytest.raises(MissingExtraError, match=r"mllmsent\[local\]"):
        walk_in(plain, PAIR)
