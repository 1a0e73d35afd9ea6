"""New tasks on a trained run: the run's recipe and that of the new tasks, as one.

The recipe of the new tasks names under `share:` components of the run, and the new tasks' modules that are one with
them. In the joint recipe the run's tasks are not trained, all their modules come from the run, and are frozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..base.errors import CheckpointError, RecipeError
from ..base.folders import fault_if_other
from ..base.registry import file_keys, lookup
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..recipe import overrides as settings
from ..recipe.config import Recipe
from ..recipe.document import Document
from ..recipe.filling import filled
from ..recipe.modules import ModuleConfig
from ..recipe.yaml_core import parse, read
from .extension_groups import Groups
from .loading import recipe_of, run_graph


def extension(
    run: Path,
    path: Path,
    *,
    overrides: Sequence[str] = (),
    data: Path | None = None,
    seed: int | None = None,
    freeze: bool = True,
) -> Recipe:
    """Return the recipe of a run's tasks and of new ones; without `freeze`, what they share learns from the new ones.

    Raises `RecipeError` with all faults of the new tasks' recipe, `UsageError` where `run` is no run, and
    `CheckpointError` where it has not ended.
    """
    fault_if_other([run], "run")
    folder = run.resolve()
    try:
        graph = run_graph(folder)
    except CheckpointError as error:
        raise CheckpointError(f"{run}: {error.faults[0].message}") from error
    document = read(path)
    if not isinstance(document.tree, dict):
        return recipe_of(document, (), data, seed, path)  # which says what is wrong
    settings.apply(document, overrides)
    tree = document.tree
    tree.pop("tune", None)
    old = parse(filled(graph.recipe), str(run)).tree
    _fault_if_known(document, "tasks", old["tasks"], run)
    _fault_if_known(document, "sources", old["sources"], run)
    modules = _OldModules(graph, folder, freeze)
    tasks = {name: {**_untrained(task), "model": modules.model(name)} for name, task in old["tasks"].items()}
    share = {name: modules.group(name, group) for name, group in old["share"].items()}
    groups = Groups(document, share, graph)
    document.faults += groups.faults()
    groups.join()
    sources = {name: _placed(source, graph.recipe.data) for name, source in old["sources"].items()}
    if document.faults:
        raise RecipeError(document.faults, document.name)
    tree["tasks"] = {**tasks, **_mapping(tree.get("tasks"))}
    tree["sources"] = {**sources, **_mapping(tree.get("sources"))}
    tree["share"] = share
    if isinstance(tree.get("plugins"), list | None):
        tree["plugins"] = list(dict.fromkeys([*old["plugins"], *(tree.get("plugins") or [])]))
    return _whole(document, groups, data, seed, path)


def _untrained(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task of the run that is not trained: without what changes the texts of training."""
    inputs = {
        name: {key: value for key, value in given.items() if key != "noise"} if isinstance(given, dict) else given
        for name, given in task["inputs"].items()
    }
    return {
        **{key: value for key, value in task.items() if key not in ("swap_values", "teacher")},
        "inputs": inputs,
        "learn": False,
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _fault_if_known(document: Document, section: str, known: Mapping[str, Any], run: Path) -> None:
    noun = section.removesuffix("s")
    for name in _mapping(document.tree.get(section)):
        if name in known:
            other = " Leave it out to read that one, or choose" if noun == "source" else " Choose"
            document.faults.append(
                document.key_place((section, name)).fault(
                    f"should be a {noun} that '{run}' does not have. Found its {noun} '{name}'.{other} another name."
                )
            )


def _whole(document: Document, groups: Groups, data: Path | None, seed: int | None, file: Path) -> Recipe:
    """Return the joint recipe; raises `RecipeError` where it has faults, or where nothing is shared with the run.

    That nothing is shared is told with the other faults, as it may be the reason of these.
    """
    try:
        recipe = recipe_of(document, (), data, seed, file)
        graph = build_graph(recipe)
    except RecipeError as error:
        apart = groups.nothing_shared() if groups.all_apart() else []
        raise RecipeError([*error.own, *apart], error.recipe, error.data) from error
    old = groups.graph.recipe.tasks.keys()
    if all(set(component.tasks) <= old or not set(component.tasks) & old for component in graph.components.values()):
        raise RecipeError(groups.nothing_shared(), document.name)
    return recipe


def _placed(source: dict[str, Any], data: Path) -> dict[str, Any]:
    """Return a source of the run whose files are found from anywhere."""
    named = {"train", "dev", "test", *getattr(lookup("source", source["format"]), "named_files", ())}
    return {
        key: str(data / value) if key in named and _is_file(value, data) else value for key, value in source.items()
    }


def _is_file(value: Any, data: Path) -> bool:
    """Return whether a value names a file or folder of the data, or a function of a file of Python."""
    return isinstance(value, str) and bool(value) and any((data / path).exists() for path in (value, _module(value)))


def _module(value: str) -> str:
    module, _, _ = value.rpartition(":")
    return module if module.endswith(".py") else value


class _OldModules:
    """The modules of a run as the joint recipe has them: written out, and all from the run."""

    def __init__(self, graph: SharingGraph, run: Path, freeze: bool) -> None:
        self.graph = graph
        self.run = run
        self.tree = parse(filled(graph.recipe), str(run)).tree
        self.start: dict[str, Any] = {"freeze": True} if freeze else {}

    def model(self, task: str) -> dict[str, Any]:
        """Return what stands under a task's `model`."""
        model = self.tree["tasks"][task]["model"]
        for slot, config in self.graph.recipe.tasks[task].model.items():
            *around, last = slot.split(".")
            inner = model
            for step in around:
                inner = inner[step]
            if config is not None and inner.get(last):
                address = f"{task}.{slot}"
                inner[last] = {**self._alone(inner[last], config), "from": f"{self.run}#{address}", **self.start}
        return dict(model)

    def group(self, name: str, group: dict[str, Any]) -> dict[str, Any]:
        """Return what stands under a group."""
        config = self.graph.addresses()[group["members"][0]]
        own: dict[str, Any] = {key: group[key] for key in ("members", "kind", "strength") if key in group}
        config_written = {key: value for key, value in group.items() if key not in own}
        origin = f"{self.run}#{name}" if group.get("kind", "hard") == "hard" else str(self.run)
        return {**own, **self._alone(config_written, config), "from": origin, **self.start}

    def _alone(self, raw: dict[str, Any], config: ModuleConfig) -> dict[str, Any]:
        """Return a module without where it came from before."""
        left = {"weights", "from", "extend", "freeze", *file_keys(config.cls)}
        found = {key: value for key, value in raw.items() if key not in left}
        for key, value in config.values.items():
            if isinstance(value, ModuleConfig) and found.get(key):
                found[key] = self._alone(found[key], value)
            elif isinstance(value, dict) and isinstance(found.get(key), dict):
                found[key] = {
                    part: self._alone(inner, value[part])
                    if inner and isinstance(value.get(part), ModuleConfig)
                    else inner
                    for part, inner in found[key].items()
                }
        return found
