"""Names that a recipe gives, and addresses made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = re.compile(r"\w[\w-]*\Z")
JOINT = "joint"  # the name of the graph and of the metrics of all tasks together
EXPORTED = frozenset({"tokens", "lengths", "vector"})  # what exported graphs hand out or are called, beside answers
MODULES = frozenset({"embedding", "representation", "pooling", "matching", "scorer", "decoder", "output"})


def malformed(name: str) -> str | None:
    """Return what is wrong with the form of a name, if anything: it becomes a file name and a step of addresses."""
    if NAME.match(name):
        return None
    return f"a name should be made of letters, digits, '_' and '-'. Found '{name}'."


def matches(pattern: str, address: str) -> bool:
    """Return whether a pattern, whose `*` stand for one step each, is a pattern of an address.

    >>> matches("*.embedding", "intent.embedding"), matches("*.embedding", "intent.embedding.word")
    (True, False)
    """
    wanted, steps = pattern.split("."), address.split(".")
    return len(wanted) == len(steps) and all(w in ("*", s) for w, s in zip(wanted, steps, strict=True))


def matching(pattern: str, addresses: Iterable[str]) -> list[str]:
    """Return the addresses that a pattern matches, in their order."""
    return [address for address in addresses if matches(pattern, address)]
