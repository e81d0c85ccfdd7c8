"""The analysis `comparison`: `find` is its method, the others are its parts."""
