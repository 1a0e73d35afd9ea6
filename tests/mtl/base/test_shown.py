from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtl.base.shown import described, shown
from mtl.data.targets.parts import Example
from mtl.data.targets.tags import Tags
from mtl.sources.jsonl import JsonLines

CELLS = ("[[6, 11, null]]", '[["call", 911, true, 0.5]]', '[{"start": 1, "end": null}]', "[]", "3", "true", "-0.5")


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_shown_as_its_file_has_it(cell: str, tmp_path: Path) -> None:
    (tmp_path / "rows").write_text(f'{{"cell": {cell}}}\n', "utf-8")
    (row,) = JsonLines(train="rows").read("train", tmp_path)
    assert shown(row.values["cell"]) == cell
    assert described(row.values["cell"]) == f"{type(json.loads(cell)).__name__}: {cell}"


def test_a_malformed_span_is_shown_as_its_file_has_it(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text('{"text": "play hey jude", "slots": [[6, 11, null]]}\n', "utf-8")
    (row,) = JsonLines(train="rows").read("train", tmp_path)
    with pytest.raises(ValueError) as caught:
        Tags().read(row.values["slots"], Example("play hey jude", [(0, 4), (5, 8), (9, 13)], 3))
    assert str(caught.value) == "should be a list of tags or of spans. Found [6, 11, null], item 1 of it."


def test_a_long_one_is_shortened() -> None:
    assert shown(["a" * 80]) == f'["{"a" * 55}...'
