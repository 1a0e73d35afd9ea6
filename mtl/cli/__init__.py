"""The command line: the only part of the library that prints or exits."""

import sys

from .codes import INTERRUPTED


def main() -> None:
    """Run the command that `sys.argv` asks for; an interrupt while it is still being imported ends it quietly too."""
    try:
        from .app import main as run

        run()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
