"""Attention over images: the weights that the model's own full forward pass makes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.local.asking import ask, loaded_from, preparer_of, reference, their_inputs
from tests.models.local.checkpoints import FAMILIES, pictures

from mllmsent.models import Request, Settings
from mllmsent.models.local.attention import attend, image_attention, record_attention
from mllmsent.models.local.forward import Beginning, extend, prefill
from mllmsent.models.local.grids import ImageGrid
from mllmsent.prompts import Message

every_family = pytest.mark.parametrize("family", FAMILIES)
Load = Callable[..., Any]


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    """Two images, with words before, between and after them."""
    first, second = (
        reference(tmp_path / f"{number}.png", picture)
        for number, picture in enumerate(pictures()[:2])
    )
    parts = ("Before: ", first, "After: ", second, "Which of the two evokes more joy?")
    return Request((Message("user", parts),), Settings(max_tokens=6))


@pytest.fixture(scope="module")
def load(tiny: Callable[[str], Path]) -> Load:
    kept: dict[Any, Any] = {}

    def find(family: str, **options: Any) -> Any:
        key = (family, *sorted(options.items()))
        if key not in kept:
            kept[key] = loaded_from(tiny(family), **options)
        return kept[key]

    return find


def beginning_of(loaded: Any, request: Request) -> Beginning:
    job = preparer_of(loaded).prepare(request)
    return Beginning(job.ids, job.images)


def their_attention(loaded: Any, request: Request, answer: tuple[int, ...]) -> torch.Tensor:
    """(layers, heads, queries, keys) of one full forward pass of an eager model, without a cache."""
    inputs = dict(their_inputs(loaded, request))
    inputs["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([answer])], 1)
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    for name in ("token_type_ids", "mm_token_type_ids"):
        if name in inputs:
            more = torch.zeros(1, len(answer), dtype=inputs[name].dtype)
            inputs[name] = torch.cat([inputs[name], more], 1)
    with torch.no_grad():
        out = loaded.model(**inputs, use_cache=False, output_attentions=True)
    return torch.stack(out.attentions)[:, 0]


@every_family
def test_attention_is_that_of_the_models_own_full_forward_pass(
    load: Load, request_: Request, family: str
) -> None:
    loaded, eager = load(family), load(family, attention="eager")
    beginning = beginning_of(loaded, request_)
    seen = attend(loaded, beginning, max_tokens=4)
    assert len(seen.ids) == 4
    theirs = their_attention(eager, request_, seen.ids)
    prompt = len(beginning.ids)
    places = [i for i, token in enumerate(beginning.ids) if token == loaded.image_token_id]
    for number, image in enumerate(beginning.images):
        mine, places = places[: image.n_tokens], places[image.n_tokens :]
        for step in range(len(seen.ids)):
            row = theirs[:, :, prompt - 1 + step]
            share = row[..., mine].sum(-1).numpy()
            np.testing.assert_allclose(seen.shares[number, step], share, atol=1e-5)
            for grid, of_grid in zip(seen.grids[number], seen.maps[number], strict=True):
                for cell, token in enumerate(grid.tokens):
                    np.testing.assert_allclose(
                        of_grid[step, ..., cell // grid.columns, cell % grid.columns],
                        row[..., mine[token]].numpy(),
                        atol=1e-5,
                    )
    assert not places, "every image token belongs to an image"


@every_family
def test_no_matrix_of_prompt_by_prompt_is_ever_made(
    load: Load, request_: Request, family: str
) -> None:
    loaded = load(family)
    beginning = beginning_of(loaded, request_)
    made: list[tuple[int, ...]] = []
    hooks = [
        layer.self_attn.register_forward_hook(
            lambda _module, _inputs, output: made.append(
                () if output[1] is None else tuple(output[1].shape)
            )
        )
        for layer in loaded.model.get_decoder().layers
    ]
    attend(loaded, beginning, max_tokens=3)
    for hook in hooks:
        hook.remove()
    layers = len(hooks)
    reading, writing = made[:layers], made[layers:]
    if loaded.family.attention != "eager":
        assert reading == [()] * layers, "the prompt is read without weights"
    assert len(writing) == 3 * layers
    assert all(rows == 1 for *_, rows, _keys in writing)


@pytest.mark.parametrize("family", ["llava", "gemma3", "gemma4", "qwen3_vl"])
def test_rows_of_a_padded_batch_are_recorded_each_in_its_place(
    load: Load, request_: Request, family: str, tmp_path: Path
) -> None:
    loaded = load(family)
    short = ask(reference(tmp_path / "short.png", pictures()[3]), "Feel?")
    rows = [beginning_of(loaded, each) for each in (request_, short)]
    longest = max(len(row.ids) for row in rows)
    more = torch.tensor([[9, 10, 11], [12, 13, 14]])
    with torch.inference_mode():
        state = prefill(loaded, rows)
        with record_attention(loaded, rows=2) as recorder:
            extend(loaded, state, more, torch.ones_like(more))
            together = recorder.take(longest + 3)
        assert together.shape == (2, 2, 4, 2, longest + 3)
        for number, row in enumerate(rows):
            state = prefill(loaded, [row])
            with record_attention(loaded, rows=2) as recorder:
                extend(loaded, state, more[number : number + 1], torch.ones(1, 3, dtype=torch.long))
                alone = recorder.take(len(row.ids) + 3)
            padded = longest - len(row.ids)
            torch.testing.assert_close(
                together[:, number, ..., padded:], alone[:, 0], atol=1e-5, rtol=0
            )
            assert not together[:, number, ..., :padded].any()


def test_a_sliding_window_sees_nothing_before_it(load: Load, request_: Request) -> None:
    loaded = load("gemma3")
    beginning = beginning_of(loaded, request_)
    window = loaded.model.config.text_config.sliding_window
    with torch.inference_mode():
        state = prefill(loaded, [Beginning(beginning.ids[:-1], beginning.images)])
        token = torch.tensor([[beginning.ids[-1]]])
        with record_attention(loaded) as recorder:
            extend(loaded, state, token, torch.ones_like(token))
            sliding, full = recorder.take(len(beginning.ids))[:, 0, :, 0]
    assert len(beginning.ids) > window
    assert not sliding[:, :-window].any()
    assert full[:, :-window].any()
    for layer in (sliding, full):
        torch.testing.assert_close(layer.sum(-1), torch.ones(4))


@every_family
def test_afterwards_the_model_is_as_it_was(load: Load, request_: Request, family: str) -> None:
    loaded = load(family)
    decoder = loaded.model.get_decoder()
    before = decoder.config._attn_implementation

    def fail() -> None:
        with record_attention(loaded):
            assert decoder.config._attn_implementation == "eager"
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        fail()
    assert decoder.config._attn_implementation == before
    assert not any(layer.self_attn._forward_hooks for layer in decoder.layers)
    # Looking changes nothing: the same tokens come as without.
    seen = attend(loaded, beginning_of(loaded, request_), max_tokens=6)
    inputs = their_inputs(loaded, request_)
    out = loaded.model.generate(**inputs, max_new_tokens=6, do_sample=False)
    assert out[0, inputs["input_ids"].shape[1] :].tolist() == list(seen.ids)


def test_what_falls_on_an_images_cells_adds_up_to_its_share(load: Load, request_: Request) -> None:
    loaded = load("llava")
    seen = attend(loaded, beginning_of(loaded, request_), max_tokens=2)
    assert seen.shares.shape == (2, 2, 2, 4)
    assert (seen.shares.sum(0) < 1).all(), "words are attended to as well"
    for image in range(2):
        (of_grid,) = seen.maps[image]
        np.testing.assert_allclose(of_grid.sum((-1, -2)), seen.shares[image], atol=1e-6)


def test_an_answer_given_earlier_can_be_looked_at(load: Load, request_: Request) -> None:
    loaded = load("llava")
    beginning = beginning_of(loaded, request_)
    free = attend(loaded, beginning, max_tokens=3)
    again = attend(loaded, beginning, answer=free.ids)
    np.testing.assert_array_equal(again.maps[0][0], free.maps[0][0])
    other = loaded.tokenizer("fear, not joy", add_special_tokens=False)["input_ids"]
    forced = attend(loaded, beginning, answer=other)
    assert forced.ids == tuple(other)
    assert "".join(forced.words) == "fear, not joy"
    # The first token is predicted from the prompt alone, whatever is written then.
    np.testing.assert_array_equal(forced.maps[0][0][0], free.maps[0][0][0])


def test_a_character_of_several_tokens_is_shown_once_it_is_complete(
    load: Load, request_: Request
) -> None:
    loaded = load("llava")
    ids = loaded.tokenizer("a 😀!", add_special_tokens=False)["input_ids"]
    seen = attend(loaded, beginning_of(loaded, request_), answer=ids)
    assert "".join(seen.words) == "a 😀!"
    assert "\ufffd" not in "".join(seen.words)
    assert "😀" in seen.words


def test_the_token_that_ends_an_answer_is_its_last(load: Load, request_: Request) -> None:
    loaded = load("llava")
    beginning = beginning_of(loaded, request_)
    first = attend(loaded, beginning, max_tokens=1).ids[0]
    ended = attend(replace(loaded, eos_ids=(first,)), beginning, max_tokens=5)
    assert ended.ids == (first,)
    assert ended.maps[0][0].shape[0] == 1


def test_a_conversation_without_images_has_no_maps(load: Load) -> None:
    loaded = load("llava")
    ids = loaded.tokenizer("Which emotion?")["input_ids"]
    seen = attend(loaded, Beginning(ids), max_tokens=2)
    assert (seen.grids, seen.maps) == ((), ())
    assert seen.shares.shape == (0, 2, 2, 4)


def test_cells_are_laid_out_row_by_row_without_the_tokens_of_no_place() -> None:
    # Seven keys: a word, then two rows of two cells of which each ends in a token.
    weights = torch.arange(7.0).expand(1, 1, 1, 7)
    grid = ImageGrid(2, 2, (0.0, 0.0, 1.0, 1.0), (0, 1, 3, 4))
    (laid,) = image_attention(weights, range(1, 7), [grid])
    assert laid.tolist() == [[[[[1.0, 2.0], [4.0, 5.0]]]]]
