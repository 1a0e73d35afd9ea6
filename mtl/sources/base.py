"""What a source of rows is: named splits, each a stream of rows that know their place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from ..base.errors import DataError, Fault, WrongKeyError, some
from ..base.file_kinds import stream
from ..base.registry import name_of
from .dividing import ORDER
from .held_out import HeldOut, SplitAssignment
from .rereading import FirstReading
from .shares import shares_of

if TYPE_CHECKING:
    pass

SPLITS = ("train", "dev", "test")
OnBadRow = Literal["error", "skip"]
_BLOCK = 1 << 20  # bytes hashed at a time
_LOOKED_AT = 1000  # rows whose keys make up the columns where nothing declares them


class Row(NamedTuple):
    """One example: column -> text, list of texts, list of span dicts, or None; and its place.

    `line` counts from 1: the line of `file` on which the row begins, or its number where the file has no lines. `lines`
    are those of the items of its lists, where each has one.
    """

    values: Mapping[str, Any]
    file: str
    line: int
    lines: Sequence[int] = ()


class Source:
    """Named splits of rows; a subclass implements `rows` and, where it can say so without reading, `columns`.

    Recipe keys are the keyword-only arguments of the subclass, which hands those that change what the rows are
    on as `options`. Paths are relative to the recipe or to the base directory of the data; a split may be absent. In
    place of a path, dev and test may be a share of the train file, `10%`, which `held_out` takes out of train.
    A malformed row ends the reading with `DataError` (`on_bad_row="error"`) or is left out and listed in `skipped`
    (`"skip"`). Raises `UsageError` for an unknown `encoding`, for `columns` that are none or not distinct, and for
    shares that cannot be.
    """

    kind: ClassVar[str] = "source"
    named_files: ClassVar[tuple[str, ...]] = ()  # recipe keys that name files, beside those of splits
    # What to write for a token without a label, as a sentence.
    unlabelled: ClassVar[str] = "Write null for it, in a list of tags."

    def __init__(
        self,
        *,
        train: Any = None,
        dev: Any = None,
        test: Any = None,
        on_bad_row: OnBadRow = "error",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.paths = {"train": train, "dev": dev, "test": test}
        self.held_out = HeldOut(shares_of(self.paths))
        self.paths.update(dict.fromkeys(self.held_out.shares, train))
        self.on_bad_row = on_bad_row
        self.options = {**(options or {}), "on_bad_row": on_bad_row}
        _check_options(self.options)
        self._skipped: dict[str, dict[Fault, None]] = {}
        self._note: Callable[[Fault], None] | None = None
        self._divisions: dict[Path, tuple[SplitAssignment, FirstReading]] = {}

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that this source has."""
        return tuple(split for split in SPLITS if self.paths[split] is not None)

    @property
    def skipped(self) -> list[Fault]:
        """The malformed rows left out so far, each once, however often the source was read."""
        return [fault for split in self._skipped for fault in self.skipped_in(split)]

    def skipped_in(self, split: str) -> list[Fault]:
        """The malformed rows of one split left out so far."""
        return list(self._skipped.get(split, ()))

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        """Yield the rows of a split in order, and a `Fault` in the place of each malformed one."""
        raise NotImplementedError(f"{type(self).__name__} does not say how its rows are read")

    def files(self, split: str, base: Path) -> list[Path]:
        """Return the files of a split, in a fixed order."""
        return [self.path(split, base)]

    def columns(self, split: str, base: Path) -> list[str]:
        """Return the names of the columns of a split: every key of its first 1,000 rows, unless they are declared."""
        return list(dict.fromkeys(key for row in islice(self.read(split, base), _LOOKED_AT) for key in row.values))

    def hint(self, columns: Sequence[str]) -> str:
        """Return a hint from columns that are not the expected ones, after a space, or an empty string."""
        return ""

    def file_of(self, row: Row, column: str) -> str:
        """Return the file that holds a row's column."""
        return row.file

    def path(self, split: str, base: Path) -> Path:
        """Return where a split lies; raises `DataError` where the source has no such split."""
        value = self.paths.get(split)
        if value is None:
            raise DataError(
                f"the source should have a split '{split}'. Found only {some(self.splits)}. "
                f"Name its file or folder under '{split}'."
            )
        return base / str(value)

    def read(self, split: str, base: Path) -> Iterator[Row]:
        """Yield the rows of a split, reading as they are taken.

        Raises `DataError` naming file, line and column at the first malformed row (or lists it in `skipped`), and
        where the split has no row at all, or no other.
        """
        empty = True  # also of rows that somebody has taken note of
        try:
            for row in self._rows(split, base):
                if isinstance(row, Row):
                    empty = False
                    yield row
                else:
                    empty = empty and self._note is None
                    self.bad_row(row, split)
        except OSError as error:
            raise _unreadable(self.path(split, base), error) from error
        if empty:
            raise DataError(self.no_rows(split, base))

    def no_rows(self, split: str, base: Path) -> Fault:
        """Return what is wrong with a split of which no row is left: what the first malformed one has, if any was."""
        skipped = self.skipped_in(split)
        if not skipped:
            return Fault("should have rows. There are none.", file=str(self.path(split, base)))
        left = f"No row is left: 'on_bad_row: skip' leaves out all {len(skipped):,}, as they are malformed."
        if len(skipped) == 1:
            left = "No row is left: 'on_bad_row: skip' leaves out the only one, as it is malformed."
        return replace(skipped[0], message=f"{skipped[0].message} {left}")

    def _rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        """Yield the rows of a split: all of its file, or those that it has of the train file."""
        if not self.held_out.divides(split):
            yield from self.rows(split, base)
            return
        division, first = self._division(base)
        side = ORDER.index(split)
        rows = first.again(self.rows("train", base), str(self.path("train", base)))
        for row, found in zip(rows, division.sides, strict=True):
            if found == side:
                yield row

    def _division(self, base: Path) -> tuple[SplitAssignment, FirstReading]:
        if base not in self._divisions:
            first = FirstReading()
            read = first.taking(self.rows("train", base))
            values = (row.values if isinstance(row, Row) else None for row in read)
            self._divisions[base] = self.held_out.division(values, str(self.path("train", base))), first
        return self._divisions[base]

    def divided(self, split: str, base: Path) -> tuple[str, list[str]]:
        """Return what a split is part of ('' where it has a file of its own), and what of the recipe it does not keep.

        Reads the train file where values of columns had a say and it was not read yet.
        """
        if split not in self.held_out.shares or self.held_out.plain:
            return self.held_out.described(split), []
        division, _ = self._division(base)
        return self.held_out.described(split, division), self.held_out.notes(split, division)

    def hold_out(self, held_out: HeldOut) -> None:
        """Take dev or test out of train as `held_out` says, whose shares are of the rows that `train` names."""
        self.held_out = held_out
        self.paths.update(dict.fromkeys(held_out.shares, self.paths["train"]))
        self._divisions = {}

    def noting(self, note: Callable[[Fault], None]) -> Source:
        """Return the source as one that leaves malformed rows out, after `note` has seen them."""
        found = copy(self)
        found._note = note
        return found

    def bad_row(self, fault: Fault, split: str, *others: Fault) -> None:
        """Raise `DataError`, or list the fault in `skipped` where malformed rows are to be left out.

        `others` are what else is wrong with the row, for whoever takes note of all.
        """
        if self._note is not None:
            for one in (fault, *others):
                self._note(one)
        elif self.on_bad_row == "error":
            raise DataError(fault)
        self._skipped.setdefault(split, {})[fault] = None

    def fingerprint(self, split: str, base: Path) -> str:
        """Return the sha256 of a split: its files' bytes, the format and the options that change its rows."""
        digest = self._digest()
        for file in self.files(split, base):
            size = 0
            with open_binary(file) as opened:
                try:
                    while block := opened.read(_BLOCK):
                        digest.update(block)
                        size += len(block)
                except OSError as error:
                    raise _unreadable(file, error) from error
            digest.update(size.to_bytes(8, "little"))  # where one file ends and the next begins
        return digest.hexdigest()

    def identity(self, split: str, base: Path) -> str:
        """Return the sha256 of what a split has: its fingerprint, with which of a train file's rows it has."""
        if not self.held_out.divides(split):
            return self.fingerprint(split, base)
        whole = self.fingerprint("train", base)
        return hashlib.sha256(json.dumps([whole, self.held_out.identity(split)]).encode()).hexdigest()

    def _digest(self) -> hashlib._Hash:
        return hashlib.sha256(json.dumps([name_of(type(self)), self.options], sort_keys=True).encode())


