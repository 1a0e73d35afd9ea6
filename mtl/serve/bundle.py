"""Answers from an export folder: onnxruntime and numpy only, no torch.

>>> bundle = Bundle("runs/demo/export")                                   # doctest: +SKIP
>>> bundle.predict("intent", ["play hey jude"])                           # doctest: +SKIP
[{'label': 'play_music', 'score': 0.99, 'scores': {'play_music': 0.99, …}}]
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..base.errors import MtlError, UsageError, listing, near_miss
from ..base.files import sha256
from ..base.folders import MARKS, fault_if_other
from ..text.cells import VALUES, value_texts
from .answered_together import answered_together
from .arrays import Array, Texts, add_quotes, answer_rows, joined, list_arrays, text_array, valid

FORMAT = 1  # of the manifest: grows when an older reader would misread it


class Bundle:
    """The exported heads of a run, each loaded when it is first asked.

    `path` is the folder that holds `manifest.json`; `threads` is the number of threads a head computes with, and
    None leaves it to onnxruntime. Several threads may ask one bundle; a copy, or what another process unpickles, loads
    heads of its own. Raises `UsageError` where the folder is no export.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        self.path = Path(path)
        self._folder = self.path.absolute()  # heads are loaded later, maybe from another working directory
        self.threads = threads
        self.manifest = _manifest(self.path)
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy has: no sessions, which are of this process alone."""
        return {**self.__dict__, "_sessions": {}}

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

    def columns(self, task: str) -> dict[str, str]:
        """Return a column for each of a task's inputs: its own name, as an export does not say where texts were."""
        return {name: name for name in self.inputs(task)}

    def reads_lists(self, task: str) -> bool:
        """Say whether a row of a task's input is a list of texts, not one."""
        return bool(self._task(task).get("units") == "lists")

    def values(self, task: str) -> dict[str, str]:
        """Return the inputs of a task that are values, not texts, with their tokenizers."""
        reading = self._task(task).get("front_ends", {})
        found = {name: reading.get(name, {}).get("tokenizer") for name in self.inputs(task)}
        return {name: tokenizer for name, tokenizer in found.items() if tokenizer in VALUES}

    def _task(self, task: str) -> Mapping[str, Any]:
        if task not in self.manifest["tasks"]:
            hint = near_miss(task, self.tasks)
            raise UsageError(f"'{task}' is not a task of '{self.path}'.{hint} Tasks: {listing(self.tasks)}.")
        found: Mapping[str, Any] = self.manifest["tasks"][task]
        return found

    def _tower(self, task: str, input: str) -> Mapping[str, Any]:
        """Return the entry of the graph that encodes one input of a task."""
        inputs, separable = self.inputs(task), self._task(task).get("separable")
        if input not in inputs:
            hint = near_miss(input, inputs)
            raise UsageError(f"'{input}' is not an input of '{task}'.{hint} Inputs: {', '.join(inputs)}.")
        if not separable:
            found = "one that reads both texts together" if separable is False else "no scorer"
            raise UsageError(f"'{task}' should have a separable scorer, to encode one text alone. Found {found}.")
        tower: Mapping[str, Any] = self._task(task)["towers"][input]
        return tower

    @property
    def title(self) -> str:
        """What messages call it: its folder."""
        return str(self.path)

    @property
    def separable(self) -> tuple[str, ...]:
        """Names of the tasks whose scorer is separable: each text has a vector."""
        return tuple(name for name in self.tasks if self._task(name).get("towers"))

    def size(self, task: str, input: str) -> int:
        """Return how many numbers the vector of a text has; raises as `encode` does."""
        return int(self._tower(task, input)["dim"])

    def version(self, task: str, input: str) -> str:
        """Return the digests of the graph that encodes an input and of its weights; raises as `encode` does."""
        names = (self._tower(task, input)["file"], self.manifest["weights"])
        return " ".join(self.manifest["files"][name]["sha256"] for name in names)

    def session(self, task: str, input: str | None = None) -> onnxruntime.InferenceSession:
        """Return the onnxruntime session of a task's head, or of the graph that encodes one of its inputs.

        Raises `MtlError` where its files are damaged.
        """
        key = task if input is None else f"{task}.{input}"
        if key not in self._sessions:
            file = self._folder / (self._task(task) if input is None else self._tower(task, input))["file"]
            try:
                session = onnxruntime.InferenceSession(
                    file, session_options(self.threads), providers=["CPUExecutionProvider"]
                )
            except Exception as error:  # onnxruntime raises many kinds, without a common base
                raise MtlError(f"{file}: should be a graph that onnxruntime can load. Found: {error}") from error
            # After the loading, so that a folder which was replaced meanwhile shows too; with two exports mixed up,
            # answers are noise.
            for name in (file.name, self.manifest["weights"]):
                self._compare(self._folder / name)
            self._sessions[key] = session
        return self._sessions[key]

    def _compare(self, file: Path) -> None:
        """Raise `MtlError` where a file is not the one that the manifest lists."""
        wanted = self.manifest["files"].get(file.name, {}).get("sha256", "none")
        found = sha256(file) if file.is_file() else "no such file"
        if found != wanted:
            raise MtlError(
                f"{file}: should be the file of this export, with SHA-256 {wanted}. Found {found}. If the folder was "
                "exported anew since it was opened, open it again."
            )

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[dict[str, Any]]:
        """Return one answer per text, in order, as values that JSON knows.

        `texts` are strings (bytes are read as UTF-8), or for several inputs a mapping from each input's name to as
        many, of values that are no texts numbers or None too; `batch_size` are answered at a time, fewer where they are
        long. Classification: `label`, `score`, `scores`
        by label. Tagging: `tokens`, `tags`, `score`, each one per token. Ranking: `score`, higher where the texts
        match better. Answers to questions: `text`, the part of the context, with `start` and `end` among its `tokens`,
        -1 and no text where it has no answer. A task on lists takes a list of texts in the place of each. What is not
        valid Unicode is read as U+FFFD. Raises `UsageError` where texts do not fit the task.
        """
        columns = self._columns(task, texts)
        _check_size(batch_size)
        count = len(next(iter(columns.values())))
        if not count:
            return []
        session, labels, values = self.session(task), self.labels(task), self.values(task)
        shapes = {name: output["shape"] for name, output in self._task(task)["outputs"].items()}
        found: list[dict[str, Any]] = []
        for rows in self._spans(task, columns, count, batch_size):
            feed: dict[str, Array] = {}
            sizes: Sequence[int] | None = None
            for name, column in columns.items():
                where = f"the input '{name}' of '{task}'"
                if self.reads_lists(task):
                    prefix = f"{name}." if len(columns) > 1 else ""
                    feed[f"{prefix}texts"], lengths = list_arrays(column[rows], where, rows.start)
                    feed[f"{prefix}lengths"] = lengths
                    sizes = lengths.tolist()
                else:
                    texts = column[rows]
                    if name in values:
                        texts = value_texts(texts, values[name], where, rows.start)
                    feed[name] = text_array(texts, where, rows.start)
            answers = answer_rows(self._run(session, task, shapes, feed), shapes, labels, sizes)
            quoted = self._task(task).get("quotes")
            if quoted is not None:
                add_quotes(answers, [valid(text) for text in columns[quoted][rows]])
            found += answers
        return found

    def encode(self, task: str, input: str, texts: Texts, *, batch_size: int = 64) -> NDArray[np.float32]:
        """Return the vector of each text of one input, [B, E]; the inner product of a pair's vectors is its score.

        Only a task whose scorer is separable has them. Raises `UsageError` where it is not, or texts do not fit.
        """
        size = self.size(task, input)
        _check_column(task, input, texts)
        texts = [joined(text) for text in texts]
        _check_size(batch_size)
        found = np.empty((len(texts), size), np.float32)
        session = self.session(task, input)
        for rows in self._spans(task, {input: texts}, len(texts), batch_size):
            feed = {"text": text_array(texts[rows], f"the input '{input}' of '{task}'", rows.start)}
            found[rows] = self._run(session, f"{task}.{input}", ["vector"], feed)["vector"]
        return found

    def _spans(self, task: str, columns: Mapping[str, Texts], count: int, batch_size: int) -> Iterator[slice]:
        return answered_together(columns, self._task(task).get("front_ends", {}), count, batch_size)

    def _run(
        self, session: onnxruntime.InferenceSession, name: str, outputs: Iterable[str], feed: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return a graph's outputs by name."""
        try:
            arrays = session.run(list(outputs), feed)
        except Exception as error:  # onnxruntime raises many kinds, without a common base
            raise MtlError(f"'{name}' of '{self.path}' should answer any text. Found: {error}") from error
        return dict(zip(outputs, arrays, strict=True))

    def _columns(self, task: str, texts: Texts | Mapping[str, Texts]) -> dict[str, Texts]:
        inputs = self.inputs(task)
        if not isinstance(texts, Mapping):
            if len(inputs) != 1:
                raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found one list.")
            texts = {inputs[0]: texts}
        if set(texts) != set(inputs):
            raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found {listing(texts)}.")
        for name, column in texts.items():
            _check_column(task, name, column)
        sizes = {name: len(column) for name, column in texts.items()}
        if len(set(sizes.values())) != 1:
            sizes_found = ", ".join(f"{size} of '{name}'" for name, size in sizes.items())
            raise UsageError(f"the inputs of '{task}' should have as many texts each. Found {sizes_found}.")
        as_they_are = texts if self.reads_lists(task) else self.values(task)
        return {
            name: _sliceable(column) if name in as_they_are else [joined(text) for text in column]
            for name, column in texts.items()
        }


def _check_size(batch_size: int) -> None:
    if not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise UsageError(f"'batch_size' should be 1 or more. Found {batch_size!r}.")


def _check_column(task: str, name: str, column: Texts) -> None:
    if isinstance(column, str | bytes):
        raise UsageError(f"the input '{name}' of '{task}' should be a list of texts. Found one text.")
    if isinstance(column, Mapping) or not (hasattr(column, "__len__") and hasattr(column, "__getitem__")):
        kind = type(column).__name__
        raise UsageError(f"the input '{name}' of '{task}' should be a list of texts. Found {kind}.")


def _sliceable(column: Texts) -> Texts:
    return column if isinstance(column, list | tuple | np.ndarray) else list(column)


def session_options(threads: int | None = None) -> onnxruntime.SessionOptions:
    """Return options that suit short sentences: waiting threads do not keep a core busy."""
    options = onnxruntime.SessionOptions()
    # Nothing but what ends the process: onnxruntime warns of the host's devices and of unused weights, and prints each
    # error before it raises it.
    options.log_severity_level = 4
    options.inter_op_num_threads = 1
    if threads is not None:
        options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _manifest(path: Path) -> dict[str, Any]:
    fault_if_other([path], "export")
    file = path / MARKS["export"]
    try:
        manifest: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"'{file}' should be a file that can be read. Found: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"'{file}' should be JSON. Found: {error}.") from error
    _check(file, manifest)
    return manifest


def _check(file: Path, manifest: Any) -> None:
    """Raise `UsageError` at the first place where a manifest does not hold what a bundle reads of it."""
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise UsageError(
            f"'{file}' should be a manifest of format {FORMAT}. Found {'nothing' if found is None else found}."
        )
    for place, entry, kinds in _parts(manifest):
        for key, (kind, name) in kinds.items():
            value = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(value, kind):
                type_found = "nothing" if value is None else type(value).__name__
                raise UsageError(f"'{file}': {place}{key} should be {name}. Found {type_found}.")


def _parts(manifest: dict[str, Any]) -> Iterator[tuple[str, Any, Mapping[str, tuple[type, str]]]]:
    """Yield dotted places in a manifest, what is there, and what should be; the later ones trust the earlier ones."""
    mapping, array, text = (dict, "an object"), (list, "a list"), (str, "a string")
    yield "", manifest, {"tasks": mapping, "files": mapping, "weights": text}
    for task, entry in manifest["tasks"].items():
        of_task = {"file": text, "inputs": array, "outputs": mapping, "labels": array}
        yield f"tasks.{task}.", entry, of_task
        if "separable" in entry:
            yield f"tasks.{task}.", entry, {"towers": mapping}
            sides = entry["inputs"] if entry["separable"] else []
            yield f"tasks.{task}.towers.", entry["towers"], dict.fromkeys(sides, mapping)
            for input, tower in entry["towers"].items():
                yield f"tasks.{task}.towers.{input}.", tower, {"file": text, "dim": (int, "a number")}
        for output, described in entry["outputs"].items():
            yield f"tasks.{task}.outputs.{output}.", described, {"shape": array}
    for name, entry in manifest["files"].items():
        yield f"files.{name}.", entry, {"sha256": text}
