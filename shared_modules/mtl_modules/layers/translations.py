"""What the operators of exported LSTMs and CRFs are in ONNX: onnxscript functions (opset 18, as torch.onnx's own).

Batches of one short sentence are the case to be fast at: what counts is the number of nodes in a `Scan`'s body, about
1 to 4 microseconds each a token in onnxruntime. No value leaves a body twice, or as it came in: that would take an
`Identity`, and passes which remove those leave a body that onnxruntime computes wrongly.
"""
# mypy: ignore-errors
# onnxscript compiles the source of these functions; its tensors have operators and defaults that mypy does not know.

from __future__ import annotations

import torch
from onnxscript import FLOAT, INT64, graph, script
from onnxscript import opset18 as op
from onnxscript.values import Opset

from ..outputs.linear_chain import FLOORS

INT32 = 6  # onnx.TensorProto.INT32
DOUBLE = 11  # onnx.TensorProto.DOUBLE
FLOAT32 = 1  # onnx.TensorProto.FLOAT
FLOOR = FLOORS[torch.float64]

mtl_opset = Opset("mtl", 1)


def lstm(values: FLOAT, lengths: INT64, W: FLOAT, R: FLOAT, B: FLOAT, hidden: int) -> FLOAT:
    """One `LSTM` node; the transposes around it only move an axis of size 1 at B = 1, which costs next to nothing."""
    direction = "bidirectional" if W.shape[0] == 2 else "forward"
    steps_first = op.Transpose(values, perm=[1, 0, 2])
    lengths_32 = op.Cast(lengths, to=INT32)
    states, _, _ = op.LSTM(steps_first, W, R, B, lengths_32, hidden_size=hidden, direction=direction)
    rows_first = op.Transpose(states, perm=[2, 0, 1, 3])
    return op.Reshape(rows_first, op.Constant(value_ints=[0, 0, -1]))


def lstm_last_state(
    values: FLOAT, lengths: INT64, hidden: FLOAT, cell: FLOAT, W: FLOAT, R: FLOAT, B: FLOAT
) -> tuple[FLOAT, FLOAT]:
    """One bidirectional `LSTM` node that goes on from a state, of which only the last state is asked."""
    steps_first = op.Transpose(values, perm=[1, 0, 2])
    lengths_32 = op.Cast(lengths, to=INT32)
    size = R.shape[2]
    _, last, last_cell = op.LSTM(
        steps_first, W, R, B, lengths_32, hidden, cell, hidden_size=size, direction="bidirectional"
    )
    return last, last_cell


@script(mtl_opset)
def viterbi(scores: FLOAT, lengths: INT64, transitions: FLOAT, start: FLOAT, end: FLOAT) -> INT64:
    """A `Scan` that keeps the best score of every prefix, then one backwards that asks which label led there."""
    last = op.Constant(value_ints=[2])
    into = op.Transpose(transitions, perm=[1, 0])  # [to, from]: the maximum runs over the contiguous axis
    steps_first = op.Unsqueeze(op.Transpose(scores, perm=[1, 0, 2]), last)  # [T, B, 1, C]
    batch = op.Shape(lengths)
    first = op.Expand(start, op.Concat(batch, op.Constant(value_ints=[1, 1]), axis=0))  # [B, 1, C]

    @graph()
    def forward(arriving, score):
        alpha = op.Add(arriving, score)
        best = op.ReduceMax(op.Add(alpha, into), last, keepdims=0)
        onwards = op.Unsqueeze(best, op.Constant(value_ints=[1]))
        return onwards, alpha

    _, alphas = op.Scan(first, steps_first, body=forward, num_scan_inputs=1)

    # Backwards from a row's last token: a row of `leaving` per label that follows, and one for the end.
    leaving = op.Concat(into, op.Unsqueeze(end, op.Constant(value_ints=[0])), axis=0)  # [C + 1, C]
    turned = op.ReverseSequence(alphas, lengths, time_axis=0, batch_axis=1)
    stop = op.Expand(op.Shape(end), op.Concat(batch, op.Constant(value_ints=[1]), axis=0))  # [B, 1], all C

    @graph()
    def backward(following, alpha):
        found = op.ArgMax(op.Add(alpha, op.Gather(leaving, following)), axis=2, keepdims=0)
        return found, op.Squeeze(found, op.Constant(value_ints=[1]))

    _, path = op.Scan(stop, turned, body=backward, num_scan_inputs=1)
    ordered = op.ReverseSequence(path, lengths, time_axis=0, batch_axis=1)
    rows_first = op.Transpose(ordered, perm=[1, 0])
    return rows_first


@script(mtl_opset)
def crf_marginals(scores: FLOAT, lengths: INT64, transitions: FLOAT, start: FLOAT, end: FLOAT, kind: int) -> FLOAT:
    """Both directions in one `Scan`, on an axis of their own; messages stay probabilities, so nothing overflows.

    `kind` is the type of what is computed with: `DOUBLE` or `FLOAT32`.
    """
    given = op.Cast(scores, to=kind)
    # What all labels of a token have in common says nothing, and takes digits.
    precise = given - op.ReduceMax(given, op.Constant(value_ints=[2]))
    steps_first = op.Transpose(op.Softmax(precise, axis=2), perm=[1, 0, 2])  # [T, B, C]
    turned = op.ReverseSequence(steps_first, lengths, time_axis=0, batch_axis=1)
    one = op.Constant(value_ints=[1])
    emissions = op.Concat(op.Unsqueeze(steps_first, one), op.Unsqueeze(turned, one), axis=1)  # [T, 2, B, C]

    zero = op.Constant(value_ints=[0])
    floor = op.Cast(op.Constant(value_float=-FLOOR), to=kind)
    moving = op.Cast(transitions, to=kind)
    onwards = op.Exp(op.Max(moving - op.ReduceMax(moving, keepdims=0), floor))
    backwards = op.Transpose(onwards, perm=[1, 0])
    moves = op.Concat(op.Unsqueeze(onwards, zero), op.Unsqueeze(backwards, zero), axis=0)  # [2, C, C]
    ends = op.Cast(op.Concat(op.Unsqueeze(start, zero), op.Unsqueeze(end, zero), axis=0), to=kind)  # [2, C]
    initial = op.Unsqueeze(op.Exp(op.Max(ends - op.ReduceMax(ends, one), floor)), one)  # [2, 1, C]
    shape = op.Concat(op.Constant(value_ints=[2]), op.Shape(lengths), one, axis=0)
    first = op.Expand(initial, shape)  # [2, B, C]

    @graph()
    def step(arriving, emission):
        state = op.LpNormalization(arriving * emission, axis=-1, p=1)
        return op.MatMul(state, moves), state

    _, states = op.Scan(first, emissions, body=step, num_scan_inputs=1)
    onward, turned_back = op.Split(op.Log(states), axis=1, num_outputs=2)
    backward = op.ReverseSequence(op.Squeeze(turned_back, one), lengths, time_axis=0, batch_axis=1)
    both = op.Transpose(op.Squeeze(onward, one) + backward, perm=[1, 0, 2])
    # Each direction's state holds the token's own emission, which counts once.
    return op.Cast(op.Softmax(both - precise, axis=2), to=FLOAT32)
