from __future__ import annotations

from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.base.folders import FolderKind, fault_if_other, kind_of

MARKS: dict[FolderKind, str] = {"run": "recipe.yaml", "ensemble": "ensemble.json", "export": "manifest.json"}
BOTH: tuple[FolderKind, ...] = ("run", "ensemble")


def made(folder: Path, kind: FolderKind) -> Path:
    """Make a folder that is of a kind, by its file."""
    folder.mkdir(parents=True)
    (folder / MARKS[kind]).touch()
    return folder


def message(folder: Path, *kinds: FolderKind) -> str:
    with pytest.raises(UsageError) as caught:
        fault_if_other([folder], *kinds)
    return str(caught.value)


def test_a_kind_is_known_by_its_file(tmp_path: Path) -> None:
    for kind in MARKS:
        folder = made(tmp_path / kind, kind)
        assert kind_of(folder) == kind
        fault_if_other([folder], *MARKS)
    assert kind_of(tmp_path) is None
    assert kind_of(tmp_path / "none") is None


def test_what_is_found_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other/notes.txt").touch()
    found = {"none": "nothing there", "file": "a file", "empty": "an empty folder", "other": "another folder"}
    for name, words in found.items():
        should = f"{tmp_path / name}: should be the folder of"
        assert message(tmp_path / name, "run") == f"{should} a run. Found {words}."
        assert message(tmp_path / name, *BOTH) == f"{should} a run or an ensemble. Found {words}."
        assert message(tmp_path / name, *BOTH, "export") == f"{should} a run, an ensemble or an export. Found {words}."


def test_the_folder_that_is_meant_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made(tmp_path / "runs/demo/1", "run")
    export = made(run / "export", "export")
    both = made(tmp_path / "both", "ensemble")
    should = "should be the folder of a run"
    inside = f"Name the folder that it is in: '{run}'."
    assert message(export, "run") == f"{export}: {should}. Found an export. {inside}"
    assert message(both, "run") == f"{both}: {should}. Found an ensemble."
    assert message(run, "export") == (
        f"{run}: should be the folder of an export. Found a run. Name the one in it: '{export}'."
    )
    folder = run.parent
    assert message(folder, "run") == f"{folder}: {should}. Found another folder. Name the one in it: '{run}'."
    for number in ("10", "2", "9"):
        made(folder / number, "run")
    assert message(folder, "run") == (
        f"{folder}: {should}. Found another folder. It holds some: 1, 2, 9 and 1 other. Name one: '{folder}/10'."
    )
    assert message(tmp_path / "boht", *BOTH) == (
        f"{tmp_path}/boht: should be the folder of a run or an ensemble. Found nothing there. Did you mean 'both'?"
    )
    monkeypatch.chdir(export)
    assert message(Path(), "run") == f".: {should}. Found an export. {inside}"


def test_all_of_several_are_named_at_once(tmp_path: Path) -> None:
    run = made(tmp_path / "run", "run")
    with pytest.raises(UsageError) as caught:
        fault_if_other([tmp_path / "x", run, tmp_path / "y", tmp_path / "x"], "run")
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/{name}: should be the folder of a run. Found nothing there." for name in "xy"
    ]
    assert caught.value.exit_code == 2
