"""What replaces the composition of brackets in an exported graph: one ONNX `LSTM` node for labels, one for the rest.

Imported by the export only. Shapes: N brackets of at most M elements, D dimensions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from mtl.export.operators import register_operator
from mtl.model.module import PaddedSequence

from ..representations.exported_lstm import onnx_weights, torch_weights
from . import translations
from .composition import Composition


class ExportedComposition(nn.Module):
    """A composition; `W`, `R` and `B` are the weights of its LSTMs in ONNX's order of gates."""

    def __init__(self, composition: Composition) -> None:
        super().__init__()
        for name, values in zip("WRB", onnx_weights(composition.lstm, 0), strict=True):
            self.register_parameter(name, nn.Parameter(values, requires_grad=False))
        self.layer = composition.layer

    def forward(self, labels: Tensor, inside: PaddedSequence) -> Tensor:
        """Return [N, D] for labels [N, D] and what is inside, [N, M, D], the last one first."""
        weights = (self.W, self.R, self.B)
        nothing = torch.stack([torch.zeros_like(labels)] * 2)
        hidden, cell = last_state(labels[:, None], torch.ones_like(inside.lengths), nothing, nothing, *weights)
        last, _ = last_state(*inside, hidden, cell, *weights)
        found: Tensor = self.layer(torch.cat(last.unbind(0), -1)).tanh()
        return found


@torch.library.custom_op("mtl::lstm_last_state", mutates_args=())
def last_state(
    values: Tensor, lengths: Tensor, hidden: Tensor, cell: Tensor, W: Tensor, R: Tensor, B: Tensor
) -> tuple[Tensor, Tensor]:
    """Return output and cell [2, N, H] of a bidirectional LSTM after a row's last element, for those before its first.

    `values` are [N, M, D]; the weights are those of the ONNX operator `LSTM`, as in `exported_lstm`.
    """
    weights = [part for n in range(2) for part in torch_weights(W[n], R[n], B[n])]
    packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    state = (hidden[:, order], cell[:, order])
    _, last, last_cell = torch._VF.lstm(packed.data, packed.batch_sizes, state, weights, True, 1, 0.0, False, True)
    return last[:, back].contiguous(), last_cell[:, back].contiguous()


@last_state.register_fake
def _(
    values: Tensor, lengths: Tensor, hidden: Tensor, cell: Tensor, W: Tensor, R: Tensor, B: Tensor
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(hidden), torch.empty_like(cell)


register_operator(torch.ops.mtl.lstm_last_state.default, translations.lstm_last_state)
