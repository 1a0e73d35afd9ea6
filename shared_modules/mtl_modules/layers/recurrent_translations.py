"""What the operators of exported GRUs, SRUs and multiplicative LSTMs are in ONNX, as `translations` is for LSTMs.

Both directions run in one `Scan`, on an axis of their own, as in `mtl_modules.layers.both_ways`.
"""
# mypy: ignore-errors
# onnxscript compiles the source of these functions; its tensors have operators and defaults that mypy does not know.

from __future__ import annotations

from onnxscript import FLOAT, INT64, graph, script
from onnxscript import opset18 as op
from onnxscript.values import Opset

INT32 = 6  # onnx.TensorProto.INT32

mtl_opset = Opset("mtl", 1)


def gru(values: FLOAT, lengths: INT64, W: FLOAT, R: FLOAT, B: FLOAT, hidden: int) -> FLOAT:
    """One `GRU` node; the transposes around it only move an axis of size 1 at B = 1, which costs next to nothing."""
    direction = "bidirectional" if W.shape[0] == 2 else "forward"
    steps_first = op.Transpose(values, perm=[1, 0, 2])
    lengths_32 = op.Cast(lengths, to=INT32)
    states, _ = op.GRU(steps_first, W, R, B, lengths_32, hidden_size=hidden, direction=direction, linear_before_reset=1)
    rows_first = op.Transpose(states, perm=[2, 0, 1, 3])
    return op.Reshape(rows_first, op.Constant(value_ints=[0, 0, -1]))


def light_recurrence(projected: FLOAT, highway: FLOAT, lengths: INT64, peepholes: FLOAT, biases: FLOAT) -> FLOAT:
    """All that does not depend on the state before a token is outside of the `Scan`."""
    candidates, forget, reset = op.Split(to_time(projected, lengths), axis=3, num_outputs=3)
    in_forget, in_reset = op.Split(peepholes, axis=2, num_outputs=2)  # [2, 1, H]
    of_forget, of_reset = op.Split(biases, axis=2, num_outputs=2)
    first = nothing(lengths, op.Shape(in_forget, start=2, end=3))
    states = op.Add(candidates, light_scan(first, candidates, op.Add(forget, of_forget), in_forget))
    zero = op.Constant(value_ints=[0])
    sooner = op.Slice(states, zero, op.Constant(value_ints=[-1]), zero)
    before = op.Concat(op.Unsqueeze(first, zero), sooner, axis=0)
    kept = op.Sigmoid(op.Add(op.Add(reset, of_reset), op.Mul(in_reset, before)))
    beside = to_time(highway, lengths)
    return from_time(op.Add(beside, op.Mul(kept, op.Sub(states, beside))), lengths)


@script(mtl_opset)
def light_scan(first: FLOAT, candidates: FLOAT, forget: FLOAT, peephole: FLOAT) -> FLOAT:
    """What each state has more than its token's candidate: so no value has to leave the body twice."""

    @graph()
    def step(state, candidate, gate):
        more = op.Sigmoid(gate + peephole * state) * (state - candidate)
        return candidate + more, more

    _, added = op.Scan(first, candidates, forget, body=step, num_scan_inputs=2)
    return added


def integration_recurrence(projected: FLOAT, lengths: INT64, gates: FLOAT) -> FLOAT:
    """All that does not depend on the state before a token is outside of the `Scan`."""
    factors, added = op.Split(to_time(projected, lengths), axis=3, num_outputs=2)
    seen, cell = (nothing(lengths, op.Shape(gates, start=axis, end=axis + 1)) for axis in (2, 1))
    return from_time(integration_scan(seen, cell, factors, added, gates), lengths)


@script(mtl_opset)
def integration_scan(first: FLOAT, empty: FLOAT, factors: FLOAT, added: FLOAT, gates: FLOAT) -> FLOAT:
    """A state goes on to the next token as its share in the gates: so no value has to leave the body twice."""

    @graph()
    def step(seen, cell, factor, start):
        i, f, o, g = op.Split(start + factor * seen, axis=2, num_outputs=4)
        new = op.Sigmoid(f) * cell + op.Sigmoid(i) * op.Tanh(g)
        state = op.Sigmoid(o) * op.Tanh(new)
        return op.MatMul(state, gates), new, state

    _, _, states = op.Scan(first, empty, factors, added, body=step, num_scan_inputs=2)
    return states


def factored_recurrence(projected: FLOAT, lengths: INT64, factors: FLOAT, gates: FLOAT) -> FLOAT:
    """The matrix products with tokens are outside of the `Scan`."""
    size = factors.shape[1]
    tokens, last = to_time(projected, lengths), op.Constant(value_ints=[3])
    own = op.Slice(tokens, op.Constant(value_ints=[0]), op.Constant(value_ints=[size]), last)
    added = op.Slice(tokens, op.Constant(value_ints=[size]), op.Constant(value_ints=[5 * size]), last)
    first = nothing(lengths, op.Constant(value_ints=[size]))
    return from_time(factored_scan(first, own, added, factors, gates), lengths)


@script(mtl_opset)
def factored_scan(first: FLOAT, own: FLOAT, added: FLOAT, factors: FLOAT, gates: FLOAT) -> FLOAT:
    """A state goes on to the next token multiplied by `factors`: so no value has to leave the body twice."""

    @graph()
    def step(seen, cell, factor, start):
        i, f, o, g = op.Split(start + op.MatMul(factor * seen, gates), axis=2, num_outputs=4)
        new = op.Sigmoid(f) * cell + op.Sigmoid(i) * op.Tanh(g)
        state = op.Sigmoid(o) * op.Tanh(new)
        return op.MatMul(state, factors), new, state

    _, _, states = op.Scan(first, first, own, added, body=step, num_scan_inputs=2)
    return states


def to_time(values: FLOAT, lengths: INT64) -> FLOAT:
    """As in `both_ways`: [T, 2, B, D] for [B, T, 2 x D]."""
    onwards, backwards = op.Split(op.Transpose(values, perm=[1, 0, 2]), axis=2, num_outputs=2)
    turned = op.ReverseSequence(backwards, lengths, time_axis=0, batch_axis=1)
    one = op.Constant(value_ints=[1])
    return op.Concat(op.Unsqueeze(onwards, one), op.Unsqueeze(turned, one), axis=1)


def from_time(values: FLOAT, lengths: INT64) -> FLOAT:
    """As in `both_ways`, but for what stays where there is padding: [B, T, 2 x D] for [T, 2, B, D]."""
    onwards, turned = op.Split(values, axis=1, num_outputs=2)
    one = op.Constant(value_ints=[1])
    backwards = op.ReverseSequence(op.Squeeze(turned, one), lengths, time_axis=0, batch_axis=1)
    return op.Transpose(op.Concat(op.Squeeze(onwards, one), backwards, axis=2), perm=[1, 0, 2])


def nothing(lengths: INT64, size: INT64) -> FLOAT:
    """The state before the first token: zeros [2, B, size]."""
    shape = op.Concat(op.Constant(value_ints=[2]), op.Shape(lengths), size, axis=0)
    return op.Expand(op.Constant(value_float=0.0), shape)
