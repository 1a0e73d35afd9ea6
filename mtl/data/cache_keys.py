"""What encoded data depends on, beside its rows: where it changes, what the cache holds is stale."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _featurizer
from ..base import line_ends
from ..base.files import sha256
from ..base.registry import lookup
from ..sources import base as source_module
from ..text import featurizer as token_module
from .fitted import Fitted
from .plan import SourcePlan

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..sources.base import Source


INSTALLED = ("site-packages", "dist-packages")  # where pip puts modules of many projects side by side


def described(plan: SourcePlan, fitted: Fitted) -> list[Any]:
    """Return all that decides how rows become ids, vocabularies apart; without names that mean nothing to it."""
    # Of judged pairs, and of what is changed as it is read: they say nothing of what the file holds.
    drawing = ("negatives", "negative_count", "candidates", "swap_values")
    tasks = [
        (
            t.name,
            t.type,
            t.target,
            t.task.predicts,
            sorted((k, v) for k, v in t.values.items() if k not in drawing),
            [(metric.type, sorted(metric.values.items())) for metric in t.metrics],  # a target may ask what measures it
        )
        for t in plan.tasks
    ]
    labelled = [(name, _read(key)) for name, key in plan.labelled.items()]
    inputs = [
        (_read(key), [(c, [f.key for f in fitted.features[c]]) for c in components])
        for key, components in plan.inputs.items()
    ]
    return [tasks, labelled, inputs]


def _read(key: InputKey) -> tuple[Any, ...]:
    return key.column, key.front_end.state(), key.listed


def code_of(graph: SharingGraph, plans: Mapping[str, SourcePlan], sources: Mapping[str, Source]) -> list[str]:
    """Return hashes of the packages whose code makes rows, ids and answers: where it changes, the cache is stale."""
    classes: set[type] = {type(feature) for name in graph.readers() for feature in graph.features_of(name)}
    classes |= {type(task.task) for plan in plans.values() for task in plan.tasks}
    classes |= {task.task.target_class() for plan in plans.values() for task in plan.tasks}
    classes |= {type(sources[name]) for name in plans}
    classes |= {lookup("tokenizer", key.front_end.tokenizer) for plan in plans.values() for key in plan.inputs}
    modules = {base.__module__ for cls in classes for base in inspect.getmro(cls)}
    modules |= {_featurizer.__name__, __name__, token_module.__name__, source_module.__name__, line_ends.__name__}
    return sorted(map(sha256, code_files(modules)))


def code_of_network(graph: SharingGraph, *modules: str) -> list[str]:
    """Return hashes of the packages whose code computes what a network answers: its components', and these modules'.

    Those of torch do not count.
    """
    classes = {component.config.cls for component in graph.components.values()}
    keys = [key for task in graph.recipe.tasks for key in graph.inputs(task).values()]
    classes |= {lookup("tokenizer", key.front_end.tokenizer) for key in keys}
    names = {base.__module__ for cls in classes for base in inspect.getmro(cls)} | set(modules)
    own = {name for name in names if name.partition(".")[0] not in ("torch", *sys.stdlib_module_names)}
    return sorted(map(sha256, code_files(own)))


def code_files(names: Iterable[str]) -> set[Path]:
    """Return the files that modules are made of: those of their rooms of this library, and of other packages whole.

    Of a module that is in no package, as a plugin's file is, they are those beside it that have been imported.
    """
    return set().union(*map(_files, names))


def _files(name: str) -> set[Path]:
    first = name.partition(".")[0]
    file = _file(sys.modules.get(name))
    if file is None or first in sys.stdlib_module_names:
        return set()
    package = sys.modules[first]
    if not hasattr(package, "__path__"):
        if file.parent.name in INSTALLED:  # what lies beside it there has nothing to do with it
            return {file}
        beside = {_file(module) for module in list(sys.modules.values())}
        return {other for other in beside if other is not None and other.parent == file.parent}
    if first == "mtl":
        return set(file.parent.rglob("*.py")) if name.count(".") > 1 else {file}
    return {found for folder in package.__path__ for found in Path(folder).rglob("*.py")}


def _file(module: Any) -> Path | None:
    """Return the file of a module, None for one that is built in, or whose file is not there."""
    file = getattr(module, "__file__", None)
    return Path(file) if file and Path(file).is_file() else None
