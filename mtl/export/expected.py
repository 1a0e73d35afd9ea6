"""The model's answers to a batch, which those of graphs should equal: labels, trees, numbers within a tolerance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.errors import ExportError
from ..data.targets import TreeOfTokens
from ..evaluate.answerers import unit_lengths
from ..serve.arrays import Array
from .distances import TOLERANCE, distance
from .head import Head, InputTexts
from .probe import first_difference

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..data.fitted import Fitted
    from ..data.targets import Answer
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel
    from .graphs import Graphs

TIE = 2e-5  # answers whose log probabilities differ by less are as good as equal; of two labels, 0.50000 and 0.49999


@dataclass(frozen=True)
class Tie:
    """A near tie: a row whose label differs in a graph, but eager torch's two best differ by less than `TIE`.

    `row` counts from 0 in the split, None for a text that was made up; `gap` is how much more probable eager's labels
    are, as a difference of logarithms.
    """

    file: str
    task: str
    row: int | None
    batch: int
    gap: float


@dataclass
class ComparedGraphs:
    """A model, graphs that should answer as it does, and what was found: near ties, the largest distance of scores."""

    model: MultiTaskModel
    graph: SharingGraph
    fitted: Fitted
    graphs: Graphs
    largest: float = 0.0
    ties: list[Tie] = field(default_factory=list)


class ExpectedBatch:
    """A batch with the model's answers to it, which those of graphs should equal."""

    def __init__(
        self,
        comparison: ComparedGraphs,
        task: str,
        texts: InputTexts,
        batch: Batch,
        scores: tuple[Any, ...],
        rows: Sequence[int] | None,
    ) -> None:
        self.comparison, self.texts, self.batch, self.rows = comparison, texts, batch, rows
        self.target = comparison.fitted.targets[task]
        self.declared = comparison.model.declared(task)
        self.ids = {name: number for number, name in enumerate(self.target.answer_names())}
        self.output = comparison.model.output(task)
        self.scores = scores
        self.size = len(next(iter(texts.values())))
        self.lengths = unit_lengths(comparison.model, batch, task)
        self.tokens: list[list[str]] = []
        if self.target.shows_tokens:
            surface = batch.surface[comparison.graph.target_input(task)].strings()
            self.tokens = [[] if row == [""] else row for row in surface]  # none in an empty text
        self.expected = self.target.answered(self.output.answer(*self.scores), self.tokens, self.declared)
        if self.target.axes[:1] == ("T",):
            self.lengths = [len(row) for row in self.tokens]
        elif self.lengths is not None:  # a list without texts was read as one empty text
            config = comparison.graph.recipe.tasks[task]
            self.lengths = [len(unit) for unit in texts[config.task.target_input(tuple(config.inputs))]]

    def compare(self, head: Head, found: dict[str, Array]) -> None:
        """Compare tokens, then labels, then trees, then scores; raises `ExportError`."""
        if "tokens" in found:
            self._compare_tokens(head, found["tokens"], found["lengths"])
        tied: set[int] = set()
        discrete = [answer for answer in self.declared if answer.labels or answer.position or answer.tree]
        for answer in discrete:
            same = self._same_trees if answer.tree else self._same_labels
            rows = [row for row in range(self.size) if row not in tied]
            tied |= {row for row in rows if not same(head, answer, row, found[answer.name])}
        for answer in self.declared:
            if answer not in discrete:
                for row in range(self.size):
                    if row not in tied:
                        self._compare_numbers(head, answer, row, found[answer.name])

    def _same_trees(self, head: Head, answer: Answer, row: int, trees: Array) -> bool:
        """Compare a row's trees in brackets, one or the n best; False where those that differ are as probable."""
        wanted, given = (list(value) if answer.dims else [value] for value in (self._trees(answer, row), trees[row]))
        odd = [(one, other) for one, other in zip(wanted, given, strict=True) if one != other]
        gap = max((self._tree_gap(answer, row, one, other) for one, other in odd), default=-math.inf)
        if not gap < TIE:
            named = in_sentence(wanted if answer.dims else wanted[0]), in_sentence(given if answer.dims else given[0])
            raise self._error(head, row, f"'{answer.name}' should be {named[0]}. Found {named[1]}.")
        if odd:
            self.comparison.ties.append(Tie(head.file, head.task, self._number(row), self.size, gap))
        return not odd

    def _trees(self, answer: Answer, row: int) -> Any:
        return self.target.shown(answer, self.expected[answer.value][row], self.tokens[row])

    def _tree_gap(self, answer: Answer, row: int, wanted: str, given: str) -> float:
        """Return how much more probable one tree in brackets is than another, or less; infinite where one is none."""
        if not isinstance(self.target, TreeOfTokens):
            return math.inf
        try:
            one, other = self.target.actions_in(wanted), self.target.actions_in(given)
        except ValueError:
            return math.inf
        if not len(one) or self.target.in_brackets(other, self.tokens[row]) != given:
            return math.inf
        return abs(self.output.gap(self.scores, answer.value, row, one, other))

    def agrees(self, found: dict[str, Array], row: int) -> bool:
        """Say whether a graph answers to one text alone as eager torch does to this row."""
        if any(len(value) != 1 for value in found.values()):
            return False
        if "tokens" in found and found["tokens"][0, : int(found["lengths"][0])].tolist() != self.tokens[row]:
            return False
        largest = 0.0
        for answer in self.declared:
            if answer.tree:
                if not np.array_equal(found[answer.name][0], self._trees(answer, row)):
                    return False
                continue
            wanted = self._row(self.expected[answer.value], row, answer)
            given = self._cut(np.asarray(found[answer.name][0], dtype=found[answer.name].dtype), row, answer)
            if answer.labels:
                if not np.array_equal(wanted, self._label_ids(given)):
                    return False
                continue
            far = distance(self.target, answer, wanted, given)
            if not far <= TOLERANCE:
                return False
            largest = max(largest, far)
        self.comparison.largest = max(self.comparison.largest, largest)
        return True

    def _label_ids(self, names: Array) -> Array:
        """Return the ids of labels, -1 for what is none."""
        return np.array([self.ids.get(name, -1) for name in names.reshape(-1)]).reshape(names.shape)

    def _compare_tokens(self, head: Head, tokens: Array, lengths: Array) -> None:
        """Compare surface forms, which a head returns unless it is given them."""
        for row, wanted in enumerate(self.tokens):
            given = tokens[row, : len(wanted)].tolist()
            if given != wanted or int(lengths[row]) != len(wanted):
                raise self._error(head, row, f"tokens should be {in_sentence(wanted)}. Found {in_sentence(given)}.")

    def _same_labels(self, head: Head, answer: Answer, row: int, names: Array) -> bool:
        """Compare the labels of a row; False where they are a tie."""
        wanted = self._row(self.expected[answer.value], row, answer)
        found = self._row(names, row, answer)
        given = found if answer.position else self._label_ids(found)
        if np.array_equal(wanted, given):
            return True
        known = (answer.dims == ("S",) or given.shape == wanted.shape) and (
            answer.position or all(name in self.ids or not name for name in found.reshape(-1))
        )
        gap = self.output.gap(self.scores, answer.value, row, wanted, given) if known else float("inf")
        if not gap < TIE:
            named = (lambda value: in_sentence(value.tolist())) if answer.position else self._named
            message = f"'{answer.name}' should be {named(wanted)}. Found {named(given)}."
            raise self._error(head, row, message)
        self.comparison.ties.append(Tie(head.file, head.task, self._number(row), self.size, gap))
        return False

    def _compare_numbers(self, head: Head, answer: Answer, row: int, values: Array) -> None:
        wanted = self._row(self.expected[answer.value], row, answer)
        given = self._row(values, row, answer)
        far = distance(self.target, answer, wanted, given)
        if not far <= TOLERANCE:
            message = f"'{answer.name}' should be within {TOLERANCE} of eager torch's. Found a distance of {far:.1e}."
            raise self._error(head, row, message)
        self.comparison.largest = max(self.comparison.largest, far)

    def _row(self, values: Array, row: int, answer: Answer) -> Array:
        """Return one row of [B, …], values of tokens without padding."""
        return self._cut(np.asarray(values[row], dtype=values.dtype), row, answer)  # else a text loses NULs at its end

    def _cut(self, values: Array, row: int, answer: Answer) -> Array:
        """Return the values of a row, those of tokens (or of listed texts) without padding."""
        if answer.dims == ("S",):
            return values[values != ""] if values.dtype == object else values[values >= 0]
        if self.lengths is None or answer.dims[:1] != self.target.axes[:1]:
            return values
        return values[: self.lengths[row]]

    def _named(self, ids: Array) -> str:
        names = [*self.target.answer_names(), ""]  # the last one is that of no label: -1
        found = [names[label] for label in ids.reshape(-1).tolist()]
        return in_sentence(found if ids.ndim else found[0])

    def _number(self, row: int) -> int | None:
        return None if self.rows is None else int(self.rows[row])

    def _error(self, head: Head, row: int, what: str) -> ExportError:
        """Return the error that says where and from which stage on answers differ."""
        joint = self.comparison.graphs.form(head.form)
        stage = first_difference(self.comparison.model, self.comparison.graph, joint, head.task, self.texts, self.batch)
        text = " | ".join(in_sentence(column[row]) for column in self.texts.values())
        number = self._number(row)
        place = f"{'made-up row' if number is None else f'row {number}'} ({text}), batch of {self.size}"
        return ExportError(f"{head.task}: verification: {head.file}: {place}: {what} First to differ: {stage}.")


def in_sentence(value: object) -> str:
    """Return a value as it is shown in a sentence."""
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "..."
