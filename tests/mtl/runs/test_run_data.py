from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError
from mtl.runs.run_data import RunData


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert RunData.load(tmp_path) is None
    had = RunData(("a",), {"a/test": "0" * 64})
    had.write(tmp_path)
    assert RunData.load(tmp_path) == had
    assert [entry.name for entry in tmp_path.iterdir()] == ["data.json"]


def test_a_split_that_the_run_did_not_have(tmp_path: Path) -> None:
    faults = RunData((), {}).changed({"a/test": "1" * 64, "a/dev": "2" * 64}, ["test"])
    assert list(map(str, faults)) == [
        "a/test: is not the data that the run had (SHA-256 111111111111… in place of none): it is measured here, and "
        "not kept in metrics.json."
    ]


def test_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text("[]", "utf-8")
    with pytest.raises(CheckpointError) as error:
        RunData.load(tmp_path)
    assert str(error.value) == f"{tmp_path}/data.json: should hold 'given' and 'hashes'. Found something else."
