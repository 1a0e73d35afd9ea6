"""`mtl predict`: rows of text in, one JSON line per row out, in the same order and in constant memory."""

from __future__ import annotations

import itertools
import json
import os
import select
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..base.errors import DataError, Fault, UsageError, listing, near_miss
from ..base.file_kinds import LOOKED_AT, packed
from .decoding import decoded, half

FORMATS = ("text", "json")
AS_TEXT = " With --format text every line is text."
BLOCK = 1 << 18  # bytes that are asked for at once; a pipe gives what it has
SHOWN = 60  # characters of a malformed row that a message shows


class AnyPredictor(Protocol):
    """What a bundle and an eager predictor have in common."""

    @property
    def tasks(self) -> Sequence[str]:
        """Names of the tasks that can answer."""
        ...

    def inputs(self, task: str) -> Sequence[str]:
        """Names of a task's inputs."""
        ...

    def reads_lists(self, task: str) -> bool:
        """Say whether a row of a task's input is a list of texts."""
        ...

    def predict(self, task: str, texts: Any, *, batch_size: int = 64) -> list[dict[str, Any]]:
        """Return one answer per row."""
        ...


def predict_command(folder: Path, *, task: str | None, input: str, batch_size: int, format: str | None = None) -> None:
    """Answer every row of a file or of standard input on standard output, without waiting for those to come."""
    if format not in (None, *FORMATS):
        raise UsageError(f"--format should be {' or '.join(FORMATS)}. Found '{format}'.{near_miss(format, FORMATS)}")
    predictor = load(folder)
    task = chosen_task(task, predictor.tasks, folder)
    with opened(input) as stream:
        lines = StreamLines(stream, f"--input '{input}'")
        name = "standard input" if input == "-" else input
        rows = parsed_rows(
            decoded(lines, name),
            predictor.inputs(task),
            name,
            format=format,
            hint=AS_TEXT,
            listed=predictor.reads_lists(task),
        )
        for batch in batched(rows, batch_size, lines.waiting):
            texts = {name: [row[name] for row in batch] for name in batch[0]}
            for answer in predictor.predict(task, texts, batch_size=batch_size):
                sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            sys.stdout.buffer.flush()  # a reader waits for no more than a batch


def load(folder: Path) -> AnyPredictor:
    """Return the bundle or the eager predictor of a folder."""
    if (folder / "manifest.json").is_file():
        from ..serve.bundle import Bundle

        return Bundle(folder)
    if (folder / "recipe.yaml").is_file():
        from ..runs.predictor import Predictor

        return Predictor.load(folder)
    raise UsageError(
        f"'{folder}' should be a run folder (it holds recipe.yaml) or the export/ folder of one (it holds "
        f"manifest.json). Found {'neither in it' if folder.is_dir() else 'no such folder'}."
    )


def chosen_task(task: str | None, tasks: Sequence[str], folder: Path) -> str:
    """Return the task that answers; it may be left out where there is only one."""
    if task is None:
        if len(tasks) == 1:
            return tasks[0]
        raise UsageError(f"--task should name one of the tasks of '{folder}': {listing(tasks)}. Found no --task.")
    if task not in tasks:
        raise UsageError(
            f"--task '{task}' is not a task of '{folder}'.{near_miss(task, tasks)} Tasks: {listing(tasks)}."
        )
    return task


@contextmanager
def opened(input: str, option: str = "--input") -> Iterator[BinaryIO]:
    """Open the file that an option names, or standard input for `-`, as bytes; raises `UsageError` if it is packed."""
    if input == "-":
        if sys.stdin is None:  # its parent process closed it
            raise UsageError(f"{option} should name a file where there is no standard input. Found none.")
        fault_if_packed(sys.stdin.buffer, f"{option} '-'")
        yield sys.stdin.buffer
        return
    try:
        stream = Path(input).open("rb")  # noqa: SIM115  # closed below; only opening it is the user's fault
    except OSError as error:
        raise UsageError(f"{option} '{input}' should be a file that can be read. Found: {error.strerror}.") from error
    with stream:
        fault_if_packed(stream, f"{option} '{input}'")
        yield stream


def fault_if_packed(stream: BinaryIO, name: str) -> None:
    """Raise `UsageError` for a file that begins as a packed one does, or a table that is no text; nothing is read."""
    handle = stream.fileno()
    if stat.S_ISREG(os.fstat(handle).st_mode):
        fault_if_begins_packed(os.pread(handle, LOOKED_AT, os.lseek(handle, 0, os.SEEK_CUR)), name)


def fault_if_begins_packed(begin: bytes, name: str) -> None:
    """Raise `UsageError` for first bytes that are those of a packed file, or of a table that is no text."""
    found = packed(begin)
    if found:
        raise UsageError(f"{name} should be lines of text, or JSON lines. Found {found}")


