"""The analysis `calibration`: `find` is its method, the others are its parts."""
