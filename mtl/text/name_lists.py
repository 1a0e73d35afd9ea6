"""Lists of names from files, of which the file's ending says what they hold.

`.csv`, `.tsv`: a table whose first row names its columns. `.json`: names at the end of a path of keys (`cities.city`),
which goes through lists on its way; a list of names needs no path. `.jsonl`, `.ndjson`: such an object per line. Any
other ending: a name per line. gzip may have packed the file; `.gz` at the end of its name is no ending then.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..base.encodings import is_wide, likely, wide_text
from ..base.errors import DataError, Fault, UsageError, counted, listing, near_miss
from ..base.file_kinds import LOOKED_AT, packed
from ..base.files import why_unreadable
from ..base.unpacking import DAMAGED, damaged, unpacked

TABLES = (".csv", ".tsv")
LINES_OF_JSON = (".jsonl", ".ndjson")
_FIELD = 2**31 - 1  # characters of a table's field, of which Python allows few by itself


def read_names(path: Path, column: str | None = None, encoding: str = "utf-8") -> list[str]:
    """Return the names of a file in its order, without white space at their ends; what is empty then is none.

    Raises `DataError` with file and line for a file that cannot be read, or holds no names where they should be.
    """
    text = _decoded(path, encoding)
    suffix = _ending(path)
    read: Callable[[Path, str, str | None], Iterator[str]] = _of_lines
    if suffix in TABLES:
        read = _of_table
    elif suffix == ".json":
        read = _of_json
    elif suffix in LINES_OF_JSON:
        read = _of_json_lines
    names = [stripped for name in read(path, text, column) if (stripped := name.strip())]
    if not names:
        raise DataError(Fault("should hold at least one name. There is none.", file=str(path)))
    return names


def _ending(path: Path) -> str:
    """Return which ending says what a file holds, `.csv` of `names.csv.gz`."""
    name = path.name.lower()
    return Path(name.removesuffix(".gz")).suffix


def _decoded(path: Path, encoding: str) -> str:
    reason = why_unreadable(path)
    if reason:
        raise DataError(Fault(f"should be a readable file of names. Found: {reason}.", file=str(path)))
    try:
        with path.open("rb") as file:
            data = unpacked(file).read()
    except DAMAGED as error:
        raise DataError(Fault(damaged(error), file=str(path))) from error
    kind = packed(data[:LOOKED_AT])
    if kind:
        raise DataError(Fault(f"should be names as text. Found {kind}", file=str(path)))
    try:
        wide = None if is_wide(encoding) else wide_text(data[:LOOKED_AT])
        if wide:
            name_it = f"If the file is written in {wide.name}, name it under 'encodings': {wide.encoding}."
            raise DataError(Fault(f"should be {encoding} text. Found {wide.shown_by}. {name_it}", file=str(path)))
        text = data.decode(encoding).removeprefix("\ufeff")
    except LookupError as error:
        found = f"should be in an encoding that Python knows (utf-8, latin-1, …). Found '{encoding}' under 'encodings'."
        raise DataError(Fault(found, file=str(path))) from error
    except UnicodeDecodeError as error:
        found = f"the byte 0x{data[error.start]:02x}" if error.end == error.start + 1 else "other bytes"
        line = data.count(b"\n", 0, error.start) + 1
        other = None if is_wide(encoding) else likely(data, encoding)
        name_it = f"name it under 'encodings'{'' if other is None else f': {other}'}"
        advice = f"If the file is written in another encoding, {name_it}."
        raise DataError(
            Fault(f"should be {encoding} text. Found {found}. {advice}", file=str(path), line=line)
        ) from error
    except ValueError as error:  # of codecs that are not for texts
        found = f"should be in an encoding of texts (utf-8, latin-1, …). Found '{encoding}' under 'encodings'."
        raise DataError(Fault(found, file=str(path))) from error
    return text if "\n" in text else text.replace("\r", "\n")  # as lines ended on old Macs


def _of_lines(path: Path, text: str, column: str | None) -> Iterator[str]:
    if column is not None:
        endings = ", ".join((*TABLES, ".json", *LINES_OF_JSON))
        found = f"should be a table or JSON ({endings}), as 'columns' says '{column}' of it. Found a file of lines."
        raise DataError(Fault(f"{found} Leave its column out, or give the file its ending.", file=str(path)))
    yield from text.split("\n")


def _of_table(path: Path, text: str, column: str | None) -> Iterator[str]:
    csv.field_size_limit(_FIELD)
    lines = (f"{line}\n" for line in text.split("\n"))
    if _ending(path) == ".csv":
        rows = csv.reader(lines, strict=True)
    else:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    try:
        header = next((row for row in rows if row), [])
        place = _place(path, header, column)
        for row in rows:
            if row and len(row) != len(header):
                found = f"should have {counted(len(header), 'field')}, as the first row has. Found {len(row)}."
                raise DataError(Fault(found, file=str(path), line=rows.line_num))
            if row:
                yield row[place]
    except csv.Error as error:
        raise DataError(
            Fault(f"should be a row of CSV. Found: {error}.", file=str(path), line=rows.line_num)
        ) from error


def _place(path: Path, header: list[str], column: str | None) -> int:
    if column in header:
        return header.index(column)
    if column is None:
        message = f"should have the column of its names under 'columns'. There is none. Its columns: {listing(header)}."
    else:
        hint = near_miss(column, header) or f" Its columns: {listing(header)}."
        message = f"should have a column '{column}'. There is none.{hint}"
    raise DataError(Fault(message, file=str(path), line=1))


def _of_json(path: Path, text: str, column: str | None) -> Iterator[str]:
    yield from _at(path, None, _parsed(path, None, text), column)


def _of_json_lines(path: Path, text: str, column: str | None) -> Iterator[str]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield from _at(path, number, _parsed(path, number, line), column)


def _parsed(path: Path, line: int | None, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        found = f"should be JSON. Found what is not: {error.msg}."
        raise DataError(Fault(found, file=str(path), line=line or error.lineno)) from error
    except ValueError as error:  # Python reads no longer ones
        most = f"{sys.get_int_max_str_digits():,}"
        found = f"should be JSON with numbers of at most {most} digits. Found a longer one."
        raise DataError(Fault(found, file=str(path), line=line)) from error
    except RecursionError as error:
        raise DataError(Fault("should be JSON. Found brackets nested too deep.", file=str(path), line=line)) from error


def _at(path: Path, line: int | None, value: Any, column: str | None) -> Iterator[str]:
    """Yield the names at the end of a path of keys; lists on the way are gone through."""
    values = [("", value)]
    for step in column.split(".") if column else []:
        inner = []
        for place, found in _items(values):
            if not isinstance(found, dict) or step not in found:
                hint = near_miss(step, found) if isinstance(found, dict) else ""
                message = f"should have a key '{step}', as 'columns' says '{column}'. Found {_described(found)}.{hint}"
                raise _misplaced(path, line, place, message)
            inner.append((f"{place}.{step}".removeprefix("."), found[step]))
        values = inner
    for place, found in _items(values):
        if not isinstance(found, str):
            message = f"should be a name. Found {_described(found)}."
            if found and isinstance(found, dict):
                message += " 'columns' says where names are: keys with dots between them."
            raise _misplaced(path, line, place, message)
        yield found


def _items(values: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield values with their places, and those inside lists in place of the lists."""
    for place, value in values:
        if isinstance(value, list):
            yield from _items([(f"{place}[{number}]", inner) for number, inner in enumerate(value)])
        else:
            yield place, value


def _misplaced(path: Path, line: int | None, place: str, message: str) -> DataError:
    """Return what is wrong with a value of JSON, at its place: keys, and numbers of list items, the first one 0."""
    return DataError(Fault(message, file=str(path), line=line, path=place or None))


def _described(value: Any) -> str:
    if isinstance(value, dict):
        return f"an object with the keys {listing(value)}" if value else "an object without keys"
    return "null" if value is None else f"{type(value).__name__}: {value!r}"


def fault_if_unlisted(lists: dict[str, str], **keys: dict[str, Any]) -> None:
    """Raise `UsageError` for a key of an embedding that says something of a list that there is not."""
    for key, of_lists in keys.items():
        for name in of_lists:
            if name not in lists:
                hint = near_miss(name, lists) or f" There are: {listing(lists)}."
                raise UsageError(f"'{key}' should be about lists that 'lists' has. Found '{name}'.{hint}")
