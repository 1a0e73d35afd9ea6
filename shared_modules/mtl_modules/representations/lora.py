"""Adapters of low rank."""

from __future__ import annotations

from typing import Any, Literal

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.model.module import Representation

from ..layers.layer_adapters import LowRank
from ..layers.limits import Count, Positive, Rate
from .adapter import Adapter

Projection = Literal["queries", "keys", "values", "out", "ffn_in", "ffn_out"]


@register("representation", "lora")
class LoRA(Adapter):
    """An encoder's layers with updates of low rank beside their own weights (Hu et al., 2022, "LoRA").

    `encoder` is a component of its own (`transformer`, `self_attention`), frozen as a rule (`freeze: true`), which
    other tasks may share, each with an adapter of its own or with none. `targets` are the linear layers that get an
    update of `rank`, multiplied by `alpha` / `rank`; `dropout` is the rate on what flows into it. At first all updates
    are zero. In a checkpoint the adapter is beside the encoder's weights, which are there once. So it is in an export,
    or merged into these weights where no other adapter and no task uses them.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        encoder: Representation,
        rank: Count = 8,
        alpha: Positive = 16.0,
        dropout: Rate = 0.0,
        targets: list[Projection] = ["queries", "values"],  # noqa: B006  # a recipe's default, never changed
    ) -> None:
        if not targets or len(set(targets)) < len(targets):
            raise UsageError(f"'targets' should be linear layers, each once. Found {', '.join(targets) or 'none'}.")
        layers: Any = encoder.layers
        projections = ({str(name): layer.projections[name] for name in targets} for layer in layers)
        super().__init__(encoder, (LowRank(own, rank, alpha / rank, dropout) for own in projections))
