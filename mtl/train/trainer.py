"""Training: one step after another over the streams of a mixture, with evaluations and checkpoints between them.

A run on a CPU is a pure function of recipe, data, versions and thread count, unless a time budget ends it. The
random generators of torch are seeded anew at every step from (seed, step), so nothing of them has to be saved: modules
draw from them and from no other. What else a step depends on is in its checkpoint, and a run that is killed and resumed
goes through the same steps.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from ..base.device import described, resolve, seed_generators
from ..base.errors import CheckpointError, UsageError
from ..base.files import read_json
from ..base.progress import EvalReport, Note, Report, StepReport, StopReport
from ..base.tensors import read_tensors
from ..base.threads import torch_threads
from ..evaluate.evaluation import dev_figures, evaluate
from ..evaluate.selection import Selection, selection
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..model.precision import autocast
from ..recipe.config import Recipe
from ..recipe.filling import digest
from .accumulation import Shares, shares
from .budget import Budget
from .checkpoint import Checkpoints, Snapshot, describe, fingerprint, load_weights, own_tensors
from .finite import all_finite, bad_gradient, bad_loss
from .first_weights import load_first_weights
from .optimizer import Rates, load_optimizer_state, optimizer_state
from .parts import build_feeds, build_optimizer, build_schedule, mixture_of
from .priors import set_priors
from .resume import as_filled_now, identity, refuse_changes

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..data.prepared import Prepared

__all__ = ["EvalReport", "Note", "Report", "StepReport", "StopReport", "Trainer"]

FORMAT = 1  # of state.json; a checkpoint of another format is refused


class Trainer:
    """Trains the joint network of a recipe in a run folder; `train` yields what happens, and the consumer prints it.

    With `resume`, goes on from the folder's last checkpoint; a folder without any starts over, and one whose run is
    finished trains no more. Raises `CheckpointError` where recipe, data, versions or thread count are not what the
    checkpoint was made with, and `UsageError` where the folder holds checkpoints and `resume` was not asked for.

    `step` of `steps` are done. `model` is the network; once `train` has ended it is the best one, in evaluation mode.
    `device` replaces the recipe's; `clock` gives the seconds that a time budget is spent by.
    """

    def __init__(
        self,
        recipe: Recipe | SharingGraph,
        prepared: Prepared,
        out: Path | str,
        *,
        resume: bool = False,
        device: torch.device | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.graph = recipe if isinstance(recipe, SharingGraph) else build_graph(recipe)
        self.recipe = self.graph.recipe
        self.config = self.recipe.train
        self.prepared = prepared
        self.device = resolve(self.config.device) if device is None else device
        self.budget = Budget(self.config.minutes, clock)
        self.checkpoints = Checkpoints(Path(out))
        fitted = fingerprint(prepared.fitted.state())
        self.identity = identity(
            digest(self.recipe), prepared.hashes, fitted, self.config.threads, described(self.device)
        )
        state = self._recorded(Path(out), resume)

        self.step = 0
        self.finished = False
        self.feeds = build_feeds(self.graph, prepared)
        self.mixture = mixture_of(self.recipe, self.feeds)
        self.steps = self.config.epochs * self.mixture.epoch_steps
        if self.config.max_steps is not None:
            self.steps = min(self.steps, self.config.max_steps)
        self.model = MultiTaskModel(self.graph, prepared.fitted, initial=state is None)
        if state is None:
            set_priors(self.model, prepared)
        self.model.to(self.device)
        self.owned = own_tensors(self.model.components)
        self.optimizer, self.parameters = build_optimizer(self.graph, self.owned)
        self.rates = Rates(self.optimizer, build_schedule(self.config, self.steps, self.mixture.epoch_steps))
        self.selection = selection(self.config.select, self.config.patience, *dev_figures(self.graph, prepared))
        self.weights = {name: task.weight for name, task in self.recipe.tasks.items()}
        if state is not None:
            self._load_state(state)
        else:
            load_first_weights(self.model)
        self.notes = self._noted() if state is None else ()

    # -- beginning

    def _recorded(self, out: Path, resume: bool) -> Mapping[str, Any] | None:
        """Return the state of the last checkpoint if there is one that this run may go on from."""
        if not self.checkpoints.pointer():
            return None
        folder = self.checkpoints.path("last")
        if not resume:
            raise UsageError(
                f"{out}: should hold no checkpoints of another run. Found {folder.name}. Resume that run (--resume, "
                "resume=True), or name another folder (--out DIR, out=DIR)."
            )
        state = read_json(folder / "state.json")
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            found = state.get("format", "none") if isinstance(state, dict) else "none"
            raise CheckpointError(f"{folder}: should be a checkpoint of format {FORMAT}. Found {found}.")
        recorded = state["identity"]
        if recorded["recipe"] != self.identity["recipe"]:
            recorded = as_filled_now(recorded, out)
        refuse_changes(recorded, self.identity, str(out))
        self.identity["recipe"] = state["identity"]["recipe"]  # that of the folder's recipe.yaml
        return state

    def _noted(self) -> tuple[Note, ...]:
        """Return what the components report about their initial state."""
        found = self.model.components.items()
        return tuple(replace(note, component=name) for name, module in found for note in module.notes)

    # -- training

    def train(self) -> Iterator[Report]:
        """Train to the end and yield what components note, then a report of every step and every evaluation.

        A checkpoint of a step is written when the consumer asks for what comes after its reports, so that a log that
        is kept up to a checkpoint's step is complete. A consumer that stops asking stops the training. Meanwhile torch
        has the recipe's threads.
        """
        with torch_threads(self.config.threads):
            yield from self._train()

    def _train(self) -> Iterator[Report]:
        yield from () if self.step else self.notes
        self.model.train(not self.finished)
        self.budget.begin()
        while not self.finished:
            step = self._next_step()
            over = self.budget.over
            yield step
            evaluated = improved = False
            if self.selection is not None and (over or self._evaluation_due()):
                report = self._evaluate(self.selection)
                evaluated, improved = True, report.best
                over = self.budget.over
                yield report
            self.finished = self.step >= self.steps or (evaluated and self._exhausted())
            if over and not self.finished:
                self.finished = True
                yield StopReport(self.step, self.steps, step.epoch, self.budget.seconds / 60)
            if self.finished or improved or self._checkpoint_due(evaluated):
                self._save(best=improved or self.selection is None)
        if self.model.training:
            load_weights(self.model, self.checkpoints.path("best"))
            self.model.eval()

    def _next_step(self) -> StepReport:
        start = time.perf_counter()
        epoch = self.mixture.epoch + 1
        feed = self.feeds[self.mixture.draw()]
        batches = feed.group(self.config.accumulate)
        factor = self.rates.set(self.step, self.budget.share)
        losses, norm = self.update(batches, feed.tasks)
        self.step += 1
        return StepReport(
            step=self.step,
            steps=self.steps,
            epoch=epoch,
            source=feed.source,
            losses=losses,
            rows=sum(len(batch.rows) for batch in batches),
            tokens=sum(batch.tokens for batch in batches),
            norm=norm,
            factor=factor,
            seconds=time.perf_counter() - start,
        )

    def train_step(self, batch: Batch, tasks: Sequence[str]) -> tuple[dict[str, float], float | None]:
        """Update by one batch: see `update`."""
        return self.update([batch], tasks)

    def update(self, batches: Sequence[Batch], tasks: Sequence[str]) -> tuple[dict[str, float], float | None]:
        """Update the components that the tasks with labels in some batches of a stream need, and no others.

        Gradients are of each task's mean loss over all batches. Returns every such task's loss and the norm of the
        gradients before clipping (None where nothing is clipped). Raises `TrainingError` before the update where a
        loss, a gradient or the norm is not finite.
        """
        self.optimizer.zero_grad(set_to_none=True)
        figures: dict[str, float] = {}
        for number, (batch, share) in enumerate(zip(batches, shares(batches, tasks), strict=True)):
            for task, value in self._backward(batch.to(self.device), tasks, share, number).items():
                figures[task] = figures.get(task, 0.0) + value * share[task]
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if not gradients:  # no label in the batches, or all on their way is frozen
            return figures, None
        norm = None
        if self.config.clip is not None or not all_finite(gradients):
            total_norm = get_total_norm(gradients)
            norm = total_norm.item()
            if self.config.clip is None or not math.isfinite(norm):
                raise bad_gradient(self.owned, batches, figures, norm, self.step + 1)
            if norm > self.config.clip:
                clip_grads_with_norm_(self.parameters, self.config.clip, total_norm)
        self.optimizer.step()
        return figures, norm

    def _backward(self, batch: Batch, tasks: Sequence[str], share: Shares, number: int) -> dict[str, float]:
        """Add a batch's part to the gradients, of the step's batches the number-th; return the tasks' losses in it."""
        seed = step_seed(self.recipe.seed, self.step, number)
        seed_generators(self.device, seed)
        with autocast(self.device, self.config.precision):
            losses = self.model.losses(batch, tasks)
            figures = {task: loss.item() for task, loss in losses.items()}
            for task, value in figures.items():
                if not math.isfinite(value):
                    seed_generators(self.device, seed)
                    raise bad_loss(self.model, batch, tasks, task, value, self.step + 1)
        total = self._weighted(losses, share)
        if total is not None and total.requires_grad:
            total.backward()  # type: ignore[no-untyped-call]
        return figures

    def _weighted(self, losses: Mapping[str, Tensor], share: Shares) -> Tensor | None:
        total: Tensor | None = None
        for task, loss in losses.items():
            weight = self.weights[task] * share[task]
            if weight == 0:
                continue
            part = loss if weight == 1 else loss * weight
            total = part if total is None else total + part
        return total

    # -- evaluations and checkpoints

    def _evaluation_due(self) -> bool:
        every = self.config.evaluate_every or self.mixture.epoch_steps
        return self.step % every == 0 or self.step >= self.steps

    def _checkpoint_due(self, evaluated: bool) -> bool:
        if self.config.checkpoint_every is not None:
            return self.step % self.config.checkpoint_every == 0
        return evaluated or (self.selection is None and self._evaluation_due())

    def _exhausted(self) -> bool:
        return self.selection is not None and self.selection.exhausted

    def _evaluate(self, selection: Selection) -> EvalReport:
        start = time.perf_counter()
        metrics = evaluate(self.model, self.graph, self.prepared, "dev").metrics
        score, best = selection.add(metrics)
        return EvalReport(
            step=self.step,
            steps=self.steps,
            epoch=(self.step - 1) // self.mixture.epoch_steps + 1,
            split="dev",
            metrics=metrics,
            score=score,
            best=best,
            left=selection.left,
            seconds=time.perf_counter() - start,
        )

    def _save(self, *, best: bool) -> None:
        tensors, plain = optimizer_state(self.optimizer, self._named())
        state = {
            "format": FORMAT,
            "step": self.step,
            "steps": self.steps,
            "finished": self.finished,
            "mixture": self.mixture.state(),
            "feeds": {source: feed.state() for source, feed in self.feeds.items()},
            "selection": None if self.selection is None else self.selection.state(),
            "optimizer": plain,
            "identity": self.identity,
        }
        if self.budget.minutes is not None:
            state["seconds"] = self.budget.seconds
        meanings = describe(self.graph, self.prepared.fitted)
        self.checkpoints.write(Snapshot(self.step, self.owned, meanings, tensors, state), best=best)

    def _load_state(self, state: Mapping[str, Any]) -> None:
        folder = self.checkpoints.path("last")
        self.finished = bool(state["finished"])
        load_weights(self.model, self.checkpoints.path("best") if self.finished else folder)
        tensors = read_tensors(folder / "optimizer.safetensors")[0]
        load_optimizer_state(self.optimizer, self._named(), tensors, state["optimizer"])
        self.step = int(state["step"])
        self.budget.before = float(state.get("seconds", 0.0))
        self.mixture.load_state(state["mixture"])
        for source, feed in self.feeds.items():
            feed.seek(state["feeds"][source])
        if self.selection is not None:
            self.selection.load_state(state["selection"])

    def _named(self) -> dict[str, Tensor]:
        return {f"{name}/{key}": tensor for name, tensors in self.owned.items() for key, tensor in tensors.items()}


def step_seed(seed: int, step: int, batch: int = 0) -> int:
    """Return the seed of torch's generators for a batch of a step: 63 bits from the recipe's seed and the steps before.

    `batch` counts the batches of one step.
    """
    said = f"{seed}/step {step}" + (f"/batch {batch}" if batch else "")
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big") >> 1
