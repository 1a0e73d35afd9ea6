"""What a recipe says, checked and filled: frozen values that all other parts of the library read.

`line`, `file` and `path` say where a value was written, for messages; they take no part in comparisons.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base import registry
from ..base.errors import Fault
from ..text.front_end import FrontEnd

if TYPE_CHECKING:
    from .task import Slot, Task


@dataclass(frozen=True)
class Place:
    """Where something was written: a file (or the `--set` option that says it), a line, and a dotted path."""

    file: str | None = None
    line: int | None = None
    path: str = ""

    def named(self, path: str) -> Place:
        """Return this place with another path: that of what a message is about."""
        return Place(self.file, self.line, path)

    def fault(self, message: str) -> Fault:
        """Return a fault at this place."""
        return Fault(message, self.file, self.line, self.path or None)


NOWHERE = Place()


@dataclass(frozen=True)
class ModuleConfig:
    """The configuration of a registered class: of a module, a mixture, an optimizer, a schedule or a metric.

    `values` holds every recipe key of the class, defaults filled in. Where a key holds components, its value is a
    `ModuleConfig` or, for named parts, a dict of them; everything else is what YAML gave.
    """

    kind: str
    type: str
    values: Mapping[str, Any]
    weights: str | None = None  # a safetensors file (or run folder) that the component starts from
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


@dataclass(frozen=True)
class InputConfig:
    """One text input of a task: its column, and how its texts become tokens."""

    column: str
    front_end: FrontEnd = field(default_factory=FrontEnd)
    listed: bool = False  # the column holds a list of texts: the task type says so
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class SourceConfig:
    """A data source; `values` holds every key of its format, defaults filled in."""

    name: str
    format: str
    values: Mapping[str, Any]
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def line(self) -> int | None:
        """Line of the recipe on which the source begins."""
        return self.place.line

    @property
    def path(self) -> str:
        """Dotted path of the source inside the recipe."""
        return self.place.path

    @property
    def cls(self) -> type[Any]:
        """The registered source class."""
        return registry.lookup("source", self.format)


@dataclass(frozen=True)
class TaskConfig:
    """One single-task model: what it reads, its modules, what it predicts.

    `target` is the column of the gold answers, None where the task type needs none and the recipe names none. `model`
    has an entry for each slot of the task type, None where an optional one is left out. `task` is the built task
    type; `values` are its own recipe keys.
    """

    name: str
    type: str
    source: str
    inputs: Mapping[str, InputConfig]
    target: str | None
    model: Mapping[str, ModuleConfig | None]
    weight: float
    metrics: tuple[ModuleConfig, ...]
    values: Mapping[str, Any]
    task: Task = field(compare=False, repr=False)
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def line(self) -> int | None:
        """Line of the recipe on which the task begins."""
        return self.place.line

    @property
    def path(self) -> str:
        """Dotted path of the task inside the recipe."""
        return self.place.path

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the model in order of data flow; the last one is the output layer."""
        return self.task.slots(tuple(self.inputs))

    @property
    def output(self) -> str:
        """Address of the output layer."""
        return f"{self.name}.{self.slots[-1].name}"


@dataclass(frozen=True)
class ShareGroup:
    """Addresses that are one module.

    `members` is complete: globs are expanded, and where a tied composite brings further addresses of a tied part
    with it, they are here too.
    """

    name: str
    members: tuple[str, ...]
    place: Place = field(default=NOWHERE, compare=False)


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


@dataclass(frozen=True)
class Recipe:
    """A checked recipe: sources, tasks, what is shared, how it is trained; all defaults filled in.

    `data` is the directory that relative data paths start from. `file` is where the recipe was read, if it was;
    `document` is its name in messages.
    """

    name: str
    seed: int
    sources: Mapping[str, SourceConfig]
    tasks: Mapping[str, TaskConfig]
    share: Mapping[str, ShareGroup]
    train: TrainConfig
    plugins: tuple[str, ...] = ()
    data: Path = Path()
    file: Path | None = field(default=None, compare=False)
    document: str = field(default="", compare=False)

    @property
    def title(self) -> str:
        """How messages call the recipe."""
        return self.document or self.name
