"""The processes that train one model: which one of them this is, and what they agree on; one process without torchrun.

What is in here is said of one process; `mtl.base.process_group` does it with torch.distributed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor

from .device import resolve

T = TypeVar("T")


class Processes:
    """`count` processes, of which this one has the number `number`, from 0; the first one reads, writes and prints.

    All of them call these methods in one order. Where another process has ended, `TrainingError` is raised.
    """

    number = 0
    count = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and prints."""
        return self.number == 0

    def device(self, name: str) -> torch.device:
        """Return this process's device by what the recipe names; raises `UsageError` where it is not there."""
        return resolve(name)

    def sums(self, values: Sequence[float]) -> list[float]:
        """Return the sums of numbers over all processes, in double precision."""
        return list(values)

    def either(self, bits: Sequence[bool]) -> list[bool]:
        """Return which bits any of the processes has."""
        return list(bits)

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums of tensors over all processes: equal in all of them, bit for bit."""
        return list(tensors)

    def from_first(self, made: Callable[[], T]) -> T:
        """Return what the first process makes, which JSON has to hold; the others wait for it as long as it takes."""
        return made()

    def from_each(self, value: T) -> list[T]:
        """Return the values of all processes, which JSON has to hold, by number; each waits for the slowest."""
        return [value]

    def after_first(self, made: Callable[[], T]) -> T:
        """Make something in the first process, then in the others: they find on disk what the first one wrote."""
        if not self.first:
            self.from_first(lambda: None)
            return made()
        found = made()
        self.from_first(lambda: None)
        return found

    def clock(self, clock: Callable[[], float]) -> Callable[[], float]:
        """Return a clock that shows in every process what the first one's does; all read it together."""
        return clock

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Let the other processes say why this one ended, where it ends by an error."""
        yield

    def lost(self) -> Exception:
        """Return the error that ends this process where another one ended: what that one said, if anything."""
        raise NotImplementedError

    def end(self) -> None:
        """Leave the others: nothing is agreed on from here on."""
