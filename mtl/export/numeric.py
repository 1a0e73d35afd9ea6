"""From features to answers as one ONNX graph: what torch computes of a model, exported in one piece.

Every call of the sharing graph that the tasks need is in it once. Parameters are initializers called
`component.parameter`; they go through the exporter's optimizer as graph inputs, so that nothing is folded into a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
import onnx_ir.passes.common as passes
import onnxscript.optimizer
import torch
from torch import Tensor

from ..base.errors import ExportError
from ..data.targets import Answer
from ..graph.calls import Call, InputKey
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from .loops import lighten
from .merging import AdapterPlace
from .network import FeaturePlace, Features, Network
from .tracing import traced


@dataclass(frozen=True)
class Numeric:
    """The numeric graph and the names of its values.

    Inputs: `lengths` int64 of every input's texts; of those in lists, which make up a unit (positions [B, U], lengths
    [B]); `features` [texts, T], [texts, T, C], [texts, P] or [texts, G]. Outputs: `answers` by task and key of
    what the output layer's `answer` returns, `vectors` [B, E] of separable scorers by task and input, and `calls`: what
    every component computed ([B, …], sequences without their lengths). `parameters` are the tensors of its named
    initializers, `declared` what the tasks' heads make of these answers, `adapters` where those of encoders are.
    """

    model: ir.Model
    lengths: Mapping[InputKey, str]
    lists: Mapping[InputKey, tuple[str, str]]
    features: Mapping[FeaturePlace, str]
    answers: Mapping[tuple[str, str], str]
    vectors: Mapping[tuple[str, str], str]
    calls: Mapping[Call, str]
    parameters: Mapping[str, Tensor]
    declared: Mapping[str, tuple[Answer, ...]]
    adapters: Mapping[str, AdapterPlace]


def export_numeric(model: MultiTaskModel, graph: SharingGraph, features: Features, tasks: Sequence[str]) -> Numeric:
    """Export all calls of these tasks at once; `features` are the fitted ones of each leaf embedding.

    Raises `ExportError` that names the component that torch cannot export.
    """
    was_training = model.training
    model.eval()
    try:
        network = Network(model, graph, tasks, features).eval()
        tensors = _example(network, features)
        exported = traced(network, tensors)
    finally:
        model.train(was_training)
    return _named(network, exported)


def _example(network: Network, features: Features) -> tuple[Tensor, ...]:
    """Return lengths and features of a small batch; all its sizes differ, so that none is taken for another."""
    generator = torch.Generator().manual_seed(0)
    steps = {key: 5 + 4 * number for number, key in enumerate(network.inputs)}
    lengths = {key: torch.tensor([steps[key], 2, 4] * (2 if key.listed else 1)) for key in network.inputs}
    lists = [t for _ in network.listed for t in (torch.arange(6).reshape(2, 3), torch.tensor([3, 2]))]
    found = []
    for component, index, key in network.places:
        feature = features[component][index]
        sizes = {"T": steps[key], "C": 7, "P": steps[key] + 3, "G": steps[key] + 6}
        shape = (len(lengths[key]), *(sizes[axis] for axis in feature.dims))
        if np.issubdtype(feature.dtype, np.integer):
            found.append(torch.randint(0, feature.size or 2, shape, generator=generator))
        else:
            found.append(torch.randn(shape, generator=generator))
    return (*lengths.values(), *lists, *found)


def _named(network: Network, model: ir.Model) -> Numeric:
    graph = model.graph
    parameters: dict[str, Tensor] = {}
    protected: dict[str, ir.Value] = {}
    for value in list(graph.initializers.values()):
        weight = network.weight(value_name(value))
        if weight is None:
            continue
        name, tensor = weight
        if name in protected:
            ir.convenience.replace_all_uses_with(value, protected[name])
            del graph.initializers[value_name(value)]
            continue
        value.name = name
        parameters[name], protected[name] = tensor, value
    optimize(model, list(protected.values()))
    _set_apart(graph)
    inputs = [value_name(value) for value in graph.inputs]
    rest = iter(inputs)
    lengths = {key: next(rest) for key in network.inputs}
    lists = {key: (next(rest), next(rest)) for key in network.listed}
    keys = [(task, key) for task, wanted in network.answers() for key in wanted]
    outputs = [value_name(value) for value in graph.outputs]
    sides = [(tower.task, tower.input) for tower in network.towers]
    return Numeric(
        model,
        lengths,
        lists,
        dict(zip(network.places, rest, strict=True)),
        dict(zip(keys, outputs, strict=False)),
        dict(zip(sides, outputs[len(keys) :], strict=False)),
        dict(zip(network.measured, outputs[len(keys) + len(sides) :], strict=True)),
        parameters,
        network.declared,
        network.adapters,
    )


def _set_apart(graph: ir.Graph) -> None:
    """Give every value but the parameters a name with a dot: a recipe may call an input as torch calls a value."""
    inside = [value for node in ir.traversal.RecursiveGraphIterator(graph) for value in node.outputs]
    for value in dict.fromkeys([*graph.inputs, *inside]):
        value.name = f"numeric.{value.name}"


def optimize(model: ir.Model, protected: Sequence[ir.Value]) -> None:
    """Fold constants, take out of loops what stays the same, remove duplicates; initializers `protected` stay."""
    graph = model.graph
    values = {value.name: value.const_value for value in protected}
    for value in protected:
        del graph.initializers[value_name(value)]
        value.const_value = None
        graph.inputs.append(value)
    onnxscript.optimizer.optimize_ir(model, input_size_limit=1024, output_size_limit=1024)
    passes.CommonSubexpressionEliminationPass()(model)
    for value in protected:
        graph.inputs.remove(value)
        value.const_value = values[value.name]
        if value.uses():
            graph.register_initializer(value)
    lighten(graph)


def value_name(value: ir.Value) -> str:
    """Return the name of a value that has to have one."""
    if value.name is None:
        raise ExportError("every value of a graph that is asked for should have a name. Found one without.")
    return value.name
