"""How many steps of a run each source has: the run's own draws, to the end of training, without training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .parts import build_draws, steps_of

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..graph.sharing_graph import SharingGraph


@dataclass(frozen=True)
class Epoch:
    """The steps of an epoch, as the recipe's draws count them, and by source those of a first pass over its rows."""

    steps: int
    passes: Mapping[str, int]


def epoch_of(graph: SharingGraph, prepared: Prepared) -> Epoch:
    """Return how long an epoch of a recipe is."""
    draws = build_draws(graph, prepared)
    return Epoch(draws.epoch_steps, {stream.name: stream.batches for stream in draws.mixture.streams})


@dataclass(frozen=True)
class StepCounts:
    """The steps of a training, and by source those that have batches of it: of some streams, or of all."""

    total: int
    of: Mapping[str, int]


def step_counts(graph: SharingGraph, prepared: Prepared) -> StepCounts:
    """Return the steps of a training that nothing ends early, exactly as the trainer draws them."""
    draws = build_draws(graph, prepared)
    found = {stream.name: 0 for stream in draws.mixture.streams}
    steps = steps_of(graph.recipe.train, draws)
    for _ in range(steps):
        for name in set(draws.names()):
            found[name] += 1
    return StepCounts(steps, found)
