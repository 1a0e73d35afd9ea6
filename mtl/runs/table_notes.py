"""What a table of wrong answers was made of: weights, names of labels and data, as a note beside it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.files import read_json, replace, sha256

# Read here without torch: `mtl report` shows a table at once.


def write_note(run: Path, table: Path, data: Mapping[str, str]) -> None:
    """Write beside a table what its run is now, and the SHA-256 of the data, by `source/split`; raises `OSError`."""
    content = {"table": sha256(table), **_state(run), "data": dict(data)}
    replace(table.with_suffix(".json"), (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def is_of(run: Path, table: Path) -> bool:
    """Say whether a table was made of what a run is now, on the data that it had: that is what its figures are of.

    Where the folder has no checkpoint or no `data.json`, weights or data are not compared.
    """
    note = table.with_suffix(".json")
    if not table.is_file() or not note.is_file():
        return False
    found, now = read_json(note), _state(run)
    if not isinstance(found, dict) or found.get("table") != sha256(table) or found.get("labels") != now["labels"]:
        return False
    if now["weights"] is not None and found.get("weights") != now["weights"]:
        return False
    had = read_json(run / "data.json")["hashes"] if (run / "data.json").is_file() else None
    return had is None or all(had.get(name) == digest for name, digest in found["data"].items())


def _state(run: Path) -> dict[str, Any]:
    """Return the hashes of the best checkpoint's files and of the labels that have another name."""
    pointer, labels = run / "checkpoints/pointer.json", run / "labels.json"
    best = read_json(pointer).get("best") if pointer.is_file() else None
    files = [] if best is None else sorted((run / "checkpoints" / best / "components").glob("*"))
    return {
        "weights": {file.name: sha256(file) for file in files} or None,
        "labels": sha256(labels) if labels.is_file() else None,
    }
