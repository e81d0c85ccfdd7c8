"""Loading: a folder with weights becomes a model that computes, whatever its family."""

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from tests.models.local.checkpoints import FAMILIES, NEEDS_TORCHVISION, Tiny, pictures
from transformers import dynamic_module_utils

from mllmsent.foundation.errors import InputError
from mllmsent.models.local import loading
from mllmsent.models.local.checkpoint import Checkpoint, find_checkpoint
from mllmsent.models.local.families import known_families
from mllmsent.models.local.load_failures import load_failure
from mllmsent.models.local.loading import Loaded, load_checkpoint
from mllmsent.models.local.options import LocalOptions


@pytest.fixture
def copied(tiny: Tiny, tmp_path: Path) -> Path:
    """A checkpoint of one's own, to be spoiled."""
    return Path(shutil.copytree(tiny("llava"), tmp_path / "llava"))


def load(folder: Path, **options: Any) -> Loaded:
    chosen = LocalOptions.model_validate(options)
    return load_checkpoint(find_checkpoint(str(folder), chosen), chosen)


def last_logits(loaded: Loaded, picture: Image.Image) -> torch.Tensor:
    """What the model says next about a picture."""
    content = [{"type": "image", "image": picture}, {"type": "text", "text": "Which emotion?"}]
    inputs = loaded.processor.apply_chat_template(
        [[{"role": "user", "content": content}]],
        chat_template=loaded.chat_template,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        add_generation_prompt=True,
    )
    assert (inputs["input_ids"] == loaded.image_token_id).sum() >= 4
    halves = {
        name: tensor.to(loaded.dtype) if tensor.is_floating_point() else tensor
        for name, tensor in inputs.items()
    }
    with torch.no_grad():
        logits: torch.Tensor = loaded.model(**halves).logits[0, -1].float()
    return logits


def change_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    file = folder / "model.safetensors"
    weights = load_file(file)
    change(weights)
    save_file(weights, file, metadata={"format": "pt"})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_loaded_and_looks_at_its_images(tiny: Tiny, family: str) -> None:
    loaded = load(tiny(family))
    assert not loaded.model.training
    assert not any(weight.requires_grad for weight in loaded.model.parameters())
    assert (loaded.device.type, loaded.dtype) == ("cpu", torch.float32)
    assert loaded.family == known_families()[family]
    logits = [last_logits(loaded, picture) for picture in pictures()[:2]]
    assert (logits[0] - logits[1]).abs().max() > 0.1


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_knows_where_an_answer_ends_and_how_much_it_takes(
    tiny: Tiny, family: str
) -> None:
    loaded = load(tiny(family))
    words = loaded.tokenizer.convert_ids_to_tokens(list(loaded.eos_ids))
    expected = {"gemma": ["<eos>", "<end_of_turn>"], "qwen": ["<|im_end|>", "<|endoftext|>"]}
    assert words == expected.get(family[:5].rstrip("2345_v"), ["<|im_end|>"])
    assert loaded.pad_id == loaded.tokenizer.pad_token_id
    assert loaded.context_length == 4096
    assert loaded.tokenizer.padding_side == "left"


def test_attention_is_the_one_that_is_right_for_the_family(tiny: Tiny) -> None:
    # Phi-4 is tested with its own attention where torchvision is.
    assert known_families()[NEEDS_TORCHVISION[0]].attention == "eager"
    assert load(tiny("llava")).model.config._attn_implementation == "sdpa"
    assert load(tiny("llava"), attention="eager").model.config._attn_implementation == "eager"


@pytest.mark.torchvision
def test_phi_4_attends_eagerly_because_anything_else_batches_wrongly(tiny: Tiny) -> None:
    assert load(tiny("phi4_multimodal")).model.config._attn_implementation == "eager"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_says_nearly_the_same(tiny: Tiny, dtype: str) -> None:
    whole, half = load(tiny("llava")), load(tiny("llava"), dtype=dtype)
    assert half.dtype == getattr(torch, dtype)
    picture = pictures()[0]
    assert torch.allclose(last_logits(whole, picture), last_logits(half, picture), atol=0.3)


