"""From features to answers as one ONNX graph: what torch computes of a model, exported in one piece.

Every call of the sharing graph that the tasks need is in it once. Parameters are initializers called
`component.parameter`; they go through the exporter's optimizer as graph inputs, so that nothing is folded into a copy.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
import onnx_ir.passes.common as passes
import onnxscript.optimizer
import torch
from torch import Tensor, nn
from torch.export import Dim

from ..errors import ExportError
from ..features import Feature
from ..model import MultiTaskModel, Plan, Value, compute, plan
from ..module import Output
from ..module import Sequence as Vectors
from ..sharing_graph import Call, InputKey, SharingGraph
from .operators import translation_table

OPSET = 20
FeatureKey = tuple[str, int, InputKey]
Features = Mapping[str, Sequence[Feature]]


@dataclass(frozen=True)
class Numeric:
    """The numeric graph and the names of its values.

    Inputs: `lengths` int64 [B] of every input, `features` [B, T] or [B, T, C]. Outputs: `answers` by task and key of
    what the output layer's `answer` returns, and `calls`: what every component computed ([B, …], sequences without
    their lengths). `parameters` are the tensors of its named initializers.
    """

    model: ir.Model
    lengths: Mapping[InputKey, str]
    features: Mapping[FeatureKey, str]
    answers: Mapping[tuple[str, str], str]
    calls: Mapping[Call, str]
    parameters: Mapping[str, Tensor]


class Network(nn.Module):
    """The calls of several tasks over stand-ins of the components, from a flat list of tensors to another."""

    def __init__(self, model: MultiTaskModel, graph: SharingGraph, tasks: Sequence[str], features: Features) -> None:
        super().__init__()
        self.graph = graph
        self.components = list(graph.components)
        # torch numbers what it cannot name: component names may hold dots.
        self.modules_ = nn.ModuleList(model.components[name].exportable() for name in self.components)
        self.kinds = {name: component.kind for name, component in graph.components.items()}
        self.tasks = list(tasks)
        self.scores = {task: scores_call(graph, task) for task in tasks}
        self.calls = needed_calls(list(self.scores.values()))
        self.plan: Plan = plan(self.calls)
        leaves = dict.fromkeys(_leaves(self.calls))
        self.inputs: list[InputKey] = list(dict.fromkeys(key for _, key in leaves))
        self.feature_keys: list[FeatureKey] = [
            (component, index, key) for component, key in leaves for index in range(len(features[component]))
        ]

    @property
    def by_name(self) -> dict[str, nn.Module]:
        """The stand-ins by component."""
        return dict(zip(self.components, self.modules_, strict=True))

    def values(self, tensors: Sequence[Tensor]) -> list[Value]:
        """Return what every call computes, in their order, from lengths and features."""
        lengths = dict(zip(self.inputs, tensors, strict=False))
        features = dict(zip(self.feature_keys, tensors[len(self.inputs) :], strict=True))
        return compute(self.plan, self.by_name, self.kinds, lengths, features)

    def forward(self, *tensors: Tensor) -> list[Tensor]:
        """Return the answers of the tasks in order, then the value of every call."""
        computed = self.values(tensors)
        by_call = dict(zip(self.calls, computed, strict=True))
        found: list[Tensor] = []
        for task, _, keys in self.answers():
            answer = self.output_of(task).answer(by_call[self.scores[task]])
            found += [answer[key] for key in keys]
        return found + [value.values if isinstance(value, Vectors) else value for value in computed]

    def answers(self) -> Iterator[tuple[str, Call, list[str]]]:
        """Yield each task with the call of its scores and the keys of its answer that the task declares."""
        for task in self.tasks:
            declared = self.graph.recipe.tasks[task].task.answers
            yield task, self.scores[task], list(dict.fromkeys(answer.value for answer in declared))

    def output_of(self, task: str) -> Output:
        """Return the stand-in of a task's output layer."""
        component = self.graph.output(task, by="front_end").component
        module: Output = self.by_name[component]  # type: ignore[assignment]  # has `answer`, as an Output has
        return module

    def parameter_names(self) -> dict[str, str]:
        """Return `component.parameter` by torch's name of each parameter and buffer."""
        names = [name for name, _ in self.named_parameters()] + [name for name, _ in self.named_buffers()]
        split = ((name, name.split(".", 2)) for name in names)
        return {name: f"{self.components[int(number)]}.{rest}" for name, (_, number, rest) in split}


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


def export_numeric(model: MultiTaskModel, graph: SharingGraph, features: Features, tasks: Sequence[str]) -> Numeric:
    """Export all calls of these tasks at once; `features` are the fitted ones of each leaf embedding.

    Raises `ExportError` that names the component that torch cannot export.
    """
    was_training = model.training
    model.eval()
    try:
        network = Network(model, graph, tasks, features).eval()
        tensors = _example(network, features)
        exported = _exported(network, tensors)
    finally:
        model.train(was_training)
    return _named(network, exported)


