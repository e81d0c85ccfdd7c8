"""A transformer learns a scheme from texts: the parts put together, for each way to train."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.foundation.digest import json_digest
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.work import report_work
from mllmsent.text.interface import CutWarning
from mllmsent.text.transformer.adapters import new_adapter
from mllmsent.text.transformer.features import features_of
from mllmsent.text.transformer.heads import (
    HeadPlan,
    encode_for_head,
    new_head,
    outputs_of,
    plan_head,
    row_weights,
    scores_of,
)
from mllmsent.text.transformer.inner_split import hold_out
from mllmsent.text.transformer.learning import Epoch, Progress, Work, learn
from mllmsent.text.transformer.resuming import Keeper
from mllmsent.text.transformer.tokens import by_length

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch
    from numpy.typing import NDArray

    from mllmsent.affect.scheme import Scheme
    from mllmsent.text.interface import Floats
    from mllmsent.text.transformer.backbone import Backbone
    from mllmsent.text.transformer.options import TransformerOptions
    from mllmsent.text.transformer.tokens import Encoded

__all__ = ["Learned", "read_texts", "train"]


@dataclass(frozen=True)
class Learned:
    """What training gives.

    Attributes:
        backbone: What turns texts into vectors, as it is after training.
        plan: What the head tells apart.
        head: The head's parameters.
        fitted: The record of the training, as plain JSON.
    """

    backbone: Backbone
    plan: HeadPlan
    head: dict[str, torch.Tensor]
    fitted: dict[str, Any]


def train(
    backbone: Backbone,
    scheme: Scheme,
    options: TransformerOptions,
    texts: Sequence[str],
    targets: NDArray[Any],
    *,
    seed: int,
    groups: NDArray[Any] | None,
    identity: Mapping[str, Any],
    tell: Callable[[Epoch], None],
) -> Learned:
    """Learn.

    Args:
        backbone: What turns texts into vectors; changed, except where it is frozen.
        scheme: What the targets are in.
        options: How; resolved.
        texts: The training texts.
        targets: As `TextClassifier.fit` takes them.
        seed: Seeds everything random.
        groups: Rows of one name are held out together or not at all.
        identity: What makes the classifier itself.
        tell: Told of each epoch that is over.

    Raises:
        InputError: If there is nothing to learn, or training diverges.
    """
    import torch  # noqa: PLC0415 - heavy

    _refuse_blank(texts)
    plan_head(scheme, targets, options.head)  # refuses, before a model is loaded
    encoded = backbone.tokens.encode(texts, backbone.max_length)
    rows, held = hold_out(scheme, targets, groups, options.held_out, seed)
    plan = plan_head(scheme, targets[rows], options.head)
    goals = encode_for_head(plan, scheme, targets)
    weights = row_weights(plan, goals, options.class_weight)
    frozen = options.training == "frozen"
    table = features_of(backbone, encoded, batch_tokens=options.reading_tokens) if frozen else None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parameters = {} if frozen else _open_weights(backbone, options)
    width = (
        int(backbone.loaded().config.get_text_config().hidden_size)
        if table is None
        else table.shape[1]
    )
    head = {
        name: value.detach().to(backbone.device).requires_grad_(value.requires_grad)
        for name, value in new_head(
            plan, goals[rows], weights[rows], width, None if table is None else table[rows]
        ).items()
    }
    heads = {f"head.{name}": value for name, value in head.items() if value.requires_grad}
    progress = learn(
        Work(
            vectors=_vectors(backbone, encoded, table),
            lengths=[1] * len(texts) if frozen else encoded.lengths,
            learning=_nothing if frozen else backbone.loaded().train,
            parameters=heads | parameters,
            head=head,
            plan=plan,
            scheme=scheme,
            targets=targets,
            encoded=torch.from_numpy(goals).to(backbone.device),
            weights=torch.from_numpy(weights).to(backbone.device),
            train=rows,
            held=held,
            device=backbone.device,
            half=not frozen and backbone.dtype == torch.float16,
        ),
        options,
        seed,
        Keeper(
            _key(
                backbone,
                scheme,
                encoded,
                targets=targets,
                groups=groups,
                seed=seed,
                identity=identity,
            )
        ),
        tell,
    )
    for value in (*parameters.values(), *head.values()):
        value.requires_grad_(False)  # noqa: FBT003 - torch takes no name here
        value.grad = None
    return Learned(
        backbone=backbone,
        plan=plan,
        head=head,
        fitted=_record(backbone, plan, encoded, progress, n_train=len(rows), n_held=len(held)),
    )


def read_texts(
    learned: Learned, scheme: Scheme, options: TransformerOptions, texts: Sequence[str]
) -> Floats:
    """Scores of texts, none of them blank; (n, labels) or (n, dimensions).

    Warns:
        CutWarning: If a text is longer than the model reads.
    """
    import torch  # noqa: PLC0415 - heavy

    backbone = learned.backbone
    encoded = backbone.tokens.encode(texts, backbone.max_length)
    if any(encoded.cut):
        warnings.warn(CutWarning(sum(encoded.cut), len(texts)), stacklevel=4)
    scores = np.full((len(texts), len(scheme.labels) or len(scheme.dimensions)), np.nan)
    if options.training == "frozen":
        found = features_of(backbone, encoded, batch_tokens=options.reading_tokens)
        table = torch.from_numpy(found)
        with torch.inference_mode():
            outputs = outputs_of(learned.plan, learned.head, table.to(backbone.device))
        return scores_of(learned.plan, outputs, scheme)
    batches = by_length(encoded.lengths, range(len(texts)), most_tokens=options.reading_tokens)
    with torch.inference_mode(), report_work("Texts read", len(texts)) as done:
        for batch in batches:
            vectors = backbone.vectors([encoded.ids[row] for row in batch])
            outputs = outputs_of(learned.plan, learned.head, vectors)
            scores[batch] = scores_of(learned.plan, outputs, scheme)
            done(len(batch))
    return scores


def _open_weights(backbone: Backbone, options: TransformerOptions) -> dict[str, torch.Tensor]:
    """Load the model, and let that part of it learn that shall; its parameters by name."""
    model = backbone.loaded()
    if options.training == "fine-tuned":
        model.requires_grad_(requires_grad=True)
    else:
        model = new_adapter(model, options, quantized=backbone.quantized)
        backbone.model = model
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def _vectors(
    backbone: Backbone, encoded: Encoded, table: NDArray[np.float32] | None
) -> Callable[[Sequence[int]], torch.Tensor]:
    import torch  # noqa: PLC0415 - heavy

    if table is None:
        return lambda rows: backbone.vectors([encoded.ids[row] for row in rows])
    known = torch.from_numpy(table).to(backbone.device)
    return lambda rows: known[list(rows)]


def _nothing(_: bool, /) -> None:
    """What a table is put into training mode by."""


def _refuse_blank(texts: Sequence[str]) -> None:
    if not len(texts):
        raise InputError("There are no texts to train on.")
    for row, text in enumerate(texts):
        if not text.strip():
            raise InputError(
                "This training text is blank: there is nothing to learn from it.",
                cure="Leave texts without words out of the training texts.",
                item=f"text {row}",
            )


def _key(
    backbone: Backbone,
    scheme: Scheme,
    encoded: Encoded,
    *,
    targets: NDArray[Any],
    groups: NDArray[Any] | None,
    seed: int,
    identity: Mapping[str, Any],
) -> str:
    """Digest of everything that the result of a training depends on."""
    read = hashlib.sha256()
    for ids in encoded.ids:
        read.update(np.asarray([len(ids), *ids], dtype="<i8").tobytes())
    return json_digest(
        {
            "identity": dict(identity),
            "scheme": scheme.digest(),
            "texts": read.hexdigest(),
            "targets": np.asarray(targets).tolist(),
            "groups": None if groups is None else [str(group) for group in groups],
            "seed": seed,
            "computed": [backbone.device.type, str(backbone.dtype)],
        },
        length=32,
    )


def _record(
    backbone: Backbone,
    plan: HeadPlan,
    encoded: Encoded,
    progress: Progress,
    *,
    n_train: int,
    n_held: int,
) -> dict[str, Any]:
    return {
        "epochs": progress.log,
        "best_epoch": progress.best,
        "learned_from": n_train,
        "held_out": n_held,
        "cut": sum(encoded.cut),
        "max_length": backbone.max_length,
        "pooling": backbone.pooling,
        "head": plan.kind,
        "device": backbone.device.type,
        "precision": str(backbone.dtype).removeprefix("torch."),
    }
