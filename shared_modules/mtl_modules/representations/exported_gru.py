"""What replaces a bidirectional GRU in an exported graph: one ONNX `GRU` node per layer.

As `exported_lstm`, by an operator of its own that gets the rows' lengths. Imported by the export only. Shapes: B rows,
T tokens, D input and H hidden dimensions, N directions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.export.operators import register_operator
from mtl.model.module import PaddedSequence

from ..layers import recurrent_translations


class ExportedBiGRU(nn.Module):
    """A GRU as one ONNX node per layer; `layer0.W`, `R` and `B` are its weights in ONNX's order of gates."""

    def __init__(self, gru: nn.GRU) -> None:
        super().__init__()
        self.hidden = gru.hidden_size
        for number in range(gru.num_layers):
            layer = nn.Module()
            for name, values in zip("WRB", onnx_weights(gru, number), strict=True):
                layer.register_parameter(name, nn.Parameter(values, requires_grad=False))
            self.add_module(f"layer{number}", layer)

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        values, lengths = inputs
        for layer in self.children():
            values = masked_gru(values, lengths, layer.W, layer.R, layer.B, self.hidden)
        return PaddedSequence(values, lengths)


@torch.library.custom_op("mtl::gru", mutates_args=())
def masked_gru(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    """Return the hidden states [B, T, N*H] of a GRU over `values` [B, T, D]; zeros after a row's length.

    The weights are those of the ONNX operator `GRU` with `linear_before_reset`, gates in the order update, reset,
    hidden: W [N, 3H, D], R [N, 3H, H], B [N, 6H] (input biases, then recurrent ones). N is 1 or 2 (bidirectional).
    """
    directions = W.shape[0]
    weights = [part for n in range(directions) for part in _torch_weights(W[n], R[n], B[n])]
    packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
    zeros = values.new_zeros(directions, values.shape[0], hidden)
    states, _ = torch._VF.gru(packed.data, packed.batch_sizes, zeros, weights, True, 1, 0.0, False, directions == 2)
    padded, _ = pad_packed_sequence(packed._replace(data=states), batch_first=True, total_length=values.shape[1])
    return padded.contiguous()


@masked_gru.register_fake
def _(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    return values.new_empty(values.shape[0], values.shape[1], W.shape[0] * hidden)


def _torch_weights(W: Tensor, R: Tensor, B: Tensor) -> list[Tensor]:
    input_biases, recurrent_biases = B.chunk(2)
    return [_other_order(x) for x in (W, R, input_biases, recurrent_biases)]


def _other_order(x: Tensor) -> Tensor:
    """Exchange the first two gates: ONNX has (update, reset, hidden), torch (reset, update, hidden)."""
    first, second, hidden = x.chunk(3)
    return torch.cat([second, first, hidden])


def onnx_weights(module: nn.GRU, layer: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return W, R, B of one layer of an `nn.GRU`, as ONNX's `GRU` takes them."""
    suffixes = ("", "_reverse") if module.bidirectional else ("",)

    def stacked(name: str) -> Tensor:
        return torch.stack([_other_order(getattr(module, f"{name}_l{layer}{suffix}").detach()) for suffix in suffixes])

    return stacked("weight_ih"), stacked("weight_hh"), torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1)


register_operator(torch.ops.mtl.gru.default, recurrent_translations.gru)
