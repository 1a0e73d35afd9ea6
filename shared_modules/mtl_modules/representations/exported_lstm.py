"""What replaces a bidirectional LSTM in an exported graph: one ONNX `LSTM` node per layer.

torch does not export packed sequences. An operator of our own does what they are for, and is translated into a node
that gets the rows' lengths. Imported by the export only. Shapes: B rows, T tokens, D input and H hidden dimensions,
N directions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.export.operators import register_operator
from mtl.model.module import PaddedSequence

from ..layers import translations


class ExportedBiLSTM(nn.Module):
    """An LSTM as one ONNX node per layer; `layer0.W`, `R` and `B` are its weights in ONNX's order of gates."""

    def __init__(self, lstm: nn.LSTM) -> None:
        super().__init__()
        self.hidden = lstm.hidden_size
        for number in range(lstm.num_layers):
            layer = nn.Module()
            for name, values in zip("WRB", onnx_weights(lstm, number), strict=True):
                layer.register_parameter(name, nn.Parameter(values, requires_grad=False))
            self.add_module(f"layer{number}", layer)

    def forward(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T, 2 x hidden] for [B, T, D]; zeros where there is padding."""
        values, lengths = inputs
        for layer in self.children():
            values = masked_lstm(values, lengths, layer.W, layer.R, layer.B, self.hidden)
        return PaddedSequence(values, lengths)


@torch.library.custom_op("mtl::lstm", mutates_args=())
def masked_lstm(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    """Return the hidden states [B, T, N*H] of an LSTM over `values` [B, T, D]; zeros after a row's length.

    The weights are those of the ONNX operator `LSTM`, gates in the order input, output, forget, cell:
    W [N, 4H, D], R [N, 4H, H], B [N, 8H] (input biases, then recurrent ones). N is 1 or 2 (bidirectional).
    """
    directions = W.shape[0]
    weights = [part for n in range(directions) for part in torch_weights(W[n], R[n], B[n])]
    packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
    zeros = values.new_zeros(directions, values.shape[0], hidden)
    states, _, _ = torch._VF.lstm(
        packed.data, packed.batch_sizes, (zeros, zeros), weights, True, 1, 0.0, False, directions == 2
    )
    padded, _ = pad_packed_sequence(packed._replace(data=states), batch_first=True, total_length=values.shape[1])
    return padded.contiguous()


@masked_lstm.register_fake
def _(values: Tensor, lengths: Tensor, W: Tensor, R: Tensor, B: Tensor, hidden: int) -> Tensor:
    return values.new_empty(values.shape[0], values.shape[1], W.shape[0] * hidden)


def torch_weights(W: Tensor, R: Tensor, B: Tensor) -> list[Tensor]:
    """Reorder one direction's gates from ONNX's (input, output, forget, cell) to torch's (i, f, g, o)."""

    def gates(x: Tensor) -> Tensor:
        i, o, f, c = x.chunk(4)
        return torch.cat([i, f, c, o])

    return [gates(W), gates(R), gates(B[: len(B) // 2]), gates(B[len(B) // 2 :])]


def onnx_weights(module: torch.nn.LSTM, layer: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return W, R, B of one layer of an `nn.LSTM`, as ONNX's `LSTM` takes them."""
    suffixes = ("", "_reverse") if module.bidirectional else ("",)

    def gates(x: Tensor) -> Tensor:
        i, f, c, o = x.detach().chunk(4)
        return torch.cat([i, o, f, c])

    def stacked(name: str) -> Tensor:
        return torch.stack([gates(getattr(module, f"{name}_l{layer}{suffix}")) for suffix in suffixes])

    return stacked("weight_ih"), stacked("weight_hh"), torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1)


register_operator(torch.ops.mtl.lstm.default, translations.lstm)
