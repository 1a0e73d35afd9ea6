"""One task of a recipe as a recipe of its own: what joint training is compared with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from .config import ModuleConfig, Recipe, ShareGroup, TaskConfig, TrainConfig
from .flow import addresses
from .names import matches


def alone(recipe: Recipe, task: str) -> Recipe:
    """Return the recipe of one task alone, trained as the whole recipe is.

    Ties inside the task stay, under the names of their groups, and so do groups of one: a component's first weights
    follow from its name. What other tasks have a part in goes: conditions on them, their figures in `select`, the
    mixture (there is one source left). Raises `KeyError` for a task that the recipe does not have.
    """
    config = recipe.tasks[task]
    model = {slot: module and _without_conditions(module, task) for slot, module in config.model.items()}
    kept = replace(config, model=model)
    known = [address for address, _ in addresses(task, model)]
    share = {
        name: replace(group, members=tuple(member for member in group.members if member in known))
        for name, group in recipe.share.items()
        if any(member in known for member in group.members)
    }
    return replace(
        recipe,
        name=f"{recipe.name}-{task}",
        sources={kept.source: recipe.sources[kept.source]},
        tasks={task: kept},
        share=share,
        train=_train(recipe.train, kept, known, share),
        file=None,
        document=f"{recipe.title}, '{task}' alone",
    )


def _without_conditions(config: ModuleConfig, task: str) -> ModuleConfig:
    """Return a module, and all inside it, without what flows in from other tasks."""
    values: dict[str, Any] = dict(config.values)
    for key, _ in config.condition_keys:
        given = values[key]
        kept = [address for address in given if address.split(".")[0] == task] if isinstance(given, list) else None
        values[key] = given if isinstance(given, str) and given.split(".")[0] == task else kept
    for name, value in values.items():
        if isinstance(value, ModuleConfig):
            values[name] = _without_conditions(value, task)
        elif isinstance(value, dict):
            values[name] = {
                part: _without_conditions(inner, task) if isinstance(inner, ModuleConfig) else inner
                for part, inner in value.items()
            }
    return replace(config, values=values)


def _train(
    train: TrainConfig, task: TaskConfig, known: Collection[str], share: Mapping[str, ShareGroup]
) -> TrainConfig:
    names = [*known, *share]
    return replace(
        train,
        mixture=ModuleConfig("mixture", "round_robin", {}),
        select={figure: weight for figure, weight in train.select.items() if figure.split(".")[0] == task.name},
        components={
            pattern: training
            for pattern, training in train.components.items()
            if any(matches(pattern, name) for name in names)
        },
    )
