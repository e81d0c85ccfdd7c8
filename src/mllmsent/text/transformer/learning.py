"""Learning, epoch by epoch, until held-out texts are read no better; then the best epoch is back.

One loop for all ways to train: a frozen model's vectors are rows of a table, any other's are
computed as they are needed. Everything random comes from the seed and the number of the step, so
that a training that was interrupted goes on as if it had not been.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.errors import InputError
from mllmsent.foundation.work import report_work
from mllmsent.text.linear_models import goodness
from mllmsent.text.transformer.heads import losses, outputs_of, scores_of
from mllmsent.text.transformer.tokens import by_length, shuffled_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.transformer.heads import HeadPlan
    from mllmsent.text.transformer.options import TransformerOptions
    from mllmsent.text.transformer.resuming import Keeper

__all__ = ["Epoch", "Progress", "Work", "learn"]

_LARGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch came to.

    Attributes:
        epoch: Its number, from 1.
        train_loss: Mean weighted loss of what was learned from, while it was.
        inner_score: Of held-out training texts: the chosen F1, or minus the mean squared error in
            parts of the scales; None where nothing is held out.
        inner_loss: Their mean weighted loss.
        seconds: How long it took, over all starts.
    """

    epoch: int
    train_loss: float
    inner_score: float | None
    inner_loss: float | None
    seconds: float


@dataclass
class Progress:
    """How far a training is: what is saved beside its tensors.

    Attributes:
        epoch: The epoch under way, from 0.
        step: The step of it that comes next.
        loss_sum: Weighted losses of this epoch so far.
        weight_sum: Their weights.
        seconds: Spent on this epoch so far.
        log: The epochs that are over.
        best: The best of these, from 1; 0 for none.
        done: Whether it is over.
        scaler: State of the gradients' scaling, where half precision needs one.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    weight_sum: float = 0.0
    seconds: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)
    best: int = 0
    done: bool = False
    scaler: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What is learned, of what.

    Attributes:
        vectors: Gives (rows, width) vectors of rows, with gradients where the model learns.
        lengths: (n,) tokens of each row; 1 where vectors are there already.
        learning: Puts the model into training mode (True) or evaluation mode.
        parameters: All that learns, by name; the head's begin with "head.".
        head: The head's parameters, those included that do not learn.
        plan: What the head tells apart.
        scheme: What the targets are in.
        targets: As `TextClassifier.fit` takes them.
        encoded: (n, columns) the same for the head.
        weights: (n, columns) how much each counts.
        train: Rows to learn from.
        held: Rows held out.
        device: Where it is computed.
        half: Whether gradients are computed in float16 and need scaling.
    """

    vectors: Callable[[Sequence[int]], torch.Tensor]
    lengths: Sequence[int]
    learning: Callable[[bool], None]
    parameters: dict[str, torch.Tensor]
    head: dict[str, torch.Tensor]
    plan: HeadPlan
    scheme: Scheme
    targets: NDArray[Any]
    encoded: torch.Tensor
    weights: torch.Tensor
    train: NDArray[np.intp]
    held: NDArray[np.intp]
    device: torch.device
    half: bool = False


def learn(
    work: Work,
    options: TransformerOptions,
    seed: int,
    keeper: Keeper,
    tell: Callable[[Epoch], None],
) -> Progress:
    """Train, and leave the parameters as they were after the best epoch.

    AdamW (Loshchilov and Hutter 2019) with linear warm-up and decay, gradients of norm 1 at most.

    Args:
        work: What is learned, of what.
        options: How; resolved.
        seed: Seeds order and dropout.
        keeper: Where the state is kept, and found again after an interruption.
        tell: Told of each epoch that is over.

    Returns:
        The log. Of epochs with equal scores the one with the smaller loss is best; without held-out
        rows the last one is.
    """
    import torch  # noqa: PLC0415 - heavy

    assert options.epochs is not None  # resolved
    assert options.patience is not None
    optimizer = _optimizer(work, options)
    scaler = torch.amp.GradScaler(work.device.type, enabled=work.half)
    progress, best = keeper.resume(work.parameters, optimizer)
    if progress.scaler and work.half:
        scaler.load_state_dict(progress.scaler)
    # Training may end earlier, by patience.
    most = options.epochs * len(work.train)
    with _own_randomness(work.device), report_work("Texts learned from", most) as done:
        done(progress.epoch * len(work.train))
        while not progress.done:
            began = time.perf_counter() - progress.seconds
            for rows in _epoch(work, options, optimizer, scaler, seed=seed, progress=progress):
                done(rows)
                progress.seconds = time.perf_counter() - began
                if work.half:
                    progress.scaler = scaler.state_dict()
                keeper.keep(progress, work.parameters, optimizer, best)
            _refuse_divergence(progress)
            score, loss = _inner(work, options)
            progress.seconds = time.perf_counter() - began
            over = Epoch(
                epoch=progress.epoch + 1,
                train_loss=progress.loss_sum / progress.weight_sum,
                inner_score=score,
                inner_loss=loss,
                seconds=round(progress.seconds, 3),
            )
            tell(over)
            progress.log.append(asdict(over))
            if _is_best(progress):
                progress.best = over.epoch
                best = {name: value.detach().clone() for name, value in work.parameters.items()}
            progress.epoch, progress.step = over.epoch, 0
            progress.loss_sum = progress.weight_sum = progress.seconds = 0.0
            waited = over.epoch - progress.best
            progress.done = over.epoch >= options.epochs or waited >= options.patience
            keeper.keep(progress, work.parameters, optimizer, best)
    with torch.no_grad():
        for name, value in work.parameters.items():
            value.copy_(best[name])
    work.learning(False)  # noqa: FBT003 - a mode, as torch has it
    return progress


