"""Datasets of torchtext 0.6.0 (an optional extra, imported only when such a source is read).

Development of torchtext has stopped; 0.6.0 is its last release in pure Python, so the last that loads beside a current
torch. It reads a whole split into memory.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..base.errors import DataError, Fault, MtlError, listing, near_miss
from ..base.registry import register
from .base import OnBadRow, Row, Source, open_binary
from .values import plain

_READING = (ValueError, LookupError, AttributeError, TypeError, OSError)  # what its parsers raise at bad input


@register("source", "torchtext")
class Torchtext(Source):
    """Examples of a torchtext dataset; a row's `line` is its example's number.

    `dataset` names a class of `torchtext.datasets` or `torchtext.data` that reads a file (`TREC`, `SST`, `UDPOS`,
    `SequenceTaggingDataset`, `TabularDataset`, …); splits are paths. `fields` names the columns where the class
    takes them, in the order of the file; `arguments` are further arguments of the class. Nothing is downloaded.
    """

    def __init__(
        self,
        *,
        dataset: str,
        fields: list[str] | None = None,
        arguments: dict[str, Any] | None = None,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        options = {"dataset": dataset, "fields": fields, "arguments": arguments}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._dataset = dataset
        self._fields = fields
        self._arguments = dict(arguments or {})

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        open_binary(path).close()
        dataset = self._read(path)
        for number, example in enumerate(dataset.examples, start=1):
            yield Row({name: plain(getattr(example, name, None)) for name in dataset.fields}, str(path), number)

    def _read(self, path: Path) -> Any:
        cls, raw_field = self._classes()
        wanted = inspect.signature(cls).parameters
        given: dict[str, Any] = {name: raw_field() for name in ("text_field", "label_field") if name in wanted}
        if "fields" in wanted:
            if not self._fields:
                raise DataError(
                    Fault(f"fields should name the columns that torchtext's {self._dataset} reads. They name none.")
                )
            given["fields"] = [(name, raw_field()) for name in self._fields]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)  # some of its classes leave the file open
                return cls(str(path), **given, **self._arguments)
        except _READING as error:
            message = f"should be a file that torchtext's {self._dataset} reads. Found {type(error).__name__}: {error}."
            raise DataError(Fault(message, file=str(path))) from error

    def _classes(self) -> tuple[type, type]:
        try:
            modules = [importlib.import_module(f"torchtext.{name}") for name in ("datasets", "data")]
        except ImportError as error:
            raise MtlError(
                "the format torchtext should find torchtext 0.6.0 installed (pip install 'mtl-nlp[torchtext]'). "
                f"Found: {error}."
            ) from error
        dataset = modules[1].Dataset
        classes: dict[str, type] = {
            name: value
            for module in modules
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, dataset)
        }
        if self._dataset not in classes:
            hint = near_miss(self._dataset, classes) or f" There are: {listing(classes)}."
            raise DataError(f"no dataset of torchtext named '{self._dataset}'.{hint}")
        return classes[self._dataset], modules[1].RawField


def rows_of_examples(examples: Iterable[Any]) -> Iterator[dict[str, Any]]:
    """Yield the attributes of torchtext `Example`s as dicts: how library code passes on a dataset that it has.

    >>> from types import SimpleNamespace
    >>> list(rows_of_examples([SimpleNamespace(text=["play", "it"], label="music")]))
    [{'text': ['play', 'it'], 'label': 'music'}]
    """
    for example in examples:
        yield dict(vars(example))
