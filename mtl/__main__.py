"""`python -m mtl`, which is the command `mtl`."""

from .cli import main

if __name__ == "__main__":
    main()
