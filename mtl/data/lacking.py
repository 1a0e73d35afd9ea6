"""Columns that a recipe names and a split does not have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..base.errors import Fault, near_miss, those

if TYPE_CHECKING:
    from ..recipe.uses import Use
    from ..sources.base import Source


class Lacking(NamedTuple):
    """The columns that a split lacks, with a fault for each, or one for all where they have one cause.

    It is `unlike` what the recipe says where it has no column that is named, or is parted by another delimiter: then
    its rows are others, too.
    """

    columns: frozenset[str]
    faults: tuple[Fault, ...]
    unlike: bool


def lacking_columns(uses: Iterable[Use], name: str, source: Source, split: str, base: Path) -> Lacking:
    """Return which of the columns that are used of a source, called `name`, its split does not have.

    Raises `DataError` where the split cannot be read.
    """
    there = source.columns(split, base)
    wanted: dict[str, dict[str, None]] = {}
    for use in uses:
        if use.source == name:
            wanted.setdefault(use.column, {})[use.whose] = None
    if source.held_out.divides(split):
        for key in ("group_by", "stratify_by"):
            column = getattr(source.held_out, key)
            if column is not None and column not in wanted:
                wanted[column] = {f"'{key}' of source '{name}'": None}
    file, hint = str(source.path(split, base)), source.hint(there)
    absent = [column for column in wanted if column not in there]
    if hint and len(absent) > 1:  # of one cause
        names = " and ".join(", ".join(f"'{column}'" for column in absent).rsplit(", ", 1))
        faults = [Fault(f"should have the columns {names}. Found one column, {there[0]}.{hint}", file=file)]
    else:
        faults = [
            Fault(
                f"should have a column '{column}': {' and '.join(wanted[column])}. "
                f"Found {those('column', there)}.{hint or near_miss(column, there)}",
                file=file,
            )
            for column in absent
        ]
    return Lacking(frozenset(absent), tuple(faults), bool(absent) and (bool(hint) or len(absent) == len(wanted)))
