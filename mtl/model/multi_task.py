"""The joint network: one module for every component of the sharing graph, and what a batch needs of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..base.errors import UsageError
from ..graph.call_making import WORD_IDS
from ..graph.calls import Call, InputKey, Regroup, Step, steps_below, walk
from ..graph.sharing_graph import SharingGraph
from .building import Builder
from .frozen import BuiltComponents, FrozenValues
from .module import Module, Scorer
from .output import Losses, Output
from .precision import in_float32
from .programs import KnownValues, Program, Value, compute, program, regrouped

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..data.fitted import Fitted
    from ..data.soft_labels import SoftTargets
    from ..data.targets import Answer


class MultiTaskModel(nn.Module):
    """All components of a sharing graph, each built once, and the walk that computes what a batch asks for.

    A component's first weights follow from the recipe's seed and the component's name alone. May be built under
    `mtl.model.meta.on_meta`. With `initial=False` no file of initial weights (`pretrained`) is read: for a model whose
    weights are loaded next. With `frozen_values` what frozen modules compute comes from there. Raises `RecipeError`
    where sizes along the edges do not fit.
    """

    def __init__(self, graph: SharingGraph, fitted: Fitted, *, initial: bool = True) -> None:
        super().__init__()
        built: dict[str, Module] = {}
        Builder(graph, fitted, initial, built).build()
        self._hold(graph, fitted, built)

    def _hold(self, graph: SharingGraph, fitted: Fitted, built: dict[str, Module]) -> None:
        """Take the modules of all components."""
        self.sharing_graph = graph
        self.fitted = fitted
        self._programs: dict[tuple[str, ...], Program] = {}
        self.frozen_values: FrozenValues | None = None
        self.kinds = {name: component.kind for name, component in graph.components.items()}
        self._built = built
        for name, module in built.items():
            # torch keeps '.' for submodules; the first '/' keeps a group called `answers` apart from the method.
            self.add_module("/" + name.replace(".", "/"), module)

    @property
    def built(self) -> BuiltComponents:
        """What is known of the components where values of frozen ones are kept."""
        frozen = frozenset(name for name in self._built if self.sharing_graph.training(name).freeze)
        return BuiltComponents(self._built, self.kinds, frozen, self.fitted.features)

    @property
    def components(self) -> Mapping[str, Module]:
        """Return every component's module by its name, in build order."""
        return self._built

    def __getitem__(self, address: str) -> Module:
        """Return the module at an address; tied addresses give the same object."""
        return self._built[self.sharing_graph.component_of(address)]

    def output(self, task: str) -> Output:
        """Return a task's output layer."""
        module = self._built[self.sharing_graph.output(task).component]
        if not isinstance(module, Output):
            raise UsageError(f"the last module of task '{task}' should be an output. Found {type(module).__name__}.")
        return module

    def scores(
        self, batch: Batch, tasks: Iterable[str], targets: Mapping[str, Any] | None = None
    ) -> dict[str, tuple[Value, ...]]:
        """Return what flows into each task's output layer, such as [B, C] or a sequence of [B, T, C], in one walk.

        `targets` are those that flow into components in training. A batch of a running text is read on from what is
        carried.
        """
        names = tuple(tasks)
        # The output layer's own call is left out: its distribution is computed where a condition asks for it.
        wanted = {task: self.entering(task) for task in names}
        if names not in self._programs:
            entering = [(step, self.output(task).takes_pieces) for task, steps in wanted.items() for step in steps]
            pieces = [number for number, (_, taken) in enumerate(entering) if taken]
            self._programs[names] = program([step for step, _ in entering], pieces)
        values = iter(
            compute(
                self._programs[names],
                self._built,
                self.kinds,
                batch.lengths,
                batch.features,
                lambda value, key: regrouped(value, batch.index.get(key)),
                targets,
                batch.carried,
                known=self._known(self._programs[names], batch),
            )
        )
        return {
            task: self._continued(batch, task, tuple(next(values) for _ in steps)) for task, steps in wanted.items()
        }

    def _known(self, steps: Program, batch: Batch) -> KnownValues | None:
        if self.frozen_values is None or batch.carried is not None:
            return None
        return self.frozen_values.known(steps, batch)

    def _continued(self, batch: Batch, task: str, scores: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return what flows into an output layer; where rows are segments of a running text, with what is carried."""
        output = self.output(task)
        if batch.carried is None or not output.carries:
            return scores
        return output.continued(batch.carried.at(f"{self.sharing_graph.output(task).component}/scores"), *scores)

    def entering(self, task: str) -> tuple[Step, ...]:
        """Return the calls whose values flow into a task's output layer."""
        return steps_below(self.sharing_graph.output(task))

    def losses(self, batch: Batch, tasks: Iterable[str]) -> dict[str, Tensor]:
        """Return each task's loss: the mean over its units with an answer; a task without any in the batch is left out.

        An output layer that counts something else has the mean over that, and is left out where it is nothing.
        """
        return {task: loss for task, (loss, _) in self.counted_losses(batch, tasks).items()}

    def counted_losses(self, batch: Batch, tasks: Iterable[str]) -> dict[str, tuple[Tensor, Tensor]]:
        """Return each task's loss as `losses` does, and the number of what it is the mean over, int64 []."""
        active = [task for task in tasks if bool(batch.labelled[task].any())]
        found = {}
        for task, scores in self.scores(batch, active, batch.targets).items():
            losses = in_float32(self.output(task).loss, *scores, batch.targets[task])
            values, counted = losses if isinstance(losses, Losses) else (losses, batch.labelled[task])
            if task in batch.soft:
                values = self._taught(task, scores, values, batch.soft[task])
            if bool(counted.any()):
                count = counted.sum()
                found[task] = (torch.where(counted, values, 0.0).sum() / count, count)
        return found

    def counts(self, batch: Batch, tasks: Iterable[str]) -> dict[str, int]:
        """Return the number of what each task's loss of a batch will be the mean over; 0 where it will have none."""
        graph, found = self.sharing_graph, {}
        for task in tasks:
            steps = [call for call in self.entering(task) if isinstance(call, Call) and call.method == WORD_IDS]
            pieces = range(len(steps)) if self.output(task).takes_pieces else ()
            ids = compute(
                program(steps, pieces), self._built, self.kinds, batch.lengths, batch.features, lambda value, _: value
            )
            answered, lengths = batch.labelled[task], batch.lengths[graph.target_input(task)]
            found[task] = int(self.output(task).count(batch.targets[task], answered, lengths, *ids))
        return found

    def _taught(self, task: str, scores: tuple[Value, ...], losses: Tensor, soft: SoftTargets) -> Tensor:
        """Return losses [B] of which a teacher's probabilities are a part; without a label they are all of it."""
        teacher = self.sharing_graph.recipe.tasks[task].teacher
        if teacher is None:
            raise UsageError(f"task '{task}' should have a teacher, as its batch has probabilities. There is none.")
        found = in_float32(self.output(task).soft_loss, *scores, soft.probabilities, teacher.temperature)
        own = torch.where(soft.labelled, losses, 0.0)
        return (1 - teacher.weight) * own + teacher.weight * teacher.temperature**2 * found

    def scorer(self, task: str) -> Scorer:
        """Return a ranking task's scorer."""
        module = self._built[self.scorer_call(task).component]
        if not isinstance(module, Scorer):
            raise UsageError(f"task '{task}' should have a scorer. Found {type(module).__name__}.")
        return module

    def scorer_call(self, task: str) -> Call:
        """Return the call of a ranking task's scorer: its arguments are what each text is encoded as."""
        call = self.entering(task)[0]
        if not isinstance(call, Call):
            raise UsageError(f"task '{task}' should have a scorer. There is none before its output layer.")
        return call

    def meeting(self, task: str) -> tuple[Regroup, ...]:
        """Return the values of single texts that a ranking task takes as pairs ask for them, in the order of use."""
        return tuple(step for step in walk(self.entering(task)) if isinstance(step, Regroup))

    def encoded(self, batch: Batch, task: str, key: InputKey) -> dict[int, Value]:
        """Return what one text of each of a batch's rows is where a task's texts meet, by its place in `meeting`.

        `batch` needs the lengths and features of this input only.
        """
        wanted = {position: step.value for position, step in enumerate(self.meeting(task)) if step.input == key}
        steps = program(list(wanted.values()))
        values = compute(steps, self._built, self.kinds, batch.lengths, batch.features, lambda value, _: value)
        return dict(zip(wanted, values, strict=True))

    def scores_of_pairs(self, task: str, values: Sequence[Value]) -> tuple[Value, ...]:
        """Return what flows into a ranking task's output layer for pairs whose texts are `values` in `meeting`."""
        steps = program(self.entering(task), (), self.meeting(task))
        return tuple(compute(steps, self._built, self.kinds, {}, {}, lambda value, _: value, given=values))

    def answers(self, batch: Batch, tasks: Iterable[str]) -> dict[str, dict[str, Tensor]]:
        """Return each task's answer (see `Output.answer`)."""
        return {task: self.output(task).answer(*scores) for task, scores in self.scores(batch, tasks).items()}

    def declared(self, task: str) -> tuple[Answer, ...]:
        """Return what a task's head puts out: its target's answers, then what its output layer has beside them."""
        return (*self.fitted.targets[task].answers, *self.output(task).more_answers)

    def measured(self, batch: Batch, tasks: Iterable[str]) -> dict[str, dict[str, Tensor]]:
        """Return what each task's figures are made of (see `Output.measured`)."""
        found = self.scores(batch, tasks).items()
        return {task: self.output(task).measured(*scores, batch.targets[task]) for task, scores in found}
