"""Audits: one module per kind of fault, in datasets; every finding with its rows and its cure."""

from mllmsent.audit.finding import AffectedRow, Finding
from mllmsent.audit.registry import AUDITS, Audit, audit_dataset, audit_names

__all__ = ["AUDITS", "AffectedRow", "Audit", "Finding", "audit_dataset", "audit_names"]
