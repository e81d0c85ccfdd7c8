"""Audits of runs and imports: one module per kind of fault, found from answers, claims and curves."""
