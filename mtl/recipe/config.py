"""What a recipe says, checked and filled: frozen values that all other parts of the library read.

`line`, `file` and `path` say where a value was written, for messages; they take no part in comparisons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base import registry
from ..text.front_end import FrontEnd
from .modules import ModuleConfig
from .place import NOWHERE, Place
from .training import TrainConfig

if TYPE_CHECKING:
    from .task import Slot, Task


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
