"""The engine: whatever is shared and batched, the answers are those of one question alone."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
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

Load = Callable[[str], Loaded]

every_family = pytest.mark.parametrize("family", FAMILIES)


@pytest.fixture
def images(tmp_path: Path) -> list[ImageRef]:
    return [reference(tmp_path / f"{n}.png", image) for n, image in enumerate(pictures())]


@pytest.fixture(scope="module")
def load(tiny: Callable[[str], Path]) -> Load:
    kept: dict[str, Loaded] = {}

    def find(family: str) -> Loaded:
        if family not in kept:
            kept[family] = loaded_from(tiny(family))
        return kept[family]

    return find


@every_family
def test_prompts_have_the_tokens_that_the_models_own_processor_gives_them(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    preparer = preparer_of(loaded)
    for request in many_questions(images):
        theirs = their_inputs(loaded, request)["input_ids"][0].tolist()
        assert list(preparer.prepare(request).ids) == theirs


@every_family
def test_a_batch_is_answered_as_transformers_answers_each_question_alone(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    requests = many_questions(images)
    preparer, engine = preparer_of(loaded), Engine(loaded)
    results = engine.run([preparer.prepare(request) for request in requests])
    assert [list(result.ids) for result in results] == [
        their_answer(loaded, request) for request in requests
    ]
    assert len({result.ids for result in results}) > 4, "the answers say something of the question"
    assert any(result.shared for result in results)


@every_family
def test_likelihoods_of_labels_are_those_of_full_forward_passes(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    requests = many_questions(images[:2], candidates=LABELS)
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(request) for request in requests]
    for request, job, result in zip(requests, jobs, Engine(loaded).run(jobs), strict=True):
        full = [their_score(loaded, request, ids) for ids in job.candidates]
        assert list(result.scores) == pytest.approx(full, abs=1e-4)
        assert max(full) - min(full) > 0.1


@every_family
def test_answers_do_not_depend_on_the_size_of_the_batch(
    load: Load, images: list[ImageRef], family: str
) -> None:
    loaded = load(family)
    preparer = preparer_of(loaded)

    def answers(rows: int, *, share: bool) -> list[Result]:
        jobs = [
            preparer.prepare(request)
            for request in [
                *many_questions(images),
                *many_questions(images[:2], candidates=LABELS),
            ]
        ]
        return Engine(loaded, rows=rows, share_prefixes=share).run(jobs)

    many = answers(64, share=True)
    for few in (answers(1, share=False), answers(3, share=False)):
        assert [result.ids for result in many] == [result.ids for result in few]
        for one, other in zip(many, few, strict=True):
            assert list(one.scores) == pytest.approx(list(other.scores), abs=1e-4)


@every_family
def test_an_image_is_encoded_once_however_many_questions_are_about_it(
    load: Load, images: list[ImageRef], family: str
) -> None:
    engine = Engine(load(family))
    if engine.eye is None:
        pytest.skip("this family has no way to pass an image's features")
    preparer = preparer_of(engine.loaded)
    engine.run([preparer.prepare(request) for request in many_questions(images)])
    engine.run([preparer.prepare(ask(image, "And now?")) for image in images])
    assert engine.eye.encoded == len(images)


def test_questions_that_begin_alike_share_more_than_the_image(
    load: Load, images: list[ImageRef]
) -> None:
    engine = Engine(load("llava"))
    preparer = preparer_of(engine.loaded)
    jobs = [
        preparer.prepare(ask(images[0], f"Which emotion does this image evoke? {rest}"))
        for rest in ("Joy or fear?", "Answer with one word.")
    ]
    results = engine.run(jobs)
    assert all(result.shared > jobs[0].image_end + 4 for result in results)
    assert all(result.shared < min(len(job.ids) for job in jobs) for result in results)


def test_rows_of_different_lengths_in_a_sliding_window_are_not_padded_apart(
    load: Load, images: list[ImageRef]
) -> None:
    """Gemma's window counts what lies in the cache, so that padding would push tokens out of it."""
    loaded = load("gemma3")
    window = loaded.model.config.get_text_config().sliding_window
    long = "Which emotion does this image evoke? " * (window // 8)
    requests = [ask(images[0], long + rest) for rest in ("Joy?", "Answer: joy, fear, sadness.")]
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(request) for request in requests]
    assert min(len(job.ids) for job in jobs) > window
    results = Engine(loaded).run(jobs)
    assert all(result.shared for result in results)
    assert [list(result.ids) for result in results] == [
        their_answer(loaded, request) for request in requests
    ]


