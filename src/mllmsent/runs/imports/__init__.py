"""Imports: predictions that were made elsewhere, made into a run like any other."""

from mllmsent.runs.imports.importing import ImportFormat, import_run

__all__ = ["ImportFormat", "import_run"]
