"""What the adapters of an encoder have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from torch import nn

from mtl.model.adapters import Adapted, LayerAdapter
from mtl.model.module import PaddedSequence, Representation


class Adapter(Representation):
    """Runs the layers of an encoder with a part of its own in each; it holds these, and not the encoder."""

    adapts: ClassVar[str] = "encoder"

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

    @property
    def output_dim(self) -> int:
        """Size of the encoder's vectors."""
        return self._output_dim
