"""`python -m mtl`: the same as the command `mtl`."""

from .cli import main

if __name__ == "__main__":
    main()
