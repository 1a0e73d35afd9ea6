"""Columnar files read by pyarrow, one record batch in memory at a time: Parquet and Arrow IPC (Feather version 2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..base.errors import DataError, Fault, UsageError
from ..base.file_kinds import LOOKED_AT
from ..base.registry import register
from .base import Row, Source, check_distinct, open_binary
from .other_kinds import fault_if_other_kind
from .values import plain

_ROWS = 1024  # rows of Parquet decoded at a time


class Columnar(Source):
    """Typed columns; numbers and truth values are read as text. A row's `line` is its number in the file."""

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
    ) -> None:
        super().__init__(train=train, dev=dev, test=test)

    def batches(self, file: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Return the schema and the record batches of an open file."""
        raise NotImplementedError

    def columns(self, split: str, base: Path) -> list[str]:
        path = self.path(split, base)
        with open_binary(path) as file:
            return list(self._opened(path, file)[0].names)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        number = 0
        with open_binary(path) as file:
            _, batches = self._opened(path, file)
            while (batch := self._next(path, batches, number)) is not None:
                names = batch.schema.names
                columns = [column.to_pylist() for column in batch.columns]
                for values in zip(*columns, strict=True):
                    number += 1
                    yield Row({n: plain(v) for n, v in zip(names, values, strict=True)}, str(path), number)

    def _opened(self, path: Path, file: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        if not file.peek(1):
            raise DataError(Fault("should have rows. Found an empty file.", file=str(path)))
        fault_if_other_kind(path, file.peek(LOOKED_AT)[:LOOKED_AT], f"{self.what} file", self.own)
        try:
            schema, batches = self.batches(file)
            check_distinct(schema.names)
            return schema, batches
        except UsageError as error:
            raise DataError(Fault(str(error), file=str(path))) from error
        except (pa.ArrowException, OSError) as error:
            raise DataError(Fault(f"should be {self.what} file. Found: {_first(error)}", file=str(path))) from error

    def _next(self, path: Path, batches: Iterator[pa.RecordBatch], row: int) -> pa.RecordBatch | None:
        try:
            return next(batches, None)
        except (pa.ArrowException, OSError) as error:
            message = f"should be {self.what} file that can be read to its end. Found: {_first(error)}"
            raise DataError(Fault(message, file=str(path), line=row + 1)) from error

    what = "a columnar"
    own: Sequence[str] = ()  # the kinds of file that it reads


def _first(error: Exception) -> str:
    line = str(error).splitlines()[0].rstrip(".")
    return f"{line}."


@register("source", "parquet")
class Parquet(Columnar):
    """Apache Parquet."""

    what = "a Parquet"
    own = ("Parquet",)

    def batches(self, file: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        table = pq.ParquetFile(file)
        return table.schema_arrow, table.iter_batches(batch_size=_ROWS)


@register("source", "ipc")
class Ipc(Columnar):
    """Arrow's inter-process format, as a file or as a stream."""

    what = "an Arrow IPC"
    own = ("Arrow IPC", "a stream of Arrow IPC")

    def batches(self, file: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        if file.peek(6).startswith(b"ARROW1"):
            reader = pa.ipc.open_file(file)
            return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
        stream = pa.ipc.open_stream(file)
        return stream.schema, iter(stream)
