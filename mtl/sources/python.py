"""Rows from Python: any iterable of dicts, given by library code or named in a recipe."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..base.errors import DataError, Fault, MtlError, UsageError, Wording
from ..base.registry import import_file, register
from .base import OnBadRow, Row, Source
from .values import native


@register("source", "python")
class PythonSource(Source):
    """A split is `module:name` (or `file.py:name`): an iterable of dicts, or a function that returns one.

    A row's `line` is its number. Texts are strings or lists of strings, and so are tags; labels and names may be
    numbers. An iterator can be read only once, so its rows are kept in memory; name a list, a function or any other
    iterable that starts over each time it is read, where that is too much.
    """

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row)
        self._given: dict[str, Iterable[Any]] = {}

    @classmethod
    def given(cls, splits: Mapping[str, Iterable[Any] | Callable[[], Iterable[Any]]]) -> PythonSource:
        """Return a source over iterables (or functions that return one) by split, as library code has them."""
        source = cls()
        source.paths |= {split: f"given {split} rows" for split in splits}
        source._given = {split: _again(rows) for split, rows in splits.items()}
        return source

    def files(self, split: str, base: Path) -> list[Path]:
        return []

    def path(self, split: str, base: Path) -> Path:
        return Path(self.paths[split]) if self.paths.get(split) is not None else super().path(split, base)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        place = str(self.path(split, base))
        if split not in self._given:
            self._given[split] = _again(_named(place, base))
        for number, row in enumerate(_iterated(self._given[split], place), start=1):
            if isinstance(row, Mapping):
                yield Row({str(key): native(value) for key, value in row.items()}, place, number)
            else:
                yield Wording("should be a dict", type(row).__name__).fault(place, number)

    def fingerprint(self, split: str, base: Path) -> str:
        """Return the sha256 of a split's rows; reads them all."""
        digest = self._digest()
        for row in self.rows(split, base):
            values = row.values if isinstance(row, Row) else str(row)
            digest.update(json.dumps(values, sort_keys=True, default=str).encode() + b"\n")
        return digest.hexdigest()


class _Calls:
    """An iterable that calls a function each time it is read."""

    def __init__(self, function: Callable[[], Iterable[Any]]) -> None:
        self._function = function

    def __iter__(self) -> Iterator[Any]:
        return iter(self._function())


def _iterated(rows: Iterable[Any], place: str) -> Iterator[Any]:
    """Yield rows; what the code that makes them raises becomes a `DataError`."""
    number = 0
    try:
        for number, row in enumerate(rows, start=1):  # noqa: B007  # reported when the next row fails
            yield row
    except MtlError:
        raise
    except Exception as error:  # whatever the user's code raises is that code's fault
        message = f"should give rows to the end. Found {type(error).__name__}: {error}."
        raise DataError(Fault(message, file=place, line=number + 1)) from error


def _again(rows: Iterable[Any] | Callable[[], Iterable[Any]]) -> Iterable[Any]:
    if callable(rows):
        return _Calls(rows)
    return list(rows) if isinstance(rows, Iterator) else rows


def _named(name: str, base: Path) -> Iterable[Any] | Callable[[], Iterable[Any]]:
    module_name, _, attribute = name.rpartition(":")
    if not module_name:
        raise DataError(Fault("should be 'module:name' or 'file.py:name'. Found no colon.", file=name))
    try:
        if module_name.endswith(".py"):
            module = import_file(base / module_name)
        else:
            module = importlib.import_module(module_name)
    except UsageError as error:
        raise DataError(Fault("should be a Python file. Found nothing there.", file=str(base / module_name))) from error
    except Exception as error:  # whatever a module raises while it is imported is the module's fault
        message = f"should be a module that can be imported. Found {type(error).__name__}: {error}."
        raise DataError(Fault(message, file=name)) from error
    found = getattr(module, attribute, None)
    if callable(found) or isinstance(found, Iterable):
        return found
    what = "nothing of that name" if found is None else type(found).__name__
    raise DataError(Fault(f"should be an iterable of dicts or a function that returns one. Found {what}.", file=name))
