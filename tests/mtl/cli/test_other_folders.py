"""All commands that take a run, an ensemble or an export answer one thing in one sentence where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import small
from tests.commands import within

RUN, BOTH, ANY = "a run", "a run or an ensemble", "a run, an ensemble or an export"
# What each command takes, and its arguments after the folder.
COMMANDS: dict[str, tuple[str, Callable[[Path, Path], list[str | Path]]]] = {
    "test": (ANY, lambda folder, _: ["test", folder]),
    "predict": (ANY, lambda folder, _: ["predict", folder]),
    "export": (BOTH, lambda folder, _: ["export", folder]),
    "errors": (ANY, lambda folder, _: ["errors", folder]),
    "report": (BOTH, lambda folder, _: ["report", folder]),
    "labels": (RUN, lambda folder, _: ["labels", folder]),
    "rename": (RUN, lambda folder, _: ["labels", folder, "rename", "a", "b"]),
    "extend": (RUN, lambda folder, at: ["extend", folder, at / "small.yaml", "--out", at / "both"]),
    "check": (RUN, lambda folder, at: ["check", at / "small.yaml", "--from", folder]),
    "ensemble": (RUN, lambda folder, at: ["ensemble", folder, at / "else", "--out", at / "both"]),
    "rank": (ANY, lambda folder, at: ["rank", folder, "--documents", at / "train.tsv"]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recipe with its data, a file, an empty folder, and one with something else."""
    small.write(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "else").mkdir()
    (tmp_path / "else/notes.txt").touch()
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_one_sentence_and_one_exit_code(command: str, folder: Path) -> None:
    takes, arguments = COMMANDS[command]
    for name, found in {"none": "nothing there", "file": "a file", "empty": "an empty folder"}.items():
        done = within(*arguments(folder / name, folder))
        assert done.returncode == 2
        assert done.stderr.splitlines()[0] == f"{folder / name}: should be the folder of {takes}. Found {found}."


@pytest.mark.parametrize("command", ["export", "report", "labels", "extend", "check", "ensemble"])
def test_an_export_is_not_its_run(command: str, folder: Path, small_run: Path) -> None:
    takes, arguments = COMMANDS[command]
    done = within(*arguments(small_run / "export", folder))
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        f"{small_run}/export: should be the folder of {takes}. Found an export. Name the folder that it is in: "
        f"'{small_run}'."
    )


def test_all_members_of_an_ensemble_that_are_none(folder: Path) -> None:
    done = within("ensemble", folder / "none", folder / "else", "--out", folder / "both")
    assert (done.returncode, done.stderr) == (
        2,
        f"{folder}/none: should be the folder of a run. Found nothing there.\n"
        f"{folder}/else: should be the folder of a run. Found another folder.\n",
    )
