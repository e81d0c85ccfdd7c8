"""The analysis `groups`: `find` is its method, the others are its parts."""
