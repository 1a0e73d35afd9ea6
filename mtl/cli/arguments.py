"""A command line as it is meant: options that may stand anywhere, and those that say two things."""

from __future__ import annotations

from pathlib import Path


def arguments(given: list[str]) -> list[str]:
    """Return arguments with `--debug` in front, where it is an option of every command.

    `mtl check --data RECIPE` is read as `--sources`: there `--data` names no folder.

    >>> arguments(["run", "a.yaml", "--debug"])
    ['--debug', 'run', 'a.yaml']
    """
    end = given.index("--") if "--" in given else len(given)
    options, rest = given[:end], given[end:]
    found = [a for a in options if a != "--debug"]
    if found[:1] == ["check"] and "--data" in found:
        at = found.index("--data") + 1
        if at == len(found) or found[at].startswith("-") or Path(found[at]).is_file():
            found[at - 1] = "--sources"
    return ["--debug"] * ("--debug" in options) + found + rest
