"""Processors: made without torchvision as with it, and clear about what they need."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import transformers
from tests.models.local.checkpoints import FAMILIES, Tiny, pictures
from tests.models.local.torchvision_ops import HAS_TORCHVISION
from transformers import processing_utils

from mllmsent.foundation.errors import InputError
from mllmsent.models.local import processors
from mllmsent.models.local.families import known_families
from mllmsent.models.local.processors import (
    find_chat_template,
    load_processor,
    video_placeholder,
)

SEE_VIDEOS = ("gemma4", "internvl", "qwen2_5_vl", "qwen3_vl", "smolvlm")
without_torchvision = pytest.mark.skipif(HAS_TORCHVISION, reason="about torchvision's absence")


@pytest.fixture
def copied(tiny: Tiny, tmp_path: Path) -> Path:
    """A checkpoint of one's own, to be spoiled."""
    return Path(shutil.copytree(tiny("llava"), tmp_path / "llava"))


def tensors_of(processor: Any) -> dict[str, tuple[int, ...]]:
    content = [{"type": "image", "image": pictures()[3]}, {"type": "text", "text": "Which?"}]
    inputs = processor.apply_chat_template(
        [[{"role": "user", "content": content}]],
        chat_template=find_chat_template(processor),
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
    )
    return {name: tuple(tensor.shape) for name, tensor in inputs.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_its_own_processor_and_template(tiny: Tiny, family: str) -> None:
    processor = load_processor(tiny(family), family=known_families()[family])
    name = type(processor).__name__.lower().replace("_", "")
    assert name == f"{family.replace('_', '')}processor"
    assert processor.tokenizer.padding_side == "left"
    assert "add_generation_prompt" in (find_chat_template(processor) or "")


@without_torchvision
@pytest.mark.parametrize("family", SEE_VIDEOS)
def test_where_torchvision_is_missing_a_placeholder_stands_for_videos(
    tiny: Tiny, family: str
) -> None:
    processor = load_processor(tiny(family))
    assert type(processor.video_processor).__name__ == "NoVideoProcessor"
    assert type(processor.image_processor).__name__.endswith("Pil")


@pytest.mark.torchvision
@pytest.mark.parametrize("family", SEE_VIDEOS)
def test_where_torchvision_is_there_the_placeholder_steps_aside(tiny: Tiny, family: str) -> None:
    processor = load_processor(tiny(family))
    assert type(processor.video_processor).__module__.startswith("transformers.models.")
    assert not type(processor.image_processor).__name__.endswith("Pil")
    with video_placeholder() as anything_changed:
        assert not anything_changed


@without_torchvision
def test_transformers_is_left_as_it_was_found(tiny: Tiny) -> None:
    names = processing_utils._LazyAutoProcessorMapping._MAPPING_NAMES
    before = dict(names)
    load_processor(tiny("qwen3_vl"))
    assert names == before
    assert not hasattr(transformers, "VideoProcessorMixin")
    with pytest.raises(InputError), video_placeholder():
        _fail_where(names != before)
    assert names == before
    assert not hasattr(transformers, "VideoProcessorMixin")


def _fail_where(changed: bool) -> None:
    if changed:
        raise InputError("as a broken processor does")


@without_torchvision
def test_several_threads_may_load_at_once(tiny: Tiny) -> None:
    folders = [tiny(family) for family in SEE_VIDEOS] * 3
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(load_processor, folders))
    assert all(type(each.video_processor).__name__ == "NoVideoProcessor" for each in loaded)


@without_torchvision
def test_a_processor_for_torchvision_only_says_what_to_install(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="pip install torchvision") as error:
        load_processor(tiny("llava"), family=known_families()["phi4_multimodal"])
    assert "Phi-4-multimodal" in error.value.message


def test_a_processor_that_needs_a_package_names_it(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install num2words"):
        load_processor(tiny("smolvlm"), family=known_families()["smolvlm"])


@pytest.mark.torchvision
def test_a_torchvision_for_another_torch_is_called_that(tiny: Tiny) -> None:
    # In a process of its own, in which nobody declares what it misses.
    import torch  # noqa: PLC0415 - only to ask about it

    if torch.version.cuda is not None:
        pytest.skip("here they fit")
    program = (
        "import sys; from pathlib import Path; "
        "from mllmsent.models.local.processors import load_processor; "
        "load_processor(Path(sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tiny("llava"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "does not fit the torch" in done.stderr
    assert "pip uninstall torchvision" in done.stderr


@pytest.mark.parametrize(
    ("family", "changes", "tensor"),
    [
        ("llava", {"size": {"shortest_edge": 56}, "crop_size": 56}, "pixel_values"),
        ("qwen3_vl", {"size": {"shortest_edge": 4096, "longest_edge": 8192}}, "pixel_values"),
        ("smolvlm", {"do_image_splitting": False}, "pixel_values"),
        ("internvl", {"max_patches": 1}, "pixel_values"),
    ],
)
def test_what_a_study_says_about_images_changes_them(
    tiny: Tiny, family: str, changes: dict[str, Any], tensor: str
) -> None:
    before = tensors_of(load_processor(tiny(family)))
    after = tensors_of(load_processor(tiny(family), changes))
    assert after[tensor] != before[tensor]
    assert after["input_ids"] < before["input_ids"], "fewer pixels are fewer tokens"


@pytest.mark.parametrize(
    ("name", "cure"), [("do_image_spliting", "'do_image_splitting'"), ("return_tensors", "Known")]
)
def test_a_change_that_the_processor_does_not_know_is_no_change_unseen(
    tiny: Tiny, name: str, cure: str
) -> None:
    with pytest.raises(InputError, match=cure):
        load_processor(tiny("smolvlm"), {name: False})


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tokenizer.json", None),
        ("tokenizer.json", "{"),
        ("tokenizer.json", "{}"),
        ("processor_config.json", None),
        ("processor_config.json", "{"),
        ("processor_config.json", '{"processor_class": "NoSuchProcessor"}'),
    ],
)
def test_a_broken_processor_is_an_error_with_a_cure(
    copied: Path, file: str, text: str | None
) -> None:
    (copied / file).unlink()
    if text is not None:
        (copied / file).write_text(text)
    with pytest.raises(InputError) as error:
        load_processor(copied)
    assert str(copied) in str(error.value)
    assert "Copy" in error.value.cure


def test_a_model_without_a_template_has_none(tiny: Tiny) -> None:
    assert find_chat_template(load_processor(tiny("llava_without_template"))) is None


def test_of_several_templates_the_default_one_counts(copied: Path) -> None:
    processor = load_processor(copied)
    processor.chat_template = {"rag": "a", "default": "b"}
    assert find_chat_template(processor) == "b"
    processor.chat_template = {"rag": "a"}
    processor.tokenizer.chat_template = None
    assert find_chat_template(processor) is None


def test_the_tokenizers_template_stands_in_for_the_processors(copied: Path) -> None:
    processor = load_processor(copied)
    processor.tokenizer.chat_template, processor.chat_template = "of the tokenizer", None
    assert find_chat_template(processor) == "of the tokenizer"
