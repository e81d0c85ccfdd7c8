"""The analysis `error_clusters`: `find` is its method, the others are its parts."""