def test_memory_that_does_not_suffice_halves_the_batch_and_loses_nothing(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    requests = many_questions(images)
    expected = Engine(loaded).run([preparer.prepare(request) for request in requests])
    forward = loaded.model.forward
    most: list[int] = []

    def small(*args: Any, **kwargs: Any) -> Any:
        rows = kwargs["input_ids"].shape[0]
        if rows > 5:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        most.append(rows)
        return forward(*args, **kwargs)

    monkeypatch.setattr(loaded.model, "forward", functools.wraps(forward)(small))
    engine = Engine(loaded)
    results = engine.run([preparer.prepare(request) for request in requests])
    assert [result.ids for result in results] == [result.ids for result in expected]
    assert engine.limit is not None
    longest = max(preparer.prepare(request).longest for request in requests)
    assert engine.limit.rows_of(longest) <= 5
    assert engine.limit.halved >= 1
    assert max(most) > 1, "it does not fall back to one row at once"


def test_one_question_that_breaks_its_batch_takes_no_other_with_it(
    load: Load, images: list[ImageRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    jobs = [preparer.prepare(ask(image, "Feel?")) for image in images]
    jobs[1] = preparer.prepare(ask(images[1], "Feel? %"))
    only_there = jobs[1].ids[next(n for n, t in enumerate(jobs[1].ids) if t not in jobs[0].ids)]
    expected = Engine(loaded).run(jobs)
    forward = loaded.model.forward

    def picky(*args: Any, **kwargs: Any) -> Any:
        if (kwargs["input_ids"] == only_there).any():
            raise RuntimeError("a kernel broke")
        return forward(*args, **kwargs)

    monkeypatch.setattr(loaded.model, "forward", functools.wraps(forward)(picky))
    results = Engine(loaded).run(jobs)
    assert [str(result.error) for result in results] == ["None", "a kernel broke", "None", "None"]
    assert [r.ids for r in results if not r.error] == [expected[place].ids for place in (0, 2, 3)]


def test_a_drawn_answer_is_the_same_alone_and_among_others(
    load: Load, images: list[ImageRef]
) -> None:
    loaded = load("llava")
    preparer = preparer_of(loaded)
    settings = Settings(temperature=1.0, top_p=0.9, max_tokens=12, seed=3)
    samples = [ask(images[0], "Feel?", settings=settings, sample=n) for n in range(6)]

    def answers(requests: Sequence[Request]) -> list[tuple[int, ...]]:
        return [r.ids for r in Engine(loaded).run([preparer.prepare(each) for each in requests])]

    together = answers(samples)
    assert together == [answers([sample])[0] for sample in samples]
    assert len(set(together)) > 3, "samples differ"
    other = Settings(temperature=1.0, top_p=0.9, max_tokens=12, seed=4)
    assert answers([ask(images[0], "Feel?", settings=other)])[0] != together[0]


def test_a_penalty_on_repetition_is_the_one_of_transformers(
    load: Load, images: list[ImageRef]
) -> None:
    loaded = load("qwen3_vl")
    settings = Settings(temperature=0.0, max_tokens=12, extra={"repetition_penalty": 1.4})
    request = ask(images[0], "Which emotion?", settings=settings)
    (result,) = Engine(loaded).run([preparer_of(loaded).prepare(request)])
    inputs = their_inputs(loaded, request)
    with torch.no_grad():
        theirs = loaded.model.generate(
            **inputs, max_new_tokens=12, do_sample=False, repetition_penalty=1.4
        )[0, inputs["input_ids"].shape[1] :].tolist()
    assert list(result.ids) == theirs[: len(result.ids)]
    plain = ask(images[0], "Which emotion?", max_tokens=12)
    assert result.ids != Engine(loaded).run([preparer_of(loaded).prepare(plain)])[0].ids


def test_what_is_no_longer_wanted_is_broken_off(load: Load, images: list[ImageRef]) -> None:
    from mllmsent.models.local.decoding import StoppedError  # noqa: PLC0415 - imports torch

    engine = Engine(load("llava"))
    job = preparer_of(engine.loaded).prepare(ask(images[0], "Feel?", max_tokens=400))
    engine.stop()
    with pytest.raises(StoppedError):
        engine.run([job])
