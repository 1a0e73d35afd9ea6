"""The configuration of a registered class: of a module, a mixture, an optimizer, a schedule or a metric."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from ..base import registry
from ..base.declared import Key
from ..base.errors import WrongKeyError
from .place import NOWHERE, Place


@dataclass(frozen=True)
class ModuleConfig:
    """The configuration of a registered class: of a module, a mixture, an optimizer, a schedule or a metric.

    `values` holds every recipe key of the class, defaults filled in. Where a key holds components, its value is a
    `ModuleConfig` or, for named parts, a dict of them; everything else is what YAML gave.
    """

    kind: str
    type: Annotated[str, Key("its type (`mtl components KIND`); a module may be that alone", apart=True, default=None)]
    values: Mapping[str, Any]
    weights: Annotated[
        str | None,
        Key("safetensors file, checkpoint or run folder that it starts from", apart=True, written=str | None),
    ] = None
    origin: Annotated[
        str | None,
        Key(
            "run folder that it comes from, RUN or RUN#COMPONENT; see below",
            called="from",
            apart=True,
            written=str | None,
            note="Weights come with what they mean: the vocabulary, what features and labels of a head were fitted "
            "to, and the configuration, of which the recipe writes as little as it likes; what it writes should be "
            "what the run has, rates of dropout and keys of the loss apart. The run's component is the one of that "
            "address or name, unless COMPONENT names another. A part comes with the whole, unless it has a `from` of "
            "its own. A relative path starts from the recipe's folder. `weights` loads weights alone.",
        ),
    ] = None
    extend: Annotated[
        bool,
        Key(
            "with `from`: words (of a head: labels) of training rows that the run lacks are added",
            apart=True,
            written=bool,
        ),
    ] = False
    freeze: Annotated[bool, Key("whether it, with its parts, is left unchanged", apart=True, written=bool)] = False
    place: Place = field(default=NOWHERE, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    @property
    def line(self) -> int | None:
        """Line of the recipe on which the configuration begins."""
        return self.place.line

    @property
    def path(self) -> str:
        """Dotted path of the configuration inside the recipe."""
        return self.place.path

    def place_of(self, key: str) -> Place:
        """Return where a key was written, or where the configuration begins if it was not."""
        return self.places.get(key) or self.place.named(f"{self.place.path}.{key}")

    def blamed(self, error: Exception) -> Place:
        """Return where to report what a module's code raised: where the key is written that it names, if it is."""
        key = error.key if isinstance(error, WrongKeyError) else ""
        return self.places.get(key, self.place).named(self.place.path)

    @property
    def cls(self) -> builtins.type[Any]:
        """The registered class."""
        return registry.lookup(self.kind, self.type)

    @property
    def parts(self) -> dict[str, ModuleConfig]:
        """The components inside this one, by the last step of their address, in the order of the recipe."""
        found: dict[str, ModuleConfig] = {}
        for name, value in self.values.items():
            if isinstance(value, ModuleConfig):
                found[name] = value
            elif isinstance(value, dict):
                found.update({part: inner for part, inner in value.items() if isinstance(inner, ModuleConfig)})
        return found

    @property
    def chained(self) -> bool:
        """Whether its parts run one after another: what flows in enters the first, what the last computes enters it."""
        return bool(getattr(self.cls, "chained", False))

    @property
    def takes_input(self) -> bool:
        """Whether what flows into its parts flows into itself too, after what they compute."""
        return bool(getattr(self.cls, "takes_input", False))

    @property
    def adapts(self) -> str:
        """The part that is not applied but handed in, with what flows into it: the encoder of an adapter."""
        return str(getattr(self.cls, "adapts", ""))

    @property
    def reader(self) -> str:
        """The part that reads the text, where the others read what it computes; else nothing."""
        return str(getattr(self.cls, "reader", ""))

    @property
    def reading(self) -> tuple[str, ...]:
        """The parts that read the task's input, not what flows in: embeddings inside a module of another kind."""
        if self.kind == "embedding":
            return ()
        return tuple(part for part, inner in self.parts.items() if inner.kind == "embedding")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The `task.output` addresses whose values flow in beside the data, in the order of the constructor."""
        return tuple(address for _, address in self.condition_keys)

    @property
    def condition_keys(self) -> list[tuple[str, str]]:
        """The conditions, each with the recipe key that holds it."""
        found = []
        for key in registry.address_keys(self.cls):
            value = self.values[key]
            found += [(key, address) for address in ([value] if isinstance(value, str) else value or [])]
        return found
