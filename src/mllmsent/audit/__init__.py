"""Audits: one module per kind of fault, in datasets and in runs; every finding with rows and cure."""

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.opening import audit_path
from mllmsent.audit.registry import AUDITS, Audit, audit_dataset, audit_names
from mllmsent.audit.run_registry import RUN_AUDITS, RunAudit, audit_run, run_audit_names
from mllmsent.audit.runs.tables import RunTables

__all__ = [
    "AUDITS",
    "RUN_AUDITS",
    "AffectedRow",
    "Audit",
    "Finding",
    "RunAudit",
    "RunTables",
    "audit_dataset",
    "audit_names",
    "audit_path",
    "audit_run",
    "run_audit_names",
]
