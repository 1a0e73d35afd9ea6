"""The filled recipe: every default written out, each tied configuration once, under its group."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path, PurePath
from typing import Any

from ..base.declared import inside, keys
from .config import Recipe, ShareGroup, SourceConfig, TaskConfig
from .modules import ModuleConfig
from .training import TrainConfig
from .yaml_core import dump


def filled(recipe: Recipe) -> str:
    """Return a recipe as YAML that loads to an equal recipe from anywhere on this machine."""
    return dump(_tree(recipe))


def digest(recipe: Recipe) -> str:
    """Return the SHA-256 (hexadecimal) of what a recipe says, without the directories of data and plugins."""
    return digest_of(_tree(recipe))


def digest_of(tree: Mapping[str, Any]) -> str:
    """Return the digest of the recipe that was filled to this tree, by whichever version of the library."""
    canonical = json.dumps(movable(tree), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def movable(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filled recipe without the directories of all that it names, and without what `mtl tune` tries."""
    plugins = [PurePath(plugin).name if plugin.endswith(".py") else plugin for plugin in tree["plugins"]]
    found: dict[str, Any] = {key: value for key, value in tree.items() if key not in ("data", "tune")}
    for key, value in found.items():
        if key == "plugins":
            found[key] = plugins
        elif key == "share":
            found[key] = without_folder(value)
        elif key == "tasks" and isinstance(value, Mapping):
            found[key] = {
                name: {**task, **{k: without_folder(task[k], *_RUNS[k]) for k in _RUNS if k in task}, **_inputs(task)}
                for name, task in value.items()
            }
    return found


def _inputs(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a task, with files of tokenizers by what they hold alone."""
    inputs = task.get("inputs")
    if not isinstance(inputs, Mapping):
        return {}
    return {"inputs": {name: _without_path(given) for name, given in inputs.items()}}


def _without_path(given: Any) -> Any:
    tokenizer = given.get("tokenizer") if isinstance(given, Mapping) else None
    if not isinstance(tokenizer, Mapping) or "sha256" not in tokenizer:
        return given
    return {**given, "tokenizer": {key: value for key, value in tokenizer.items() if key != "path"}}


_RUNS = {"model": ("from",), "teacher": ("run",)}  # keys of a task in which runs are named, and by which key


def without_folder(tree: Any, names: str = "from") -> Any:
    """Return a tree of modules, with runs that they come from by the last steps of their paths."""
    if not isinstance(tree, Mapping):
        return tree
    return {
        key: PurePath(value).name if key == names and isinstance(value, str) else without_folder(value, names)
        for key, value in tree.items()
    }


def _tree(recipe: Recipe) -> dict[str, Any]:
    groups = {member: group.name for group in recipe.share.values() for member in group.members}
    return _keys(
        recipe,
        sources={name: _source(source) for name, source in recipe.sources.items()},
        tasks={name: _task(task, groups) for name, task in recipe.tasks.items()},
        share={
            group.name: {**_group(group), **_module(_config(recipe, group.members[0]), group.members[0], groups)}
            for group in recipe.share.values()
        },
        train=_train(recipe.train),
        tune=None,  # its keys are those of the recipe as it was written, and a run is none of its trials
    )


def _train(train: TrainConfig) -> dict[str, Any]:
    """Return the keys of training that say something: no draws of rows that are read as they are, no mixture of none.

    A step of every stream has no mixture, and a reader refuses one.
    """
    silent = {"mixture"} if train.step == "all" else set()
    silent |= set() if train.bootstrap else {"bootstrap"}
    return {key: value for key, value in _keys(train).items() if key not in silent}


_OF_SHARES = ("group_by", "stratify_by", "share_seed")


def _source(source: SourceConfig) -> dict[str, Any]:
    """Return a source's keys; one with a file for every split needs no word about how rows are divided."""
    found = _keys(source)
    return {key: value for key, value in found.items() if value is not None or key not in _OF_SHARES}


def _group(group: ShareGroup) -> dict[str, Any]:
    """Return a group's own keys; a hard one needs no word about how it is shared."""
    return _keys(group) if group.kind != "hard" else {"members": list(group.members)}


def _keys(section: Any, **given: Any) -> dict[str, Any]:
    """Return what a recipe writes for a section: its keys in order of declaration, those of its own class among them.

    `given` are the values of keys that depend on more than the section.
    """
    found: dict[str, Any] = {}
    for field in fields(section):
        if field.name in keys(section.__class__):
            found[field.name] = given[field.name] if field.name in given else _plain(getattr(section, field.name))
        elif field.name in inside(section.__class__):
            found.update(getattr(section, field.name).written())
        elif field.name == "values":
            found.update(section.values)
    return found


def _plain(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, ModuleConfig):
        return {"type": value.type, **value.values}
    if is_dataclass(value):
        return _keys(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value


def _task(task: TaskConfig, groups: Mapping[str, str]) -> dict[str, Any]:
    model: dict[str, Any] = {}
    beside = {slot.name for slot in task.slots if slot.passes is not None}
    for name, config in task.model.items():
        if config is None and name in beside:  # most recipes have nothing beside a decoder, and say nothing of it
            continue
        *around, last = name.split(".")
        inner = model
        for step in around:
            inner = inner.setdefault(step, {})
        inner[last] = _place(config, f"{task.name}.{name}", groups)
    found = _keys(task, model=model)
    return {key: value for key, value in found.items() if key != "teacher" or value is not None}


def _place(config: ModuleConfig | None, address: str, groups: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what to write where a module is used: null if it is left out, nothing if it is written at its group."""
    if config is None:
        return None
    return {} if address in groups else _module(config, address, groups)


def _module(config: ModuleConfig, address: str, groups: Mapping[str, str]) -> dict[str, Any]:
    written: dict[str, Any] = {"type": config.type}
    if config.weights is not None:
        written["weights"] = config.weights
    if config.origin is not None:
        written["from"] = config.origin
    written.update({key: True for key in ("extend", "freeze") if getattr(config, key)})
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
