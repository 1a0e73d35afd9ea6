"""Training: one step after another over the streams of a mixture, with evaluations and checkpoints between them.

A run on a CPU is a pure function of recipe, data, versions and thread count, unless a time budget ends it. The
random generators of torch are seeded anew at every step from (seed, step), so nothing of them has to be saved: modules
draw from them and from no other. What else a step depends on is in its checkpoint, and a run that is killed and resumed
goes through the same steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..base.device import described
from ..base.launched import here
from ..base.processes import Processes
from ..base.progress import (
    EarlyStopReport,
    EvalReport,
    GradientReport,
    Note,
    Report,
    StepReport,
    StopReport,
    StreamReport,
)
from ..base.threads import torch_threads
from ..evaluate.constant import constant_answers
from ..evaluate.evaluation import dev_figures, evaluate
from ..evaluate.gains import gains
from ..evaluate.selection import Selection, selection
from ..graph.build import build_graph
from ..graph.sharing_graph import SharingGraph
from ..model.frozen import FrozenValues
from ..model.multi_task import MultiTaskModel
from ..recipe.config import Recipe
from ..recipe.filling import digest
from .agreement import fault_if_others
from .average import WeightAverage
from .budget import Budget
from .checkpoint import Checkpoints, describe, fingerprint, load_weights, own_tensors
from .decisions import decide, fault_if_undecidable, undecide, yet_to_decide
from .first_weights import load_first_weights
from .from_runs import load_from_runs, taken_weights
from .gradient_facts import GradientFacts
from .optimizer import Rates
from .parts import build_balance, build_draws, build_optimizers, build_schedule, steps_of
from .priors import set_priors
from .resume import FORMAT, identity, recorded_state
from .training_state import TrainingState, named
from .update import Update

if TYPE_CHECKING:
    from ..data.prepared import Prepared

__all__ = ["EvalReport", "GradientReport", "Note", "Report", "StepReport", "StopReport", "StreamReport", "Trainer"]


class Trainer:
    """Trains the joint network of a recipe in a run folder; `train` yields what happens, and the consumer prints it.

    With `resume`, goes on from the folder's last checkpoint; a folder without any starts over, and one whose run is
    finished trains no more: what dev decided is reported again. Raises `CheckpointError` where recipe, data, versions
    or thread count are not what the checkpoint was made with, and `UsageError` where the folder holds checkpoints and
    `resume` was not asked for.

    `step` of `steps` are done. `model` is the network; once `train` has ended it is the best one, in evaluation mode.
    `device` replaces the recipe's; `clock` gives the seconds that a time budget is spent by. `processes` train
    together, by default all that torchrun started: the first one evaluates and writes, and the others wait for it.
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
        processes: Processes | None = None,
    ) -> None:
        self.processes = here() if processes is None else processes
        self.graph = recipe if isinstance(recipe, SharingGraph) else build_graph(recipe)
        self.recipe = self.graph.recipe
        self.config = self.recipe.train
        self.prepared = prepared
        self.device = self.processes.device(self.config.device) if device is None else device
        self.budget = Budget(self.config.minutes, self.processes.clock(clock))
        self.checkpoints = Checkpoints(Path(out))
        fitted = fingerprint(prepared.fitted.state())
        where = described(self.device), self.processes.count, taken_weights(self.graph), prepared.soft
        self.identity = identity(digest(self.recipe), prepared.hashes, fitted, self.config.threads, *where)
        state = recorded_state(self.checkpoints, self.identity, Path(out), resume)

        self.step = 0
        self.finished = False
        self.draws = build_draws(self.graph, prepared, (self.processes.number, self.processes.count))
        self.steps = steps_of(self.config, self.draws)
        self.model = MultiTaskModel(self.graph, prepared.fitted, initial=state is None)
        if state is None:
            set_priors(self.model, prepared)
        fault_if_undecidable(self.model, prepared)
        self.model.to(self.device)
        if self.config.cache_frozen is not None:
            self.model.frozen_values = FrozenValues(self.model.built, self.config.cache_frozen)
        self.owned = own_tensors(self.model.components)
        self.optimizers, parameters = build_optimizers(self.model, self.owned)
        figures, first = dev_figures(self.graph, prepared)
        schedule = build_schedule(self.config, self.steps, self.draws.epoch_steps, bool(figures))
        self.rates = Rates(self.optimizers.param_groups, schedule)
        self.facts = GradientFacts.of(self.graph, self.owned, parameters, self.steps)
        self.balance = build_balance(self.recipe)
        self.update = Update(
            self.model, self.owned, self.optimizers, parameters, self.balance, self.facts, self.processes
        )
        self.selection = selection(
            *(self.config.select, self.config.patience, figures, first),
            gains(self.graph, prepared),
            self.config.place_of,
        )
        if state is None:
            load_first_weights(self.model)
            load_from_runs(self.model)
            undecide(self.model)
        self.average = WeightAverage(self.config.average, named(self.owned), parameters)
        self.state = TrainingState(
            self.owned,
            self.optimizers,
            self.average,
            self.draws,
            self.balance,
            self.rates,
            self.facts,
            self.selection,
        )
        if state is not None:
            self._load_state(state)
        self.notes = self._noted() if state is None else ()

    # -- beginning

    def _noted(self) -> tuple[Note, ...]:
        """Return what the components report about their initial state, and what they lack until training has ended."""
        found = self.model.components.items()
        initial = (replace(note, component=name) for name, module in found for note in module.notes)
        return (*initial, *yet_to_decide(self.model))

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
        self.processes.from_each(None)  # some may have had more to read
        self.budget.begin()
        while not self.finished:
            step = self._next_step()
            over = self.budget.over
            yield step
            yield from self._changes(step.epoch)
            found = None if self.facts is None else self.facts.report(self.step)
            if found is not None:
                yield found
            evaluated = improved = False
            if self.selection is not None and (over or self._evaluation_due() or not self.draws.drawable):
                report = self._evaluate(self.selection)
                evaluated, improved = True, report.best
                over = self.budget.over
                yield report
                yield from self._changes(step.epoch)
            self.finished = self.step >= self.steps or (evaluated and self._exhausted()) or not self.draws.drawable
            if self.finished and self.step < self.steps and self.selection is not None and self._exhausted():
                best = self.checkpoints.step("best")
                yield EarlyStopReport(self.step, self.steps, step.epoch, self.selection.waited, best)
            if over and not self.finished:
                self.finished = True
                yield StopReport(self.step, self.steps, step.epoch, self.budget.seconds / 60)
            if self.finished or improved or self._checkpoint_due(evaluated):
                self._save(best=improved or self.selection is None)
        if self.model.training:
            load_weights(self.model, self.checkpoints.path("best"))
            self.model.eval()
        self.model.frozen_values = None
        yield from self._decided()

    def _decided(self) -> Iterator[Note]:
        """Let the best model find on dev what its answers are decided by, unless its checkpoint has it; report it."""
        found = self.processes.from_first(lambda: decide(self.model, self.prepared, self.checkpoints))
        if found and not self.processes.first:
            load_weights(self.model, self.checkpoints.path("best"))
        yield from (Note(sentence, component=name, step=self.step) for name, sentence in found)

    def _next_step(self) -> StepReport:
        start = time.perf_counter()
        epoch = self.draws.epoch + 1
        draws = self.draws.next()
        share = self.budget.share
        factor = self.rates.set(self.step, share)
        losses, norm = self.update(draws, self.step)
        self.average.update()
        self.draws.stepped(losses)
        self.step += 1
        batches = [batch for draw in draws for batch in draw.batches]
        of_draws = [sum(len(batch.rows) for batch in draw.batches) for draw in draws]
        tokens, *rows = map(int, self.processes.sums([sum(b.tokens for b in batches), *of_draws]))
        return StepReport(
            step=self.step,
            steps=self.steps,
            epoch=epoch,
            source=", ".join(draw.source for draw in draws),
            losses=losses,
            rows=sum(rows),
            tokens=tokens,
            norm=norm,
            factor=factor,
            seconds=time.perf_counter() - start,
            rows_of={draw.source: count for draw, count in zip(draws, rows, strict=True)},
            seconds_left=None if self.budget.minutes is None else 60 * self.budget.minutes * (1 - share),
        )

    def _changes(self, epoch: int) -> Iterator[StreamReport]:
        for change in self.draws.changes():
            yield StreamReport(self.step, self.steps, epoch, *change)

    # -- evaluations and checkpoints

    def _evaluation_due(self) -> bool:
        every = self.config.evaluate_every or self.draws.epoch_steps
        return self.step % every == 0 or self.step >= self.steps

    def _checkpoint_due(self, evaluated: bool) -> bool:
        if self.config.checkpoint_every is not None:
            return self.step % self.config.checkpoint_every == 0
        return evaluated or (self.selection is None and self._evaluation_due())

    def _exhausted(self) -> bool:
        return self.selection is not None and self.selection.exhausted

    def _evaluate(self, selection: Selection) -> EvalReport:
        start = time.perf_counter()
        metrics, constant = self.processes.from_first(self._measured)
        score, best = selection.add(metrics)
        self.rates.schedule.evaluated(score)
        self.draws.evaluated(metrics)
        return EvalReport(
            step=self.step,
            steps=self.steps,
            epoch=(self.step - 1) // self.draws.epoch_steps + 1,
            split="dev",
            metrics=metrics,
            score=score,
            best=best,
            left=selection.left,
            seconds=time.perf_counter() - start,
            constant=constant,
        )

    def _measured(self) -> tuple[Mapping[str, Mapping[str, float]], Mapping[str, str]]:
        with self.average.in_place():
            found = evaluate(self.model, self.graph, self.prepared, "dev")
        return found.metrics, constant_answers(self.graph, found)

    def _save(self, *, best: bool) -> None:
        fault_if_others(self.processes, self.owned, self.step)
        seconds = self.budget.seconds
        self.processes.from_first(lambda: self._write(best, seconds))

    def _write(self, best: bool, seconds: float) -> None:
        beside = {
            "format": FORMAT,
            "step": self.step,
            "steps": self.steps,
            "finished": self.finished,
            "identity": self.identity,
        }
        if self.budget.minutes is not None:
            beside["seconds"] = seconds
        meanings = describe(self.graph, self.prepared.fitted)
        self.checkpoints.write(self.state.snapshot(self.step, beside, meanings), best=best)

    def _load_state(self, state: Mapping[str, Any]) -> None:
        folder = self.checkpoints.path("last")
        self.finished = bool(state["finished"])
        load_weights(self.model, self.checkpoints.path("best") if self.finished else folder)
        self.step = int(state["step"])
        self.budget.before = float(state.get("seconds", 0.0))
        self.state.load(state, folder, self.device)
