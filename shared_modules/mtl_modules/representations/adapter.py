"""What the adapters of an encoder have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from mtl.model.adapters import Adapted, EncoderAdapter, LayerAdapter
from mtl.model.module import PaddedSequence, Representation


class Adapter(EncoderAdapter):
    """Runs the layers of an encoder with a part of its own in each; it holds these, and not the encoder."""

    def __init__(self, encoder: Representation, layers: Iterable[LayerAdapter]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self._output_dim = encoder.output_dim

    @classmethod
    def causal(cls, values: Mapping[str, Any]) -> bool:
        """Say that it adds nothing to what its encoder sees."""
        return True

    def layered(self) -> list[Iterable[nn.Parameter]]:
        """Return the parameters of each layer's part."""
        return [layer.parameters() for layer in self.layers]

    def forward(self, given: Adapted) -> PaddedSequence:  # type: ignore[override]  # an encoder flows in, not its values
        """Return what the encoder computes with these adapters, [B, T, D]."""
        found: PaddedSequence = given.encoder(given.inputs, adapters=self.layers)
        return found

    @torch.no_grad()
    def merged(self, encoder: Representation) -> Representation | None:
        """Return a copy of an encoder with all updates in its weights, in fp64 until they are added."""
        updates = [layer.updates() for layer in self.layers]  # type: ignore[operator]  # torch's types: of any module
        if None in updates:
            return None
        found = deepcopy(encoder)
        layers: Any = found.layers
        for layer, own in zip(layers, updates, strict=True):
            for name, update in own.items():
                weight = layer.projections[name].weight
                weight.copy_(weight.double() + update)
        return found

    @property
    def output_dim(self) -> int:
        """Size of the encoder's vectors."""
        return self._output_dim
