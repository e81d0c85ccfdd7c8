"""A saved transformer: what it has learned, and the model that it reads with or where to get it.

`arrays.npz` holds the head, `adapter/` an adapter in the format of peft, `classifier.json` the rest,
and `README.md` is for people. A fine-tuned model is there whole, in the format of transformers
(`config.json`, `model.safetensors`, the tokenizer's files). One that is as it was downloaded is named,
by repository and commit: anybody can get it, and its license may not let it be passed on. One that
came from a folder is copied, since nobody else has it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mllmsent.affect import dump_scheme, load_scheme
from mllmsent.foundation.errors import InputError
from mllmsent.models.hub import cached_model
from mllmsent.models.local.quiet import quiet
from mllmsent.text.storage import read_saved, write_saved
from mllmsent.text.transformer.adapters import ADAPTER, read_adapter, save_adapter
from mllmsent.text.transformer.backbone import Backbone, find_backbone, open_backbone
from mllmsent.text.transformer.heads import HeadPlan
from mllmsent.text.transformer.model_card import model_card
from mllmsent.text.transformer.options import TransformerOptions
from mllmsent.text.transformer.training import Learned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mllmsent.affect.scheme import Scheme
    from mllmsent.models.local.checkpoint import Checkpoint

__all__ = ["Saved", "read_classifier", "write_classifier"]

_CLASSIFIER = "classifier.json"
_CARD = "README.md"
_OURS = (_CLASSIFIER, "training.json")
_TOKENIZER = ("*.json", "*.jinja", "*.model", "*.tiktoken", "merges.txt", "vocab.txt")
_WEIGHTS = ("*.safetensors", "*.safetensors.index.json")


@dataclass(frozen=True)
class Saved:
    """What is read from a folder.

    Attributes:
        scheme: What it reads in.
        options: As it was made with; the model is the folder, or the repository that it reads with.
        identity: What made it itself, before any training.
        learned: What it learned; None for one that learns nothing.
        checkpoint: The files of the model that it reads with.
        base: Name of the model that it began with.
    """

    scheme: Scheme
    options: TransformerOptions
    identity: dict[str, Any]
    learned: Learned | None
    checkpoint: Checkpoint
    base: str


def write_classifier(
    folder: Path,
    name: str,
    *,
    scheme: Scheme,
    options: TransformerOptions,
    identity: Mapping[str, Any],
    checkpoint: Checkpoint,
    base: str,
    learned: Learned | None,
) -> None:
    """Write a classifier; `classifier.json` last, so that what was interrupted is no classifier.

    Args:
        folder: Made where absent; an earlier classifier in it is replaced.
        name: The classifier's name in the registry.
        scheme: What it reads in.
        options: As it was made with.
        identity: What makes it itself.
        checkpoint: The files that it began with.
        base: Name of the model that it began with.
        learned: What it learned, if it learns.

    Raises:
        InputError: If the folder is the one it was read from, or holds another model.
    """
    _make_room(folder, checkpoint)
    changed = learned is not None and options.training == "fine-tuned"
    named = checkpoint.source == "hub" and not changed
    if not named:
        for path in _files(checkpoint.folder, _TOKENIZER):
            shutil.copyfile(path, folder / path.name)
    if learned is not None and changed:
        with quiet():
            learned.backbone.loaded().save_pretrained(folder)
    elif not named:
        for path in _files(checkpoint.folder, _WEIGHTS):
            shutil.copyfile(path, folder / path.name)
    arrays = {}
    content: dict[str, Any] = {
        "scheme": dump_scheme(scheme),
        # Where the model lay is this machine's business.
        "options": options.model_dump(mode="json", exclude={"model", "revision", "device"}),
        "identity": dict(identity),
        "base": base,
        "reads_with": {"repo": checkpoint.repo, "revision": checkpoint.revision} if named else None,
    }
    if learned is not None:
        plan = learned.plan
        content["head"] = {"kind": plan.kind, "learned": plan.learned, "fixed": plan.fixed}
        content["fitted"] = learned.fitted
        arrays = {key: value.detach().cpu().numpy() for key, value in learned.head.items()}
        if options.training in {"lora", "qlora"}:
            save_adapter(learned.backbone, folder)
    card = model_card(
        scheme, options, identity, base, learned, revision=checkpoint.revision if named else ""
    )
    (folder / _CARD).write_text(card, encoding="utf-8")
    write_saved(folder, name, content, arrays)


def read_classifier(folder: Path, name: str) -> Saved:
    """Read what `write_classifier` wrote.

    Raises:
        InputError: If the folder does not hold one, whole, or the model that it reads with is not on
            this disk.
    """
    content, arrays = read_saved(folder, name)
    try:
        scheme = load_scheme(content["scheme"])
        where = dict(content["reads_with"] or {"repo": str(folder.absolute()), "revision": None})
        options = TransformerOptions.model_validate(
            {**content["options"], "model": where["repo"], "revision": where["revision"]}
        )
        identity = dict(content["identity"])
        base = str(content["base"])
    except (KeyError, TypeError, ValueError):
        raise InputError("This saved classifier is incomplete.", file=folder) from None
    if content["reads_with"] is not None:
        _require_download(options, folder)
    checkpoint = find_backbone(options)
    if options.training == "zero-shot":
        return Saved(scheme, options, identity, None, checkpoint, base)
    try:
        head = content["head"]
        plan = HeadPlan(
            head["kind"], tuple(map(int, head["learned"])), tuple(map(float, head["fixed"]))
        )
        fitted = dict(content["fitted"])
    except (KeyError, TypeError, ValueError):
        raise InputError("This saved classifier is incomplete.", file=folder) from None
    backbone = open_backbone(checkpoint, options)
    width = _width(checkpoint)
    _refuse_misfit(plan, arrays, scheme, width, folder)
    if options.training in {"lora", "qlora"}:
        model = backbone.loaded()
        backbone.model = read_adapter(model, folder, quantized=backbone.quantized)
    learned = Learned(backbone, plan, _tensors(arrays, backbone), fitted)
    return Saved(scheme, options, identity, learned, checkpoint, base)


def _require_download(options: TransformerOptions, folder: Path) -> None:
    """Refuse a classifier whose model was not downloaded; the hub is not asked about it."""
    if cached_model(options.model, options.revision).folder is None:
        raise InputError(
            f"This classifier reads with {options.model}, which is not on this disk.",
            cure=f"Download it: mllmsent models pull hf/{options.model} "
            f"--revision {options.revision}",
            file=folder,
        )


def _make_room(folder: Path, checkpoint: Checkpoint) -> None:
    if folder.exists() and folder.resolve() == checkpoint.folder.resolve():
        raise InputError(
            "The classifier came from this very folder.",
            cure="Save it to another one.",
            file=folder,
        )
    stale = [*_files(folder, _WEIGHTS)]
    if stale and not (folder / _CLASSIFIER).is_file():
        raise InputError(
            "There is another model in this folder.", cure="Name a new folder.", file=folder
        )
    folder.mkdir(parents=True, exist_ok=True)
    ours = [] if not (folder / _CLASSIFIER).is_file() else _files(folder, _TOKENIZER)
    for path in (folder / _CLASSIFIER, *stale, *ours):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / ADAPTER, ignore_errors=True)


def _files(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """Files of a folder; indexes of weights count as weights."""
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    if patterns is _TOKENIZER:
        found -= {*folder.glob("*.index.json"), *(folder / name for name in _OURS)}
    return sorted(found)


def _width(checkpoint: Checkpoint) -> int:
    import transformers  # noqa: PLC0415 - heavy

    config = transformers.AutoConfig.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=False
    )
    return int(config.get_text_config().hidden_size)


def _refuse_misfit(
    plan: HeadPlan, arrays: Mapping[str, Any], scheme: Scheme, width: int, folder: Path
) -> None:
    """Refuse a head that does not fit its scheme or its model."""
    n_outputs = len(scheme.labels) or len(scheme.dimensions)
    n_learned = len(plan.learned)
    wanted: dict[str, tuple[int, ...]] = {"weight": (n_learned, width), "bias": (n_learned,)}
    if plan.kind == "cumulative":
        wanted = {"weight": (1, width), "bias": (1,), "steps": (n_learned - 2,)}
    if "center" in arrays:
        wanted |= {"center": (width,), "scale": (width,)}
    fits = (
        plan.kind in {"nominal", "cumulative", "several", "values"}
        and (plan.kind == "values") == (scheme.kind == "dimensional")
        and all(0 <= place < n_outputs for place in plan.learned)
        and len(plan.fixed) == n_outputs
        and {key: value.shape for key, value in arrays.items()} == wanted
        and all(value.dtype == np.float32 for value in arrays.values())
    )
    if not fits:
        raise InputError("This saved classifier's parts do not fit each other.", file=folder)


def _tensors(arrays: Mapping[str, Any], backbone: Backbone) -> dict[str, Any]:
    import torch  # noqa: PLC0415 - heavy

    return {key: torch.from_numpy(value).to(backbone.device) for key, value in arrays.items()}
