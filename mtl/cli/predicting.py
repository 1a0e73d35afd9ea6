"""`mtl predict`: rows of text in, one JSON line per row out, in the same order and in constant memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ..base.errors import UsageError, listing, near_miss
from .decoding import decoded
from .input_lines import StreamLines, opened
from .input_rows import batched, parsed_rows

FORMATS = ("text", "json")
AS_TEXT = " With --format text every line is text."


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
