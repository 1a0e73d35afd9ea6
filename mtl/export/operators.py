"""Operators that torch cannot export as one piece: a masked LSTM, Viterbi decoding, marginals of a linear-chain CRF.

Each is a `torch.library` operator with a CPU kernel (what eager code runs), a shape rule (what `torch.export` sees)
and a translation into ONNX. Shapes: B rows, T tokens, C labels, D input and H hidden dimensions, N directions.
Operators of other packages take part through `register_operator`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from . import translations

_translations: dict[Callable[..., Any], Callable[..., Any]] = {}

# exp(-FLOOR) is the smallest transition, relative to the largest, that marginals tell from an impossible one. The
# best label of a token keeps at least 1/C of its probability, so no sum of a step falls under float64's 1e-308.
FLOOR = translations.FLOOR


def register_operator(operator: Callable[..., Any], translation: Callable[..., Any]) -> None:
    """Make a torch operator exportable: `translation` is an onnxscript function of the same arguments (opset 18).

    `operator` is an overload such as `torch.ops.mylib.myop.default`. A later registration replaces an earlier one.
    """
    _translations[operator] = translation


def unregister_operator(operator: Callable[..., Any]) -> None:
    """Take back what `register_operator` did; harmless where it was never called."""
    _translations.pop(operator, None)


def translation_table() -> dict[Callable[..., Any], Callable[..., Any]]:
    """Return the registered translations, as `torch.onnx.export(custom_translation_table=…)` takes them."""
    return dict(_translations)


@torch.library.custom_op("mtl::lstm", mutates_args=())
def lstm(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    """Return the hidden states [B, T, N*H] of an LSTM over `values` [B, T, D]; zeros behind a row's length.

    The weights are those of the ONNX operator `LSTM`, gates in the order input, output, forget, cell:
    W [N, 4H, D], R [N, 4H, H], B [N, 8H] (input biases, then recurrent ones). N is 1 or 2 (bidirectional).
    """
    directions = W.shape[0]
    weights = [part for n in range(directions) for part in _torch_weights(W[n], R[n], B[n])]
    packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
    zeros = values.new_zeros(directions, values.shape[0], hidden)
    states, _, _ = torch._VF.lstm(
        packed.data, packed.batch_sizes, (zeros, zeros), weights, True, 1, 0.0, False, directions == 2
    )
    padded, _ = pad_packed_sequence(packed._replace(data=states), batch_first=True, total_length=values.shape[1])
    return padded.contiguous()


@lstm.register_fake
def _(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    return values.new_empty(values.shape[0], values.shape[1], W.shape[0] * hidden)


def _torch_weights(W: Tensor, R: Tensor, B: Tensor) -> list[Tensor]:
    """Reorder one direction's gates from ONNX's (input, output, forget, cell) to torch's (i, f, g, o)."""

    def gates(x: Tensor) -> Tensor:
        i, o, f, c = x.chunk(4)
        return torch.cat([i, f, c, o])

    return [gates(W), gates(R), gates(B[: len(B) // 2]), gates(B[len(B) // 2 :])]


def onnx_lstm_weights(module: torch.nn.LSTM, layer: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return W, R, B of one layer of an `nn.LSTM`, as `mtl::lstm` and ONNX's `LSTM` take them."""
    suffixes = ("", "_reverse") if module.bidirectional else ("",)

    def gates(x: Tensor) -> Tensor:
        i, f, c, o = x.detach().chunk(4)
        return torch.cat([i, o, f, c])

    def stacked(name: str) -> Tensor:
        return torch.stack([gates(getattr(module, f"{name}_l{layer}{suffix}")) for suffix in suffixes])

    return stacked("weight_ih"), stacked("weight_hh"), torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1)


@torch.library.custom_op("mtl::viterbi", mutates_args=())
def viterbi(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the best label sequence of each row, [B, T] int64; 0 behind a row's length.

    `scores` [B, T, C], `transitions` [C, C] (from, to), `start` [C], `end` [C], all log-domain. Of equal paths the
    one whose last differing label has the lower id wins.
    """
    steps = scores.shape[1]
    arriving = start.expand(scores.shape[0], -1)
    alphas = []
    for t in range(steps):
        alphas.append(arriving + scores[:, t])
        arriving = (alphas[-1].unsqueeze(1) + transitions.t()).amax(2)
    leaving = torch.cat([transitions.t(), end[None]])
    best = torch.full_like(lengths, scores.shape[2])
    path = []
    for t in reversed(range(steps)):
        inside = t < lengths
        found = (alphas[t] + leaving[best]).argmax(1)
        path.append(torch.where(inside, found, 0))
        best = torch.where(inside, found, best)
    return torch.stack(path[::-1], 1)


@viterbi.register_fake
def _(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    return scores.new_empty(scores.shape[0], scores.shape[1], dtype=torch.int64)


@torch.library.custom_op("mtl::crf_marginals", mutates_args=())
def crf_marginals(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the probability of each label at each token under the CRF, [B, T, C]; sums to 1, also in padding.

    Arguments as for `viterbi`. Messages in both directions are float64 probabilities, normalised at every step.
    Transitions, starts and ends that are less likely than the likeliest by more than `FLOOR` nats count as just that.
    """
    emissions = scores.double().softmax(2)
    transitions, start, end = transitions.double(), start.double(), end.double()
    first, last = ((edge - edge.max()).clamp(min=-FLOOR).exp() for edge in (start, end))
    moves = (transitions - transitions.max()).clamp(min=-FLOOR).exp()
    forward = _messages(emissions, moves, first)
    flip = _reversed_positions(lengths, scores.shape[1])[:, :, None].expand_as(scores)
    backward = _messages(emissions.gather(1, flip), moves.t(), last).gather(1, flip)
    return (forward.log() + backward.log() + scores).softmax(2).to(scores.dtype)


@crf_marginals.register_fake
def _(scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    return torch.empty_like(scores)


def _messages(emissions: Tensor, moves: Tensor, initial: Tensor) -> Tensor:
    """Return what arrives at each token from the tokens before it, [B, T, C], up to a factor per token."""
    state = initial.expand(emissions.shape[0], -1)
    arriving = []
    for t in range(emissions.shape[1]):
        arriving.append(state)
        state = state * emissions[:, t]
        state = (state / state.sum(1, keepdim=True)) @ moves
    return torch.stack(arriving, 1)


def _reversed_positions(lengths: Tensor, steps: int) -> Tensor:
    """Return [B, T]: positions that turn each row's tokens around and leave its padding where it is."""
    position = torch.arange(steps, device=lengths.device).expand(lengths.shape[0], -1)
    length = lengths[:, None]
    return torch.where(position < length, length - 1 - position, position)


register_operator(torch.ops.mtl.lstm.default, translations.lstm)
register_operator(torch.ops.mtl.viterbi.default, translations.viterbi)
register_operator(torch.ops.mtl.crf_marginals.default, translations.crf_marginals)
