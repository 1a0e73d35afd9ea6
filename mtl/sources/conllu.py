"""CoNLL-U, the format of Universal Dependencies (https://universaldependencies.org/format.html)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..base.errors import Fault, Wording
from ..base.registry import register
from .base import OnBadRow, Row, Source
from .text import NO_NULL, read_lines

COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
_WORDS = ("form", "lemma")  # where `_` may be the word itself


@register("source", "conllu")
class Conllu(Source):
    """One row per sentence, every column a list with one text per syntactic word.

    Multi-word tokens (`12-13`), empty nodes (`8.1`) and comments are left out. A column in which a sentence has
    only `_` has no value there.
    """

    unlabelled = NO_NULL

    def __init__(
        self,
        *,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options={"encoding": encoding})
        self._encoding = encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return list(COLUMNS)

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        yield from sentences(read_lines(path, self._encoding), str(path))


def sentences(numbered: Iterable[tuple[int, str | Fault]], file: str) -> Iterator[Row | Fault]:
    """Yield the rows of numbered lines, and a `Fault` in the place of each malformed one; `file` names them."""
    words: list[list[str]] = []
    lines: list[int] = []
    fault: Fault | None = None
    first = 0
    for number, line in numbered:
        if line == "":
            if words or fault:
                yield fault or _row(words, file, first, lines)
            words, lines, fault = [], [], None
            continue
        if isinstance(line, str) and line.startswith("#"):
            continue
        if not words and not fault:
            first = number
        fields = line if isinstance(line, Fault) else _fields(line, file, number)
        if isinstance(fields, Fault):
            fault = fault or fields
        elif fields[0].isdigit():
            words.append(fields)
            lines.append(number)
    if words or fault:
        yield fault or _row(words, file, first, lines)


def _fields(line: str, file: str, number: int) -> list[str] | Fault:
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        wrong = Wording(f"should have {len(COLUMNS)} columns ({', '.join(COLUMNS)})", str(len(fields)))
        return wrong.fault(file, number)
    if not fields[0].isdigit() and not all(part.isdigit() for part in fields[0].replace("-", ".", 1).split(".", 1)):
        wrong = Wording("should be a word's number, a range (12-13) or an empty node's (8.1)", f"'{fields[0]}'")
        return wrong.fault(file, number, "column 1")
    return fields


def _row(words: list[list[str]], file: str, line: int, lines: list[int]) -> Row:
    values: dict[str, Any] = {}
    for name, column in zip(COLUMNS, zip(*words, strict=True), strict=True):
        absent = name not in _WORDS and set(column) == {"_"}
        values[name] = None if absent else list(column)
    return Row(values, file, line, lines)
