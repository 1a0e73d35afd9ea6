"""The joint graph: front ends, numeric graph and label decoding in one, from strings to answers.

Every answer of a head is an output named `task.answer`; every value on the way (tokens, ids, what a component computes)
has a name too, so that a failed verification can find where answers diverge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import onnx_ir as ir
from onnx_ir.tape import Tape

from ..base.errors import ExportError
from ..data.fitted import Fitted
from ..data.targets import Answer, Target
from ..graph.calls import Call, InputKey
from ..graph.sharing_graph import SharingGraph
from ..text.token_values import integers, scalar, strings
from .front_end import TokenValues, text_front_end, tokens_front_end
from .list_front_end import list_front_end
from .network import FeaturePlace, Features
from .numeric import Numeric, value_name
from .ranks import give_ranks
from .trees import bracketed, several_bracketed

Form = Literal["text", "tokens"]
ConstantArray = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass
class JointGraph:
    """The joint graph and the names of its values.

    `inputs` of each task in order, `answers` by task and answer, `vectors` by task and input (see `mtl.export.towers`).
    """

    model: ir.Model
    form: Form
    inputs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    vectors: dict[tuple[str, str], str] = field(default_factory=dict)
    tokens: dict[InputKey, str] = field(default_factory=dict)
    lengths: dict[InputKey, str] = field(default_factory=dict)
    features: dict[FeaturePlace, str] = field(default_factory=dict)
    calls: dict[Call, str] = field(default_factory=dict)


def input_names(key: InputKey, form: Form) -> tuple[str, ...]:
    """Return the names of the graph inputs that an input is read from.

    Text form: `text`, or the input's name where a task has several; where it holds lists of texts, `texts` and
    `lengths`. Token form: `tokens` and `lengths`. Of several inputs, these follow the input's name and a dot.
    """
    prefix = f"{key.column}." if key.column else ""
    if form == "tokens":
        return (f"{prefix}tokens", f"{prefix}lengths")
    return (f"{prefix}texts", f"{prefix}lengths") if key.listed else (key.column or "text",)


def join(
    numeric: Numeric,
    graph: SharingGraph,
    fitted: Fitted,
    tasks: Sequence[str],
    form: Form = "text",
) -> JointGraph:
    """Put front ends before the numeric graph and what makes answers of it after; `numeric` stays as it is."""
    joint = JointGraph(numeric.model.clone(), form)
    builder = _Builder(joint, numeric)
    for key in numeric.lengths:
        builder.add_front_end(key, fitted.features)
    for task in tasks:
        own = graph.inputs(task, by="front_end")
        joint.inputs[task] = tuple(dict.fromkeys(name for key in own.values() for name in input_names(key, form)))
        target, key = fitted.targets[task], graph.target_input(task, by="front_end")
        if target.shows_tokens:
            builder.add_tokens(task, key)
        for answer in numeric.declared[task]:
            builder.add_answer(task, answer, target, key)
        for name, key in own.items():
            if (task, name) in numeric.vectors:
                builder.add_vector(task, name, key)
    builder.finish()
    return joint


class _Builder:
    """Adds nodes before and after the numeric graph."""

    def __init__(self, joint: JointGraph, numeric: Numeric) -> None:
        self.joint = joint
        self.numeric = numeric
        self.graph = joint.model.graph
        self.values = ir.convenience.create_value_mapping(self.graph, include_subgraphs=False)
        self.before, self.after = Tape(), Tape()
        self.inputs: dict[str, ir.Value] = {}
        self.rows: dict[InputKey, ir.Value] = {}  # int64 [1]: the true B, which is 0 for an empty batch
        self.padding: dict[tuple[InputKey, str], ir.Value] = {}  # bool [B, T] or [B, U]: where no token or text is
        self.counts: dict[InputKey, ir.Value] = {}  # int64 [B']: how many tokens each row really has
        self.outputs: list[ir.Value] = []
        self.fed: dict[ir.Value, int] = {}  # what takes the place of inputs of the numeric graph, with its rank there
        self.zero = integers(self.before, [0])

    def input(self, name: str, dtype: ir.DataType, shape: list[str]) -> ir.Value:
        """Return the graph input of this name; inputs that read one text alike share it."""
        if name not in self.inputs:
            self.inputs[name] = ir.Value(name=name, type=ir.TensorType(dtype), shape=ir.Shape(shape))
        return self.inputs[name]

    def add_front_end(self, key: InputKey, features: Features) -> None:
        """Turn an input into lengths and features and feed the numeric graph with them."""
        tokens = self._listed(key) if key.listed else self._tokens(key)
        self.counts[key] = tokens.counts
        prefix = input_names(key, "text")[0] if len(self.rows) == 1 else f"{key.column or 'text'}/{len(self.rows)}"
        self.joint.tokens[key] = value_name(_named(tokens.surface, f"{prefix}/surface"))
        self.joint.lengths[key] = value_name(_named(tokens.lengths, f"{prefix}/lengths"))
        self._feed(self.numeric.lengths[key], tokens.lengths)
        for place, name in self.numeric.features.items():
            component, index, read = place
            if read == key:
                feature = features[component][index]
                kind = type(feature).__name__
                if not feature.exportable:
                    raise ExportError(f"{component}: front end: {kind} should have a method 'onnx'. There is none.")
                value = feature.onnx(self.before, tokens)
                self.joint.features[place] = value_name(_named(value, f"{prefix}/{component}/{kind}"))
                self._feed(name, value)

    def _tokens(self, key: InputKey) -> TokenValues:
        names = input_names(key, self.joint.form)
        if self.joint.form == "text":
            text = self.input(names[0], ir.DataType.STRING, ["B"])
            self.rows[key] = self.before.op("Shape", [text])
            return text_front_end(self.before, text, key.front_end)
        steps = f"{key.column}_T" if key.column else "T"
        tokens = self.input(names[0], ir.DataType.STRING, ["B", steps])
        lengths = self.input(names[1], ir.DataType.INT64, ["B"])
        self.rows[key] = self.before.op("Shape", [lengths])
        return tokens_front_end(self.before, tokens, lengths, key.front_end)

    def _listed(self, key: InputKey) -> TokenValues:
        """Read lists of texts: their texts go through the front end one after another."""
        names = input_names(key, self.joint.form)
        texts = self.input(names[0], ir.DataType.STRING, ["B", f"{key.column}_U" if key.column else "U"])
        lengths = self.input(names[1], ir.DataType.INT64, ["B"])
        self.rows[key] = self.before.op("Shape", [lengths])
        lists = list_front_end(self.before, texts, lengths)
        for name, value in zip(self.numeric.lists[key], (lists.rows, lists.lengths), strict=True):
            self._feed(name, value)
        self.padding[key, "U"] = self._cut_back(lists.padding, key, self.before)
        return text_front_end(self.before, lists.texts, key.front_end)

    def _feed(self, name: str, value: ir.Value) -> None:
        """Let `value` take the place of an input of the numeric graph."""
        taken = self.values[name]
        if taken.shape is not None:
            self.fed[value] = len(taken.shape)
        self.graph.inputs.remove(taken)
        ir.convenience.replace_all_uses_with(taken, value)

    def add_tokens(self, task: str, key: InputKey) -> None:
        """Output the surface forms of a task's tokens and their number in each row, unless they were given."""
        surface = self._value(self.joint.tokens[key])
        tokens = self._cut_back(surface, key)
        # Cut back to B rows: answers of the one row too many are broadcast to none by a `Where` over B = 0 rows.
        self.padding[key, "T"] = self.after.op("Equal", [tokens, strings(self.after, [""])])
        if self.joint.form == "text":
            self._output(task, "tokens", tokens, ir.DataType.STRING, ["T"])
            self._output(task, "lengths", self._cut_back(self.counts[key], key), ir.DataType.INT64, [])

    def add_answer(self, task: str, answer: Answer, target: Target, key: InputKey) -> None:
        """Output one declared answer: ids as their labels, actions as the tree that they build over the tokens.

        Nothing (`""`, 0) is answered where no token (or listed text) is.
        """
        value = self._value(self.numeric.answers[task, answer.value])
        sizes: list[str | int] = [len(target.names()) if dim == "C" else dim for dim in answer.dims]
        dtype = value.dtype or ir.DataType.FLOAT
        if answer.dims[:1] in (("T",), ("U",)):
            value = self._without_padding(value, np.array([-1 if answer.labels else 0], dtype.numpy()), key, answer)
        else:
            value = self._cut_back(value, key)
        if answer.without_tokens is not None:
            empty = self.after.op("Equal", [self._cut_back(self.counts[key], key), scalar(self.after, 0)])
            nothing = np.array(answer.without_tokens, dtype.numpy())
            constant = self.after.op("Constant", [], {"value": ir.tensor(nothing)})
            for _ in (*answer.dims, *("S" for _ in range(answer.tree))):
                empty = self.after.op("Unsqueeze", [empty, integers(self.after, [-1])])
            value = self.after.op("Where", [empty, constant, value])
        if answer.tree:
            tokens = self._cut_back(self._value(self.joint.tokens[key]), key)
            write = several_bracketed if answer.dims else bracketed
            decoded = write(self.after, value, tokens, target.names())
        else:
            decoded = target.in_graph(self.after, answer, value)
        if answer.labels or answer.tree:
            dtype = ir.DataType.STRING
        if decoded is value:  # a value goes out under one name only
            decoded = self.after.op("Identity", [value])
        value = decoded
        self._output(task, answer.name, value, dtype, sizes)

    def add_vector(self, task: str, name: str, key: InputKey) -> None:
        """Output what a text of one input becomes before it meets the other one."""
        value = self._value(self.numeric.vectors[task, name])
        size = None if value.shape is None else value.shape[-1]
        if not isinstance(size, int):
            raise ExportError(f"{task}: joint graph: the vectors of '{name}' should have a known size. Found {size}.")
        vector = self._cut_back(value, key)
        vector.name = f"{task}.{name}.vector"
        vector.type = ir.TensorType(value.dtype or ir.DataType.FLOAT)
        vector.shape = ir.Shape(["B", size])
        self.joint.vectors[task, name] = vector.name
        self.outputs.append(vector)

    def _without_padding(self, value: ir.Value, nothing: ConstantArray, key: InputKey, answer: Answer) -> ir.Value:
        padding = self.padding[key, answer.dims[0]]
        for _ in answer.dims[1:]:
            padding = self.after.op("Unsqueeze", [padding, integers(self.after, [-1])])
        constant = self.after.op("Constant", [], {"value": ir.tensor(nothing)})
        return self.after.op("Where", [padding, constant, value])

    def _cut_back(self, value: ir.Value, key: InputKey, tape: Tape | None = None) -> ir.Value:
        """Return the first B rows: an empty batch has one row too many inside the graph."""
        return (tape or self.after).op("Slice", [value, self.zero, self.rows[key], self.zero])

    def _output(self, task: str, name: str, value: ir.Value, dtype: ir.DataType, sizes: Sequence[str | int]) -> None:
        value.name = f"{task}.{name}"
        value.type = ir.TensorType(dtype)
        value.shape = ir.Shape(["B", *sizes])
        self.joint.answers[task, name] = value.name
        self.outputs.append(value)

    def _value(self, name: str) -> ir.Value:
        if name not in self.values:
            self.values.update({value_name(v): v for node in self.before.nodes for v in node.outputs if v.name})
        return self.values[name]

    def finish(self) -> None:
        """Put all nodes into the graph and forget every size that the exporter noted for its example."""
        graph = self.graph
        if graph.inputs:
            left = ", ".join(value_name(value) for value in graph.inputs)
            raise ExportError(f"joint graph: every feature should be computed in it. Found inputs left: {left}.")
        self.joint.calls.update(self.numeric.calls)
        graph.inputs.extend(self.inputs.values())
        graph.outputs.clear()
        graph.outputs.extend(self.outputs)
        for number, node in enumerate([*self.before.nodes, *self.after.nodes]):
            for value in node.outputs:
                value.name = value.name or f"{node.op_type}.{number}"
        first = next(iter(graph), None)
        if first is None:
            graph.extend(self.before.nodes)
        else:
            graph.insert_before(first, self.before.nodes)
        graph.extend(self.after.nodes)
        graph.name = "joint"
        self.joint.model.opset_imports.update({"com.microsoft": 1, "ai.onnx.ml": 4})
        give_ranks(self.joint.model, {value_name(value): rank for value, rank in self.fed.items()})


def _named(value: ir.Value, name: str) -> ir.Value:
    value.name = name
    return value
