"""`python -m mllmsent` is `mllmsent`."""

from mllmsent.cli import main

if __name__ == "__main__":
    main()
