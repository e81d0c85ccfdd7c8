"""The analysis `text_and_image`: `find` is its method, the others are its parts."""
