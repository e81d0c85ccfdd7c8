"""Train a built-in model: `python -m training.train small OUT`.

First the vision tower learns, by heads of its own, to tell a scene's factors; then everything learns
to answer; then the language model alone learns to be asked in many wordings. Steps are counted, not minutes: the same recipe gives the same model on a slower machine.
OUT then holds the checkpoint in the format of transformers, and its log (`training.jsonl`).
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click
import numpy as np
import torch

from mllmsent.dioramas.dice import Dice
from training.language import build_processor, build_tokenizer
from training.lessons import lesson, sample_texts
from training.network import (
    FactorHeads,
    answer_loss,
    build_model,
    mirrored,
    open_eyes,
    vision_tokens,
)
from training.orders import even, held_back, in_turn
from training.packing import Batch, Packer, batches_of
from training.pictures import TrainingSet, draw_training_set
from training.recipe import Recipe, get_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["train"]

_EYE_OPENERS = 500
_WARM_UP = 60
_CLIP = 1.0
_NOTE_EVERY = 20
_PARTS = 2
"""Parts that each step's pictures are divided into, computed at once."""
_LOCAL = 0.2
"""Weight of what single patches show, beside the factors of the whole."""
_BESIDE = 0.3
"""Weight of the factors while answers are learned."""


@click.command()
@click.argument("name")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--keep-every", default=0, help="Save a checkpoint every so many steps.")
def main(name: str, out: Path, keep_every: int) -> None:
    """Train the model of recipe NAME and save it in OUT."""
    train(get_recipe(name), out, keep_every=keep_every, tell=click.echo)


def train(
    recipe: Recipe,
    out: Path,
    *,
    keep_every: int = 0,
    tell: Callable[[str], object] = lambda _line: None,
    workers: int | None = None,
) -> None:
    """Train a model from scratch.

    Args:
        recipe: Everything it depends on.
        out: Folder of the checkpoint; made if absent.
        keep_every: Steps after which a checkpoint is saved in a folder beside `out`; 0 for never.
        tell: Called with every line of the log.
        workers: Processes that draw the pictures.
    """
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    with (out / "training.jsonl").open("w", encoding="utf-8") as file:

        def note(**facts: Any) -> None:
            line = json.dumps(facts)
            file.write(line + "\n")
            file.flush()
            tell(line)

        note(stage="start", recipe=recipe.model_dump(), torch=torch.__version__)
        started = time.monotonic()
        training_set = draw_training_set(recipe, workers=workers)
        note(stage="drawn", pictures=len(training_set.items), seconds=_since(started))
        tokenizer = build_tokenizer(sample_texts(training_set, 4000), recipe.vocabulary)
        processor = build_processor(
            tokenizer, image_size=recipe.image_size, patch_size=recipe.patch_size
        )
        model = build_model(recipe, tokenizer)
        heads = FactorHeads(recipe.vision.width)
        some = np.arange(min(_EYE_OPENERS, recipe.pictures))
        plan = _Plan(recipe, training_set, model, heads, processor.image_processor, note)
        open_eyes(model, plan.pixels(some))
        note(
            stage="built",
            parameters=_size(model),
            vision=_size(model.model.vision_tower),
            vocabulary=len(tokenizer),
        )
        _learn_factors(plan)

        def keep(step: int) -> None:
            if keep_every and step % keep_every == 0:
                save(model, processor, out.with_name(f"{out.name}-{step:05d}"))

        packer = Packer(tokenizer, recipe.image_tokens)
        _learn_answers(plan, packer, keep)
        if recipe.wording_steps:
            _learn_wordings(plan, packer)
        save(model, processor, out)
        note(stage="saved", seconds=_since(started))


def save(model: Any, processor: Any, folder: Path) -> None:
    """Save a checkpoint in half precision, with its processor."""
    copy.deepcopy(model).to(torch.float16).save_pretrained(folder)
    processor.save_pretrained(folder)
    # the weights would be readable for their owner alone
    (folder / "model.safetensors").chmod(0o644)


@dataclass(frozen=True)
class _Part:
    """Some pictures of a step with what is asked about them."""

    numbers: NDArray[np.int64]
    batches: list[Batch]


