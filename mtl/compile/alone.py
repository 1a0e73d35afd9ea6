"""One task of a recipe as a recipe of its own: what joint training is compared with."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

from ..base.errors import RecipeError
from ..base.registry import recipe_keys
from ..graph.build import build_graph
from ..recipe.config import Recipe
from ..recipe.flow import addresses
from ..recipe.modules import ModuleConfig
from ..recipe.training import TrainConfig


def alone(recipe: Recipe, task: str) -> Recipe:
    """Return the recipe of one task alone, trained as the whole recipe is.

    Ties inside the task stay, under the names of their groups, and so do groups of one: a component's first weights
    follow from its name. What other tasks have a part in goes: conditions on them, their figures in `select`, the
    mixture (there is one source left), a balance that does nothing but compare gradients of several tasks. `epochs` and
    `max_steps` stay: they count passes and steps of this one source, which the joint mixture may have read more or less
    often (`mtl.runs.comparing.matching` evens that out). Raises `KeyError` for a task that the recipe does not have,
    and `RecipeError` for one that is not trained (`learn: false`), and where a module cannot be built without another
    task.
    """
    config = recipe.tasks[task]
    title = f"{recipe.title}, '{task}' alone"
    if not config.learn:
        message = f"'{task}' should be trained, to be trained alone. Found 'learn: false'."
        raise RecipeError([config.place.fault(message)], title)
    model = {slot: module and _without_conditions(module, task, title) for slot, module in config.model.items()}
    kept = replace(config, model=model)
    known = [address for address, _ in addresses(task, model)]
    share = {
        name: replace(group, members=tuple(member for member in group.members if member in known))
        for name, group in recipe.share.items()
        if any(member in known for member in group.members)
    }
    lone = replace(
        recipe,
        name=f"{recipe.name}-{task}",
        sources={kept.source: recipe.sources[kept.source]},
        tasks={task: kept},
        share=share,
        file=None,
        document=title,
        tune=None,  # it may name other tasks
    )
    return replace(lone, train=_train(recipe, lone, task))


def _without_conditions(config: ModuleConfig, task: str, title: str) -> ModuleConfig:
    """Return a module, and all inside it, without what flows in from other tasks."""
    values: dict[str, Any] = dict(config.values)
    for key, condition in config.condition_keys:
        given = config.values[key]
        if isinstance(given, list):
            values[key] = [address for address in given if address.split(".")[0] == task]
        elif given.split(".")[0] != task:
            default = recipe_keys(config.cls)[key].default
            if default is inspect.Parameter.empty:
                message = f"'{task}' should do without other tasks to be trained alone. Found '{condition}'."
                raise RecipeError([config.place_of(key).fault(message)], title)
            values[key] = default
    for name, value in values.items():
        if isinstance(value, ModuleConfig):
            values[name] = _without_conditions(value, task, title)
        elif isinstance(value, dict):
            values[name] = {
                part: _without_conditions(inner, task, title) if isinstance(inner, ModuleConfig) else inner
                for part, inner in value.items()
            }
    return replace(config, values=values)


def _train(recipe: Recipe, lone: Recipe, task: str) -> TrainConfig:
    """Return what the recipe's training says of one task.

    A line under `components` may name a tied component by another task's address: each component gets a line of its
    own, composites first, as the last line that matches decides.
    """
    joint, graph = build_graph(recipe), build_graph(lone)
    components = (
        {name: joint.training(name) for name in reversed(list(graph.components))} if recipe.train.components else {}
    )
    balance = recipe.train.balance
    return replace(
        recipe.train,
        balance=ModuleConfig("balance", "sum", {}) if balance.cls.compares_rows else balance,
        mixture=ModuleConfig("mixture", "round_robin", {}),
        select={figure: weight for figure, weight in recipe.train.select.items() if figure.split(".")[0] == task},
        components=components,
        streams={name: own for name, own in recipe.train.streams.items() if name in lone.sources},
    )
