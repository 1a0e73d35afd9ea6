from __future__ import annotations

from collections.abc import Iterator

import pytest

from mtl.cli.guard import guarded, settings
from mtl.errors import DataError, Fault, TrainingError


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
