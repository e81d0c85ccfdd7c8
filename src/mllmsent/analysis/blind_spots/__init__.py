"""The analysis `blind_spots`: `find` is its method, the others are its parts."""
