"""What is made for all test processes: made once, complete for whoever gets it, and made anew after a failure."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.once import once


class Factory:
    """Has one folder, as the factory of a process that runs alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def getbasetemp(self) -> Path:
        return self.folder


@pytest.fixture
def factory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    return Factory(tmp_path)


def test_many_that_ask_at_once_get_one_complete_folder(factory: Any) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        for number in range(300):
            (folder / str(number)).write_text("made")

    def ask(_: int) -> int:
        return sum(file.read_text() == "made" for file in once(factory, "shared", make).iterdir())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [300] * 8
    assert made == [factory.folder / "shared"]


def test_what_a_failed_one_left_is_made_anew(factory: Any) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        once(factory, "shared", fail)
    found = once(factory, "shared", lambda folder: (folder / "whole").touch())
    assert [file.name for file in found.iterdir()] == ["whole"]


def test_processes_of_one_run_have_one_folder(factory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    factory.folder = tmp_path / "gw1"
    assert once(factory, "shared", lambda folder: None) == tmp_path / "shared"
