"""The analysis `intensity`: `find` is its method, the others are its parts."""