@pytest.mark.parametrize("quantization", ["4bit", "8bit"])
def test_quantized_weights_are_smaller_and_say_something_alike(
    tiny: Tiny, quantization: str, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("bitsandbytes")
    folder = tiny("llava_wide")
    caplog.clear()
    whole, small = load(folder), load(folder, quantization=quantization)
    kinds = {type(module).__name__ for module in small.model.modules()}
    assert {"4bit": "Linear4bit", "8bit": "Linear8bitLt"}[quantization] in kinds
    # Embeddings and the head stay as they are: half of so small a model.
    assert small.model.get_memory_footprint() < 0.7 * whole.model.get_memory_footprint()
    picture = pictures()[0]
    both = torch.stack([last_logits(whole, picture), last_logits(small, picture)])
    assert torch.corrcoef(both)[0, 1] > 0.8
    assert caplog.messages == []


def test_quantization_without_its_library_says_what_to_install(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "find_spec", lambda name: name != "bitsandbytes" or None)
    with pytest.raises(InputError, match="pip install bitsandbytes"):
        load(tiny("llava"), quantization="4bit")


def test_a_tokenizer_without_padding_pads_with_an_end(copied: Path) -> None:
    config = json.loads((copied / "tokenizer_config.json").read_text())
    config.pop("pad_token")
    (copied / "tokenizer_config.json").write_text(json.dumps(config))
    loaded = load(copied)
    assert loaded.tokenizer.pad_token_id is None
    assert loaded.pad_id == loaded.eos_ids[0]


def test_a_tokenizer_that_knows_no_limit_leaves_it_to_the_model(copied: Path) -> None:
    config = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(json.dumps(config | {"model_max_length": 10**30}))
    assert load(copied).context_length == 4096


def test_the_shorter_limit_counts(copied: Path) -> None:
    config = json.loads((copied / "tokenizer_config.json").read_text())
    (copied / "tokenizer_config.json").write_text(json.dumps(config | {"model_max_length": 1000}))
    assert load(copied).context_length == 1000


def test_a_model_without_a_template_is_loaded_and_has_none(tiny: Tiny) -> None:
    assert load(tiny("llava_without_template")).chat_template is None


def test_a_model_of_words_alone_is_refused_before_it_is_loaded(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="'llama' do not look at images"):
        load(tiny("llama"))


def test_weights_that_are_missing_are_not_drawn_at_random(copied: Path) -> None:
    change_weights(copied, lambda weights: weights.pop(sorted(weights)[3]))
    with pytest.raises(InputError, match="1 of its weights are not in its files"):
        load(copied)


def test_weights_that_the_model_does_not_have_do_no_harm(copied: Path, tiny: Tiny) -> None:
    change_weights(copied, lambda weights: weights.update(spare=torch.zeros(3)))
    picture = pictures()[0]
    assert torch.equal(
        last_logits(load(copied), picture), last_logits(load(tiny("llava")), picture)
    )


def test_weights_of_another_size_are_refused(copied: Path) -> None:
    def shorten(weights: dict[str, torch.Tensor]) -> None:
        name = next(name for name in weights if name.endswith("lm_head.weight"))
        weights[name] = weights[name][:10].contiguous()

    change_weights(copied, shorten)
    with pytest.raises(InputError, match="other sizes than its config"):
        load(copied)


@pytest.mark.parametrize("keep", [0, 5, 1000, 200_000])
def test_weights_that_were_cut_off_are_refused(copied: Path, keep: int) -> None:
    file = copied / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"model\.safetensors.* safetensors file"):
        load(copied)


