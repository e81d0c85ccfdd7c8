"""The analysis `visual_elements`: `find` is its method, the others are its parts."""
