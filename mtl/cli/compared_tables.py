"""The tables of a comparison, as wide as the terminal: long names become letters, which a legend explains."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ..runs.comparing.rows import difference_rows, rows, trained_rows
from .tables import table

SHORT = 15  # characters of a name that makes no column wider: as many as `0.9000 ± 0.0100` has


def fitted_tables(result: Mapping[str, Any], width: int) -> tuple[list[Table], list[str]]:
    """Return the tables of a comparison and the lines of a legend, none where all tables fit with whole names.

    Where they do not, runs that have no room beside the others get a table of their own, below.
    """
    whole = [make(names) for make, names in _parts(result)]
    if all(_width(made) <= width for made in whole):
        return whole, []
    for most in (SHORT, 0):
        letters = _letters([run["name"] for run in result["runs"]], most)
        found = [made for make, names in _parts(_renamed(result, letters)) for made in _divided(make, names, width)]
        if all(_width(made) <= width for made in found):
            break
    return found, [f"{letter}: {name}" for name, letter in letters.items()]


def _parts(result: Mapping[str, Any]) -> Iterator[tuple[Callable[[Sequence[str]], Table], list[str]]]:
    """Yield what makes each table of some runs, and the names of these: figures, differences, what was trained on."""
    names = [run["name"] for run in result["runs"]]

    def figures(chosen: Sequence[str]) -> Table:
        made = table("task", "figure", *chosen)
        for task, name, cells in rows(_only(result, chosen)):
            made.add_row(task, name, *cells)
        return made

    def trained(chosen: Sequence[str]) -> Table:
        made = table("trained on", "source", *chosen)
        for counts in trained_rows(_only(result, chosen)):
            made.add_row(*counts)
        return made

    yield figures, names
    for difference in result["differences"]:
        yield _difference(difference), [difference["name"]]
    yield trained, names


def _difference(difference: Mapping[str, Any]) -> Callable[[Sequence[str]], Table]:
    def made(_: Sequence[str]) -> Table:
        name = difference["name"]
        apart = table("task", "figure", f"{name} − {difference['minus']}", "95 % interval", f"{name} is")
        for row in difference_rows(difference):
            apart.add_row(*row)
        return apart

    return made


def _only(result: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {**result, "runs": [run for run in result["runs"] if run["name"] in names]}


def _divided(make: Callable[[Sequence[str]], Table], names: Sequence[str], width: int) -> Iterator[Table]:
    """Yield tables of as many runs each as have room, of one at least."""
    left = list(names)
    while left:
        count = next((n for n in range(len(left), 1, -1) if _width(make(left[:n])) <= width), 1)
        yield make(left[:count])
        left = left[count:]


def _width(made: Table) -> int:
    """Return how wide a table is where nothing in it is broken into lines."""
    console = Console(width=100_000)
    return Measurement.get(console, console.options, made).maximum


def _letters(names: Sequence[str], most: int) -> dict[str, str]:
    """Return a letter for each name of more than `most` characters; no letter is a name itself."""
    several = ("".join(found) for n in itertools.count(1) for found in itertools.product(ascii_uppercase, repeat=n))
    free = (letter for letter in several if letter not in names)
    return {name: next(free) for name in names if len(name) > most}


def _renamed(result: Mapping[str, Any], letters: Mapping[str, str]) -> dict[str, Any]:
    def renamed(part: Mapping[str, Any]) -> dict[str, Any]:
        return {**part, **{key: letters.get(part[key], part[key]) for key in ("name", "minus") if key in part}}

    return {**result, **{key: [renamed(part) for part in result[key]] for key in ("runs", "differences")}}
