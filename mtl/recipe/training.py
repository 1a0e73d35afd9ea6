"""How a recipe is trained: the keys of `train:` and of the sections inside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .modules import ModuleConfig
from .place import NOWHERE, Place


@dataclass(frozen=True)
class BatchConfig:
    """The budget of a batch: `size` sentences or `tokens` tokens; exactly one of them is set."""

    size: int | None = 32
    tokens: int | None = None


@dataclass(frozen=True)
class ComponentTraining:
    """How a component is trained: `lr` is absolute and None for the optimizer's own; a frozen one never changes."""

    lr: float | None = None
    freeze: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class TrainConfig:
    """How the recipe is trained; each key is explained where a recipe's `train:` section is read."""

    mixture: ModuleConfig
    optimizer: ModuleConfig
    schedule: ModuleConfig
    batch: BatchConfig = BatchConfig()
    epochs: int = 10
    max_steps: int | None = None
    clip: float | None = 5.0
    components: Mapping[str, ComponentTraining] = field(default_factory=dict)
    select: Mapping[str, float] = field(default_factory=dict)
    patience: int | None = None
    evaluate_every: int | None = None
    checkpoint_every: int | None = None
    threads: int | None = None
    device: str = "cpu"
    precision: str = "fp32"
    accumulate: int = 1
    minutes: float | None = None
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def place_of(self, key: str) -> Place:
        """Return where a key was written."""
        return self.places.get(key) or Place(path=f"train.{key}")
