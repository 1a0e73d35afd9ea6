"""The command line as its users meet it: a process with arguments, standard input, output, errors and an exit code."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer.main

from mtl.cli.app import app
from mtl.cli.arguments import arguments as arguments_of
from mtl.cli.guard import guarded, settings


def mtl(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; invalid output would fail here, as it is read as UTF-8."""
    result = subprocess.run(
        [sys.executable, "-m", "mtl", *map(str, arguments)], input=stdin, capture_output=True, cwd=cwd, check=False
    )
    return subprocess.CompletedProcess(
        result.args, result.returncode, result.stdout.decode("utf-8"), result.stderr.decode("utf-8")
    )


def within(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run a command in this process: the same code, without the seconds that a new one takes to import torch."""
    given = arguments_of([str(argument) for argument in arguments])
    output, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    code = 0
    with _standard_input(stdin), contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            settings.alone = None  # as in a new process
            with guarded():
                _command()(given, prog_name="mtl")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    printed = [stream.detach().getvalue().decode("utf-8") for stream in (output, errors)]  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(given, code, *printed)


@functools.cache
def _command() -> Callable[..., Any]:
    """Return what `app` makes of its functions at each call, for all calls of a process."""
    return typer.main.get_command(app)


@contextlib.contextmanager
def _standard_input(content: bytes) -> Iterator[None]:
    """Let standard input be a pipe that holds some bytes: as many as go into one."""
    reader, writer = os.pipe()
    os.write(writer, content)
    os.close(writer)
    before = sys.stdin
    try:
        with open(reader, encoding="utf-8") as sys.stdin:
            yield
    finally:
        sys.stdin = before


SERVED = """
import json, sys
from tests.commands import within

for line in sys.stdin:
    arguments, text = json.loads(line)
    done = within(*arguments, stdin=text.encode())
    print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)
"""


@contextlib.contextmanager
def another_process(folder: Path, environment: Mapping[str, str]) -> Iterator[Callable[..., list[Any]]]:
    """Provide a function that runs commands in one other process, which imports once what they need.

    It takes a command's arguments and `text`, its standard input; it returns exit code, output and errors.
    """
    command = [sys.executable, "-c", SERVED]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(*arguments: str | Path, text: str = "") -> list[Any]:
            print(json.dumps([[*map(str, arguments)], text]), file=process.stdin, flush=True)
            found: list[Any] = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            return found

        yield run
        process.stdin.close()


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
