"""Questions of every kind in one batch: each is answered as if it had been asked alone."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.models.local.asking import (
    LABELS,
    ask,
    loaded_from,
    many_questions,
    preparer_of,
    reference,
    their_answer,
    their_inputs,
    their_score,
)
from tests.models.local.checkpoints import FAMILIES, pictures

from mllmsent.data.images import ImageRef
from mllmsent.models import Request, Settings
from mllmsent.models.local.engine import Engine, Result
from mllmsent.models.local.loading import Loaded
from mllmsent.prompts import Message

Load = Callable[[str], Loaded]

every_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture
def images(tmp_path: Path) -> list[ImageRef]:
    return [reference(tmp_path / f"{n}.png", image) for n, image in enumerate(pictures())]


@pytest.fixture(scope="module")
def load(tiny: Callable[[str], Path]) -> Load:
    return functools.cache(lambda family: loaded_from(tiny(family)))


def conversations(images: Sequence[ImageRef], **more: Any) -> list[Request]:
    """No image, several, one twice, one that was shown in an earlier turn; one after solved ones."""
    settings = more.pop("settings", Settings(temperature=0.0, max_tokens=5))
    a, b, c = images[:3]
    said = [
        [Message("user", ("How do you feel?",))],
        [Message("user", ("How do you feel today?",))],
        [Message("user", (a, b, "Which emotion does this image evoke?"))],
        [Message("user", (b, "and", a, "Feel?"))],
        [Message("user", (a, a, "Feel?"))],
        [Message("user", (a, "Feel?"))],
        [
            Message("user", (c, "Feel?")),
            Message("assistant", ("joy",)),
            Message("user", ("And why?",)),
        ],
        *(
            [
                Message("system", ("You are kind.",)),
                Message("user", (a, "Feel?")),
                Message("assistant", ("joy",)),
                Message("user", (image, "Feel?")),
            ]
            for image in (b, c)
        ),
    ]
    return [Request(tuple(messages), settings, **more) for messages in said]


@every_family
def test_conversations_with_any_number_of_images_are_answered_as_transformers_does(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    requests = conversations(images)
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(request) for request in requests]
    for request, job in zip(requests, jobs, strict=True):
        assert list(job.ids) == their_inputs(loaded, request)["input_ids"][0].tolist()
    results = Engine(loaded).run(jobs)
    assert [str(result.error) for result in results] == ["None"] * len(results)
    assert [list(result.ids) for result in results] == [
        their_answer(loaded, request) for request in requests
    ]
    scored = conversations(images, candidates=LABELS[1:3])[2:5]
    jobs = [preparer.prepare(request) for request in scored]
    for request, job, result in zip(scored, jobs, Engine(loaded).run(jobs), strict=True):
        full = [their_score(loaded, request, ids) for ids in job.candidates]
        assert list(result.scores) == pytest.approx(full, abs=1e-4)


SCHEMA = {
    "type": "object",
    "properties": {"label": {"enum": ["joy", "fear"]}, "why": {"type": "string", "maxLength": 20}},
    "required": ["label", "why"],
}


def mixed(images: Sequence[ImageRef]) -> list[Request]:
    """Greedy, drawn, held to a schema, of several lengths, and scored."""
    drawn = Settings(temperature=1.0, max_tokens=14, seed=5)
    early = Settings(temperature=1.3, max_tokens=6, extra={"min_tokens": 4, "top_k": 20})
    return [
        request
        for image in images[:2]
        for request in (
            ask(image, "Feel?", max_tokens=1),
            ask(image, "Feel?", max_tokens=12),
            ask(image, "Feel?", settings=drawn),
            ask(image, "Feel?", settings=drawn, sample=1),
            ask(image, "Which emotion?", settings=early),
            ask(image, "Answer as JSON.", max_tokens=40, answer_schema=SCHEMA),
            ask(image, "Answer as JSON.", settings=drawn, answer_schema=SCHEMA),
            ask(image, "Feel?", candidates=LABELS),
        )
    ]


def same(results: Sequence[Result], others: Sequence[Result]) -> None:
    assert [str(result.error) for result in results] == ["None"] * len(results)
    assert [(r.ids, r.stop_reason) for r in results] == [(r.ids, r.stop_reason) for r in others]
    for one, other in zip(results, others, strict=True):
        assert list(one.scores) == pytest.approx(list(other.scores), abs=1e-4)


@pytest.mark.parametrize("family", ["llava", "gemma3", "qwen2_5_vl"])
def test_every_kind_of_question_in_one_batch_is_answered_as_alone(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(request) for request in mixed(images)]
    together = Engine(loaded).run(jobs)
    same(together, [Engine(loaded).run([job])[0] for job in jobs])
    assert [len(result.ids) for result in together[:2]] == [1, 12]
    assert len(together[4].ids) >= 4


def test_a_batch_that_memory_ends_halfway_is_written_again_from_its_beginning(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    requests = [request for request in mixed(images) if not request.candidates]
    expected = Engine(loaded).run([preparer.prepare(request) for request in requests])
    forward = loaded.model.forward
    steps = 0

    def full(*args: Any, **kwargs: Any) -> Any:
        nonlocal steps
        steps += 1
        if steps == 6:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(*args, **kwargs)

    monkeypatch.setattr(loaded.model, "forward", functools.wraps(forward)(full))
    same(Engine(loaded).run([preparer.prepare(request) for request in requests]), expected)


def out_of_memory_above(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, tokens: int
) -> list[tuple[int, ...]]:
    """A device for so many tokens, cache included; gives the shapes of what was tried."""
    forward = loaded.model.forward
    tried: list[tuple[int, ...]] = []

    def small(*args: Any, **kwargs: Any) -> Any:
        shape = tuple(kwargs["attention_mask"].shape)
        tried.append(shape)
        if shape[0] * shape[-1] > tokens:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(*args, **kwargs)

    monkeypatch.setattr(loaded.model, "forward", functools.wraps(forward)(small))
    return tried


def test_memory_that_was_short_once_is_not_run_out_of_again_and_again(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(ask(images[n % 4], f"Feel {n}?", max_tokens=1)) for n in range(32)]
    longest = max(job.longest for job in jobs)
    tried = out_of_memory_above(loaded, monkeypatch, 8 * longest)
    engine = Engine(loaded, share_prefixes=False)
    results = engine.run(jobs)
    assert not any(result.error for result in results)
    assert engine.limit is not None
    assert engine.limit.halved == 2, "32 at once, then 16; and then it is known"
    assert [rows for rows, _ in tried] == [32, 16, 8, 8, 8, 8]


def test_one_long_question_does_not_slow_down_the_short_ones(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    short = [preparer.prepare(ask(images[n % 4], f"Feel {n}?", max_tokens=1)) for n in range(8)]
    long = [preparer.prepare(ask(image, "joy " * 400, max_tokens=1)) for image in images[:2]]
    tried = out_of_memory_above(loaded, monkeypatch, long[0].longest + 9)
    engine = Engine(loaded, share_prefixes=False)
    assert not any(result.error for result in engine.run([*long, *short]))
    before = len(tried)
    assert not any(result.error for result in engine.run(short))
    assert len(tried) - before <= 3, "several at once, though two of the long ones did not fit"


@pytest.mark.parametrize("family", ["gemma3", "llava"])
def test_candidates_that_do_not_fit_at_once_are_scored_one_after_another(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    # One has a row for each candidate, the other all of them in the row of the question.
    loaded = load(family)
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(ask(images[0], "Feel?", candidates=LABELS))]
    expected = Engine(loaded).run(jobs)
    rows = 2 if family == "gemma3" else 1
    tried = out_of_memory_above(loaded, monkeypatch, rows * jobs[0].longest)
    same(Engine(loaded).run(jobs), expected)
    assert any(shape[0] * shape[-1] > rows * jobs[0].longest for shape in tried), (
        "at first too many"
    )
    out_of_memory_above(loaded, monkeypatch, jobs[0].longest // 2)
    (result,) = Engine(loaded).run(jobs)
    assert "out of memory" in str(result.error), "it does not try for ever"


def test_layers_of_linear_attention_share_and_batch_like_all_others(
    load: Load, images: list[ImageRef]
) -> None:
    loaded = load("qwen3_5")
    preparer = preparer_of(loaded)
    requests = many_questions(images[:2])
    results = Engine(loaded).run([preparer.prepare(request) for request in requests])
    assert [list(r.ids) for r in results] == [their_answer(loaded, r) for r in requests]
    assert any(result.shared for result in results), "read together, and not one after another"
    requests = many_questions(images[:1], candidates=LABELS)
    jobs = [preparer.prepare(request) for request in requests]
    for request, job, result in zip(requests, jobs, Engine(loaded).run(jobs), strict=True):
        full = [their_score(loaded, request, ids) for ids in job.candidates]
        assert list(result.scores) == pytest.approx(full, abs=2e-4)


@pytest.mark.torchvision
def test_images_of_more_and_of_fewer_crops_are_seen_in_one_question(
    load: Load, tmp_path: Path
) -> None:
    loaded = load("phi4_multimodal")
    sizes = {"small": (300, 300), "wide": (900, 450)}
    small, wide = (
        reference(tmp_path / f"{name}.png", Image.new("RGB", size, "navy"))
        for name, size in sizes.items()
    )
    settings = Settings(temperature=0.0, max_tokens=3)
    requests = [
        Request((Message("user", (*parts, "Feel?")),), settings)
        for parts in ((small, wide), (wide, small), (small,), (small, "And"))
    ]
    preparer = preparer_of(loaded)
    results = Engine(loaded).run([preparer.prepare(request) for request in requests])
    assert [(str(result.error), list(result.ids)) for result in results] == [
        ("None", their_answer(loaded, request)) for request in requests
    ]
