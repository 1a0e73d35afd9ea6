"""What a trainer is made of, built as the recipe says: draws, optimizer, schedule, balance."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from torch import Tensor, nn

from ..base.errors import Fault, UsageError
from ..data.augmentation import Augmentation
from ..data.feed import Feed
from ..data.running_feed import RunningFeed
from ..evaluate.evaluation import dev_figures
from ..recipe.modules import ModuleConfig
from .balance import Balance
from .draws import Draws
from .layer_rates import optimizer_of, rates_of
from .mixture import Mixture, TrainingStream, build_mixture
from .optimizer import Schedule, parameter_groups
from .rest import Rest
from .several_optimizers import Optimizers

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel
    from ..recipe.config import Recipe
    from ..recipe.training import TrainConfig


def build_feeds(graph: SharingGraph, prepared: Prepared, part: tuple[int, int] = (0, 1)) -> dict[str, Feed]:
    """Return the batches of every source that has a task that is trained, of each batch one `part` (number, count).

    Raises `UsageError` where a source has no train split, where its tasks ask for changes of its rows that cannot be
    made, and where several processes should read a running text.
    """
    feeds: dict[str, Feed] = {}
    config = graph.recipe.train
    for source, tasks in graph.trained_streams().items():
        split = prepared.splits.get((source, "train"))
        if split is None:
            raise UsageError(f"source '{source}' should have a train split. There is none.")
        own = config.streams.get(source)
        budget = own.batch if own is not None and own.batch is not None else config.batch
        length = next((bptt for task in tasks if (bptt := graph.recipe.tasks[task].task.bptt) is not None), None)
        if length is not None:
            if part[1] > 1:
                raise UsageError(
                    f"the source '{source}' should be read by one process, as its rows are one running text ('bptt: "
                    f"{length}'). Found {part[1]} processes. Start it without torchrun, or leave 'bptt' out."
                )
            feeds[source] = RunningFeed(source, tasks, split, budget, graph.recipe.seed, length)
            continue
        changes = Augmentation.of(graph, source, split, prepared.fitted)
        feeds[source] = Feed(source, tasks, split, budget, graph.recipe.seed, part, changes, config.bootstrap)
    return feeds


def build_draws(graph: SharingGraph, prepared: Prepared, part: tuple[int, int] = (0, 1)) -> Draws:
    """Return what draws the batches of a step.

    Raises `UsageError` where a source has no train split, and where sources should rest and there is no dev split.
    """
    feeds, config = build_feeds(graph, prepared, part), graph.recipe.train
    figures = dev_figures(graph, prepared)[0] if known_in_training(config) else {}
    mixture = mixture_of(graph.recipe, feeds, figures)
    if config.rest is not None and not figures:
        raise UsageError(
            Fault(
                "should come with a dev split of a source with labels. There is none: add one, or leave 'rest' out.",
                path="train.rest",
            )
        )
    rest = None if config.rest is None else Rest(config.rest, mixture.streams)
    budgets = {name: own.steps for name, own in config.streams.items() if own.steps is not None}
    return Draws(mixture, feeds, config.step, config.accumulate, budgets, rest)


def known_in_training(config: TrainConfig) -> str | None:
    """Return the key that makes draws depend on evaluations, None where they are known before training."""
    adaptive: bool = config.mixture.cls.adaptive
    return "rest" if config.rest is not None else "mixture" if adaptive else None


def build_balance(recipe: Recipe) -> Balance:
    """Return what says how the tasks' losses become one update."""
    config = recipe.train.balance
    tasks = tuple(name for name, task in recipe.tasks.items() if task.learn)
    balance: Balance = config.cls(tasks, recipe.seed, **config.values)
    return balance


def mixture_of(recipe: Recipe, feeds: Mapping[str, Feed], figures: Mapping[str, bool]) -> Mixture:
    """Return what says which feed's batches come next; those that a stream gives for one draw count as one."""
    groups = {name: math.ceil(len(feed) / recipe.train.accumulate) for name, feed in feeds.items()}
    streams = [
        TrainingStream(name, len(feed.split), groups[name], feed.tasks, figures_of(feed.tasks, figures))
        for name, feed in feeds.items()
    ]
    config = recipe.train.mixture
    return build_mixture(config.cls, config.values, streams, recipe.seed, recipe.train.epochs)


def figures_of(tasks: Collection[str], figures: Mapping[str, bool]) -> dict[str, bool]:
    """Return those of the figures that are of these tasks."""
    return {name: more for name, more in figures.items() if name.split(".")[0] in tasks}


def steps_of(config: TrainConfig, draws: Draws) -> int:
    """Return the steps of a training that nothing ends early."""
    steps = config.epochs * draws.epoch_steps
    return min(limit for limit in (steps, config.max_steps, draws.most_steps) if limit is not None)


def build_optimizers(
    model: MultiTaskModel, owned: Mapping[str, Mapping[str, Tensor]]
) -> tuple[Optimizers, list[nn.Parameter]]:
    """Return the optimizers of all parameters that are not frozen, and these; `owned` are the components' tensors.

    Raises `UsageError` where every component is frozen.
    """
    graph = model.sharing_graph
    rates = rates_of(graph, model.components)
    frozen = [name for name in owned if graph.training(name).freeze]
    chosen: list[tuple[ModuleConfig, dict[str, list[nn.Parameter]]]] = [(graph.recipe.train.optimizer, {})]
    for name, tensors in owned.items():
        config = optimizer_of(graph, name)
        of_config = next((own for one, own in chosen if (one.type, one.values) == (config.type, config.values)), None)
        if of_config is None:
            chosen.append((config, of_config := {}))
        of_config[name] = [tensor for tensor in tensors.values() if isinstance(tensor, nn.Parameter)]
    grouped = [(config, parameter_groups(of_config, rates, frozen)) for config, of_config in chosen]
    parts = [config.cls(groups, **config.values) for config, groups in grouped if groups]
    if not parts:
        raise UsageError(
            Fault("should leave something to train. Found every component frozen.", path="train.components")
        )
    optimizers = Optimizers(parts)
    return optimizers, [parameter for group in optimizers.param_groups for parameter in group["params"]]


def build_schedule(config: TrainConfig, steps: int, epoch_steps: int, evaluated: bool) -> Schedule:
    """Return the schedule of the rates over `steps`.

    Raises `UsageError` for one that goes by evaluations where nothing is `evaluated`.
    """
    if config.schedule.cls.needs_dev and not evaluated:
        raise UsageError(
            Fault(
                f"'{config.schedule.type}' should come with a dev split of a source with labels. There "
                "is none: add one, or take another schedule.",
                path="train.schedule",
            )
        )
    schedule: Schedule = config.schedule.cls(steps, epoch_steps, **config.schedule.values)
    return schedule
