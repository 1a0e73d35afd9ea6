"""One update of the model: gradients of the tasks that have labels in a step's batches, combined, clipped, applied."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ..base.device import seed_generators
from ..base.processes import Processes
from ..model.precision import autocast
from .accumulation import Share, shares
from .adversarial import Adversary
from .division import Division
from .finite import all_finite, bad_gradient, bad_loss
from .row_gradients import numbers, settle
from .rows import Rows
from .scaling import Scaling
from .soft_sharing import SoftSharing

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..model.multi_task import MultiTaskModel
    from .balance import Balance
    from .draws import Draw
    from .gradient_facts import GradientFacts
    from .several_optimizers import Optimizers


CLIPPING = 1e-6  # what torch adds to a norm by which it divides


class Updated(NamedTuple):
    """What an update found: each labelled task's loss, and the gradients' norm before clipping (None: not clipped)."""

    losses: dict[str, float]
    norm: float | None


class Update:
    """Updates the components that the tasks with labels in a step's batches need, and no others.

    Gradients are of each task's mean loss over all its batches in the step, times the task's weight. `owned` are the
    components' own tensors, `parameters` those that are trained. Each of several `processes` has a part of every batch,
    and all end with the update that the whole batches make.
    """

    def __init__(
        self,
        model: MultiTaskModel,
        owned: Mapping[str, Mapping[str, Tensor]],
        optimizers: Optimizers,
        parameters: Sequence[nn.Parameter],
        balance: Balance,
        facts: GradientFacts | None = None,
        processes: Processes | None = None,
    ) -> None:
        recipe = model.sharing_graph.recipe
        self.model = model
        self.owned = owned
        self.optimizers = optimizers
        self.parameters = parameters
        self.balance = balance
        self.facts = facts
        self.division = Division(processes or Processes())
        self.seed = recipe.seed
        self.config = recipe.train
        self.weights = {name: task.weight for name, task in recipe.tasks.items()}
        self.device = parameters[0].device
        self.rows = Rows(owned, parameters)
        self.scaling = Scaling(balance, model.sharing_graph, self.rows)
        self.soft_sharing = SoftSharing(model.sharing_graph, model.components)
        self.adversary = Adversary(self.config.adversarial, model)

    def __call__(self, draws: Sequence[Draw], step: int) -> Updated:
        """Update by what some streams give; `step` counts the updates before.

        Raises `TrainingError` before a parameter is changed where a loss, a gradient or the norm is not finite.
        """
        self.optimizers.zero_grad()
        self.rows.clear()
        watched = self.facts is not None and self.facts.begin(step, draws)
        tasks = [task for draw in draws for task in draw.tasks]
        several = len(tasks) > 1
        rows = self.balance.rows or ("streams" if self.scaling.active and len(draws) > 1 else None)
        figures: dict[str, float] = {}
        number = 0
        for draw in draws:
            for batch, share in zip(draw.batches, self._shares(draw), strict=True):
                for task, value in self._backward(
                    batch.to(self.device), draw, share, number, step, rows, watched and several
                ).items():
                    figures[task] = figures.get(task, 0.0) + value * share.of[task]
                if batch.carried is not None:
                    batch.carried.go_on()
                number += 1
        if watched and several and self.facts is not None:
            self.facts.rows.join(self.division, tasks)
        if rows:
            self.rows.join(self.division, tasks if rows == "tasks" else [draw.source for draw in draws])
            if not self.division.alone:  # an aggregator that draws should draw alike everywhere
                seed_generators(self.device, step_seed(self.seed, step, number))
            self.rows.combine(self.scaling.combine if self.scaling.active else self.balance.combine)
        else:
            self.division.join(self.parameters)
        settle(self.parameters)
        if watched and not several and figures and self.facts is not None:
            self.facts.rows.take(tasks[0])
        self.scaling.scale(draws[0].source)
        self.soft_sharing.add()
        gradients = [numbers(parameter.grad) for parameter in self.parameters if parameter.grad is not None]
        if not gradients:  # no label in the batches, or all on their way is frozen
            return Updated(figures, None)
        if watched and self.facts is not None:
            self.facts.take(draws)
        norm = self._clip(gradients, draws, figures, step)
        self.optimizers.step()
        if watched and self.facts is not None:
            self.facts.updated()
        self.balance.updated(figures)
        return Updated(figures, norm)

    def _shares(self, draw: Draw) -> list[Share]:
        """Return the share of each batch of a draw in the losses of the tasks: all of everything where it is alone."""
        if len(draw.batches) == 1:
            return [Share(dict.fromkeys(draw.tasks, 1.0), {})]
        counts = [self.model.counts(batch.to(self.device), draw.tasks) for batch in draw.batches]
        return shares(counts, draw.tasks, self.division.processes)

    def _clip(
        self, gradients: Sequence[Tensor], draws: Sequence[Draw], figures: Mapping[str, float], step: int
    ) -> float | None:
        """Clip the gradients where the recipe asks for it; return their norm before, None where nothing is clipped."""
        clip = self.config.clip
        if clip is None and all_finite(gradients):
            return None
        total_norm = get_total_norm(gradients)
        norm = total_norm.item()
        if clip is None or not math.isfinite(norm):
            raise bad_gradient(self.owned, self.division.batches(draws), figures, norm, step + 1)
        if norm > clip:
            clip_grads_with_norm_([p for p in self.parameters if not _sparse(p)], clip, total_norm)
            for rows in (numbers(p.grad) for p in self.parameters if p.grad is not None and _sparse(p)):
                rows.mul_(torch.clamp(clip / (total_norm + CLIPPING), max=1.0))
        return norm

    def _backward(
        self, batch: Batch, draw: Draw, share: Share, number: int, step: int, rows: str | None, apart: bool
    ) -> dict[str, float]:
        """Add a batch's part to the gradients or their `rows`, `apart` also to those looked at; return the losses."""
        seed = step_seed(self.seed, step, number, self.division.processes.number)
        seed_generators(self.device, seed)
        with autocast(self.device, self.config.precision), self.adversary.watching() as vectors:
            losses = self.model.counted_losses(batch, draw.tasks)
            figures = {task: loss.item() for task, (loss, _) in losses.items()}
            for task, value in figures.items():
                if not math.isfinite(value):
                    seed_generators(self.device, seed)
                    raise bad_loss(self.model, batch, draw.tasks, task, value, step + 1)
        counts = {task: count for task, (_, count) in losses.items()}
        share.check(counts)
        figures, parts = self.division.losses(draw.tasks, figures, counts)
        factors = self.balance.factors(figures)
        factors = {task: self.weights[task] * share.of[task] * factors.get(task, 1.0) * parts[task] for task in losses}
        terms = _weighed(losses, factors)
        if apart and self.facts is not None:
            self.facts.rows.add(terms, keep=True)
        moves = self.adversary.moves(_sum(terms), vectors)
        self._differentiate(terms, draw, rows)
        if moves:
            seed_generators(self.device, seed)  # dropout is that of the vectors as they were
            with autocast(self.device, self.config.precision), self.adversary.moved(moves):
                losses = self.model.counted_losses(batch, draw.tasks)
            terms = _weighed(losses, {task: self.adversary.weight * factor for task, factor in factors.items()})
            if apart and self.facts is not None:
                self.facts.rows.add(terms, keep=True)
            self._differentiate(terms, draw, rows)
        return figures

    def _differentiate(self, terms: Mapping[str, Tensor], draw: Draw, rows: str | None) -> None:
        """Add the gradients of losses to those of the parameters, or to their `rows`."""
        if rows:
            self.rows.add(terms if rows == "tasks" else {draw.source: _sum(terms)})
            return
        total = _sum(terms)
        if total is not None:
            total.backward()  # type: ignore[no-untyped-call]


def _sparse(parameter: Tensor) -> bool:
    return parameter.grad is not None and parameter.grad.is_sparse


def _weighed(losses: Mapping[str, tuple[Tensor, Tensor]], factors: Mapping[str, float]) -> dict[str, Tensor]:
    """Return losses times their factors, those left out that no gradient comes of."""
    return {task: term for task, (loss, _) in losses.items() if (term := _times(loss, factors[task])) is not None}


def _times(loss: Tensor, weight: float) -> Tensor | None:
    """Return a loss times its weight; None where no gradient comes of it."""
    if weight == 0 or not loss.requires_grad:
        return None
    return loss if weight == 1 else loss * weight


def _sum(terms: Mapping[str, Tensor]) -> Tensor | None:
    total: Tensor | None = None
    for term in terms.values():
        total = term if total is None else total + term
    return total


def step_seed(seed: int, step: int, batch: int = 0, process: int = 0) -> int:
    """Return the seed of torch's generators for a batch of a step: 63 bits from the recipe's seed and the steps before.

    `batch` counts the batches of one step; each `process` draws its own numbers.
    """
    said = f"{seed}/step {step}" + (f"/batch {batch}" if batch else "") + (f"/process {process}" if process else "")
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big") >> 1
