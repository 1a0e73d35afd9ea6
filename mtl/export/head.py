"""A graph of an export folder in onnxruntime, with the inputs that torch gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import onnxruntime

from ..base.errors import ExportError
from ..serve.arrays import Array, Texts, list_arrays, text_array
from ..serve.bundle import session_options
from ..text.featurizer import tokenize
from .joint import Form, input_names

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph

InputTexts = Mapping[str, Texts]  # B of each input, by its name


class Session(Protocol):
    """What a head asks of onnxruntime."""

    def get_inputs(self) -> Sequence[Any]:
        """Return what the graph takes, each with its `name`."""

    def get_outputs(self) -> Sequence[Any]:
        """Return what the graph answers, each with its `name`."""

    def run(self, names: Sequence[str], given: Mapping[str, Array]) -> Sequence[Any]:
        """Return the answers of these names."""


class CachedSession:
    """A session that caches the last batch's outputs, so that a joint graph runs once for all its tasks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._names = [output.name for output in session.get_outputs()]
        self._given: dict[str, Array] | None = None
        self._found: dict[str, Any] = {}
        self.get_inputs, self.get_outputs = session.get_inputs, session.get_outputs

    def run(self, names: Sequence[str], given: Mapping[str, Array]) -> list[Any]:
        """Return the answers of these names."""
        if not self._repeated(given):
            self._given = None  # until there are answers: the graph may fail
            self._found = dict(zip(self._names, self._session.run(self._names, given), strict=True))
            self._given = dict(given)
        return [self._found[name] for name in names]

    def _repeated(self, given: Mapping[str, Array]) -> bool:
        last = self._given
        return (
            last is not None
            and last.keys() == given.keys()
            and all(np.array_equal(last[name], value) for name, value in given.items())
        )


@dataclass(frozen=True)
class Head:
    """One task's answers in a graph; `prefix` comes before its outputs' names (a joint graph: `task.`)."""

    task: str
    file: str
    session: Session
    form: Form = "text"
    prefix: str = ""

    @classmethod
    def load(cls, path: Path, task: str, *, form: Form = "text", prefix: str = "") -> Head:
        """Load a graph; raises `ExportError` where onnxruntime refuses it."""
        return cls(task, path.name, session_of(path, task), form, prefix)

    def run(self, graph: SharingGraph, texts: InputTexts) -> dict[str, Array]:
        """Return the task's answers by name."""
        given = feed(graph, self.task, texts, self.form)
        inputs, outputs = self._names
        try:
            found = self.session.run(outputs, {name: value for name, value in given.items() if name in inputs})
        except Exception as error:  # onnxruntime raises many kinds, without a common base
            raise ExportError(f"{self.task}: verification: {self.file}: onnxruntime failed: {error}") from error
        return {name.removeprefix(self.prefix): value for name, value in zip(outputs, found, strict=True)}

    @cached_property
    def _names(self) -> tuple[frozenset[str], list[str]]:
        """The names of the graph's inputs, and of the task's outputs."""
        outputs = [output.name for output in self.session.get_outputs() if output.name.startswith(self.prefix)]
        return frozenset(value.name for value in self.session.get_inputs()), outputs


def session_of(path: Path, task: str) -> onnxruntime.InferenceSession:
    """Return the session of a task's graph; raises `ExportError` where onnxruntime refuses it."""
    try:
        return onnxruntime.InferenceSession(path, session_options(threads=1), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises many kinds, without a common base
        raise ExportError(f"{task}: verification: {path.name} cannot be loaded: {error}") from error


def feed(graph: SharingGraph, task: str, texts: InputTexts, form: Form) -> dict[str, Array]:
    """Return graph inputs by name, for the inputs that have texts: these, or their tokens and how many each row has."""
    given: dict[str, Array] = {}
    for name, key in graph.inputs(task, by="front_end").items():
        if name not in texts:
            continue
        names, where = input_names(key, form), f"the input '{name}' of '{task}'"
        if form == "text":
            if key.listed:
                given[names[0]], given[names[1]] = list_arrays(texts[name], where, 0)
            else:
                given[names[0]] = text_array(texts[name], where, 0)
            continue
        # All of them: the graph cuts off what comes after the first `max_tokens`.
        rows = [[] if row == [""] else row for row in tokenize(texts[name], key.front_end.whole).strings()]
        width = max(map(len, rows), default=0)
        given[names[0]] = np.array([row + [""] * (width - len(row)) for row in rows], dtype=object)
        given[names[0]] = given[names[0]].reshape(len(rows), width)
        given[names[1]] = np.array([len(row) for row in rows], np.int64)
    return given
