"""What a table of wrong answers was made of: weights, names of labels and data, as a note beside it says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..base.files import read_json, replace, sha256

# Read here without torch: `mtl report` shows a table at once.
ENSEMBLE = "ensemble.json"
LABELS = "labels.json"


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
    data = _first(run) / "data.json"
    had = read_json(data)["hashes"] if data.is_file() else None
    return had is None or all(had.get(name) == digest for name, digest in found["data"].items())


def renamed(run: Path) -> dict[str, dict[str, str]]:
    """Return which labels have another name than in training, by task: of an ensemble, those of its first member."""
    file = _first(run) / LABELS
    found: dict[str, dict[str, str]] = read_json(file) if file.is_file() else {}
    return found


def _first(run: Path) -> Path:
    """Return the folder that data and names of labels are of: a run's own, that of an ensemble's first member."""
    file = run / ENSEMBLE
    return Path(os.path.normpath(run / read_json(file)["members"][0]["run"])) if file.is_file() else run


def _state(run: Path) -> dict[str, Any]:
    """Return the hashes of the best checkpoint's files, or of an ensemble's members, and of what labels are called."""
    pointer, labels, ensemble = run / "checkpoints/pointer.json", _first(run) / LABELS, run / ENSEMBLE
    if ensemble.is_file():
        found = read_json(ensemble)
        weights = {"by": found["by"], **{member["run"]: member["weights"] for member in found["members"]}}
        return {"weights": weights, "labels": sha256(labels) if labels.is_file() else None}
    best = read_json(pointer).get("best") if pointer.is_file() else None
    files = [] if best is None else sorted((run / "checkpoints" / best / "components").glob("*"))
    return {
        "weights": {file.name: sha256(file) for file in files} or None,
        "labels": sha256(labels) if labels.is_file() else None,
    }
