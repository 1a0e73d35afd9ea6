"""The command line as its users meet it: a process with arguments, standard input, output, errors and an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from mtl.cli.app import app
from mtl.cli.arguments import arguments as arguments_of


def mtl(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; invalid output would fail here, as it is read as UTF-8."""
    result = subprocess.run(
        [sys.executable, "-m", "mtl", *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, check=False
    )
    return subprocess.CompletedProcess(
        result.args, result.returncode, result.stdout.decode("utf-8"), result.stderr.decode("utf-8")
    )


def within(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: the same code, without the seconds that a new one takes to import torch."""
    given = arguments_of([str(argument) for argument in arguments])
    output, errors, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            app(given, prog_name="mtl")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return subprocess.CompletedProcess(given, code, output.getvalue(), errors.getvalue())


def _interruptible() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the background jobs of a shell ignore it


def start(*arguments: str | Path, cwd: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a command and return while it runs; it can be interrupted, even where the tests run in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "mtl", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=os.environ,
        preexec_fn=_interruptible,
    )
