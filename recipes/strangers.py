"""Sources of `strangers.yaml`: lines that begin with their label, and train files of which a part is dev."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from mtl.base.errors import Fault
from mtl.base.registry import register
from mtl.sources import Row, Source
from mtl.sources.base import OnBadRow
from mtl.sources.conll import Conll
from mtl.sources.text import read_lines

NTH = 10  # of the rows of a train file, each of which is held out


class HeldOut(Source):
    """A source that has every tenth row of its train file as dev, where it names no file for that split."""

    holds_out = False

    def hold_out(self) -> None:
        """Take dev from the train file, if there is none."""
        self.holds_out = self.paths["dev"] is None
        self.paths["dev"] = self.paths["dev"] or self.paths["train"]

    def fingerprint(self, split: str, base: Path) -> str:
        """Return the file's sha256 with the split: two splits may be of one file."""
        return hashlib.sha256(f"{super().fingerprint(split, base)} {split}".encode()).hexdigest()

    def part(self, rows: Iterator[Row | Fault], split: str) -> Iterator[Row | Fault]:
        """Yield those rows of a file that are in a split."""
        for number, row in enumerate(rows):
            if split == "test" or not self.holds_out or (number % NTH == NTH - 1) == (split == "dev"):
                yield row


@register("source", "labelled_lines")
class LabelledLines(HeldOut):
    """One row a line, `label` up to the first blank or tab and `text` after it (TREC's questions, SST, R8)."""

    def __init__(
        self,
        *,
        train: str,
        dev: str | None = None,
        test: str | None = None,
        encoding: str = "utf-8",
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row, options={"encoding": encoding})
        self.hold_out()
        self.encoding = encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return ["label", "text"]

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        yield from self.part(self._all(self.path(split, base)), split)

    def _all(self, path: Path) -> Iterator[Row | Fault]:
        for number, line in read_lines(path, self.encoding):
            if isinstance(line, Fault):
                yield line
                continue
            label, *text = line.split(maxsplit=1)
            if text:
                yield Row({"label": label, "text": text[0]}, str(path), number)
            else:
                yield Fault("should be a label and a text. Found no text.", file=str(path), line=number)


@register("source", "conll_held_out")
class ConllHeldOut(HeldOut, Conll):
    """The format `conll` with a part of train held out."""

    def __init__(
        self, *, columns: list[str], train: str, test: str | None = None, on_bad_row: OnBadRow = "error"
    ) -> None:
        Conll.__init__(self, columns=columns, train=train, test=test, on_bad_row=on_bad_row)
        self.hold_out()

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        yield from self.part(Conll.rows(self, split, base), split)