def _optimizer(work: Work, options: TransformerOptions) -> torch.optim.AdamW:
    import torch  # noqa: PLC0415 - heavy

    groups = []
    for is_head, rate in ((True, options.head_learning_rate), (False, options.learning_rate)):
        for decays in (True, False):
            # Biases and scales are left alone: a small one says nothing simpler.
            mine = [
                value
                for name, value in work.parameters.items()
                if name.startswith("head.") == is_head and (value.ndim > 1) == decays
            ]
            if mine:
                decay = options.weight_decay if decays else 0.0
                groups.append({"params": mine, "lr": rate, "top": rate, "weight_decay": decay})
    return torch.optim.AdamW(groups)


def _epoch(
    work: Work,
    options: TransformerOptions,
    optimizer: torch.optim.AdamW,
    scaler: torch.amp.GradScaler,
    *,
    seed: int,
    progress: Progress,
) -> Iterator[int]:
    """The steps of an epoch that are still to do; gives how many texts each learned from."""
    import torch  # noqa: PLC0415 - heavy

    assert options.epochs is not None  # resolved
    assert options.batch_size is not None
    batches = list(
        shuffled_batches(
            work.lengths,
            work.train.tolist(),
            most_tokens=options.batch_tokens,
            most_rows=options.batch_size,
            seeds=(seed, progress.epoch),
        )
    )
    steps = [
        batches[start : start + options.accumulate]
        for start in range(0, len(batches), options.accumulate)
    ]
    work.learning(True)  # noqa: FBT003 - a mode, as torch has it
    for number in range(progress.step, len(steps)):
        torch.manual_seed(_state(seed, progress.epoch, number))
        share = (progress.epoch + (number + 1) / len(steps)) / options.epochs
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * _rate(share, options.warmup)
        rows = [row for batch in steps[number] for row in batch]
        total = work.weights[rows].sum()
        optimizer.zero_grad(set_to_none=True)
        for batch in steps[number]:
            outputs = outputs_of(work.plan, work.head, work.vectors(batch), options.dropout)
            wrong = losses(work.plan, outputs, work.encoded[batch]) * work.weights[batch]
            loss: Any = scaler.scale(wrong.sum() / total)
            loss.backward()
            progress.loss_sum += float(wrong.detach().sum())
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(list(work.parameters.values()), _LARGEST_GRADIENT)
        scaler.step(optimizer)
        scaler.update()
        progress.weight_sum += float(total)
        progress.step = number + 1
        yield len(rows)


def _rate(share: float, warmup: float) -> float:
    """What the learning rate is of its largest, when such a share of all steps is done."""
    if share < warmup:
        return share / warmup
    # The last step still learns a little.
    return max((1 - share) / (1 - warmup), 0.01) if warmup < 1 else 1.0


def _inner(work: Work, options: TransformerOptions) -> tuple[float | None, float | None]:
    """Score and loss of held-out rows."""
    if not len(work.held):
        return None, None
    rows = work.held.tolist()
    outputs = read_in_batches(work, rows, options)
    wrong = losses(work.plan, outputs, work.encoded[rows]) * work.weights[rows]
    loss = float(wrong.sum() / work.weights[rows].sum())
    scores = scores_of(work.plan, outputs, work.scheme)
    return goodness(scores, work.targets[rows], work.scheme, options.choose_by), loss


def read_in_batches(work: Work, rows: Sequence[int], options: TransformerOptions) -> torch.Tensor:
    """(rows, learned) outputs for rows, in their order."""
    import torch  # noqa: PLC0415 - heavy

    work.learning(False)  # noqa: FBT003 - a mode, as torch has it
    place_of = {row: place for place, row in enumerate(rows)}
    outputs: torch.Tensor | None = None
    with torch.inference_mode():
        for batch in by_length(work.lengths, rows, most_tokens=options.reading_tokens):
            found = outputs_of(work.plan, work.head, work.vectors(batch))
            if outputs is None:
                outputs = found.new_empty((len(rows), found.shape[1]))
            outputs[[place_of[row] for row in batch]] = found
    assert outputs is not None
    return outputs


def _refuse_divergence(progress: Progress) -> None:
    if not math.isfinite(progress.loss_sum):
        raise InputError(
            f"Training diverged in epoch {progress.epoch + 1}: the loss is no number any more.",
            cure="Set a smaller learning_rate; with precision: float16, try bfloat16 or float32.",
        )


def _is_best(progress: Progress) -> bool:
    """Whether the last epoch is the best so far."""
    last = progress.log[-1]
    if progress.best == 0 or last["inner_score"] is None:
        return True
    best = progress.log[progress.best - 1]
    return (last["inner_score"], -last["inner_loss"]) > (best["inner_score"], -best["inner_loss"])


def _state(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


@contextlib.contextmanager
def _own_randomness(device: torch.device) -> Iterator[None]:
    """Whatever is drawn inside leaves torch's generators as they were."""
    import torch  # noqa: PLC0415 - heavy

    on_gpu = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=on_gpu):
        yield
