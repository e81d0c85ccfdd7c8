"""The run folder: a study with everything that came of it, which can be moved and reopened.

study.yaml          resolved and complete; paths in it are relative to the folder
manifest.json       versions, hashes, protocols, seeds, hardware, counts
items.parquet ...   the tables of `foundation.tables`
analysis/           findings, as JSON and CSV
report/             pages
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.affect import load_scheme
from mllmsent.foundation.config import Config
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.tables import empty_table, read_table, write_table
from mllmsent.runs.locks import locked
from mllmsent.runs.study import Study, load_study

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme

__all__ = ["RunFolder", "claimed", "open_folder", "study_yaml", "write_text"]

FORMAT = 1
"""Version of the folder's layout."""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class RunFolder:
    """A run on disk.

    Attributes:
        path: The folder.
    """

    path: Path

    @cached_property
    def study(self) -> Study:
        """The resolved study."""
        return load_study(self.path / "study.yaml")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Versions, hashes, protocols, seeds, hardware, counts.

        Raises:
            InputError: If it is absent, not JSON, or of a newer format.
        """
        file = self.path / MANIFEST
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError("The manifest is missing.", file=file, cure=_RERUN) from None
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"The manifest is not JSON: {error}.",
                file=file,
                line=getattr(error, "lineno", None),
                cure=_RERUN,
            ) from None
        if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
            raise InputError("The manifest has no `format`.", file=file, cure=_RERUN)
        if manifest["format"] > FORMAT:
            raise InputError(
                f"The run has format {manifest['format']}; this version reads {FORMAT}.",
                file=file,
                cure="Update mllmsent.",
            )
        for key in ("dataset", "schemes", "protocols"):
            if not isinstance(manifest.get(key), dict):
                raise InputError(f"The manifest has no {key!r}.", file=file, cure=_RERUN)
        return manifest

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """Name to scheme, as they were when the run was made.

        Raises:
            InputError: If one of them is no definition of a scheme.
        """
        file, found = self.path / MANIFEST, {}
        for name, definition in self.manifest["schemes"].items():
            # A text would be the path of a file, and a run may come from a stranger.
            if not isinstance(definition, dict):
                raise InputError(f"The scheme {name!r} has no definition.", file=file, cure=_RERUN)
            try:
                found[name] = load_scheme(definition)
            except InputError as error:
                raise InputError(
                    f"The scheme {name!r} cannot be read: {error}", file=file, cure=_RERUN
                ) from None
        return found

    def table(self, name: str) -> pd.DataFrame:
        """A table of the run; empty where the run has none of its rows.

        Args:
            name: A key of `foundation.tables.TABLES`.
        """
        file = self.path / f"{name}.parquet"
        return read_table(name, file) if file.exists() else empty_table(name)

    def write(
        self,
        study: Study,
        manifest: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
    ) -> None:
        """Write everything, or leave what is there as it is.

        Report and findings of the tables that were there before go: they would contradict these.

        Raises:
            InputError: If it cannot be written; what was there before is then still there.
        """
        partial = self.path / f".partial-{os.getpid()}"
        text = json.dumps({"format": FORMAT, **manifest}, indent=2, ensure_ascii=False, default=str)
        try:
            partial.mkdir(parents=True, exist_ok=True)
            (partial / "study.yaml").write_text(study_yaml(study), encoding="utf-8")
            for name, table in tables.items():
                write_table(name, table, partial / f"{name}.parquet")
            (partial / MANIFEST).write_text(text + "\n", encoding="utf-8")
            # Without its manifest a folder is no run: nobody reads half of one and half of another.
            (self.path / MANIFEST).unlink(missing_ok=True)
            (self.path / "report" / "index.html").unlink(missing_ok=True)
            for told in (self.path / "analysis").glob("*/findings.json"):
                shutil.rmtree(told.parent)
            for file in sorted(partial.iterdir(), key=lambda file: file.name == MANIFEST):
                file.replace(self.path / file.name)
        except OSError as error:
            raise InputError(
                f"The run cannot be written: {error.strerror or error}.",
                file=self.path,
                cure="Is the disk full, or the folder read-only? Every answer is kept in the cache: "
                "run again, perhaps with another --out.",
            ) from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        for name in ("study", "manifest", "schemes"):
            self.__dict__.pop(name, None)

    def dataset_root(self) -> Path:
        """Where the images are, as far as the run knows; may be absent on this machine."""
        return (self.path / str(self.manifest["dataset"].get("root", "."))).resolve()


def open_folder(path: str | Path) -> RunFolder:
    """Open a run folder.

    Raises:
        InputError: If there is no run there; the message says what is missing.
    """
    folder = Path(path)
    if folder.name == MANIFEST:
        folder = folder.parent
    if not folder.is_dir():
        known = sorted(p.parent.name for p in folder.parent.glob(f"*/{MANIFEST}"))
        listing = f"Runs beside it: {', '.join(known)}." if known else ""
        raise InputError("There is no such run folder.", file=folder, cure=listing)
    run = RunFolder(folder)
    _ = run.manifest
    return run


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make a run folder and keep other processes from running the same study meanwhile.

    Raises:
        InputError: If it cannot be made or written to, or another process is at it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(
            "This is a file, not a folder.", file=folder, cure="Name another --out."
        ) from None
    except OSError as error:
        raise InputError(
            f"The run folder cannot be made: {error.strerror}.",
            file=folder,
            cure="Name another --out.",
        ) from None
    if not os.access(folder, os.W_OK):
        raise InputError(
            "The run folder cannot be written to.", file=folder, cure="Name another --out."
        )
    # The folder itself is locked, so that no lock is left behind.
    with locked(folder) as is_ours:
        if not is_ours:
            raise InputError(
                "Another process is running this study now.",
                file=folder,
                cure="Wait until it is done, or name another --out.",
            )
        yield


def study_yaml(study: Study) -> str:
    """A study as YAML, complete, so that it says what happened whatever the defaults become."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - 60 ms that `--help` does without

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    stream = StringIO()
    yaml.dump(_written(study), stream)
    return stream.getvalue()


def _written(value: Any) -> Any:
    """Plain values for YAML; what is not set is left out, unless that would mean something else."""
    if isinstance(value, Config):
        fields = type(value).model_fields
        values = {name: getattr(value, name) for name in fields}
        return {
            name: _written(each)
            for name, each in values.items()
            if each is not None or fields[name].get_default(call_default_factory=True) is not None
        }
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_written(each) for each in value]
    return value


def write_text(file: Path, text: str) -> None:
    """Write a text file, whole or not at all.

    Raises:
        InputError: If it cannot be written.
    """
    partial = file.with_name(f"{file.name}.partial-{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        with suppress(OSError):  # where a file stands for a folder there is nothing to remove
            partial.unlink()
        raise InputError(
            f"This cannot be written: {error.strerror}.",
            file=file,
            cure="Is the disk full, or the folder read-only? Name another place.",
        ) from None


_RERUN = "Run the study again: `mllmsent run STUDY`; answered requests are not sent again."
