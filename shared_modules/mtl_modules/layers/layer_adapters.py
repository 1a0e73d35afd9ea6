"""What adapters add inside one layer of a Transformer; all begin by adding nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import Tensor, nn

from mtl.model.adapters import LayerAdapter

from .dropout import Dropout


class LowRank(LayerAdapter):
    """Updates of linear layers of low rank: `scale` x up(down(dropout(x))) is added (Hu et al., 2022, section 4.1)."""

    def __init__(self, projections: Mapping[str, nn.Linear], rank: int, scale: float, rate: float) -> None:
        super().__init__()
        self.scale = scale
        # not by the names alone: a ModuleDict has methods `keys` and `values`
        named = {f"of_{name}": own for name, own in projections.items()}
        self.down = nn.ModuleDict({name: nn.Linear(own.in_features, rank, False) for name, own in named.items()})
        self.up = nn.ModuleDict({name: nn.Linear(rank, own.out_features, False) for name, own in named.items()})
        self.dropout = Dropout(rate)
        for up in self.up.values():
            nn.init.zeros_(up.weight)  # type: ignore[arg-type]  # torch's types: an attribute of any module

    def projected(self, name: str, seen: Tensor, projected: Tensor) -> Tensor:
        """Return [B, T, E]: the layer's, and the update of one that has any."""
        own = f"of_{name}"
        if own not in self.up:
            return projected
        found: Tensor = projected + self.scale * self.up[own](self.down[own](self.dropout(seen)))
        return found

    def updates(self) -> dict[str, Tensor]:
        """Return `scale` x up x down of each linear layer, [E, D]."""
        products = {name: up.weight.double() @ self.down[name].weight.double() for name, up in self.up.items()}  # type: ignore[operator]  # torch's types, as above
        return {name.removeprefix("of_"): self.scale * product for name, product in products.items()}


class Narrow(LayerAdapter):
    """Two linear layers with a narrow one between them, around which what is computed goes on (Houlsby et al., 2019,
    section 2.1).
    """

    def __init__(self, dim: int, size: int, parts: Collection[str], rate: float) -> None:
        super().__init__()
        self.down = nn.ModuleDict({name: nn.Linear(dim, size) for name in parts})
        self.up = nn.ModuleDict({name: nn.Linear(size, dim) for name in parts})
        self.dropout = Dropout(rate)
        for up in self.up.values():
            for own in up.parameters():
                nn.init.zeros_(own)

    def added(self, name: str, computed: Tensor) -> Tensor:
        """Return [B, T, D]: what a part computes, and what is made of it where there is an adapter for the part."""
        if name not in self.up:
            return computed
        found: Tensor = computed + self.up[name](self.dropout(self.down[name](computed).relu()))
        return found