@dataclass(frozen=True)
class _Plan:
    """What both stages need."""

    recipe: Recipe
    data: TrainingSet
    model: Any
    heads: FactorHeads
    image_processor: Any
    note: Callable[..., None]

    def pixels(self, numbers: NDArray[np.int64], *, is_mirrored: bool = False) -> torch.Tensor:
        """Pictures by their numbers, normalized as the processor does."""
        mean = np.array(self.image_processor.image_mean, np.float32)
        deviation = np.array(self.image_processor.image_std, np.float32)
        values = (self.data.pixels[numbers].astype(np.float32) / 255 - mean) / deviation
        if is_mirrored:
            values = values[:, :, ::-1]
        return torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))

    def local(self, numbers: NDArray[np.int64], *, is_mirrored: bool = False) -> torch.Tensor:
        """What covers the patches of pictures by their numbers, as shares."""
        shares = self.data.local[numbers].astype(np.float32) / 255
        if is_mirrored:
            side = self.recipe.image_size // self.recipe.patch_size
            rows = shares.reshape(len(numbers), side, side, -1)
            shares = np.ascontiguousarray(rows[:, :, ::-1]).reshape(shares.shape)
        return torch.from_numpy(shares)

    def truth(
        self, numbers: NDArray[np.int64], *, is_mirrored: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Factors and feelings of pictures by their numbers."""
        factors = self.data.factors[numbers]
        if is_mirrored:
            factors = np.array([mirrored(row) for row in factors])
        return (
            torch.from_numpy(factors),
            torch.from_numpy(self.data.feelings[numbers]),
        )


def _learn_factors(plan: _Plan) -> None:
    recipe, model, heads = plan.recipe, plan.model, plan.heads
    weights = [*model.model.vision_tower.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(
        weights, lr=recipe.vision_rate, weight_decay=0.02, betas=(0.9, 0.98)
    )
    unlearned = np.arange(held_back(recipe))
    started = time.monotonic()
    losses: list[list[float]] = []

    rng = np.random.default_rng(recipe.seed)

    def part_loss(part: tuple[NDArray[np.int64], bool]) -> list[torch.Tensor]:
        numbers, is_mirrored = part
        with torch.autocast("cpu", torch.bfloat16):
            vision = vision_tokens(model, plan.pixels(numbers, is_mirrored=is_mirrored))
        local = heads.local_loss(vision, plan.local(numbers, is_mirrored=is_mirrored))
        factors = heads.loss(vision, *plan.truth(numbers, is_mirrored=is_mirrored))
        return [factors / _PARTS, _LOCAL * local / _PARTS]

    for step, numbers in enumerate(in_turn(recipe, recipe.vision_batch), start=1):
        _set_rate(optimizer, recipe.vision_rate, step, recipe.vision_steps)
        # mirrored or not, in halves: as good as twice the pictures
        parts = [(share, bool(rng.random() < 0.5)) for share in _shares(numbers, rng)]
        losses.append(_descend(optimizer, weights, part_loss, parts))
        if step % (_NOTE_EVERY * 5) == 0 or step == recipe.vision_steps:
            with torch.no_grad():
                vision = vision_tokens(model, plan.pixels(unlearned))
                right = heads.accuracies(vision, plan.truth(unlearned)[0])
            factors, local = np.mean(losses[-_NOTE_EVERY:], axis=0)
            plan.note(
                stage="vision",
                step=step,
                loss=round(float(factors), 4),
                local=round(float(local), 4),
                right=right,
                seconds=_since(started),
            )
        if step == recipe.vision_steps:
            return


def _learn_answers(plan: _Plan, packer: Packer, keep: Callable[[int], None]) -> None:
    model, heads = plan.model, plan.heads
    steps, rate = plan.recipe.steps, plan.recipe.rate
    tower = list(model.model.vision_tower.parameters())
    is_tower = {id(weight) for weight in tower}
    rest = [weight for weight in model.parameters() if id(weight) not in is_tower]
    beside = list(heads.parameters())
    optimizer = torch.optim.AdamW(
        [{"params": rest, "share": 1.0}, {"params": [*tower, *beside], "share": 0.25}],
        lr=rate,
        weight_decay=0.02,
        betas=(0.9, 0.98),
    )
    started = time.monotonic()
    losses: list[list[float]] = []

    def part_loss(part: _Part) -> list[torch.Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            vision = vision_tokens(model, plan.pixels(part.numbers))
            total, weight = answer_loss(model, vision, packer.beginning, part.batches)
        local = heads.local_loss(vision, plan.local(part.numbers))
        factors = heads.loss(vision, *plan.truth(part.numbers)) + _LOCAL * local
        return [total / weight / _PARTS, _BESIDE * factors / _PARTS]

    lessons = _lessons(plan, packer, "lesson")
    for step, parts in enumerate(_ahead(lessons), start=1):
        _set_rate(optimizer, rate, step, steps)
        losses.append(_descend(optimizer, [*rest, *tower, *beside], part_loss, parts))
        if step % _NOTE_EVERY == 0 or step == steps:
            answers, factors = np.mean(losses[-_NOTE_EVERY:], axis=0)
            plan.note(
                stage="answers",
                step=step,
                loss=round(float(answers), 4),
                factors=round(float(factors) / _BESIDE, 4),
                seconds=_since(started),
            )
        keep(step)
        if step == steps:
            return


def _learn_wordings(plan: _Plan, packer: Packer) -> None:
    """The same answers to questions in many wordings.

    What the vision tower sees is learned by then, and it stays as it is.
    """
    model, steps, rate = plan.model, plan.recipe.wording_steps, plan.recipe.wording_rate
    is_tower = {id(weight) for weight in model.model.vision_tower.parameters()}
    weights = [weight for weight in model.parameters() if id(weight) not in is_tower]
    optimizer = torch.optim.AdamW(weights, lr=rate, weight_decay=0.02, betas=(0.9, 0.98))
    started = time.monotonic()
    losses: list[list[float]] = []

    def part_loss(part: _Part) -> list[torch.Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                vision = vision_tokens(model, plan.pixels(part.numbers))
            total, weight = answer_loss(model, vision, packer.beginning, part.batches)
        return [total / weight / _PARTS]

    lessons = _lessons(plan, packer, "wording")
    for step, parts in enumerate(_ahead(lessons), start=1):
        _set_rate(optimizer, rate, step, steps)
        losses.append(_descend(optimizer, weights, part_loss, parts))
        if step % _NOTE_EVERY == 0 or step == steps:
            (answers,) = np.mean(losses[-_NOTE_EVERY:], axis=0)
            plan.note(
                stage="wordings", step=step, loss=round(float(answers), 4), seconds=_since(started)
            )
        if step == steps:
            return


def _lessons(
    plan: _Plan, packer: Packer, kind: Literal["lesson", "wording"]
) -> Iterator[list[_Part]]:
    pad, items, verdicts = packer.tokenizer.pad_token_id, plan.data.items, plan.data.verdicts
    orders = even(plan.recipe, plan.data, plan.recipe.batch, seed=99 if kind == "lesson" else 98)
    for step, numbers in enumerate(orders):
        dice = Dice(kind, plan.recipe.seed, step)
        parts = []
        for share in np.array_split(numbers, _PARTS):
            segments = [
                packer.segment(place, asked, dice.unit())
                for place, number in enumerate(share.tolist())
                for asked in lesson(
                    items[number].scene, verdicts[number], dice, is_varied=kind == "wording"
                )
            ]
            parts.append(_Part(share, batches_of(segments, pad)))
        yield parts


def _ahead(steps: Iterator[list[_Part]], depth: int = 3) -> Iterator[list[_Part]]:
    """The same steps, made ready by a thread while the last one is computed."""
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, steps) for _ in range(depth))
        while True:
            waiting.append(thread.submit(next, steps))
            yield waiting.popleft().result()


def _descend(
    optimizer: torch.optim.Optimizer,
    weights: list[torch.Tensor],
    part_loss: Callable[[Any], list[torch.Tensor]],
    parts: Sequence[Any],
) -> list[float]:
    """One step down the sum of all losses of all parts; each loss, summed over the parts.

    Every part has a thread of its own that computes on one processor. Threads that share each
    operation would wait for one another thousands of times a step, which is slow where other
    programs want the processors too.
    """

    def gradients(part: Any) -> tuple[list[float], tuple[torch.Tensor | None, ...]]:
        torch.set_num_threads(1)  # a setting of the thread
        losses = part_loss(part)
        found = torch.autograd.grad(torch.stack(losses).sum(), weights, allow_unused=True)
        return [float(loss.detach()) for loss in losses], found

    with ThreadPoolExecutor(len(parts)) as threads:
        results = list(threads.map(gradients, parts))
    for place, weight in enumerate(weights):
        shares = [found[place] for _, found in results]
        known = [share for share in shares if share is not None]
        weight.grad = torch.stack(known).sum(0) if known else None
    torch.nn.utils.clip_grad_norm_(weights, _CLIP)
    optimizer.step()
    return [sum(values) for values in zip(*(losses for losses, _ in results), strict=True)]


def _set_rate(optimizer: torch.optim.Optimizer, highest: float, step: int, steps: int) -> None:
    """A short climb, then half a cosine down to three hundredths."""
    climb = min(1.0, step / _WARM_UP)
    fall = 0.03 + 0.97 * (1 + math.cos(math.pi * step / steps)) / 2
    for group in optimizer.param_groups:
        group["lr"] = highest * group.get("share", 1.0) * climb * fall


def _shares(numbers: NDArray[np.int64], rng: np.random.Generator) -> list[NDArray[np.int64]]:
    return np.array_split(rng.permutation(numbers), _PARTS)


def _size(module: Any) -> int:
    return sum(weight.numel() for weight in module.parameters())


def _since(started: float) -> float:
    return round(time.monotonic() - started, 1)


if __name__ == "__main__":
    main()
