"""Names of a split's files as the cache keeps them: they move with the folder or file that the split is."""

from __future__ import annotations


def kept_file(file: str, root: str) -> str:
    """Return a file's name as it is kept: what follows the root, after a NUL, where it begins with that."""
    return "\0" + file.removeprefix(root) if file.startswith(root) else file


def found_file(kept: str, root: str) -> str:
    """Return the file whose name was kept, for a root that may have moved."""
    return root + kept[1:] if kept.startswith("\0") else kept
