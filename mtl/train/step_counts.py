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


def step_counts(graph: SharingGraph, prepared: Prepared) -> dict[str, int]:
    """Return, by source, the batches drawn in a training that nothing ends early, exactly as the trainer draws them.

    Batches that `accumulate` puts together count as one.
    """
    draws = build_draws(graph, prepared)
    found = {stream.name: 0 for stream in draws.mixture.streams}
    for _ in range(steps_of(graph.recipe.train, draws)):
        for name in draws.names():
            found[name] += 1
    return found