def test_a_config_that_does_not_fit_is_named(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    config["text_config"]["hidden_size"] = "wide"
    (copied / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="hidden_size") as error:
        load(copied)
    assert str(error.value).startswith(str(copied / "config.json"))


def test_attention_that_is_not_installed_says_what_to_do(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="set attention: auto"):
        load(tiny("llava"), attention="flash_attention_2")


@pytest.mark.parametrize("native", [True, False])
def test_code_beside_the_weights_does_not_run_unasked(
    copied: Path, tmp_path: Path, native: bool
) -> None:
    canary = tmp_path / "it-ran"
    (copied / "evil.py").write_text(f"open({str(canary)!r}, 'w').close()\nclass Evil: ...\n")
    for name in ("config.json", "processor_config.json", "tokenizer_config.json"):
        config = json.loads((copied / name).read_text())
        classes = ("AutoConfig", "AutoModelForCausalLM", "AutoProcessor", "AutoTokenizer")
        config["auto_map"] = dict.fromkeys(classes, "evil.Evil")
        if name == "config.json" and not native:
            config["model_type"] = "homemade"
        (copied / name).write_text(json.dumps(config))
    if native:
        load(copied)
    else:
        with pytest.raises(InputError, match="trust_remote_code: true"):
            load(copied)
    assert not canary.exists()


def test_code_beside_the_weights_runs_when_it_is_asked_for_by_name(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    (copied / "home.py").write_text(
        "from transformers import LlavaConfig, LlavaForConditionalGeneration\n"
        "class HomeConfig(LlavaConfig):\n    model_type = 'homemade'\n"
        "class HomeModel(LlavaForConditionalGeneration):\n    config_class = HomeConfig\n"
    )
    config = json.loads((copied / "config.json").read_text()) | {
        "model_type": "homemade",
        "auto_map": {
            "AutoConfig": "home.HomeConfig",
            "AutoModelForImageTextToText": "home.HomeModel",
        },
    }
    (copied / "config.json").write_text(json.dumps(config))
    # The class is LLaVA's, and so are its weights, but for a name that transformers maps for LLaVA.
    head = "lm_head.weight"
    change_weights(copied, lambda them: them.update({head: them.pop(f"language_model.{head}")}))
    with pytest.raises(InputError, match="trust_remote_code: true"):
        load(copied)
    loaded = load(copied, trust_remote_code=True)
    assert type(loaded.model).__name__ == "HomeModel"
    assert not loaded.family.known
    assert last_logits(loaded, pictures()[0]).isfinite().all()


def test_loading_says_nothing_and_leaves_others_their_voice(
    copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    change_weights(copied, lambda weights: weights.update(spare=torch.zeros(3)))
    logger = logging.getLogger("transformers")
    before = logger.level
    load(copied)
    assert capfd.readouterr() == ("", "")
    assert logger.level == before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "not enough memory on cuda:0"),
        (MemoryError(), "not enough memory"),
        (ImportError("needs timm"), "not installed: needs timm"),
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (KeyError("x\x1b[2J"), r"KeyError.*\\x1b"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_whatever_is_raised_gets_words(error: Exception, words: str) -> None:
    checkpoint = Checkpoint("m", "folder", Path("m"), "", "", "llava", {}, (), 0, "")
    failure = load_failure(error, checkpoint, "cuda:0")
    assert failure.cure
    with pytest.raises(InputError, match=words):
        raise failure


@pytest.mark.torchvision
def test_phi_4_sees_with_the_adapter_beside_its_weights(tiny: Tiny, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny("phi4_multimodal"), tmp_path / "phi4"))
    plain = last_logits(load(folder), pictures()[0])
    before = find_checkpoint(str(folder), LocalOptions()).digest
    add_adapter(folder)
    assert find_checkpoint(str(folder), LocalOptions()).digest != before
    adapted = load(folder)
    assert not any(weight.requires_grad for weight in adapted.model.parameters())
    assert (last_logits(adapted, pictures()[0]) - plain).abs().max() > 0.1


@pytest.mark.torchvision
def test_without_peft_phi_4_is_not_run_half_blind(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(tiny("phi4_multimodal"), tmp_path / "phi4"))
    add_adapter(folder)
    monkeypatch.setattr(loading, "find_spec", lambda name: name != "peft" or None)
    with pytest.raises(InputError, match="pip install peft"):
        load(folder)


def add_adapter(folder: Path) -> None:
    """LoRA weights as Phi-4 has them, in a folder of their own."""
    peft = pytest.importorskip("peft")
    model = load(folder).model
    config = peft.LoraConfig(r=4, target_modules=["qkv_proj"], init_lora_weights=False)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        peft.get_peft_model(model, config).save_pretrained(folder / "vision-lora")
