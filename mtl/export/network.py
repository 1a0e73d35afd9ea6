"""What an export computes, as one torch module: the calls of several tasks over stand-ins of their components."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from ..base.errors import ExportError
from ..data.batch import Index
from ..graph.calls import ADAPTED, Call, InputKey, Regroup, Step, TargetKey, keys_of, leaves, steps_below, walk
from ..graph.sharing_graph import SharingGraph
from ..model.adapters import Adapted
from ..model.module import PaddedSequence, Scorer
from ..model.multi_task import MultiTaskModel
from ..model.output import Output
from ..model.programs import Program, Value, compute, program, regrouped
from ..model.search import Stepped
from ..text.features import Feature
from .as_units import as_units
from .merging import stand_ins
from .towers import Tower, towers

FeaturePlace = tuple[str, int, InputKey]  # embedding component, position among its features, input
Features = Mapping[str, Sequence[Feature]]


class NetworkInputs(NamedTuple):
    """What a network is given: lengths of every input's texts, the lists that they make up, features."""

    lengths: dict[InputKey, Tensor]
    lists: dict[InputKey, Index]
    features: dict[FeaturePlace, Tensor]


class Network(nn.Module):
    """The calls of several tasks over stand-ins of the components, from a flat list of tensors to another.

    It takes the lengths of `inputs`, for those that are `listed` which of their texts make up a unit (positions [B, U],
    lengths [B]), and features. Where texts of several inputs meet, row i belongs to row i: what is regrouped is handed
    on, with the number of rows of the first of these inputs. So torch reads every other number of rows off the input
    itself, and either side of a scorer can be cut out without the other.
    """

    def __init__(self, model: MultiTaskModel, graph: SharingGraph, tasks: Sequence[str], features: Features) -> None:
        super().__init__()
        self.graph = graph
        self.tasks = list(tasks)
        self.declared = {task: model.declared(task) for task in tasks}
        self.entering = {task: entering(graph, task) for task in tasks}
        steps = walk(step for values in self.entering.values() for step in values)
        self.calls = [step for step in steps if isinstance(step, Call)]
        wanted: list[Step] = [*self.calls, *(step for values in self.entering.values() for step in values)]
        taking = [model.output(task).takes_pieces for task, values in self.entering.items() for _ in values]
        pieces = (number for number, taken in enumerate(taking, len(self.calls)) if taken)
        self.program: Program = program(wanted, pieces)
        self.towers = towers(model, graph, tasks)
        used = {call.component for call in self.calls} | {self._output_component(task) for task in tasks}
        self.components = [name for name in graph.components if name in used]
        self.kinds = {name: graph.components[name].kind for name in self.components}
        # torch numbers what it cannot name: component names may hold dots.
        built, self.adapters = stand_ins({name: model.components[name] for name in self.components}, self.calls)
        self.modules_ = nn.ModuleList(built.values())
        read = dict.fromkeys(leaves(self.calls))
        self.inputs: list[InputKey] = list(dict.fromkeys(key for _, key in read))
        self.listed = [key for key in self.inputs if key.listed]
        self.first = self._first()
        self.places: list[FeaturePlace] = [
            (component, index, key) for component, key in read for index in range(len(features[component]))
        ]

    def _first(self) -> dict[InputKey, InputKey]:
        """Return, for every input whose texts meet those of others, the first of these."""
        found: dict[InputKey, InputKey] = {}
        for call in self.calls:
            if any(isinstance(argument, Regroup) for argument in call.arguments):
                meeting = [key for key in self.inputs if key in keys_of(call)]
                found |= {key: meeting[0] for key in meeting if key not in found}
        return found

    @property
    def by_name(self) -> dict[str, nn.Module]:
        """The stand-ins by component."""
        return dict(zip(self.components, self.modules_, strict=True))

    def given(self, tensors: Sequence[Tensor]) -> NetworkInputs:
        """Return lengths, lists and features by their keys."""
        rest = iter(tensors)
        lengths = {key: next(rest) for key in self.inputs}
        lists = {key: Index(next(rest), next(rest)) for key in self.listed}
        return NetworkInputs(lengths, lists, dict(zip(self.places, rest, strict=True)))

    def values(self, tensors: Sequence[Tensor], modules: Mapping[str, nn.Module] | None = None) -> list[Value]:
        """Return what every call computes, in their order, then what enters the output layers."""
        given = self.given(tensors)

        def regroup(value: Value, key: InputKey) -> Value:
            if key in given.lists:
                return regrouped(value, given.lists[key])
            return as_units(value, given.lengths[self.first[key]])

        return compute(self.program, modules or self.by_name, self.kinds, given.lengths, given.features, regroup)

    def forward(self, *tensors: Tensor) -> list[Tensor]:
        """Return the answers of the tasks in order, the vectors of their towers, then the values of `measured`."""
        computed = self.values(tensors)
        rest = iter(computed[len(self.calls) :])
        by_call = dict(zip(self.calls, computed, strict=False))
        found: list[Tensor] = []
        for task, keys in self.answers():
            answer = self.output_of(task).answer(*(next(rest) for _ in self.entering[task]))
            found += [answer[key] for key in keys]
        found += [self.scorer_of(tower).encode(by_call[tower.call], tower.position) for tower in self.towers]
        values = computed[: len(self.calls)]
        values = [value for value in values if not isinstance(value, (Stepped, Adapted))]
        return found + [value.values if isinstance(value, PaddedSequence) else value for value in values]

    @property
    def measured(self) -> list[Call]:
        """The calls that compute values by themselves: not those that a search asks or an adapter runs."""
        return [
            call
            for call in self.calls
            if call.method != ADAPTED and not any(isinstance(given, TargetKey) for given in call.arguments)
        ]

    def answers(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each task with the keys of its answer that its head outputs."""
        for task, declared in self.declared.items():
            yield task, list(dict.fromkeys(answer.value for answer in declared))

    def output_of(self, task: str) -> Output:
        """Return the stand-in of a task's output layer."""
        module: Output = self.by_name[self._output_component(task)]  # type: ignore[assignment]  # has `answer`, as an Output has
        return module

    def scorer_of(self, tower: Tower) -> Scorer:
        """Return the stand-in of a tower's scorer."""
        module: Scorer = self.by_name[tower.scorer]  # type: ignore[assignment]  # has `encode`, as a Scorer has
        return module

    def _output_component(self, task: str) -> str:
        return self.graph.output(task, by="front_end").component

    def weight(self, name: str) -> tuple[str, Tensor] | None:
        """Return `component.parameter` and the tensor that torch calls by a name, None for a constant of its own.

        A tensor that a module holds under several names goes by the first one, whichever torch has chosen.
        """
        if not name.startswith("modules_."):
            return None
        tensor: Tensor = operator.attrgetter(name)(self)
        held = itertools.chain(self.named_parameters(), self.named_buffers())
        _, number, rest = next((first for first, other in held if other is tensor), name).split(".", 2)
        return f"{self.components[int(number)]}.{rest}", tensor.detach()


def entering(graph: SharingGraph, task: str) -> tuple[Step, ...]:
    """Return the calls whose values the task's output layer turns into the answer."""
    found = steps_below(graph.output(task, by="front_end"))
    if not found:
        raise ExportError(f"{task}: the output layer should take a module's scores. Found the text itself.")
    return found
