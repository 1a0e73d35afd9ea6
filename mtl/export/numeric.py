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

from ..errors import ExportError
from ..model import MultiTaskModel
from ..sharing_graph import Call, InputKey, SharingGraph
from .network import FeatureKey, Features, Network
from .tracing import traced


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
    inputs = [name_of(value) for value in graph.inputs]
    optimize(model, protected)
    keys = [(task, key) for task, _, wanted in network.answers() for key in wanted]
    outputs = [name_of(value) for value in graph.outputs]
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
        del graph.initializers[name_of(value)]
        value.const_value = None
        graph.inputs.append(value)
    onnxscript.optimizer.optimize_ir(model, input_size_limit=1024, output_size_limit=1024)
    passes.CommonSubexpressionEliminationPass()(model)
    for value in protected:
        graph.inputs.remove(value)
        value.const_value = values[value.name]
        if value.uses():
            graph.register_initializer(value)


def name_of(value: ir.Value) -> str:
    """Return the name of a value that has to have one."""
    if value.name is None:
        raise ExportError("every value of a graph that is asked for should have a name. Found one without.")
    return value.name
