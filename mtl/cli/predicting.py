"""`mtl predict`: rows of text in, one JSON line a row out, in the same order and in constant memory."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from ..errors import DataError, Fault, UsageError, listing, near_miss

BYTE_ORDER_MARK = "\ufeff"
SHOWN = 60  # characters of a malformed row that a message shows


class Answers(Protocol):
    """What a bundle and an eager predictor have in common."""

    @property
    def tasks(self) -> Sequence[str]:
        """Names of the tasks that can answer."""
        ...

    def inputs(self, task: str) -> Sequence[str]:
        """Names of a task's inputs."""
        ...

    def predict(self, task: str, texts: Any, *, batch_size: int = 64) -> list[dict[str, Any]]:
        """Return one answer a row."""
        ...


def predict_command(folder: Path, *, task: str | None, input: str, batch_size: int) -> None:
    """Answer every row of a file or of standard input on standard output."""
    answers = load(folder)
    task = choose(task, answers.tasks, folder)
    with opened(input) as stream:
        interactive = stream.isatty()
        rows = parse(decoded(stream), answers.inputs(task), "standard input" if input == "-" else input)
        for batch in batched(rows, 1 if interactive else batch_size):
            texts = {name: [row[name] for row in batch] for name in batch[0]}
            for answer in answers.predict(task, texts, batch_size=batch_size):
                sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            sys.stdout.buffer.flush()  # whoever reads waits for no more than a batch


def load(folder: Path) -> Answers:
    """Return the bundle or the eager predictor of a folder."""
    if (folder / "manifest.json").is_file():
        from ..bundle import Bundle

        return Bundle(folder)
    if (folder / "recipe.yaml").is_file():
        from ..predictor import Predictor

        return Predictor.load(folder)
    raise UsageError(
        f"'{folder}' should be a run folder (it holds recipe.yaml) or the export/ folder of one (it holds "
        f"manifest.json). Found {'neither in it' if folder.is_dir() else 'no such folder'}."
    )


def choose(task: str | None, tasks: Sequence[str], folder: Path) -> str:
    """Return the task that answers; it may be left out where there is only one."""
    if task is None:
        if len(tasks) == 1:
            return tasks[0]
        raise UsageError(f"--task should name one of the tasks of '{folder}': {listing(tasks)}. Found no --task.")
    if task not in tasks:
        raise UsageError(f"--task '{task}' is no task of '{folder}'.{near_miss(task, tasks)} Tasks: {listing(tasks)}.")
    return task


@contextmanager
def opened(input: str, option: str = "--input") -> Iterator[BinaryIO]:
    """Open the file that an option names, or standard input for `-`, as bytes."""
    if input == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(input).open("rb")  # noqa: SIM115  # closed below; only opening it is the user's fault
    except OSError as error:
        raise UsageError(f"{option} '{input}' should be a file that can be read. Found: {error.strerror}.") from error
    with stream:
        yield stream


def decoded(stream: Iterable[bytes]) -> Iterator[str]:
    """Yield lines as text: UTF-8, invalid bytes replaced by U+FFFD, without line end and byte-order mark."""
    for number, line in enumerate(stream):
        text = line.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")
        yield text.removeprefix(BYTE_ORDER_MARK) if number == 0 else text


def parse(lines: Iterator[str], inputs: Sequence[str], name: str) -> Iterator[dict[str, str]]:
    """Yield rows as input name -> text: JSON lines where the first line is a JSON object, plain text otherwise.

    Raises `DataError` naming the line that is no JSON object of the task's inputs.
    """
    first = next(lines, None)
    if first is None:
        return
    lines = itertools.chain([first], lines)
    if isinstance(as_json(first), dict):
        for number, line in enumerate(lines, 1):
            yield checked(line, inputs, name, number)
        return
    if len(inputs) != 1:
        raise DataError(
            Fault(
                f"should be JSON lines, as the task has several inputs ({', '.join(inputs)}). Found plain text.",
                file=name,
                line=1,
            )
        )
    for line in lines:
        yield {inputs[0]: line}


def as_json(line: str) -> object:
    """Return what a line holds as JSON, or None."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):  # the latter for brackets within brackets without end
        return None


def checked(line: str, inputs: Sequence[str], name: str, number: int) -> dict[str, str]:
    """Return the inputs of a row of JSON; columns that the task does not read are left out."""
    value = as_json(line)
    if not isinstance(value, Mapping):
        raise DataError(Fault(f"should be a JSON object, as the first line is. Found {short(line)}.", name, number))
    for key in inputs:
        if not isinstance(value.get(key), str):
            found = short(json.dumps(value[key])) if key in value else f"the keys {listing(value)}"
            raise DataError(Fault(f"should hold a text under '{key}'. Found {found}.", name, number))
    return {key: value[key] for key in inputs}


def short(text: str) -> str:
    """Return a text as a message shows it."""
    return f"'{text}'" if len(text) <= SHOWN else f"'{text[: SHOWN - 3]}...'"


def batched(rows: Iterable[dict[str, str]], size: int) -> Iterator[list[dict[str, str]]]:
    """Yield lists of up to `size` rows; where reading fails, those before it are yielded first."""
    batch: list[dict[str, str]] = []
    failure: DataError | OSError | None = None
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except (DataError, OSError) as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure
