"""One vector for a bracket, of its label and of what it holds."""

from __future__ import annotations

import importlib

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from mtl.model.module import PaddedSequence

from .dropout import Dropout
from .pushes import Pushes


class Composition(nn.Module):
    """Two LSTMs read a bracket's label, then all that it holds, one forwards and one backwards: a layer joins them.

    Source: Dyer, Kuncoro, Ballesteros and Smith (2016), "Recurrent Neural Network Grammars", section 4.1.
    """

    def __init__(self, size: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.lstm = nn.LSTM(size, size, batch_first=True, bidirectional=True)
        self.layer = nn.Linear(2 * size, size)
        self.dropout = Dropout(dropout)

    def forward(self, labels: Tensor, inside: PaddedSequence) -> Tensor:
        """Return [N, D] for labels [N, D] and what is inside, [N, M, D], the last one first."""
        _, state = self.lstm(labels[:, None])
        values, lengths = inside
        if values.is_meta:  # lengths have no values there
            _, (last, _) = self.lstm(values, state)
        else:
            packed = pack_padded_sequence(values, lengths.cpu(), batch_first=True, enforce_sorted=False)
            _, (last, _) = self.lstm(packed, state)
        return self.joined(last)

    def joined(self, last: Tensor) -> Tensor:
        """Return [N, D] for the last outputs of both directions, [2, N, D]."""
        found: Tensor = self.dropout(self.layer(torch.cat(last.unbind(0), -1)).tanh())
        return found

    def along(self, elements: Tensor, pushes: Pushes) -> Tensor:
        """Return elements of stacks [N, D] in which those of closed brackets are made of what these hold."""
        for closed in pushes.by_depth():
            labels = elements.index_select(0, closed.labels)
            inside = elements.index_select(0, closed.inside.flatten()).view(*closed.inside.shape, -1)
            made = self(labels, PaddedSequence(inside, closed.counts))
            elements = elements.index_copy(0, closed.steps, made)
        return elements

    def exportable(self) -> nn.Module:
        """Return the same with its LSTMs as ONNX `LSTM` nodes."""
        exported = importlib.import_module("mtl_modules.layers.exported_composition")  # needs onnxscript
        stand_in: nn.Module = exported.ExportedComposition(self)
        return stand_in
