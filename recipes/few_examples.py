"""Sources of `few_examples.yaml`: the formats `lines` and `conllu` with a small part of their train split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from mtl.base.errors import Fault
from mtl.base.registry import register
from mtl.sources import Row
from mtl.sources.base import OnBadRow
from mtl.sources.conllu import Conllu
from mtl.sources.lines import Lines


@register("source", "lines_per_label")
class LinesPerLabel(Lines):
    """The format `lines`; of train the first `each` rows of every value of the column `label`.

    With `unlabelled`, a list of columns, the other rows of train follow without what is in those.
    """

    def __init__(
        self,
        *,
        columns: dict[str, str],
        label: str,
        each: int,
        unlabelled: list[str] | None = None,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(columns=columns, train=train, dev=dev, test=test, on_bad_row=on_bad_row)
        # Options are part of what the cache is known by.
        self.options |= {"label": label, "each": each, "unlabelled": unlabelled}
        self._label, self._each, self._unlabelled = label, each, unlabelled

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        seen: Counter[str] = Counter()
        for row in super().rows(split, base):
            if split == "train" and isinstance(row, Row):
                label = row.values[self._label]
                seen[label] += 1
                if seen[label] > self._each:
                    if self._unlabelled is None:
                        continue
                    row = row._replace(values={**row.values, **dict.fromkeys(self._unlabelled)})
            yield row


@register("source", "conllu_words")
class ConlluWords(Conllu):
    """The format `conllu`; of train the first sentences that have up to `words` words together."""

    def __init__(
        self,
        *,
        words: int,
        train: str | None = None,
        dev: str | None = None,
        test: str | None = None,
        on_bad_row: OnBadRow = "error",
    ) -> None:
        super().__init__(train=train, dev=dev, test=test, on_bad_row=on_bad_row)
        self.options |= {"words": words}
        self._words = words

    def rows(self, split: str, base: Path) -> Iterator[Row | Fault]:
        rows = super().rows(split, base)
        count = 0

        def within(row: Row | Fault) -> bool:
            nonlocal count
            count += len(row.values["form"]) if isinstance(row, Row) else 0
            return count <= self._words

        yield from takewhile(within, rows) if split == "train" else rows