def _example(network: Network, features: Features) -> tuple[Tensor, ...]:
    """Return lengths and features of a small batch; all its sizes differ, so that none is taken for another."""
    generator = torch.Generator().manual_seed(0)
    rows, characters = 3, 7
    steps = {key: 5 + 4 * number for number, key in enumerate(network.inputs)}
    lengths = [torch.tensor([steps[key], 2, 4]) for key in network.inputs]
    found = []
    for component, index, key in network.feature_keys:
        feature = features[component][index]
        shape = (rows, steps[key], characters)[: len(feature.dims) + 1]
        if np.issubdtype(feature.dtype, np.integer):
            found.append(torch.randint(0, feature.size or 2, shape, generator=generator))
        else:
            found.append(torch.randn(shape, generator=generator))
    return (*lengths, *found)


def _exported(network: Network, tensors: tuple[Tensor, ...]) -> ir.Model:
    shapes = tuple(dict.fromkeys(range(tensor.dim()), Dim.DYNAMIC) for tensor in tensors)
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                network,
                tensors,
                dynamo=True,
                verbose=False,
                optimize=False,
                opset_version=OPSET,
                dynamic_shapes=(shapes,),
                custom_translation_table=translation_table(),
            )
    except Exception as error:  # torch raises whatever a module's code or its own passes raise
        raise ExportError(_blame(network, tensors, error)) from error
    if program is None:
        raise ExportError("the numeric graph should come out of torch.onnx.export. Found nothing.")
    return program.model


def _blame(network: Network, tensors: tuple[Tensor, ...], error: Exception) -> str:
    """Say which component cannot be exported: the first whose call fails by itself."""
    with _quiet(), torch.no_grad():
        computed = dict(zip(network.calls, network.values(tensors), strict=True))
        for call, step in zip(network.calls, network.plan.steps, strict=True):
            if step.inputs:
                continue
            arguments = tuple(computed[a] for a in call.arguments if isinstance(a, Call))
            if network.kinds[call.component] == "embedding":
                arguments = (next(a.lengths for a in arguments if isinstance(a, Vectors)), *arguments)
            try:
                torch.onnx.export(
                    network.by_name[call.component],
                    arguments,
                    dynamo=True,
                    verbose=False,
                    optimize=False,
                    opset_version=OPSET,
                    custom_translation_table=translation_table(),
                )
            except Exception as found:  # noqa: BLE001  # whatever the component's code raises
                task = next(t for t in network.tasks if call in needed_calls([network.scores[t]]))
                return f"{task}: numeric graph: '{call.component}' cannot be exported: {_first_cause(found)}"
    return f"{', '.join(network.tasks)}: numeric graph: cannot be exported: {_first_cause(error)}"


def _first_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep torch's notes on its own internals from the user."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _named(network: Network, model: ir.Model) -> Numeric:
    graph = model.graph
    names = network.parameter_names()
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    parameters: dict[str, Tensor] = {}
    protected: list[ir.Value] = []
    for value in list(graph.initializers.values()):
        if value.name in names:
            parameters[names[value.name]] = tensors[value.name].detach()
            value.name = names[value.name]
            protected.append(value)
    inputs = [_name(value) for value in graph.inputs]
    optimize(model, protected)
    keys = [(task, key) for task, _, wanted in network.answers() for key in wanted]
    outputs = [_name(value) for value in graph.outputs]
    return Numeric(
        model,
        dict(zip(network.inputs, inputs, strict=False)),
        dict(zip(network.feature_keys, inputs[len(network.inputs) :], strict=True)),
        dict(zip(keys, outputs, strict=False)),
        dict(zip(network.calls, outputs[len(keys) :], strict=True)),
        parameters,
    )


def optimize(model: ir.Model, protected: Sequence[ir.Value]) -> None:
    """Fold constants and remove duplicates; the initializers `protected` stay as they are."""
    graph = model.graph
    values = {value.name: value.const_value for value in protected}
    for value in protected:
        del graph.initializers[_name(value)]
        value.const_value = None
        graph.inputs.append(value)
    onnxscript.optimizer.optimize_ir(model, input_size_limit=1024, output_size_limit=1024)
    passes.CommonSubexpressionEliminationPass()(model)
    for value in protected:
        graph.inputs.remove(value)
        value.const_value = values[value.name]
        if value.uses():
            graph.register_initializer(value)


def _name(value: ir.Value) -> str:
    if value.name is None:
        raise ExportError("every value of the numeric graph should have a name. Found one without.")
    return value.name
