"""Source of `strangers.yaml` and of some of `zoo/`: lines that begin with their label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mtl.base.errors import Fault
from mtl.base.registry import register
from mtl.sources import Row, Source
from mtl.sources.base import OnBadRow
from mtl.sources.text import read_lines


@register("source", "labelled_lines")
class LabelledLines(Source):
    """One row a line, `label` up to the first blank or tab and `text` after it (TREC's questions, SST, R8).

    `coarse` is the label up to its first colon: of TREC's 50 types `HUM:ind`, one of 6.
    """

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
        self.encoding = encoding

    def columns(self, split: str, base: Path) -> list[str]:
        return ["label", "coarse", "text"]

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        path = self.path(split, base)
        for number, line in read_lines(path, self.encoding):
            if isinstance(line, Fault):
                yield line
                continue
            label, *text = line.split(maxsplit=1)
            if text:
                yield Row({"label": label, "coarse": label.partition(":")[0], "text": text[0]}, str(path), number)
            else:
                yield Fault("should be a label and a text. Found no text.", file=str(path), line=number)
