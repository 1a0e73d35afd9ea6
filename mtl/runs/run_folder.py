"""The folder of a new run, or of one that is resumed: made, or refused where something else is in it."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import UsageError, counted
from ..base.files import UNFINISHED

MARK = "graph.txt"  # the first file of a run


def folder_for(name: str, out: str | Path | None, resume: bool) -> Path:
    """Make and return a run's folder: `out`, or the next free `runs/NAME/N`."""
    if out is None:
        if resume:
            raise UsageError("resuming should say which run: name its folder (--out DIR, out=DIR). Found no folder.")
        return next_folder(Path("runs") / name)
    out = Path(out)
    if out.is_dir():
        held = [entry.name for entry in out.iterdir() if not entry.name.endswith(UNFINISHED)]
        if held and MARK not in held and resume:
            raise UsageError(f"run folder '{out}' should be a run to resume. Found other things in it.")
        if held and not resume:
            entries = counted(len(held), "entry", "entries")
            resuming = "Resume the run in it (--resume, resume=True), or name" if MARK in held else "Name"
            raise UsageError(
                f"run folder '{out}' should be new or empty. Found {entries} in it. "
                f"{resuming} another folder (--out DIR, out=DIR)."
            )
    elif out.exists():
        raise UsageError(f"run folder '{out}' should be a folder. Found a file.")
    out.mkdir(parents=True, exist_ok=True)
    return out


def next_folder(parent: Path) -> Path:
    """Make the folder whose number follows the highest one; two processes never get one number.

    Where `parent` is a run itself, the folder is its sibling `NAME-N`: a run holds no other runs.
    """
    if (parent / MARK).exists():
        return _first_free(parent)
    parent.mkdir(parents=True, exist_ok=True)
    while True:
        taken = [int(entry.name) for entry in parent.iterdir() if entry.name.isdecimal()]
        folder = parent / str(max(taken, default=0) + 1)
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder


def _first_free(run: Path) -> Path:
    """Make the first sibling `NAME-N` of a run that does not exist."""
    number = 1
    while True:
        folder = run.with_name(f"{run.name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        return folder
