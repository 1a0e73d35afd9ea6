"""What a folder holds: a run, an ensemble, an export, or nothing of these."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from .errors import Fault, UsageError, near_miss, some

FolderKind = Literal["run", "ensemble", "export"]
MARKS: dict[FolderKind, str] = {"export": "manifest.json", "ensemble": "ensemble.json", "run": "recipe.yaml"}
NAMED: dict[FolderKind | None, str] = {"run": "a run", "ensemble": "an ensemble", "export": "an export"}
FITTED = "fitted.json"  # vocabularies and labels that a run, and its export, was fitted to
SHOWN = 3  # runs of a folder that a message names


def kind_of(folder: Path) -> FolderKind | None:
    """Return what a folder holds, by the file that each kind has; None for anything else."""
    return next((kind for kind, file in MARKS.items() if (folder / file).is_file()), None)


def what_is(folder: Path) -> str:
    """Return what is found where a folder is looked for, as a message says it."""
    kind = kind_of(folder)
    if kind is not None:
        return NAMED[kind]
    if not folder.is_dir():
        return "a file" if folder.exists() else "nothing there"
    return "another folder" if any(folder.iterdir()) else "an empty folder"


def fault_if_other(folders: Iterable[Path], *kinds: FolderKind) -> None:
    """Raise `UsageError` for all folders that hold none of these kinds: all that take a run say so in one sentence."""
    faults = [_fault(folder, kinds) for folder in dict.fromkeys(folders) if kind_of(folder) not in kinds]
    if faults:
        raise UsageError(*faults)


def _fault(folder: Path, kinds: tuple[FolderKind, ...]) -> Fault:
    *others, last = (NAMED[kind] for kind in kinds)
    wanted = f"{', '.join(others)} or {last}" if others else last
    return Fault(f"should be the folder of {wanted}. Found {what_is(folder)}.{_hint(folder, kinds)}", str(folder))


def _hint(folder: Path, kinds: tuple[FolderKind, ...]) -> str:
    """Return which other folder is probably meant, if one is."""
    inside = [entry.name for entry in _wanted(folder, kinds)]
    if inside:
        some_of = f" It holds some: {some(inside, SHOWN)}." if len(inside) > 1 else ""
        return f"{some_of} Name {'one' if some_of else 'the one in it'}: '{folder / inside[-1]}'."
    around = folder.resolve().parent
    if kind_of(folder) == "export" and kind_of(around) in kinds:
        return f" Name the folder that it is in: '{around if folder.name in ('', '..') else folder.parent}'."
    return "" if folder.exists() else near_miss(folder.name, [entry.name for entry in _wanted(folder.parent, kinds)])


def _wanted(folder: Path, kinds: tuple[FolderKind, ...]) -> list[Path]:
    """Return the folders of these kinds in a folder, in the order of their names, those that are numbers by value."""
    entries = [entry for entry in folder.iterdir() if kind_of(entry) in kinds] if folder.is_dir() else []
    return sorted(entries, key=lambda entry: (len(entry.name) if entry.name.isdecimal() else 0, entry.name))
