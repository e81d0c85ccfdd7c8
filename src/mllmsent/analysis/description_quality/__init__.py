"""The analysis `description_quality`: `find` is its method, the others are its parts."""
