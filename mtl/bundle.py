"""Answers from an export folder: onnxruntime and numpy only, no torch.

>>> bundle = Bundle("runs/demo/export")                                   # doctest: +SKIP
>>> bundle.predict("intent", ["play hey jude"])                           # doctest: +SKIP
[{'label': 'play_music', 'score': 0.99, 'scores': {'play_music': 0.99, …}}]
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .errors import MtlError, UsageError, listing, near_miss

Texts = Sequence[str | bytes]
Array = NDArray[Any]


class Bundle:
    """The exported heads of a run, each loaded when it is first asked.

    `path` is the folder that holds `manifest.json`; `threads` is the number of threads a head computes with, and
    None leaves it to onnxruntime. Raises `UsageError` where the folder is no export.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        self.path = Path(path)
        self.threads = threads
        self.manifest = _manifest(self.path)
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks, in the order of the recipe."""
        return tuple(self.manifest["tasks"])

    def labels(self, task: str) -> tuple[str, ...]:
        """Return a task's labels in the order of their scores."""
        return tuple(self._task(task)["labels"])

    def inputs(self, task: str) -> tuple[str, ...]:
        """Return the names of a task's inputs."""
        return tuple(self._task(task)["inputs"])

    def _task(self, task: str) -> Mapping[str, Any]:
        if task not in self.manifest["tasks"]:
            hint = near_miss(task, self.tasks)
            raise UsageError(f"'{task}' is no task of '{self.path}'.{hint} Tasks: {listing(self.tasks)}.")
        found: Mapping[str, Any] = self.manifest["tasks"][task]
        return found

    def session(self, task: str) -> onnxruntime.InferenceSession:
        """Return the onnxruntime session of a task's head; raises `MtlError` where its files are damaged."""
        if task not in self._sessions:
            file = self.path / self._task(task)["file"]
            try:
                self._sessions[task] = onnxruntime.InferenceSession(
                    file, session_options(self.threads), providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # onnxruntime raises many kinds, without a common base
                raise MtlError(f"{file}: should be a graph that onnxruntime can load. Found: {error}") from error
        return self._sessions[task]

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[dict[str, Any]]:
        """Return one answer a text, in order, as values that JSON knows.

        `texts` are strings (bytes are read as UTF-8), or for several inputs a mapping from each input's name to as
        many. Classification: `label`, `score`, `scores` by label. Tagging: `tokens`, `tags`, `score`, one each a token.
        What is not valid Unicode is read as U+FFFD. Raises `UsageError` where texts do not fit the task.
        """
        columns = self._columns(task, texts)
        if batch_size < 1:
            raise UsageError(f"'batch_size' should be 1 or more. Found {batch_size}.")
        count = len(next(iter(columns.values())))
        if not count:
            return []
        session, labels = self.session(task), self.labels(task)
        names = [output.name for output in session.get_outputs()]
        found: list[dict[str, Any]] = []
        for start in range(0, count, batch_size):
            feed = {name: _array(column[start : start + batch_size]) for name, column in columns.items()}
            answers: dict[str, Array] = dict(zip(names, session.run(names, feed), strict=True))
            found += _rows(answers, labels)
        return found

    def _columns(self, task: str, texts: Texts | Mapping[str, Texts]) -> dict[str, Texts]:
        inputs = self.inputs(task)
        if not isinstance(texts, Mapping):
            if len(inputs) != 1:
                raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found one list.")
            texts = {inputs[0]: texts}
        if set(texts) != set(inputs):
            raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found {listing(texts)}.")
        for name, column in texts.items():
            if isinstance(column, str | bytes):
                raise UsageError(f"the input '{name}' of '{task}' should be a list of texts. Found one text.")
        sizes = {name: len(column) for name, column in texts.items()}
        if len(set(sizes.values())) != 1:
            told = ", ".join(f"{size} of '{name}'" for name, size in sizes.items())
            raise UsageError(f"the inputs of '{task}' should have as many texts each. Found {told}.")
        return dict(texts)


def session_options(threads: int | None = None) -> onnxruntime.SessionOptions:
    """Return options that suit short sentences: threads that wait for the next one do not keep a core busy."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only: onnxruntime warns of the host's devices and of unused weights
    options.inter_op_num_threads = 1
    if threads is not None:
        options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _manifest(path: Path) -> dict[str, Any]:
    file = path / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"'{path}' should be the export/ folder of a run, with a manifest.json. Found: {error.strerror}."
        ) from error
    except ValueError as error:
        raise UsageError(f"'{file}' should be JSON. Found: {error}.") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("tasks"), dict):
        raise UsageError(f"'{file}' should list the tasks of an export. Found none.")
    return manifest


def _array(texts: Texts) -> Array:
    """Return texts as an array of objects: numpy's own string arrays would lose NUL characters at the end."""
    found = np.empty(len(texts), dtype=object)
    found[:] = [_valid(text) for text in texts]
    return found


def _valid(text: str | bytes) -> str:
    """Return a text with U+FFFD for what is no character: invalid UTF-8, and halves of surrogate pairs."""
    if isinstance(text, bytes):
        return text.decode("utf-8", errors="replace")
    if not isinstance(text, str):
        raise UsageError(f"a text should be a string. Found {type(text).__name__}.")
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def _rows(answers: Mapping[str, Array], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return a batch's answers row by row; per-token ones without padding."""
    plain = {name: array.tolist() for name, array in answers.items() if name != "lengths"}
    lengths = answers["lengths"].tolist() if "lengths" in answers else None
    rows: list[dict[str, Any]] = []
    for row, values in enumerate(zip(*plain.values(), strict=True)):
        answer = dict(zip(plain, values, strict=True))
        if "scores" in answer:
            answer["scores"] = dict(zip(labels, answer["scores"], strict=True))
        if lengths is not None:
            answer = {n: v[: lengths[row]] if isinstance(v, list) else v for n, v in answer.items()}
        rows.append(answer)
    return rows
