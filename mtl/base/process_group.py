"""Several processes on torch.distributed: sums by gloo (CPUs) or NCCL (GPUs), all else by torchrun's store.

What may take long in one process (reading data, evaluating, writing) is waited for at the store, which knows no time
limit and where a process that ended says so; a sum has a limit, as all come to it at about one time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from .device import resolve
from .errors import MtlError, TrainingError, UsageError, no_memory
from .processes import Processes

T = TypeVar("T")
SECONDS = 60  # in which all processes have to come to a sum
BETWEEN_LOOKS = 0.02  # seconds
ENDED = "ended"  # key of what a process said that ended by an error


class ProcessGroup(Processes):
    """Processes that torchrun started; `local` counts those on this machine."""

    def __init__(self, store: Any, number: int, count: int, local: int) -> None:
        self.number, self.count, self.local = number, count, local
        self._store = store
        self._asked = 0

    @classmethod
    def joined(cls) -> ProcessGroup:
        """Join the others; returns when all are there."""
        limit = timedelta(seconds=SECONDS)
        store, number, count = next(iter(rendezvous("env://", timeout=limit)))
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() and dist.is_nccl_available() else "gloo"
        own = PrefixStore("group", store)
        dist.init_process_group(backend, store=own, rank=number, world_size=count, timeout=limit)
        return cls(PrefixStore("mtl", store), number, count, int(os.environ["LOCAL_RANK"]))

    def device(self, name: str) -> torch.device:
        if name.startswith("cuda:"):
            raise UsageError(
                f"train.device: several processes should have a GPU each. Found '{name}', which is one. "
                "Write 'auto' or 'cuda'."
            )
        found = resolve(name)
        if found.type == "cuda":
            found = resolve(f"cuda:{self.local}")
            torch.cuda.set_device(found)
        return found

    # -- sums

    def sums(self, values: Sequence[float]) -> list[float]:
        found = torch.tensor(values, dtype=torch.float64)
        self._reduce(found)
        return [float(value) for value in found.tolist()]

    def either(self, bits: Sequence[bool]) -> list[bool]:
        found = torch.tensor(bits, dtype=torch.uint8)
        self._reduce(found, dist.ReduceOp.MAX)
        return [bool(bit) for bit in found.tolist()]

    def summed(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        found = list(tensors)
        for dtype in dict.fromkeys(tensor.dtype for tensor in tensors):
            places = [place for place, tensor in enumerate(tensors) if tensor.dtype == dtype]
            flat = torch.cat([tensors[place].reshape(-1) for place in places])
            self._reduce(flat)
            parts = torch.split(flat, [tensors[place].numel() for place in places])
            for place, part in zip(places, parts, strict=True):
                found[place] = part.view_as(tensors[place])
        return found

    def clock(self, clock: Callable[[], float]) -> Callable[[], float]:
        return lambda: self.sums([clock() if self.first else 0.0])[0]

    def _reduce(self, tensor: Tensor, by: Any = dist.ReduceOp.SUM) -> None:
        try:
            dist.all_reduce(tensor, by)
            if tensor.is_cuda:  # waiting in Python, signals are seen
                done = torch.cuda.Event()  # type: ignore[no-untyped-call]
                done.record()
                while not done.query():  # type: ignore[no-untyped-call]
                    time.sleep(0)
        except RuntimeError as error:
            raise self.lost(late="imed out" in str(error)) from error

    # -- the store

    def from_first(self, made: Callable[[], T]) -> T:
        key = self._next()
        if self.first:
            self._set(key, made())
        found: T = self._wait(key)
        return found

    def from_each(self, value: T) -> list[T]:
        key = self._next()
        self._set(f"{key}/{self.number}", value)
        return [self._wait(f"{key}/{number}") for number in range(self.count)]

    def _next(self) -> str:
        self._asked += 1
        return str(self._asked)

    def _set(self, key: str, value: Any) -> None:
        try:
            self._store.set(key, json.dumps(value))
        except RuntimeError as error:
            raise self.lost() from error

    def _wait(self, key: str) -> Any:
        try:
            while not self._store.check([key]):
                if self._store.check([ENDED]):
                    raise self.lost()
                time.sleep(BETWEEN_LOOKS)
            return json.loads(self._store.get(key))
        except RuntimeError as error:
            raise self.lost() from error

    # -- ends

    @contextmanager
    def reporting(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            try:
                if not self._store.check([ENDED]):  # the first one that ended knows why
                    self._store.set(ENDED, json.dumps(self._said(error)))
            except RuntimeError:
                pass  # torchrun is gone, and with it whoever would read it
            raise

    def _said(self, error: BaseException) -> str | None:
        """Return what an error says for others to repeat; None where this process was only interrupted."""
        if isinstance(error, MtlError):
            return str(error)
        if not isinstance(error, Exception):
            return None
        return f"process {self.number}: {no_memory(error) or f'unexpected {type(error).__name__}: {error}'}"

    def lost(self, *, late: bool = False) -> TrainingError:
        try:
            said = json.loads(self._store.get(ENDED)) if self._store.check([ENDED]) else None
        except RuntimeError:  # torchrun has ended
            said = None
        return TrainingError(said or what_was_lost(self.count, late=late))

    def end(self) -> None:
        if dist.is_initialized():
            dist.destroy_process_group()


def what_was_lost(count: int, *, late: bool) -> str:
    """Return the sentence for a process that ended without a word, or (`late`) did not come to a sum in time."""
    found = f"did not answer for {SECONDS} seconds" if late else "ended, or that torchrun was asked to end"
    return (
        f"all {count} processes should train to the end. Found that another one {found}. Checkpoints are unharmed: "
        f"start {count} processes again, with --resume."
    )
