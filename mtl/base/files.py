"""Files that are complete or absent: written through to the disk, replaced in one step."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .errors import CheckpointError
from .file_kinds import stream

UNFINISHED = ".writing"
ABANDONED = 24 * 3600  # seconds after which what an ended process left unfinished is removed
_BLOCK = 1 << 18  # bytes hashed at a time


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; raises `CheckpointError` naming the file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"{path}: should be a readable JSON file. Found: {reason}.") from error


def why_unreadable(path: Path) -> str | None:
    """Return why a file cannot be read, None where it can."""
    found = stream(path)
    if found:
        return f"{found}, which can be read once only"
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:  # a path that no file can have
        return str(error)
    return None


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal; raises `OSError`."""
    digest = hashlib.sha256()
    block = memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(block):
            digest.update(block[:count])
    return digest.hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a file through to the disk; raises `OSError`."""
    path.write_bytes(content)
    sync(path)


def replace(path: Path, content: bytes) -> None:
    """Write a file in one step: at any moment it holds either what it held or all of `content`; raises `OSError`."""
    unfinished = path.with_name(path.name + UNFINISHED)
    write(unfinished, content)
    unfinished.replace(path)
    sync(path.parent)


def sync_tree(folder: Path) -> None:
    """Flush a folder with everything below it to the disk; raises `OSError`.

    All at once: a file system writes many waiting flushes in the time of one.
    """
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(sync, [folder, *folder.rglob("*")]):
            pass


def sync(path: Path) -> None:
    """Flush a file, or a folder's entries, to the disk; raises `OSError`."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
