"""The analysis `people`: `find` is its method, the others are its parts."""
