"""What is found where a file of one kind was expected: text where a table was, a packed file where either was."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from pathlib import Path

from ..base.encodings import wide_text
from ..base.errors import DataError, Fault
from ..base.file_kinds import packed

TEXT = "text"
_IPC = "A source reads it with 'format: ipc'."
_ADVICE = {  # of kinds of which rows of a source can be made in another way than lines of text
    "a zip archive": "Unpack it first; of a workbook (.xlsx) save the sheet as CSV.",
    "an Excel workbook": "Save the sheet as CSV.",
    "Parquet": "A source reads it with 'format: parquet'.",
    "Arrow IPC": _IPC,
    "a stream of Arrow IPC": _IPC,
    "a database of SQLite": "Write its rows as CSV (sqlite3 -csv -header).",
}
_BREAKS = frozenset("\t\n\r\f\v")


def fault_if_other_kind(path: Path, begin: bytes, should: str, own: Collection[str]) -> None:
    """Raise `DataError` where a file's first bytes are those of another kind than its `own` ones; `should` says what.

    Kinds have the names that `mtl.base.file_kinds` gives them, or are `TEXT`.
    """
    found = other_kind(begin, own)
    if found is not None:
        raise DataError(Fault(f"should be {should}. Found {found}", file=str(path)))


def other_kind(begin: bytes, own: Collection[str]) -> str | None:
    """Return which kind a file that begins so is of, with what to do; None for an `own` one and for one not known.

    >>> other_kind(b"PAR1\\x15", ["Arrow IPC"]), other_kind(b"PAR1\\x15", ["Parquet"])
    ("Parquet. A source reads it with 'format: parquet'.", None)
    """
    kind = packed(begin)
    if kind is not None:
        return None if kind.name in own else f"{kind.name}. {_ADVICE.get(kind.name, kind.advice)}"
    wide = wide_text(begin)
    if TEXT in own or not (wide or _is_text(begin)):
        return None
    return f"text{f' in {wide.name}' if wide else ''}. Name the format that reads it (tsv, csv, jsonl, conll, …)."


def _is_text(begin: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(begin)  # its last character may be cut
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in _BREAKS for character in text.removeprefix("\ufeff"))
