"""Names that a recipe gives, and addresses made of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path

from ..base.errors import UsageError, listing, near_miss

_JOINERS = "\u200c\u200d"  # which Persian and the scripts of India need to spell words
JOINT = "joint"  # the name of the graph and of the metrics of all tasks together
EXPORTED = frozenset({"tokens", "lengths", "vector"})  # outputs and names of exported graphs, beside answers
MODULES = frozenset({"embedding", "representation", "pooling", "matching", "scorer", "decoder", "output"})
HEADS = frozenset({"decoder", "wide", "output"})  # kinds whose modules are made for what a task predicts, its labels


def malformed(name: str) -> str | None:
    """Return what is wrong with the form of a name, if anything: it becomes a file name and a step of addresses."""
    begins = name[:1].isalnum() or name[:1] == "_"
    if begins and all(map(_belongs, name)) and name[-1] not in _JOINERS:
        return None
    return f"a name should be made of letters, digits, '_' and '-'. Found '{name}'."


def _belongs(character: str) -> bool:
    """Return whether a character is one of a name: a letter or digit of any script, a mark on one, `_` or `-`."""
    mark = unicodedata.category(character).startswith("M")  # `\w` leaves them out, and with them most vowels of Hindi
    return character.isalnum() or mark or character in "_-" or character in _JOINERS


def matches(pattern: str, address: str) -> bool:
    """Return whether a pattern, whose `*` match one step each, matches an address.

    >>> matches("*.embedding", "intent.embedding"), matches("*.embedding", "intent.embedding.word")
    (True, False)
    """
    wanted, steps = pattern.split("."), address.split(".")
    return len(wanted) == len(steps) and all(w in ("*", s) for w, s in zip(wanted, steps, strict=True))


def matching(pattern: str, addresses: Iterable[str]) -> list[str]:
    """Return the addresses that a pattern matches, in their order."""
    return [address for address in addresses if matches(pattern, address)]


def selects(pattern: str, component: str) -> bool:
    """Return whether a line of `train.components` is of a component, by one of its names: `*` alone is of every one.

    >>> selects("*", "intent.embedding"), selects("*.pooling", "intent.embedding")
    (True, False)
    """
    return pattern == "*" or matches(pattern, component)


def chosen_task(task: str | None, tasks: Collection[str], folder: Path, *, called: str = "task") -> str:
    """Return the one that is asked for of a folder's tasks; it may be left out where there is only one.

    Raises `UsageError` otherwise, in which the argument has the name that the caller knows.
    """
    if task is None:
        if len(tasks) == 1:
            return next(iter(tasks))
        raise UsageError(f"{called} should name one of the tasks of '{folder}': {listing(tasks)}. Found no {called}.")
    if task not in tasks:
        hint = near_miss(task, tasks)
        raise UsageError(f"{called} '{task}' is not a task of '{folder}'.{hint} Tasks: {listing(tasks)}.")
    return task
