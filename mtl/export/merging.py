"""Adapters in an export: in the weights of their encoder where that is smaller, or apart, beside them.

Where one adapter alone uses an encoder, its weights with the adapter in them take no more room than without, and the
graph is as fast as the encoder's. Where tasks use an encoder as it is, or with other adapters, it is there once and the
adapters are apart: each copy of it would be larger than an adapter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from torch import nn

from ..graph.calls import Call, adapters_alone, encoders_of_adapters
from ..model.adapters import EncoderAdapter, Merged
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
    merged = dict(_merged(components, adapters_alone(calls)))
    places = {a: AdapterPlace(encoder, encoder in merged) for a, encoder in encoders_of_adapters(calls).items()}
    modules: dict[str, nn.Module] = {n: merged.get(n, module).exportable() for n, module in components.items()}
    return modules | {adapter: Merged() for adapter, place in places.items() if place.merged}, places


def _merged(components: Mapping[str, Module], alone: Mapping[str, str]) -> Iterator[tuple[str, Representation]]:
    """Yield every encoder that has its adapter in its weights, of those that one adapter has `alone`."""
    for name, encoder in alone.items():
        adapter, adapted = components[name], components[encoder]
        if isinstance(adapter, EncoderAdapter) and isinstance(adapted, Representation):
            found = adapter.merged(adapted)
            if found is not None:
                yield encoder, found
