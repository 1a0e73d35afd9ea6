"""The folder of a study: made, or gone on with; refused where another study or something else is in it.

study.json    the recipe, the space and the data that it was begun with
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...base.errors import Fault, UsageError, counted
from ...base.files import UNFINISHED, read_json, replace
from ...recipe.config import Recipe
from ...recipe.filling import filled, movable
from ...recipe.tuning import Range, TuneConfig
from ...recipe.yaml_core import parse
from ...train.resume import changes

FILE = "study.json"


def default_folder(recipe: Recipe) -> Path:
    """Return where the study of a recipe is kept if nothing else is named: every time there, so that it goes on."""
    return Path("runs") / f"{recipe.name}-tune"


def begun(folder: Path) -> bool:
    """Return whether a folder holds a study; raises `UsageError` where it holds something else."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"study folder '{folder}' should be a folder. Found a file. Name another one (--out DIR).")
    if (folder / FILE).is_file():
        return True
    held = [entry for entry in folder.iterdir() if not entry.name.endswith(UNFINISHED)] if folder.is_dir() else []
    if held:
        entries = counted(len(held), "entry", "entries")
        raise UsageError(
            f"study folder '{folder}' should be new, empty or that of a study. Found {entries} of something else in "
            "it. Name another folder (--out DIR)."
        )
    return False


def claim(folder: Path, recipe: Recipe, config: TuneConfig, data: Mapping[str, str]) -> None:
    """Make the folder of a study of this recipe, space and data; raises `UsageError` where it is of others.

    `data` are the hashes of what trials read, by `source/split`.
    """
    mine = json.loads(json.dumps({"recipe": _said(recipe, config), "data": dict(data)}, ensure_ascii=False))
    if not begun(folder):
        folder.mkdir(parents=True, exist_ok=True)
        replace(folder / FILE, (json.dumps(mine, indent=2, ensure_ascii=False) + "\n").encode())
        return
    kept = read_json(folder / FILE)
    if not isinstance(kept, dict) or not all(isinstance(kept.get(key), dict) for key in mine):
        raise UsageError(f"{folder / FILE}: should hold 'recipe' and 'data'. Found something else.")
    faults = []
    if kept["recipe"] != mine["recipe"]:
        found = "; ".join(changes(kept["recipe"], mine["recipe"]))
        faults.append(f"the recipe and its space should be those that the study was begun with. Found others: {found}.")
    other = sorted(name for name in kept["data"].keys() | mine["data"] if kept["data"].get(name) != data.get(name))
    if other:
        faults.append(f"the data should be that which the study was begun with. Found other data: {', '.join(other)}.")
    if faults:
        advice = "Go on with what it was begun with, or name another folder (--out DIR)."
        raise UsageError(*(Fault(f"{fault} {advice}", str(folder)) for fault in faults))


def _said(recipe: Recipe, config: TuneConfig) -> dict[str, Any]:
    space = {
        key: {name: getattr(dimension, name) for name in ("low", "high", "log", "step")}
        if isinstance(dimension, Range)
        else list(dimension)
        for key, dimension in config.space.items()
    }
    tune = {"space": space, "sampler": config.sampler, "pruner": config.pruner}
    return {**movable(parse(filled(recipe), recipe.title).tree), "tune": tune}
