"""What an export computes, as one torch module: the calls of several tasks over what stands in for their components."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor, nn

from ..base.errors import ExportError
from ..graph.sharing_graph import Call, InputKey, SharingGraph, keys_of
from ..model.module import Output, Scorer
from ..model.module import Sequence as Vectors
from ..model.multi_task import MultiTaskModel, Plan, Value, compute, plan
from ..text.features import Feature
from .towers import Tower, towers

FeatureKey = tuple[str, int, InputKey]
Features = Mapping[str, Sequence[Feature]]


class Network(nn.Module):
    """The calls of several tasks over stand-ins of the components, from a flat list of tensors to another.

    It takes the lengths of `inputs`, which texts pairs are made of for the inputs that are `paired`, and features.
    Texts of two inputs meet as pairs only, by a scorer or a matching: torch reads each input's number of rows off that
    input itself, and either side of a scorer can be cut out without the other.
    """

    def __init__(self, model: MultiTaskModel, graph: SharingGraph, tasks: Sequence[str], features: Features) -> None:
        super().__init__()
        self.graph = graph
        self.tasks = list(tasks)
        self.scores = {task: scores_call(graph, task) for task in tasks}
        self.calls = needed_calls(list(self.scores.values()))
        self.plan: Plan = plan(self.calls)
        self.towers = towers(model, graph, tasks)
        used = {call.component for call in self.calls} | {self._output_component(task) for task in tasks}
        self.components = [name for name in graph.components if name in used]
        kinds = {name: graph.components[name].kind for name in self.components}
        self.kinds = {name: "scorer" if kind == "matching" else kind for name, kind in kinds.items()}
        # torch numbers what it cannot name: component names may hold dots.
        self.modules_ = nn.ModuleList(model.components[name].exportable() for name in self.components)
        leaves = dict.fromkeys(_leaves(self.calls))
        self.inputs: list[InputKey] = list(dict.fromkeys(key for _, key in leaves))
        scored = [keys_of(call) for call in self.calls if self.kinds[call.component] == "scorer"]
        self.paired = [key for key in self.inputs if any(key in keys for keys in scored)]
        self.feature_keys: list[FeatureKey] = [
            (component, index, key) for component, key in leaves for index in range(len(features[component]))
        ]

    @property
    def by_name(self) -> dict[str, nn.Module]:
        """The stand-ins by component."""
        return dict(zip(self.components, self.modules_, strict=True))

    def given(
        self, tensors: Sequence[Tensor]
    ) -> tuple[dict[InputKey, Tensor], dict[FeatureKey, Tensor], dict[InputKey, Tensor]]:
        """Return lengths, features and texts of pairs by their keys."""
        lengths = dict(zip(self.inputs, tensors, strict=False))
        index = dict(zip(self.paired, tensors[len(lengths) :], strict=False))
        return lengths, dict(zip(self.feature_keys, tensors[len(lengths) + len(index) :], strict=True)), index

    def values(self, tensors: Sequence[Tensor]) -> list[Value]:
        """Return what every call computes, in their order, from lengths and features."""
        return compute(self.plan, self.by_name, self.kinds, *self.given(tensors))

    def forward(self, *tensors: Tensor) -> list[Tensor]:
        """Return the answers of the tasks in order, the vectors of their towers, then the value of every call."""
        computed = self.values(tensors)
        by_call = dict(zip(self.calls, computed, strict=True))
        found: list[Tensor] = []
        for task, _, keys in self.answers():
            answer = self.output_of(task).answer(by_call[self.scores[task]])
            found += [answer[key] for key in keys]
        found += [self.scorer_of(tower).encode(by_call[tower.call], tower.position) for tower in self.towers]
        return found + [value.values if isinstance(value, Vectors) else value for value in computed]

    def answers(self) -> Iterator[tuple[str, Call, list[str]]]:
        """Yield each task with the call of its scores and the keys of its answer that the task declares."""
        for task in self.tasks:
            declared = self.graph.recipe.tasks[task].task.answers
            yield task, self.scores[task], list(dict.fromkeys(answer.value for answer in declared))

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


def scores_call(graph: SharingGraph, task: str) -> Call:
    """Return the call whose value the task's output layer turns into the answer."""
    scores = graph.output(task, by="front_end").arguments[0]
    if not isinstance(scores, Call):
        raise ExportError(f"{task}: the output layer should take a module's scores. Found the input '{scores}'.")
    return scores


def needed_calls(wanted: Sequence[Call]) -> list[Call]:
    """Return these calls and all that they stand on, each once, arguments first."""
    found: dict[Call, None] = {}

    def visit(call: Call) -> None:
        if call not in found:
            for argument in call.arguments:
                if isinstance(argument, Call):
                    visit(argument)
            found[call] = None

    for call in wanted:
        visit(call)
    return list(found)


def _leaves(calls: Sequence[Call]) -> Iterator[tuple[str, InputKey]]:
    for call in calls:
        for argument in call.arguments:
            if isinstance(argument, InputKey):
                yield call.component, argument
