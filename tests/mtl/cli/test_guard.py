from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.base.errors import DataError, Fault, TrainingError
from mtl.cli.guard import guarded, settings


@pytest.fixture
def debug() -> Iterator[None]:
    settings.debug = True
    yield
    settings.debug = False


@pytest.mark.parametrize(
    ("error", "code", "rows"),
    [
        (TrainingError("task 'a': loss is nan"), 1, "task 'a': loss is nan\n"),
        (DataError(Fault("first", "a.tsv", 1), Fault("second", "a.tsv", 2)), 2, "a.tsv:1: first\na.tsv:2: second\n"),
        (PermissionError(13, "Permission denied", "a.tsv"), 1, "a.tsv: Permission denied\n"),
        (OSError(28, "No space left on device"), 1, "No space left on device\n"),
        (
            ZeroDivisionError("by zero"),
            1,
            "unexpected ZeroDivisionError: by zero\nRun again with --debug for the traceback.\n",
        ),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 14000000000000 bytes."),
            1,
            "not enough memory. Found a request for 14,000,000,000,000 bytes at once.\n",
        ),
        (MemoryError("Unable to allocate 1 EiB."), 1, "not enough memory. Found Unable to allocate 1 EiB.\n"),
        (MemoryError(), 1, "not enough memory. Found no more of it.\n"),
        (
            ValueError("a\x1b[2J\nb"),
            1,
            "unexpected ValueError: a\\x1b[2J\nb\nRun again with --debug for the traceback.\n",
        ),
        (FileNotFoundError(2, "No such file", "a\x07.tsv"), 1, "a\\x07.tsv: No such file\n"),
        (DataError(Fault("Found 'a\x9b\nb'.", "a.tsv", 1)), 2, "a.tsv:1: Found 'a\\x9b\\nb'.\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
    ],
)
def test_rows_and_exit_codes(error: BaseException, code: int, rows: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, guarded():
        raise error
    assert ended.value.code == code
    assert capsys.readouterr() == ("", rows)


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize("error", [TrainingError("x"), OSError(28, "full"), ZeroDivisionError("by zero")])
def test_debug_lets_errors_through(error: Exception) -> None:
    with pytest.raises(type(error)), guarded():
        raise error


@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [("--help", ""), ("--help", "1"), pytest.param("components", "", marks=pytest.mark.slow), ("components", "1")],
)
def test_a_full_standard_output_is_told(command: str, unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mtl", command],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"standard output cannot be written: No space left on device\n")


def test_an_interrupt_while_commands_are_imported(tmp_path: Path) -> None:
    """A module that is imported on the way interrupts, as a key press would there."""
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt", "utf-8")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "mtl", "--help"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")