class StreamLines:
    """The lines of an open stream, as bytes with their ends, and whether the next one is there already.

    Reading raises `UsageError`, which calls the stream by its `name`, where it begins as a packed file does.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._first = b""  # what a kind of file is known by: a pipe may give it in parts
        self._whole: deque[bytes] = deque()
        self._begun: list[bytes] = []  # what was read of the line after them
        self._ended = False
        self._slow = not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)  # a file never keeps its reader waiting

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self._whole and not self._ended:
            self._read()
        if not self._whole:
            raise StopIteration
        return self._whole.popleft()

    def waiting(self) -> bool:
        """Return whether the writer of a pipe (or a person) has yet to write the next line, or to end."""
        while self._slow and not self._whole and not self._ended:
            if not select.select([self._stream], [], [], 0)[0]:
                return True
            self._read()
        return False

    def _read(self) -> None:
        block = os.read(self._stream.fileno(), BLOCK)
        if len(self._first) < LOOKED_AT:
            self._first += block[: LOOKED_AT - len(self._first)]
            fault_if_begins_packed(self._first, self._name)
        *ends, begun = block.split(b"\n")
        for end in ends:
            self._whole.append(b"".join([*self._begun, end, b"\n"]))
            self._begun.clear()
        if begun:
            self._begun.append(begun)
        if not block:
            self._ended = True
            self._whole.extend([b"".join(self._begun)] if self._begun else [])


def parsed_rows(
    lines: Iterator[str],
    inputs: Sequence[str],
    name: str,
    *,
    format: str | None = None,
    hint: str = "",
    listed: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield rows as input name -> text: of JSON lines where the first line begins with `{`, of plain text otherwise.

    Empty lines between JSON lines are no rows, those of plain text are empty texts.

    `format` says which it is, whatever the first line is. Raises `DataError` naming the line that is not a JSON object
    of the task's inputs or, in a text not declared as such, a line that is one; `hint` says what to do about it.
    """
    first = next(lines, None)
    if first is None:
        return
    lines = itertools.chain([first], lines)
    if format == "json" or (format is None and opens(first)):
        for number, line in enumerate(lines, 1):
            if line.strip():  # a file may end with an empty line, or with two
                yield inputs_of(line, inputs, name, number, format, hint, listed=listed)
        return
    if len(inputs) != 1 or listed:
        why = "the task reads lists of texts" if listed else f"the task has several inputs ({', '.join(inputs)})"
        raise DataError(
            Fault(
                f"should be JSON lines, as {why}. Found plain text.",
                file=name,
                line=1,
            )
        )
    (key,) = inputs
    for number, line in enumerate(lines, 1):
        if format is None and opens(line):
            value = as_json(line)
            if isinstance(value, dict) and key in value:
                found = f"Found a JSON object with the key '{key}'.{hint}"
                raise DataError(Fault(f"should be a text, as the first line is. {found}", name, number))
        yield {key: line}


def opens(line: str) -> bool:
    """Return whether a line begins as a JSON object does."""
    return line.startswith("{") or line.lstrip().startswith("{")


def as_json(line: str) -> object:
    """Return what a line holds as JSON, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # the latter for brackets within brackets without end
        return None


def inputs_of(
    line: str,
    inputs: Sequence[str],
    name: str,
    number: int,
    format: str | None = None,
    hint: str = "",
    *,
    listed: bool = False,
) -> dict[str, Any]:
    """Return the inputs of a row of JSON; columns that the task does not read are left out."""
    value = as_json(line)
    if not isinstance(value, Mapping):
        if format == "json":
            why, hint = "as --format json says", ""
        elif number == 1:
            why = "as it begins with {"
        else:
            why, hint = "as the first line is", ""
        raise DataError(Fault(f"should be a JSON object, {why}. Found {quoted_start(line)}.{hint}", name, number))
    for key in inputs:
        given = value.get(key)
        texts = given if listed and isinstance(given, list) else [None] if listed else [given]
        if not all(isinstance(text, str) for text in texts):
            found = quoted_start(json.dumps(given)) if key in value else f"the keys {listing(value)}"
            what = "a list of texts" if listed else "a text"
            raise DataError(Fault(f"should hold {what} under '{key}'. Found {found}.", name, number))
        broken = next(filter(None, map(half, texts)), None)
        if broken is not None:
            found = f"half of a surrogate pair, which is no character: {broken}"
            raise DataError(Fault(f"should hold whole characters under '{key}'. Found {found}.", name, number))
    return {key: value[key] for key in inputs}


def quoted_start(text: str) -> str:
    """Return a text as a message shows it."""
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[: SHOWN - 3]}...'"


def never() -> bool:
    """Say that no row has to be waited for."""
    return False


def batched(
    rows: Iterable[dict[str, Any]], size: int, waiting: Callable[[], bool] = never
) -> Iterator[list[dict[str, Any]]]:
    """Yield lists of up to `size` rows, fewer where the next would have to be waited for.

    Where reading fails, the rows before it are yielded first.
    """
    batch: list[dict[str, Any]] = []
    failure: DataError | OSError | None = None
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size or waiting():
                yield batch
                batch = []
    except (DataError, OSError) as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure
