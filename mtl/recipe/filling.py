"""The filled recipe: every default written out, each tied configuration once, under its group."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from .config import Recipe, TaskConfig
from .modules import ModuleConfig
from .yaml_core import dump


def filled(recipe: Recipe) -> str:
    """Return a recipe as YAML that loads to an equal recipe from anywhere on this machine."""
    return dump(_tree(recipe))


def digest(recipe: Recipe) -> str:
    """Return the SHA-256 (hexadecimal) of what a recipe says, without the directories of data and plugins."""
    tree = _tree(recipe)
    del tree["data"]
    tree["plugins"] = [PurePath(plugin).name if plugin.endswith(".py") else plugin for plugin in recipe.plugins]
    canonical = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _tree(recipe: Recipe) -> dict[str, Any]:
    groups = {member: group.name for group in recipe.share.values() for member in group.members}
    return {
        "name": recipe.name,
        "seed": recipe.seed,
        "data": str(recipe.data),
        "plugins": list(recipe.plugins),
        "sources": {name: {"format": source.format, **source.values} for name, source in recipe.sources.items()},
        "tasks": {name: _task(task, groups) for name, task in recipe.tasks.items()},
        "share": {
            name: {"members": list(members), **_module(_config(recipe, members[0]), members[0], groups)}
            for name, members in ((group.name, group.members) for group in recipe.share.values())
        },
        "train": _train(recipe),
    }


def _task(task: TaskConfig, groups: Mapping[str, str]) -> dict[str, Any]:
    inputs = {name: {"column": config.column, **config.front_end.state()} for name, config in task.inputs.items()}
    model: dict[str, Any] = {}
    for name, config in task.model.items():
        *around, last = name.split(".")
        inner = model
        for step in around:
            inner = inner.setdefault(step, {})
        inner[last] = _place(config, f"{task.name}.{name}", groups)
    return {
        "type": task.type,
        "source": task.source,
        "inputs": inputs,
        "target": task.target,
        "weight": task.weight,
        "metrics": [{"type": metric.type, **metric.values} for metric in task.metrics],
        **task.values,
        "model": model,
    }


def _place(config: ModuleConfig | None, address: str, groups: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what to write where a module is used: null if it is left out, nothing if it is written at its group."""
    if config is None:
        return None
    return {} if address in groups else _module(config, address, groups)


def _module(config: ModuleConfig, address: str, groups: Mapping[str, str]) -> dict[str, Any]:
    written: dict[str, Any] = {"type": config.type}
    if config.weights is not None:
        written["weights"] = config.weights
    for key, value in config.values.items():
        if isinstance(value, ModuleConfig):
            written[key] = _place(value, f"{address}.{key}", groups)
        elif isinstance(value, dict) and any(isinstance(inner, ModuleConfig) for inner in value.values()):
            written[key] = {part: _place(inner, f"{address}.{part}", groups) for part, inner in value.items()}
        else:
            written[key] = value
    return written


def _config(recipe: Recipe, address: str) -> ModuleConfig:
    """Return the configuration of an address."""
    task, *steps = address.split(".")
    model = recipe.tasks[task].model
    for count in range(1, len(steps) + 1):
        config = model.get(".".join(steps[:count]))
        if config is not None:
            for part in steps[count:]:
                config = config.parts[part]
            return config
    raise KeyError(address)


def _train(recipe: Recipe) -> dict[str, Any]:
    train = recipe.train
    parts = {"mixture": train.mixture, "optimizer": train.optimizer, "schedule": train.schedule}
    return {
        **{kind: {"type": config.type, **config.values} for kind, config in parts.items()},
        "batch": {"size": train.batch.size, "tokens": train.batch.tokens},
        "epochs": train.epochs,
        "max_steps": train.max_steps,
        "clip": train.clip,
        "components": {name: {"lr": c.lr, "freeze": c.freeze} for name, c in train.components.items()},
        "select": dict(train.select),
        "patience": train.patience,
        "evaluate_every": train.evaluate_every,
        "checkpoint_every": train.checkpoint_every,
        "threads": train.threads,
        "device": train.device,
        "precision": train.precision,
        "accumulate": train.accumulate,
        "minutes": train.minutes,
    }
