"""What has to be in order before a local model can be asked, each with its cure where it is not."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mllmsent.foundation.config import Document, read_config
from mllmsent.foundation.errors import InputError, MllmsentError
from mllmsent.models.checkup import CheckStep, ask, check_model
from mllmsent.models.checkup_pictures import two_pictures
from mllmsent.models.checkup_served import check_served
from mllmsent.models.facts import LOCAL, install_command, place_of
from mllmsent.models.local.options import LocalOptions
from mllmsent.models.presets import find_preset, preset_options
from mllmsent.models.registry import get_model
from mllmsent.models.served.model import ServedModel
from mllmsent.models.weights import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mllmsent.models.interface import Settings
    from mllmsent.models.local.checkpoint import Checkpoint
    from mllmsent.models.local.model import LocalModel

__all__ = ["check"]

_PARTS = ("torch", "transformers", "accelerate", "safetensors")
_BEFORE = ("parts", "found", "files", "memory", "loads")
_AFTER = (
    "answers text",
    "sees images",
    "same in a batch",
    "label likelihoods",
    "structured answers",
    "attention",
)


async def check(
    name: str,
    options: Mapping[str, Any] | None = None,
    on_step: Callable[[CheckStep], None] = lambda _: None,
    *,
    settings: Settings | None = None,
) -> list[CheckStep]:
    """Say what works with a model here, step by step.

    A server is asked one small question where all is well (`check_served`). A local model's parts,
    files and memory are looked at first; then it, and any other model, is asked a few small questions
    (`check_model`); a local one's attention is looked at last.

    Args:
        name: `provider/name`.
        options: What a study would say about it.
        settings: How a server is to answer, as a study would say it; by default as studies do.
        on_step: Is told each step when it is done.

    Returns:
        All steps in order.

    Raises:
        InputError: If no provider has such a name, or an option is unknown.
        MissingExtraError: If a served model's part is not installed.
    """
    told = {**preset_options(name), **(options or {})}
    if name.partition("/")[0] in LOCAL:
        read = read_config(LocalOptions, Document(told, name, {}))
        return await _check_local(_Log(on_step), name, told, read)
    model = get_model(name, **told)
    try:
        if isinstance(model, ServedModel):
            return await check_served(model, settings, on_step)
        return await check_model(model, on_step)
    finally:
        await model.aclose()


class _StoppedError(Exception):
    """What comes after needs what has failed."""


@dataclass
class _Log:
    """The steps so far."""

    on_step: Callable[[CheckStep], None]
    steps: list[CheckStep] = field(default_factory=list)

    def add(self, step: CheckStep) -> None:
        self.steps.append(step)
        self.on_step(step)

    async def look(self, name: str, work: Callable[[], tuple[str, Any]]) -> Any:
        """Do a step's work beside the event loop: it gives a detail, and what later steps need.

        Raises:
            _StoppedError: If it failed.
        """
        began = time.perf_counter()
        try:
            detail, found = await asyncio.to_thread(work)
        except MllmsentError as error:
            step = CheckStep(name, "failed", error.message, error.cure)
        except Exception as error:  # noqa: BLE001 - the step is where it is said
            step = CheckStep(name, "failed", f"{type(error).__name__}: {error}"[:500])
        else:
            self.add(CheckStep(name, "ok", detail, "", time.perf_counter() - began))
            return found
        self.add(CheckStep(name, step.status, step.detail, step.cure, time.perf_counter() - began))
        raise _StoppedError

    def give_up(self) -> list[CheckStep]:
        """The steps, with those that were not reached."""
        reached = {step.name for step in self.steps}
        for name in (*_BEFORE, *_AFTER):
            if name not in reached:
                self.add(CheckStep(name, "not tried"))
        return self.steps


async def _check_local(
    log: _Log, name: str, told: Mapping[str, Any], options: LocalOptions
) -> list[CheckStep]:
    try:
        await log.look("parts", lambda: _parts(name, options))
        await log.look("found", lambda: _found(name, options))
        model: LocalModel = await log.look("files", lambda: _files(name, told))
        await log.look("memory", lambda: _memory(model.checkpoint, options))
        await log.look("loads", lambda: _loads(model))
    except _StoppedError:
        return log.give_up()
    try:
        await check_model(model, log.add)
        if log.steps[len(_BEFORE)].status == "failed":
            return log.give_up()
        await log.look("attention", lambda: _attention(model))
    except _StoppedError:
        pass
    finally:
        await model.aclose()
    return log.steps


def _parts(name: str, options: LocalOptions) -> tuple[str, None]:
    from importlib.metadata import version  # noqa: PLC0415 - here only

    if missing := [part for part in _PARTS if find_spec(part) is None]:
        raise InputError(
            f"Not installed: {', '.join(missing)}.",
            cure="Install them with: pip install 'mllmsent[local]'",
        )
    preset = find_preset(name)
    wanted = [*(() if preset is None else preset.needs)]
    wanted += ["bitsandbytes"] if options.quantization else []
    if missing := [package for package in wanted if find_spec(package) is None]:
        raise InputError(
            f"Not installed: {', '.join(missing)}.",
            cure=f"Install with: {install_command(missing)}",
        )
    return ", ".join(f"{part} {version(part)}" for part in ("torch", "transformers")), None


def _found(name: str, options: LocalOptions) -> tuple[str, None]:
    """Where it is; a repository that is not on this disk is looked for at the hub."""
    place, folder, commit = place_of(name, options.revision)
    if place == "folder" or (place == "builtin" and folder is not None):
        return f"in {folder}", None
    if commit:
        return f"commit {commit[:12]}", None
    # It says what is wrong: not there, gated, out of reach, or merely not downloaded.
    get_model(name, **options.model_dump(exclude_defaults=True))
    return "", None


def _files(name: str, told: Mapping[str, Any]) -> tuple[str, LocalModel]:
    model: Any = get_model(name, **told)
    size = size_in_words(model.checkpoint.size_bytes)
    return f"{model.checkpoint.model_type}, {size} of weights", model


def _memory(checkpoint: Checkpoint, options: LocalOptions) -> tuple[str, None]:
    from mllmsent.models.local.devices import (  # noqa: PLC0415 - imports torch
        needed_bytes,
        placements,
        resolved_dtype,
    )

    dtype = resolved_dtype(options, checkpoint)
    needed = size_in_words(needed_bytes(checkpoint, dtype, options.quantization))
    places = ", ".join(placements(checkpoint, options))
    return f"about {needed} at {options.quantization or dtype} on {places}", None


def _loads(model: LocalModel) -> tuple[str, None]:
    loaded = model.load().preparer.loaded
    if loaded.chat_template is None:
        raise InputError(
            "It has no chat template: nobody knows how to write a conversation for it.",
            cure="Take the instruction-tuned model (-it, -Instruct, -chat) and not its base.",
        )
    tested = "" if loaded.family.known else ", of a family that this project does not test"
    return f"context of {loaded.context_length:,} tokens{tested}", None


def _attention(model: LocalModel) -> tuple[str, None]:
    """Four tokens of an answer, and how much of what they look at is the picture."""
    from mllmsent.models.local.attention import attend  # noqa: PLC0415 - imports torch
    from mllmsent.models.local.forward import Beginning  # noqa: PLC0415 - likewise

    team = model.load()
    with two_pictures() as pictures:
        job = team.preparer.prepare(ask(pictures[0], "Describe this picture in one sentence."))
    seen = attend(team.preparer.loaded, Beginning(job.ids, job.images), max_tokens=4)
    share = float(seen.shares.mean())
    if not 0 < share <= 1.001:
        raise InputError(f"The picture has {share:.3g} of the attention: that cannot be.")
    grids = [f"{grid.rows} x {grid.columns}" for grid in seen.grids[0]]
    layout = f"on a grid of {' and '.join(grids)}" if grids else "of which the layout is not known"
    return f"{share:.0%} of it falls on the picture, {layout}", None
