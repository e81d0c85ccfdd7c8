"""The analysis `strategies`: `find` is its method, the others are its parts."""
