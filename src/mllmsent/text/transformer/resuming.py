"""A training's state on disk: what was interrupted goes on, and what was finished is not done again.

A folder for each training, named by everything that its result depends on. It holds `state.safetensors`,
whose header says how far it is, and the weights of the best epoch so far. Files are written whole
beside their names and then renamed, so that a kill at any moment leaves the last state. Nothing is
pickled.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mllmsent.data.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import torch

    from mllmsent.text.transformer.learning import Progress

__all__ = ["Keeper"]

_LOG = logging.getLogger("mllmsent.text.transformer")
_STATE = "state.safetensors"
_DAYS = 14
_DAY_S = 86_400
_HOUR_S = 3_600
_MOST_BYTES = 20 * 2**30
# Writing may take no more than this share of the time.
_MOST_WRITING = 0.05


class Keeper:
    """Keeps one training's state.

    A state is written when `every_s` seconds have gone by since the last one, and less often where
    writing takes long. A training that is over before that leaves nothing: it is done again as fast.
    Trainings that nobody has asked for in two weeks are removed, and the longest unasked of those
    that take more than 20 GiB together.

    Args:
        key: Name of the training: a digest of all that its result depends on.
        every_s: Seconds between states.
    """

    every_s = 30.0

    def __init__(self, key: str) -> None:
        self._root = cache_folder() / "training"
        self._folder = self._root / key
        self._last = time.monotonic()
        self._took = 0.0
        self._kept_best = 0
        self._kept = False

    def resume(
        self, parameters: dict[str, torch.Tensor], optimizer: torch.optim.Optimizer
    ) -> tuple[Progress, dict[str, torch.Tensor]]:
        """The last state, put into parameters and optimizer; or the beginning, where there is none.

        Returns:
            How far it is, and the parameters of its best epoch.
        """
        import torch  # noqa: PLC0415 - heavy

        from mllmsent.text.transformer.learning import Progress  # noqa: PLC0415 - it imports this

        self._prune()
        try:
            progress, state = self._read(_STATE)
            best = self._read(f"best-{progress.best}.safetensors")[1] if progress.best else {}
            now = {name[4:]: value for name, value in state.items() if name.startswith("now.")}
            whole = best if progress.done else now
            if any(whole[name].shape != value.shape for name, value in parameters.items()):
                raise ValueError("These are another training's tensors.")  # noqa: TRY301 - as absent
            with torch.no_grad():
                for name, value in parameters.items():
                    value.copy_(whole[name])
            if not progress.done:
                _put_optimizer(optimizer, state)
        except FileNotFoundError:
            return Progress(), {}
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it can be done again
            _LOG.warning("A training cannot be gone on with and begins anew: %s", error)
            return Progress(), {}
        self._kept_best, self._kept = progress.best, True
        with contextlib.suppress(OSError):
            os.utime(self._folder)
        return progress, {
            name: best[name].to(value.device) for name, value in parameters.items() if best
        }

    def keep(
        self,
        progress: Progress,
        parameters: dict[str, torch.Tensor],
        optimizer: torch.optim.Optimizer,
        best: dict[str, torch.Tensor],
    ) -> None:
        """Write the state, if it is time."""
        waited = time.monotonic() - self._last
        due = waited >= max(self.every_s, self._took / _MOST_WRITING)
        if not due and not (progress.done and self._kept):
            return
        began = time.monotonic()
        # A full or read-only disk costs safety, not the study.
        try:
            self._write(progress, parameters, optimizer, best)
        except OSError as error:
            _LOG.warning("The training's state could not be written: %s", error.strerror)
        self._last = time.monotonic()
        self._took = self._last - began
        self._kept = True

    def _write(
        self,
        progress: Progress,
        parameters: dict[str, torch.Tensor],
        optimizer: torch.optim.Optimizer,
        best: dict[str, torch.Tensor],
    ) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if progress.best != self._kept_best:
            self._save(f"best-{progress.best}.safetensors", best, progress)
        state: dict[str, torch.Tensor] = {}
        if not progress.done:
            state = {f"now.{name}": value for name, value in parameters.items()}
            state |= dict(_optimizer_tensors(optimizer))
        self._save(_STATE, state, progress)
        # Only now does the state name the new one.
        if progress.best != self._kept_best:
            (self._folder / f"best-{self._kept_best}.safetensors").unlink(missing_ok=True)
            self._kept_best = progress.best

    def _save(self, name: str, tensors: dict[str, torch.Tensor], progress: Progress) -> None:
        from safetensors.torch import save_file  # noqa: PLC0415 - heavy

        partial = self._folder / f"{name}.{os.getpid()}"
        held = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
        save_file(held, partial, metadata={"progress": json.dumps(asdict(progress))})
        partial.replace(self._folder / name)

    def _read(self, name: str) -> tuple[Progress, dict[str, torch.Tensor]]:
        from safetensors import safe_open  # noqa: PLC0415 - heavy

        from mllmsent.text.transformer.learning import Progress  # noqa: PLC0415 - it imports this

        with safe_open(self._folder / name, framework="pt") as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no dictionary
        return Progress(**json.loads(metadata["progress"])), tensors

    def _prune(self) -> None:
        with contextlib.suppress(OSError):
            others = [folder for folder in self._root.iterdir() if folder != self._folder]
            total = 0
            for folder in sorted(others, key=_last_asked, reverse=True):
                total += sum(file.stat().st_size for file in folder.iterdir())
                unasked = time.time() - _last_asked(folder)
                # One that is under way elsewhere is asked every now and then.
                too_much = total > _MOST_BYTES and unasked > _HOUR_S
                if too_much or unasked > _DAYS * _DAY_S:
                    shutil.rmtree(folder, ignore_errors=True)


def _last_asked(folder: Path) -> float:
    return folder.stat().st_mtime


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, torch.Tensor]]:
    for number, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            yield f"optimizer.{number}.{name}", value


def _put_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, number, name = key.split(".")
            state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )
