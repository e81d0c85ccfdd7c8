"""Simulated models and systems: programs with planted faults, for trying and testing the framework."""
