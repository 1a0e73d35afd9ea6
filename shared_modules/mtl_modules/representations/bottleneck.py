"""Adapters that are narrow feed-forward networks."""

from __future__ import annotations

from typing import Any, Literal

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.model.module import Representation

from ..layers.layer_adapters import Narrow
from ..layers.limits import Count, Rate
from .adapter import Adapter


@register("representation", "bottleneck")
class Bottleneck(Adapter):
    """An encoder's layers with narrow feed-forward networks after their parts (Houlsby et al., 2019).

    `encoder` is a component of its own (`transformer`, `self_attention`), frozen as a rule (`freeze: true`), which
    other tasks may share, each with an adapter of its own or with none. A network of `size` is `after` the feed-forward
    network of each layer (Pfeiffer et al., 2021, section 3.1) or, with `[attention, ffn]`, after self-attention too
    (Houlsby et al., section 2.1); `dropout` is the rate inside it. At first it changes nothing. Norms of the encoder
    stay as they are. In a checkpoint and in an export the adapter is beside the encoder's weights, which are there
    once.
    """

    def __init__(
        self,
        input_dim: int,
        *,
        encoder: Representation,
        size: Count = 64,
        after: list[Literal["attention", "ffn"]] = ["ffn"],  # noqa: B006  # a recipe's default, never changed
        dropout: Rate = 0.0,
    ) -> None:
        if not after or len(set(after)) < len(after):
            raise UsageError(f"'after' should be parts of a layer, each once. Found {', '.join(after) or 'none'}.")
        layers: Any = encoder.layers
        dim = encoder.output_dim
        super().__init__(encoder, (Narrow(dim, size, after, dropout) for _ in layers))
