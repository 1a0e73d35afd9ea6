"""Adapters in an export: in the weights of their encoder where that is smaller, or apart, beside them.

Where one adapter alone uses an encoder, its weights with the adapter in them take no more room than without, and the
graph is as fast as the encoder's. Where tasks use an encoder as it is, or with other adapters, it is there once and the
adapters are apart: each copy of it would be larger than an adapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from torch import nn

from ..graph.calls import ADAPTED, Call, encoders_of_adapters
from ..model.adapters import Merged
from ..model.module import Module, Representation


class AdapterPlace(NamedTuple):
    """The encoder of an adapter, and whether it has the adapter in its weights."""

    encoder: str
    merged: bool


def stand_ins(
    components: Mapping[str, Module], calls: Iterable[Call]
) -> tuple[dict[str, nn.Module], dict[str, AdapterPlace]]:
    """Return what takes the place of each component that these calls need, and where its adapters are."""
    calls = list(calls)
    encoders = encoders_of_adapters(calls)
    alone = {call.component for call in calls if call.method != ADAPTED}
    modules: dict[str, nn.Module] = {name: module.exportable() for name, module in components.items()}
    places: dict[str, AdapterPlace] = {}
    for adapter, encoder in encoders.items():
        one = encoder not in alone and list(encoders.values()).count(encoder) == 1
        merged = _merged(components[adapter], components[encoder]) if one else None
        if merged is not None:
            modules |= {encoder: merged.exportable(), adapter: Merged()}
        places[adapter] = AdapterPlace(encoder, merged is not None)
    return modules, places


def _merged(adapter: Module, encoder: Module) -> Representation | None:
    if isinstance(adapter, Representation) and isinstance(encoder, Representation):
        return adapter.merged(encoder)
    return None
