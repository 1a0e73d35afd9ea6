"""The size that embeddings have which are to become one."""

from __future__ import annotations

from collections.abc import Mapping

from mtl.base.errors import WrongKeyError
from mtl.model.module import Embedding


def one_size(parts: Mapping[str, Embedding], otherwise: str = "") -> int:
    """Return the size of all parts' vectors; raises `UsageError` where they differ, with what there may be instead."""
    sizes = {name: part.output_dim for name, part in parts.items()}
    if len(set(sizes.values())) != 1:
        found = ", ".join(f"{size} of '{name}'" for name, size in sizes.items())
        raise WrongKeyError("parts", f"'parts' should be embeddings of one size{otherwise}. Found {found}.")
    return next(iter(sizes.values()))
