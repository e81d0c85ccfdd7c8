"""The analysis `consistency`: `find` is its method, the others are its parts."""
