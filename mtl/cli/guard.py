"""How a command ends: exit code 0, 1 or 2, errors as rows on standard error, never a traceback unasked."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..base.errors import MtlError, no_memory
from ..base.visible import visible
from .codes import BROKEN_PIPE, FAILED, INTERRUPTED
from .together import refuse_torchrun

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PRINTERS = ("mtl.cli.", "click.", "typer.", "rich.")


@dataclass
class Settings:
    """What holds for every command of this process."""

    debug: bool = False
    alone: str | None = None  # the command, if its work is not divided among processes


settings = Settings()


@contextmanager
def guarded() -> Iterator[None]:
    """Turn whatever ends a command's body into rows on standard error and an exit code."""
    try:
        if settings.alone is not None:
            refuse_torchrun(settings.alone, os.environ)
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _forget_output()
        sys.exit(BROKEN_PIPE)
    except MtlError as error:
        _reraise_in_debug(error)
        _end(str(error), error.exit_code)
    except OSError as error:
        broken = _forget_output() or _of_printing(error)
        _reraise_in_debug(error)
        row = operating_system_sentence(error)
        _end(f"standard output cannot be written: {row}" if broken else row, FAILED)
    except Exception as error:  # noqa: BLE001  # the last stop: a bug is reported in one row too
        _reraise_in_debug(error)
        unexpected = f"unexpected {type(error).__name__}: {error}\nRun again with --debug for the traceback."
        _end(no_memory(error) or unexpected, FAILED)


def operating_system_sentence(error: OSError) -> str:
    """Return the row for a full disk, a missing permission or a missing file.

    >>> operating_system_sentence(OSError(28, "No space left on device", "runs/a/log.jsonl"))
    'runs/a/log.jsonl: No space left on device'
    """
    reason = error.strerror or str(error) or type(error).__name__
    return f"{os.fspath(error.filename)}: {reason}" if isinstance(error.filename, (str, os.PathLike)) else reason


def _forget_output() -> bool:
    """Send what standard output still holds nowhere, if it cannot be written: Python would fail on it at exit.

    Returns whether that is so.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _of_printing(error: OSError) -> bool:
    """Return whether an unbuffered standard output failed: what prints writes no file, and a file has a name."""
    *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
    printing = f"{frame.f_globals.get('__name__')}.".startswith(PRINTERS)
    return printing and error.filename is None and error.errno in FULL


def _reraise_in_debug(error: BaseException) -> None:
    if settings.debug:
        raise error


def _end(rows: str, code: int) -> None:
    print(visible(rows, lines=True), file=sys.stderr, flush=True)
    sys.exit(code)
