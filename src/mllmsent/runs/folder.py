"""The run folder: a study with everything that came of it, which can be moved and reopened.

study.yaml          resolved and complete; paths in it are relative to the folder
manifest.json       versions, hashes, protocols, seeds, hardware, counts
items.parquet ...   the tables of `foundation.tables`
analysis/           findings, as JSON and Parquet
report/             pages
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mllmsent.affect import load_scheme
from mllmsent.foundation.errors import InputError
from mllmsent.foundation.tables import empty_table, read_table, write_table
from mllmsent.runs.study import Study, load_study

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from mllmsent.affect.scheme import Scheme

__all__ = ["RunFolder", "open_folder"]

FORMAT = 1
"""Version of the folder's layout."""


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
        file = self.path / "manifest.json"
        try:
            manifest = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError("The manifest is missing.", file=file, cure=_RERUN) from None
        except (ValueError, UnicodeDecodeError) as error:
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
        missing = [key for key in ("dataset", "schemes", "protocols") if key not in manifest]
        if missing:
            raise InputError(f"The manifest has no {missing[0]!r}.", file=file, cure=_RERUN)
        return manifest

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """Name to scheme, as they were when the run was made."""
        return {
            name: load_scheme(definition) for name, definition in self.manifest["schemes"].items()
        }

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
        """Write everything; each file whole or not at all, the manifest last."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_text(self.path / "study.yaml", study_yaml(study))
        for name, table in tables.items():
            write_table(name, table, self.path / f"{name}.parquet")
        text = json.dumps({"format": FORMAT, **manifest}, indent=2, ensure_ascii=False, default=str)
        write_text(self.path / "manifest.json", text + "\n")
        for name in ("study", "manifest", "schemes"):
            self.__dict__.pop(name, None)

    def dataset_root(self) -> Path:
        """Where the images are, as far as the run knows; may be absent on this machine."""
        return (self.path / str(self.manifest["dataset"]["root"])).resolve()


def open_folder(path: str | Path) -> RunFolder:
    """Open a run folder.

    Raises:
        InputError: If there is no run there; the message says what is missing.
    """
    folder = Path(path)
    if folder.name == "manifest.json":
        folder = folder.parent
    if not folder.is_dir():
        known = sorted(p.parent.name for p in folder.parent.glob("*/manifest.json"))
        listing = f"Runs beside it: {', '.join(known)}." if known else ""
        raise InputError("There is no such run folder.", file=folder, cure=listing)
    run = RunFolder(folder)
    _ = run.manifest
    return run


def study_yaml(study: Study) -> str:
    """A study as YAML, complete, so that it says what happened whatever the defaults become."""
    from io import StringIO  # noqa: PLC0415

    from ruamel.yaml import YAML  # noqa: PLC0415 - 60 ms that `--help` does without

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 100
    stream = StringIO()
    yaml.dump(study.model_dump(mode="json", exclude_none=True), stream)
    return stream.getvalue()


def write_text(file: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


_RERUN = "Run the study again: `mllmsent run STUDY`; answered requests are not sent again."
