"""Where a recipe writes what a rule finds wrong, and how messages name it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...base.errors import WrongValueError
from ...recipe.config import TaskConfig
from ...recipe.modules import ModuleConfig
from ...recipe.place import Place

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def place_of(graph: SharingGraph, component: str) -> Place:
    """Return where a component is written: at its group if it is tied."""
    group = graph.recipe.share.get(component)
    return group.place if group is not None else graph.addresses()[graph.members()[component][0]].place


def config_at(task: TaskConfig, slot: str) -> ModuleConfig:
    """Return the module that fills a slot; raises `ValueError` where it is empty."""
    config = task.model[slot]
    if config is None:
        raise WrongValueError(f"the slot '{slot}' of '{task.name}' should be filled", "nothing")
    return config


def quoted(names: Iterable[str]) -> str:
    """Return names in quotes, as one part of a sentence."""
    return " and ".join(f"'{name}'" for name in names)