def _check_options(options: Mapping[str, Any]) -> None:
    encoding, columns = options.get("encoding"), options.get("columns")
    try:
        "a".encode("utf-8" if encoding is None else encoding)
    except (LookupError, ValueError) as error:
        raise WrongKeyError(
            "encoding", f"encoding should be one that Python knows (utf-8, latin-1, …). Found {encoding!r}."
        ) from error
    if columns is not None and not columns:
        raise WrongKeyError("columns", "columns should name at least one column. It names none.")
    if isinstance(columns, list):
        check_distinct(columns)


def check_distinct(columns: Sequence[str]) -> None:
    """Raise `UsageError` where a column is named twice."""
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise WrongKeyError("columns", f"column names should differ. Found '{twice[0]}' more than once.")


def fault_of_stream(path: Path) -> Fault | None:
    """Return what is wrong with a path whose bytes come once: a pipe, a terminal, a socket."""
    found = stream(path)
    if not found:
        return None
    message = f"should be a file, as rows are read more than once. Found {found}. Keep the rows in a file."
    return Fault(message, file=str(path))


def open_binary(path: Path) -> Any:
    """Open a file for reading bytes; raises `DataError` that names it and what is there instead."""
    if path.is_dir():
        raise DataError(Fault("should be a file. Found a directory.", file=str(path)))
    if streaming := fault_of_stream(path):
        raise DataError(streaming)
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise DataError(Fault("should be a file. Found nothing there.", file=str(path))) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def open_all(paths: Iterable[Path]) -> None:
    """Raise `DataError` with every file that cannot be opened, once each."""
    faults: list[Fault] = []
    for path in dict.fromkeys(paths):
        try:
            open_binary(path).close()
        except DataError as error:
            faults += error.faults
    if faults:
        raise DataError(*faults)


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(Fault(f"should be a file that can be read. Found: {error.strerror or error}.", file=str(path)))
