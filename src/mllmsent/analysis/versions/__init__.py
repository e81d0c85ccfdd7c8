"""Versions over time: `find` is the method, the others are its parts."""
