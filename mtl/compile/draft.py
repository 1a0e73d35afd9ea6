"""What the stages of reading a recipe pass to each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import Fault, MtlError, WrongKeyError, listing
from ..recipe.config import InputConfig, TeacherConfig
from ..recipe.document import Document, Steps, dotted, show, value_at
from ..recipe.modules import ModuleConfig
from ..recipe.names import malformed

if TYPE_CHECKING:
    from ..recipe.task import Slot, Task
    from .origins import Taken


@dataclass
class Reading:
    """A document being read: faults are collected, and each stage continues with what it could read."""

    document: Document
    faults: list[Fault] = field(default_factory=list)
    base: Path = Path()  # folder that paths of the recipe start from
    unread: set[Steps] = field(default_factory=set)  # modules without a type, as what would say it cannot be read
    taken: dict[Steps, Taken] = field(default_factory=dict)  # modules that come from runs: what they are there
    data: Path = Path()  # folder that paths of data start from
    strangers: bool = False  # whether names that are not known may be those of a plugin that could not be imported

    def fault(self, steps: Steps, message: str) -> None:
        """Note what is wrong with the value at `steps`."""
        self.faults.append(self.document.place(steps).fault(message))

    def key_fault(self, steps: Steps, message: str) -> None:
        """Note what is wrong with the key at `steps`."""
        self.faults.append(self.document.key_place(steps).fault(message))

    def refused(self, error: Exception, steps: Steps) -> None:
        """Note what a constructor says of the configuration at `steps`: where the key is written that it names."""
        key = error.key if isinstance(error, WrongKeyError) else None
        at = (*steps, key) if key is not None and (*steps, key) in self.document.keys else steps
        place = self.document.key_place(at).named(dotted(steps))
        self.faults += map(place.fault, told(error))

    def mapping(self, value: Any, steps: Steps, of: str = "", keys: Collection[str] = ()) -> Mapping[str, Any]:
        """Return a value that should be a mapping; null is an empty one.

        A message says what it is a mapping `of` (`sources by name`), or which `keys` it may have.
        """
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        its_keys = f" Its keys: {listing(keys)}." if keys else ""
        self.fault(steps, f"should be a mapping{of and f' of {of}'}. Found {show(value)}.{its_keys}")
        return {}

    def drop_consequences(self, malformed: int) -> None:
        """Drop faults about values that the first `malformed` faults say could not be read at all."""
        unread = {fault.path for fault in self.faults[:malformed] if fault.path}
        self.faults[malformed:] = [fault for fault in self.faults[malformed:] if fault.path not in unread]

    def value(self, steps: Steps) -> Any:
        """Return the value at `steps`."""
        return value_at(self.document, steps)


def check_name(reading: Reading, name: str, steps: Steps) -> bool:
    """Return whether a name is well formed; note it where it is not."""
    message = malformed(name)
    if message:
        reading.key_fault(steps, message)
    return message is None


@dataclass
class TaskDraft:
    """A task whose modules are not read yet.

    `readable` says whether it is known how it reads its source; `complete` is False where something that the graph
    needs is missing, which is more.
    """

    name: str
    steps: Steps
    task: Task
    type: str
    inputs: dict[str, InputConfig]
    slots: tuple[Slot, ...]
    source: str
    general: Mapping[str, Any]  # the keys that a task of any type has and that nothing else reads
    metrics: tuple[ModuleConfig, ...]
    values: Mapping[str, Any]
    model: Mapping[str, Any]
    readable: bool = True
    complete: bool = True
    teacher: TeacherConfig | None = None

    def homes(self) -> Iterator[tuple[Slot, Steps]]:
        """Yield each slot and the steps to where its module is written."""
        for slot in self.slots:
            yield slot, (*self.steps, "model", *slot.name.split("."))


def told(error: Exception) -> list[str]:
    """Return the sentences of an error that a constructor raised."""
    return [fault.message for fault in error.faults] if isinstance(error, MtlError) else [str(error)]
