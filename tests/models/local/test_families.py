"""Families: what is known of each, and what is said of a model that is of none."""

from importlib.util import find_spec

import pytest
from tests.models.local.checkpoints import FAMILY_NAMES, NEEDS_TORCHVISION

from mllmsent.foundation.errors import InputError
from mllmsent.models.local.families import find_family, known_families, refuse_elsewhere


def test_every_tested_family_is_known_and_every_known_one_is_tested() -> None:
    # Of each pair one is tested: they differ in name, or in size.
    untested = {"qwen2_vl", "qwen3_vl_moe"}
    assert set(known_families()) - untested == set(FAMILY_NAMES)


def test_every_known_family_is_a_module_of_transformers() -> None:
    for name in known_families():
        assert find_spec(f"transformers.models.{name}") is not None, name


def test_a_family_knows_its_type_and_its_grid() -> None:
    for name, family in known_families().items():
        assert family.model_type == name
        assert family.grid is not None
        assert family.torchvision == (name in NEEDS_TORCHVISION)


def test_a_family_without_an_entry_is_tried_as_it_is() -> None:
    family = find_family("llava_next")
    assert not family.known
    assert family.grid is None


@pytest.mark.parametrize(
    ("model_type", "config", "message", "cure"),
    [
        ("llama", {}, "do not look at images", "mllmsent models list"),
        ("qwen3", {}, "do not look at images", "mllmsent models list"),
        ("phi4mm", {}, "Phi-4-multimodal in its authors' own format", "refs/pr/70"),
        ("homemade", {"auto_map": {"AutoModel": "m.M"}}, "Python code", "trust_remote_code: true"),
        ("homemade", {}, "knows no models of type 'homemade'", "pip install --upgrade"),
    ],
)
def test_a_model_that_is_of_no_family_says_what_to_do(
    model_type: str, config: dict[str, object], message: str, cure: str
) -> None:
    with pytest.raises(InputError) as error:
        find_family(model_type, config)
    assert message in error.value.message
    assert cure in error.value.cure


def test_code_that_is_trusted_makes_a_family_of_its_own() -> None:
    config = {"auto_map": {"AutoModelForCausalLM": "m.M"}}
    assert not find_family("phi4mm", config, trust_remote_code=True).known
    with pytest.raises(InputError):
        find_family("phi4mm", {}, trust_remote_code=True)


def test_what_transformers_loads_is_not_sent_elsewhere() -> None:
    for name in known_families():
        refuse_elsewhere(name)
