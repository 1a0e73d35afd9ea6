"""Sources that give other rows when they are read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.sources.python import PythonSource

SHOULD = "should give the same rows in the same order at every reading, as dev or test is a share of them. "


def made(readings: list[list[str]]) -> PythonSource:
    """Return a source whose train rows are those of one reading after another; a third of them is dev."""
    left = iter(readings)

    def rows() -> Iterator[Any]:
        return iter([{"text": text} for text in next(left)])

    source = PythonSource.given({"train": rows})
    source.hold_out(PythonSource(train="x:y", dev="34%").held_out)
    return source


OTHER = {
    "abdc": f"given train rows:3: {SHOULD}Found another row 3 than before.",
    "abc": f"given train rows: {SHOULD}Found 4 rows, and then 3.",
    "abcde": f"given train rows: {SHOULD}Found 4 rows, and then more.",
}


@pytest.mark.parametrize("second", OTHER)
def test_other_rows_at_a_later_reading(second: str) -> None:
    source = made([list("abcd"), list("abcd"), list(second)])
    dev = [row.values["text"] for row in source.read("dev", Path())]
    assert len(dev) == 1
    with pytest.raises(DataError) as error:
        list(source.read("train", Path()))
    assert str(error.value) == OTHER[second]


def test_the_same_rows_at_a_later_reading() -> None:
    source = made([list("abcd")] * 3)
    found = [row.values["text"] for split in ("dev", "train") for row in source.read(split, Path())]
    assert sorted(found) == list("abcd")
