"""One answer of a graph against the model's: equal labels, scores within a tolerance, or where they part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..dataset import raw_batch
from ..errors import ExportError
from ..module import Sequence as Vectors
from .head import Head, Texts
from .probe import first_difference

if TYPE_CHECKING:
    from ..dataset import Batch, Fitted
    from ..model import MultiTaskModel
    from ..sharing_graph import SharingGraph
    from ..task import Answer
    from .graphs import Graphs

TIE = 1e-5  # labels whose probabilities (or the likelihoods of whose sequences) differ by less are as good as equal
TOLERANCE = 1e-4  # how far scores may be apart

Array = NDArray[Any]


@dataclass(frozen=True)
class Tie:
    """A row whose label eager torch itself can hardly decide, and the export decided otherwise."""

    task: str
    row: int | None
    batch: int
    gap: float


class Comparison:
    """Compares graphs with a model; notes `ties` and the `largest` difference between scores."""

    def __init__(self, model: MultiTaskModel, graph: SharingGraph, fitted: Fitted, graphs: Graphs) -> None:
        self.model = model
        self.graph = graph
        self.fitted = fitted
        self.graphs = graphs
        self.largest = 0.0
        self.ties: list[Tie] = []

    def rows(self, head: Head, texts: Texts, size: int) -> None:
        """Compare the answers to all these texts, in batches of `size`."""
        for start in range(0, len(next(iter(texts.values()))), size):
            self.compare(head, {name: column[start : start + size] for name, column in texts.items()}, start)

    @torch.inference_mode()
    def compare(self, head: Head, texts: Texts, start: int | None = None) -> None:
        """Compare the answers to one batch; `start` is the number of its first row, None for texts that were made up.

        Raises `ExportError` naming head, stage, component and example.
        """
        batch = raw_batch(self.graph, self.fitted, [head.task], texts)
        found = head.run(self.graph, texts, batch)
        count = len(next(iter(texts.values())))
        for name, value in found.items():
            if len(value) != count:
                raise ExportError(f"{head.task}: verification: '{name}' should have {count} rows. Found {len(value)}.")
        if not count:
            return
        example = _Example(self, head, texts, batch, found, start)
        tied = example.compare_labels() if example.compare_tokens() else set()
        example.compare_scores(tied)


class _Example:
    """A batch in both worlds."""

    def __init__(
        self,
        comparison: Comparison,
        head: Head,
        texts: Texts,
        batch: Batch,
        found: dict[str, Array],
        start: int | None,
    ) -> None:
        self.comparison, self.head, self.texts, self.batch = comparison, head, texts, batch
        self.found, self.start = found, start
        self.config = comparison.graph.recipe.tasks[head.task].task
        self.labels = comparison.fitted.labels[head.task]
        self.scores = comparison.model.scores(batch, [head.task])[head.task]
        self.expected = comparison.model.output(head.task).answer(self.scores)
        self.size = len(next(iter(texts.values())))
        self.lengths = self._lengths()

    def _lengths(self) -> list[int] | None:
        """Return how many tokens each row has, 0 for an empty text; None for a task on whole rows."""
        if self.config.level != "token":
            return None
        return [0 if row == [""] else len(row) for row in self._tokens()]

    def _tokens(self) -> list[list[str]]:
        key = next(iter(self.comparison.graph.inputs(self.head.task).values()))
        return self.batch.surface[key].strings()

    def fail(self, row: int, what: str) -> ExportError:
        """Return the error that says where and from which stage on answers differ."""
        model, graph, head = self.comparison.model, self.comparison.graph, self.head
        joint = self.comparison.graphs.form(head.form)
        stage = first_difference(model, graph, joint, head.task, self.texts, self.batch)
        text = " | ".join(_short(column[row]) for column in self.texts.values())
        place = "made-up row" if self.start is None else f"row {self.start + row}"
        place = f"{place} ({text}), batch of {self.size}"
        return ExportError(f"{head.task}: verification: {place}: {what} First to differ: {stage}.")

    def compare_tokens(self) -> bool:
        """Compare surface forms, where the head hands them out."""
        if self.lengths is None or "tokens" not in self.found:
            return True
        for row, tokens in enumerate(self._tokens()):
            length = self.lengths[row]
            given = self.found["tokens"][row, :length].tolist()
            if given != tokens[:length] or int(self.found["lengths"][row]) != length:
                raise self.fail(row, f"tokens should be {_short(tokens[:length])}. Found {_short(given)}.")
        return True

    def compare_labels(self) -> set[int]:
        """Compare labels row by row; return the rows that are ties."""
        ids = self.labels.ids()
        tied = set()
        for answer in self.config.answers:
            if not answer.labels:
                continue
            for row in range(self.size):
                wanted = _row(self.expected[answer.value].numpy(), row, self.lengths)
                names = _row(self.found[answer.name], row, self.lengths)
                given = np.array([ids.get(name, -1) for name in names.reshape(-1)]).reshape(names.shape)
                if not np.array_equal(wanted, given):
                    self._tie(answer, row, wanted, given)
                    tied.add(row)
        return tied

    def _tie(self, answer: Answer, row: int, wanted: Array, given: Array) -> None:
        gap = self._gap(row, wanted, given) if (given >= 0).all() else float("inf")
        if not gap < TIE:
            told = f"'{answer.name}' should be {self._named(wanted)}. Found {self._named(given)}."
            raise self.fail(row, told)
        place = None if self.start is None else self.start + row
        self.comparison.ties.append(Tie(self.head.task, place, self.size, gap))

    def _named(self, ids: Array) -> str:
        names = [*self.labels.names, ""]  # the last one is that of no label: -1
        found = [names[label] for label in ids.reshape(-1).tolist()]
        return _short(found if ids.ndim else found[0])

    def _gap(self, row: int, wanted: Array, given: Array) -> float:
        """Return how much better eager's labels are than the export's: in probability, or in log-likelihood."""
        output = self.comparison.model.output(self.head.task)
        value = output(self.scores)
        if not isinstance(value, Vectors):
            return float(value[row, int(wanted)] - value[row, int(given)])
        odd = np.flatnonzero(wanted != given)
        probabilities = value.values[row].numpy()
        apart = float((probabilities[odd, wanted[odd]] - probabilities[odd, given[odd]]).max())
        losses = [float(output.loss(self.scores, self._targets(row, labels))[row]) for labels in (wanted, given)]
        return min(apart if len(odd) == 1 else float("inf"), abs(losses[1] - losses[0]) * len(wanted))

    def _targets(self, row: int, labels: Array) -> Tensor:
        targets = self.expected[next(a.value for a in self.config.answers if a.labels)].clone()
        targets[row, : len(labels)] = torch.from_numpy(labels)
        return targets

    def compare_scores(self, tied: set[int]) -> None:
        """Compare numbers, except in rows that are ties."""
        for answer in self.config.answers:
            if answer.labels:
                continue
            for row in range(self.size):
                if row in tied:
                    continue
                wanted = _row(self.expected[answer.value].numpy(), row, self.lengths)
                given = _row(self.found[answer.name], row, self.lengths)
                apart = float(np.abs(wanted - given).max(initial=0.0)) if wanted.shape == given.shape else float("inf")
                if not apart <= TOLERANCE:
                    raise self.fail(row, f"'{answer.name}' should be within {TOLERANCE}. Found it {apart:.1e} apart.")
                self.comparison.largest = max(self.comparison.largest, apart)


def _row(values: Array, row: int, lengths: Sequence[int] | None) -> Array:
    """Return one row of [B, …], per-token values without padding."""
    found: Array = np.asarray(values[row])
    return found if lengths is None or not found.ndim else found[: lengths[row]]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
