"""Faults of all sources and splits in one error: the first row of each kind, and how many others there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.data.row_faults import KINDS

from .conftest import ROWS, Made

GOOD: dict[str, Any] = {"text": "play it", "intent": "music", "slots": "O O"}
SHORT = "column 'slots': should be {} tags, one per token. Found {}."


def faults(made: Made, rows: Any, tmp_path: Path, **options: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        made(rows, **options)
    return [line.removeprefix(f"{tmp_path}/data/") for line in str(caught.value).splitlines()]


def test_sources_and_splits_are_read_to_the_end(made: Made, tmp_path: Path) -> None:
    bad = {**GOOD, "slots": "O"}
    rows = {
        "talk/train": [GOOD, bad, {**GOOD, "text": None}, {**bad, "text": "a b c"}, bad],
        "talk/test": [{**GOOD, "intent": ["a"]}, bad],
        "words/train": [{"form": ["a"], "upos": ["X", "Y"]}, *ROWS["words/train"]],
    }
    assert faults(made, rows, tmp_path) == [
        f"talk/train:2: {SHORT.format(2, 1)} 2 other rows have such a fault.",
        "talk/train:3: column 'text': should be a text or a list of tokens. Found nothing.",
        "talk/test:1: column 'intent': should be one label. Found list: ['a'].",
        f"talk/test:2: {SHORT.format(2, 1)}",
        "words/train:1: column 'upos': should be 1 tag, one per token. Found 2.",
    ]


def test_one_other_row(made: Made, tmp_path: Path) -> None:
    bad = {**GOOD, "slots": "O"}
    found = faults(made, {"talk/train": [GOOD, bad, bad]}, tmp_path)
    assert found == [f"talk/train:2: {SHORT.format(2, 1)} 1 other row has such a fault."]


def test_missing_columns_and_files_beside_malformed_rows(made: Made, tmp_path: Path) -> None:
    rows = {"talk/train": [{"txt": "a"}], "words/train": [{"form": "a", "upos": "X Y"}]}
    found = faults(made, rows, tmp_path, overrides=["sources.talk.test=none", "tasks.slots.target=intent"])
    assert found == [
        "talk/train: should have a column 'text': the input 'text' of task 'intent' and the input 'text' of task "
        "'slots'. Found the columns txt. Did you mean 'txt'?",
        "talk/train: should have a column 'intent': the target of task 'intent' and the target of task 'slots'. Found "
        "the columns txt.",
        "none: should be a file. Found nothing there.",
        "words/train:1: column 'upos': should be 1 tag, one per token. Found 2.",
    ]


def test_tags_of_another_scheme_beside_malformed_rows(made: Made, tmp_path: Path) -> None:
    rows = {"talk/test": [{**GOOD, "intent": ["a"]}]}
    first, second = faults(made, rows, tmp_path, overrides=["tasks.slots.scheme=bioes"])
    assert first.startswith(
        "talk/train:1: column 'slots': a span should end with E- or S-: the scheme is bioes. Found "
    )
    assert second == "talk/test:1: column 'intent': should be one label. Found list: ['a']."


def test_kinds_are_bounded(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl.data.row_faults.KINDS", 1)
    found = faults(made, {"talk/train": [{**GOOD, "slots": "O"}, {**GOOD, "text": None}]}, tmp_path)
    assert found == [f"talk/train:1: {SHORT.format(2, 1)}"]
    assert KINDS == 10


def test_rows_that_are_left_out_on_request_are_no_faults(made: Made, tmp_path: Path) -> None:
    rows = {"talk/train": [GOOD, {**GOOD, "slots": "O"}], "words/train": [{"form": "a", "upos": "X Y"}]}
    found = faults(made, rows, tmp_path, overrides=["sources.talk.on_bad_row=skip"])
    assert found == ["words/train:1: column 'upos': should be 1 tag, one per token. Found 2."]
