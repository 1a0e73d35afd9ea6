"""Files that are aligned line by line: one file per column (SNIPS and ATIS: seq.in, seq.out, label)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from ..base.errors import DataError, Fault
from ..base.registry import register
from .base import OnBadRow, Row, Source, open_all
from .text import NO_NULL, read_lines


@register("source", "lines")
class Lines(Source):
    """A split is a folder; `columns` maps a column's name to its file in there."""

    unlabelled = NO_NULL

    def __init__(
        self,
        *,
        columns: dict[str, str],
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        options = {"columns": columns, "encoding": encoding}
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options=options)
        self._columns: Mapping[str, str] = dict(columns)
        self._encoding = encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return list(self._columns)

    def files(self, split: str, base: Path) -> list[Path]:
        folder = self.path(split, base)
        return [folder / name for name in self._columns.values()]

    def file_of(self, row: Row, column: str) -> str:
        return str(Path(row.file) / self._columns[column])

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        folder = self.path(split, base)
        files = self.files(split, base)
        open_all(files)
        streams = [read_lines(file, self._encoding) for file in files]
        counts = [0] * len(files)
        for number, found in enumerate(zip_longest(*streams), start=1):
            lines = [pair[1] if pair else None for pair in found]
            for column, line in enumerate(lines):
                counts[column] += line is not None
            if any(count != number for count in counts):
                continue  # the files end at different lines: read on to say at which
            faults = [line for line in lines if isinstance(line, Fault)]
            yield faults[0] if faults else Row(dict(zip(self._columns, lines, strict=True)), str(folder), number)
        if len(set(counts)) > 1:
            lengths = ", ".join(f"{file.name} {count}" for file, count in zip(files, counts, strict=True))
            raise DataError(Fault(f"files should have as many lines as each other. Found {lengths}.", file=str(folder)))
