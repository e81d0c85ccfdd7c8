"""What is known of well-known models, and how much memory that makes."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mllmsent.foundation.config import Document, read_config
from mllmsent.models import PROVIDERS
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.machine import Machine, fit, memory_at
from mllmsent.models.presets import (
    Preset,
    find_preset,
    memory_gb,
    preset_options,
    presets,
    presets_as_of,
)

SIZES = st.floats(0.001, 1000, allow_nan=False)


def test_every_preset_is_of_a_provider_and_says_what_it_is() -> None:
    assert len(presets()) >= 20
    for name, preset in presets().items():
        provider, _, rest = name.partition("/")
        assert provider in PROVIDERS.names()
        assert preset.title
        if provider == "hf":
            assert rest.count("/") == 1
            assert preset.license
            assert preset.parameters_b


def test_the_options_of_a_preset_are_options_of_its_provider() -> None:
    told = {name: preset_options(name) for name in presets() if preset_options(name)}
    assert told["hf/microsoft/Phi-4-multimodal-instruct"] == {"revision": "refs/pr/70"}
    for name, options in told.items():
        read = read_config(LocalOptions, Document(dict(options), name, {}))
        assert options.items() <= read.model_dump().items()


def test_a_model_without_a_preset_is_told_nothing() -> None:
    assert find_preset("hf/somebody/something") is None
    assert preset_options("hf/somebody/something") == {}


def test_presets_say_when_they_were_looked_up() -> None:
    year, month = presets_as_of().split("-")
    assert 2026 <= int(year) < 2100
    assert 1 <= int(month) <= 12


def test_memory_is_parameters_times_bytes_and_the_stated_overhead() -> None:
    assert memory_gb(8.0, 32) == pytest.approx(8 * 4 * 1.1 + 1)
    assert memory_gb(8.0, 16) == pytest.approx(8 * 2 * 1.1 + 1)
    assert memory_gb(8.0, 8) == pytest.approx(8 * 1 * 1.1 + 1)
    assert memory_gb(0.1, 16) == pytest.approx(0.2 * 1.1 + 0.2)
    with pytest.raises(ValueError, match="not 5"):
        memory_gb(8.0, 5)


def test_embeddings_stay_at_16_bits_when_the_rest_is_squeezed() -> None:
    """Half a byte and a scale of four bytes for each 64 values; two bytes for embeddings."""
    weights = 6 * (0.5 + 4 / 64) + 2 * 2
    assert memory_gb(8.0, 4, unquantized_b=2.0) == pytest.approx(weights * 1.1 + 1)
    assert memory_gb(8.0, 8, unquantized_b=2.0) == pytest.approx((6 + 4) * 1.1 + 1)


@given(SIZES, st.floats(0, 1))
def test_fewer_bits_never_take_more_memory(parameters: float, kept: float) -> None:
    needs = [
        memory_gb(parameters, bits, unquantized_b=kept * parameters) for bits in (4, 8, 16, 32)
    ]
    assert all(low <= high + 1e-9 for low, high in itertools.pairwise(needs))
    assert all(math.isfinite(need) and need > 0 for need in needs)


def test_a_gpu_runs_at_16_bits_and_a_processor_at_32() -> None:
    preset = Preset(title="any", parameters_b=4.0)
    assert list(memory_at(preset, Machine("GPU", 24.0, 1))) == ["bfloat16", "4-bit"]
    assert list(memory_at(preset, Machine("RAM", 24.0))) == ["float32", "bfloat16", "4-bit"]


@pytest.mark.parametrize(
    ("machine", "verdict"),
    [
        (Machine("GPU", 10.0, 1), "yes"),
        (Machine("GPU", 5.0, 1), "4-bit"),
        (Machine("GPU", 3.0, 1), "no"),
        (Machine("RAM", 20.0), "yes"),
        (Machine("RAM", 10.0), "bfloat16"),
        (Machine("RAM", 5.0), "4-bit"),
        (Machine("RAM", 3.0), "no"),
        (Machine("RAM", None), "unknown"),
    ],
)
def test_what_fits_is_said_with_what_it_takes(machine: Machine, verdict: str) -> None:
    """Four billion parameters: 18.6 GB at 32 bits, 9.8 at 16, about 4.3 at 4."""
    assert fit(Preset(title="any", parameters_b=4.0), machine) == verdict


def test_nothing_is_said_of_a_model_of_unknown_size() -> None:
    assert fit(Preset(title="any"), Machine("GPU", 80.0, 1)) == "unknown"


# Sizes as the configurations on the models' pages have them.
_QWEN = {"head_dim": 128, "num_key_value_heads": 8, "vocab_size": 151_936}
_CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "hf/Qwen/Qwen3-VL-4B-Instruct": (
        "qwen3_vl",
        {
            "text_config": {
                **_QWEN,
                "hidden_size": 2560,
                "num_hidden_layers": 36,
                "intermediate_size": 9728,
                "num_attention_heads": 32,
                "tie_word_embeddings": True,
            },
            "vision_config": {
                "depth": 24,
                "hidden_size": 1024,
                "intermediate_size": 4096,
                "num_heads": 16,
                "out_hidden_size": 2560,
                "deepstack_visual_indexes": [5, 11, 17],
            },
            "tie_word_embeddings": True,
        },
    ),
    "hf/llava-hf/llava-1.5-7b-hf": (
        "llava",
        {
            "text_config": {"model_type": "llama", "vocab_size": 32_064},
            "vision_config": {
                "model_type": "clip_vision_model",
                "hidden_size": 1024,
                "image_size": 336,
                "intermediate_size": 4096,
                "num_attention_heads": 16,
                "num_hidden_layers": 24,
                "patch_size": 14,
                "projection_dim": 768,
            },
        },
    ),
}


@pytest.mark.parametrize("name", _CONFIGS)
def test_the_numbers_are_those_of_the_architecture(name: str) -> None:
    """The model is built without memory, by transformers, and its parameters are counted."""
    torch = pytest.importorskip("torch")
    transformers: Any = pytest.importorskip("transformers")
    family, config = _CONFIGS[name]
    with torch.device("meta"):
        model = transformers.AutoModelForMultimodalLM.from_config(
            transformers.CONFIG_MAPPING[family](**config)
        )
    model.tie_weights()
    linear = {
        id(module.weight)
        for place, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and not place.endswith("lm_head")
    }
    sizes = {id(weight): weight.numel() for weight in model.parameters()}
    preset = presets()[name]
    assert preset.family == family
    assert preset.parameters_b == pytest.approx(sum(sizes.values()) / 1e9, rel=0.005)
    kept = sum(size for key, size in sizes.items() if key not in linear) / 1e9
    assert preset.unquantized_b == pytest.approx(kept, abs=0.01)
