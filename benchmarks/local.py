"""How fast a local model answers 4 strategies x 2 schemes an image, beside plain loops of transformers.

Everybody opens the same files, asks the same questions in the same words through the same processor,
and writes the same number of tokens greedily, whatever the model would like to end on:

  (a) this backend, through the interface that studies use;
  (b) a plain loop of processor and `generate`, one question at a time, as common harnesses run;
  (c) the same loop in batches, of the best of several sizes.

Then the likelihood of each label: ours, beside one full forward pass for each label in batches of
the same images; once as a run asks, from files, and once from inputs made ready before, which is
what computing alone costs. Answers and likelihoods must be equal, or nothing is reported.

    python benchmarks/local.py [--model builtin/diorama-small] [--images 48] [--tokens 8] [--rounds 3]

Rounds take turns, so that a busy machine troubles everybody alike; of each contender the median is
told. `--memory 2000` instead asks about that many images and tells the peak memory as it goes;
`--flips` tells how many greedy answers are others alone than in a batch, in full and in half precision.
"""

from __future__ import annotations

import asyncio
import gc
import json
import platform
import resource
import statistics
import tempfile
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import torch
from PIL import Image

from mllmsent.affect import get_scheme
from mllmsent.data import load_dataset
from mllmsent.dioramas import make_dioramas
from mllmsent.models import Message, Request, Settings, get_model
from mllmsent.models.local.engine import Engine
from mllmsent.models.local.model import LocalModel
from mllmsent.prompts import get_strategy, render

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mllmsent.data.images import ImageRef

STRATEGIES = ("zero-shot", "definitions", "published-direct", "role")
SCHEMES = ("polarity3", "mikels")
BATCHES = (8, 32, 64)
RESULTS = Path(__file__).parent / "results" / "local.json"


def questions(images: Sequence[ImageRef], settings: Settings) -> list[Request]:
    """Every strategy and scheme about every image, image by image as a run sends them."""
    return [
        Request(
            render(get_strategy(strategy), get_scheme(scheme), image, emotion_target="evoked"),
            settings,
        )
        for image in images
        for strategy in STRATEGIES
        for scheme in SCHEMES
    ]


def chat(message: Message, opened: Callable[[ImageRef], Image.Image]) -> dict[str, Any]:
    """A turn as transformers wants it."""
    content = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image", "image": opened(part)}
        for part in message.parts
    ]
    return {"role": message.role, "content": content}


def encoded(loaded: Any, requests: Sequence[Request]) -> Any:
    """What processor and template make of some questions, padded on the left."""

    def opened(image: ImageRef) -> Image.Image:
        return Image.open(image.path).convert("RGB")

    inputs = loaded.processor.apply_chat_template(
        [[chat(message, opened) for message in request.messages] for request in requests],
        chat_template=loaded.chat_template,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        add_generation_prompt=True,
        processor_kwargs={"padding": True, "padding_side": "left"},
    )
    return {
        name: value.to(loaded.device, loaded.dtype if value.is_floating_point() else value.dtype)
        for name, value in inputs.items()
    }


def plain_loop(loaded: Any, requests: Sequence[Request], batch: int) -> list[str]:
    """Processor and generate, some questions at a time."""
    texts: list[str] = []
    for start in range(0, len(requests), batch):
        part = requests[start : start + batch]
        inputs = encoded(loaded, part)
        tokens = part[0].settings.max_tokens
        with torch.inference_mode():
            out = loaded.model.generate(
                **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False
            )
        new = out[:, inputs["input_ids"].shape[1] :]
        texts += loaded.processor.batch_decode(new, skip_special_tokens=True)
    return [text.strip() for text in texts]


def batches_of_inputs(loaded: Any, requests: Sequence[Request], batch: int) -> list[Any]:
    """What processor and template make of the questions, some at a time."""
    return [
        encoded(loaded, requests[start : start + batch]) for start in range(0, len(requests), batch)
    ]


def full_forwards(
    loaded: Any, batches: Sequence[Any], labels: Sequence[tuple[int, ...]]
) -> list[list[float]]:
    """A full forward pass for every label of every question."""
    scores: list[list[float]] = []
    for inputs in batches:
        rows, length = inputs["input_ids"].shape
        columns = []
        for label in labels:
            ids = torch.tensor([label] * rows, device=loaded.device)
            longer = dict(inputs)
            longer["input_ids"] = torch.cat([inputs["input_ids"], ids], 1)
            longer["attention_mask"] = torch.cat(
                [inputs["attention_mask"], torch.ones_like(ids)], 1
            )
            for name in ("token_type_ids", "mm_token_type_ids"):
                if name in inputs:
                    longer[name] = torch.cat([inputs[name], torch.zeros_like(ids)], 1)
            with torch.inference_mode():
                logits = loaded.model(**longer, use_cache=False).logits
            steps = torch.log_softmax(logits[:, length - 1 : -1].float(), -1)
            columns.append(steps.gather(-1, ids[..., None])[..., 0].sum(1).tolist())
        scores += [list(row) for row in zip(*columns, strict=True)]
    return scores


def farthest(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float:
    """Largest difference of likelihoods, in nats."""
    return max(
        abs(a - b)
        for own, other in zip(ours, theirs, strict=True)
        for a, b in zip(own, other, strict=True)
    )


async def through_interface(model: LocalModel, requests: Sequence[Request]) -> list[Any]:
    """As a run asks: in batches, the next being prepared while one is computed."""
    size = model.capabilities.max_batch_size
    parts = [requests[start : start + size] for start in range(0, len(requests), size)]
    gate = asyncio.Semaphore(model.capabilities.max_in_flight)

    async def one(part: Sequence[Request]) -> Sequence[Any]:
        async with gate:
            return await model.answer(part)

    return [response for found in await asyncio.gather(*map(one, parts)) for response in found]


def fresh(ref: str, options: dict[str, Any]) -> LocalModel:
    """The model, loaded, that remembers no image yet."""
    model = get_model(ref, **options)
    assert isinstance(model, LocalModel), "this benchmark is about models on this machine"
    model.load()
    return model


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    gc.collect()
    began = time.perf_counter()
    found = work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began, found


def pictures(folder: Path, n: int) -> list[ImageRef]:
    """Dioramas, drawn for this."""
    dataset = load_dataset(make_dioramas(folder / "dioramas", n=n, seed=11, size=384))
    found = (dataset.image(item) for item in dataset.items["item_id"])
    return [image for image in found if image is not None]


def speed(ref: str, options: dict[str, Any], n: int, tokens: int, rounds: int) -> dict[str, Any]:
    """Compare, in turns."""
    settings = Settings(temperature=0.0, max_tokens=tokens, extra={"min_tokens": tokens})
    with tempfile.TemporaryDirectory() as place:
        images = pictures(Path(place), n)
        requests = questions(images, settings)
        loaded = fresh(ref, options).load().preparer.loaded
        loaded.model.generation_config.repetition_penalty = 1.0
        scheme = get_scheme("mikels")
        scored = [
            Request(
                render(get_strategy("zero-shot"), scheme, image, emotion_target="evoked"),
                settings,
                candidates=scheme.label_names,
            )
            for image in images
        ]
        model = fresh(ref, options)
        preparer = model.load().preparer
        labels = preparer.prepare(scored[0]).candidates
        plain_loop(loaded, requests[:8], 8)  # whatever is built on first use
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            model = fresh(ref, options)
            asyncio.run(through_interface(model, requests[:1]))
            took, ours = timed(lambda: asyncio.run(through_interface(model, requests)))  # noqa: B023 - called at once
            seconds.setdefault("this backend", []).append(took)
            for batch in (1, *BATCHES):
                took, theirs = timed(lambda: plain_loop(loaded, requests, batch))  # noqa: B023
                seconds.setdefault(f"plain loop, batch {batch}", []).append(took)
                same = sum(o.text == t for o, t in zip(ours, theirs, strict=True))
                if same < len(requests):
                    raise SystemExit(f"batch {batch}: {len(requests) - same} answers differ")
            model.close()
            model = fresh(ref, options)
            took, ours = timed(lambda: asyncio.run(through_interface(model, scored)))  # noqa: B023
            seconds.setdefault("label likelihoods", []).append(took)
            took, full = timed(
                lambda: full_forwards(loaded, batches_of_inputs(loaded, scored, 32), labels)
            )
            seconds.setdefault("a full forward pass a label", []).append(took)
            worst = farthest([list(one.label_scores.values()) for one in ours], full)
            model.close()
            jobs = [preparer.prepare(request) for request in scored]
            took, results = timed(lambda: Engine(loaded).run(jobs))  # noqa: B023
            seconds.setdefault("label likelihoods, inputs ready", []).append(took)
            ready = batches_of_inputs(loaded, scored, 32)
            took, full = timed(lambda: full_forwards(loaded, ready, labels))  # noqa: B023
            seconds.setdefault("a full forward pass a label, inputs ready", []).append(took)
            worst = max(worst, farthest([one.scores for one in results], full))
            if worst > 1e-3:
                raise SystemExit(f"likelihoods differ by {worst}")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    batched = min(medians[f"plain loop, batch {batch}"] for batch in BATCHES)
    ours_s = medians["this backend"]
    return {
        "model": ref,
        "device": str(loaded.device),
        "dtype": str(loaded.dtype),
        "images": n,
        "questions": len(requests),
        "new_tokens": tokens,
        "seconds": {name: round(value, 3) for name, value in medians.items()},
        "images_per_second": round(n / ours_s, 2),
        "times_plain_loop": round(medians["plain loop, batch 1"] / ours_s, 2),
        "times_plain_loop_batched": round(batched / ours_s, 2),
        "full_forwards_times_label_likelihoods": round(
            medians["a full forward pass a label"] / medians["label likelihoods"], 2
        ),
        "the_same_with_inputs_ready": round(
            medians["a full forward pass a label, inputs ready"]
            / medians["label likelihoods, inputs ready"],
            2,
        ),
        "largest_difference_of_likelihoods": worst,
    }


def memory(ref: str, options: dict[str, Any], n: int) -> dict[str, Any]:
    """Peak memory of the process after each tenth of the images."""
    settings = Settings(temperature=0.0, max_tokens=16)
    with tempfile.TemporaryDirectory() as place:
        images = pictures(Path(place), n)
        model = fresh(ref, options)
        peaks = []
        for tenth in range(10):
            part = images[tenth * n // 10 : (tenth + 1) * n // 10]
            asyncio.run(through_interface(model, questions(part, settings)))
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        model.close()
    return {"model": ref, "images": n, "peak_mib_after_each_tenth": peaks}


def flips(ref: str, options: dict[str, Any], n: int) -> dict[str, Any]:
    """Share of greedy answers, and of labels by likelihood, that a batch changes."""
    settings = Settings(temperature=0.0, max_tokens=32)
    scheme = get_scheme("mikels")
    found: dict[str, Any] = {"model": ref, "images": n}
    with tempfile.TemporaryDirectory() as place:
        images = pictures(Path(place), n)
        words = [get_strategy(name) for name in ("zero-shot", "describe")]
        asked = [
            Request(render(strategy, scheme, image, emotion_target="evoked"), settings)
            for image in images
            for strategy in words
        ]
        scored = [replace(each, candidates=scheme.label_names) for each in asked[::2]]
        for dtype in ("float32", "bfloat16"):
            answers = []
            for alone in (True, False):
                how = {"dtype": dtype} | (
                    {"batch_size": 1, "share_prefixes": False} if alone else {}
                )
                model = fresh(ref, options | how)
                responses = asyncio.run(through_interface(model, [*asked, *scored]))
                model.close()
                answers.append(
                    [r.text or max(r.label_scores, key=r.label_scores.get) for r in responses]
                )
            changed = [one != other for one, other in zip(*answers, strict=True)]
            found[dtype] = {
                "short answers": sum(changed[: len(asked) : 2]) / n,
                "descriptions": sum(changed[1 : len(asked) : 2]) / n,
                "labels by likelihood": sum(changed[len(asked) :]) / n,
            }
    return found


@click.command()
@click.option("--model", "ref", default="builtin/diorama-small", show_default=True)
@click.option("--options", default="{}", help="Options of the model, as JSON.")
@click.option("--images", default=48, show_default=True)
@click.option("--tokens", default=8, show_default=True, help="New tokens of each answer.")
@click.option("--rounds", default=3, show_default=True)
@click.option("--memory", "many", default=0, help="Instead: peak memory over so many images.")
@click.option("--flips", "flipped", is_flag=True, help="Instead: answers that a batch changes.")
def main(  # noqa: PLR0917 - click passes by name
    ref: str, options: str, images: int, tokens: int, rounds: int, many: int, *, flipped: bool
) -> None:
    """Measure, print and keep."""
    read = json.loads(options)
    if many:
        kind, found = "memory", memory(ref, read, many)
    elif flipped:
        kind, found = "flips", flips(ref, read, images)
    else:
        found = speed(ref, read, images, tokens, rounds)
        kind = f"speed on {found['device']}"
    found["machine"] = {
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": version("torch"),
        "transformers": version("transformers"),
    }
    print(json.dumps(found, indent=1))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[f"{ref}, {kind}"] = found
    RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
