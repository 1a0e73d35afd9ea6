"""Answers of graphs against the model's: equal labels, scores within a tolerance, or where they diverge."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch

from ..base.errors import ExportError, counted
from ..data.batch import raw_batch, token_counts
from ..serve.arrays import Array
from .expected import ComparedGraphs, ExpectedBatch
from .head import Head, InputTexts

BATCH_SIZE = 64  # rows of a split in one batch


class GraphComparison(ComparedGraphs):
    """Compares graphs with a model; notes `ties` and the `largest` difference between scores."""

    def rows(
        self,
        heads: Sequence[Head],
        texts: InputTexts,
        rows: Sequence[int],
        alone: Collection[int],
        beside: Sequence[Head] = (),
    ) -> dict[str, dict[str, Array]]:
        """Compare the answers to texts in batches, and to some of them also one by one.

        `rows` are the numbers of all these texts in a split, `alone` of those that `heads` also answer alone; graphs
        `beside` answer batches only. Batches are of texts of similar length; eager torch answers each once, for all
        tasks. Return every task's answers [N] that are one number per row, by task and name, of its first head. Raises
        as `compare` does.
        """
        found: dict[str, dict[str, list[Array]]] = {}
        lengths = [token_counts(texts[name], key) for name, key in self.graph.inputs(heads[0].task).items()]
        order = np.lexsort(lengths)
        for start in range(0, len(order), BATCH_SIZE):
            places = order[start : start + BATCH_SIZE].tolist()
            columns = {name: [column[place] for place in places] for name, column in texts.items()}
            numbers = [rows[place] for place in places]
            by_itself = [row for row, number in enumerate(numbers) if number in alone]
            for task, answers in self.compare(heads, columns, numbers, by_itself, beside).items():
                for name, value in answers.items():
                    if value.ndim == 1:
                        found.setdefault(task, {}).setdefault(name, []).append(value)
        back = np.argsort(order)
        return {
            task: {name: np.concatenate(values)[back] for name, values in answers.items()}
            for task, answers in found.items()
        }

    def _alone(self, heads: Sequence[Head], expected: Mapping[str, ExpectedBatch], wanted: Sequence[int]) -> None:
        """Compare the answers to each of these texts of a batch alone, in their order.

        Eager torch answered them together, and answers a text alone only where a graph says otherwise: a text's
        neighbours change no answer, and one by one would take most of the time.
        """
        for row in wanted:
            texts, rows = expected[heads[0].task].texts, expected[heads[0].task].rows
            text = {name: column[row : row + 1] for name, column in texts.items()}
            if not all(expected[head.task].agrees(head.run(self.graph, text), row) for head in heads):
                self.compare(heads, text, None if rows is None else rows[row : row + 1])

    def compare(
        self,
        heads: Sequence[Head],
        texts: InputTexts,
        rows: Sequence[int] | None = None,
        alone: Sequence[int] = (),
        beside: Sequence[Head] = (),
    ) -> dict[str, dict[str, Array]]:
        """Compare what graphs answer to one batch, and to those of its texts whose places are in `alone` one by one.

        Graphs `beside` answer the batch only. Eager torch answers once for all graphs, whose tasks read the texts in
        the same way. `rows` are the texts' numbers in the split, None where they were made up. Return the answers of
        every task's first head to the batch. Raises `ExportError` naming head, stage, component and example.
        """
        expected = self._expected(heads, texts, rows)
        self._alone(heads, expected, alone)
        return self._compare_batch([*heads, *beside], expected, texts)

    @torch.inference_mode()
    def _expected(
        self, heads: Sequence[Head], texts: InputTexts, rows: Sequence[int] | None
    ) -> dict[str, ExpectedBatch]:
        """Return the model's answers to a batch by task; none where there is no text to answer."""
        if not len(next(iter(texts.values()))):
            return {}
        tasks = list(dict.fromkeys(head.task for head in heads))
        batch = raw_batch(self.graph, self.fitted, tasks, texts)
        scores = self.model.scores(batch, tasks)
        return {task: ExpectedBatch(self, task, texts, batch, scores[task], rows) for task in tasks}

    def _compare_batch(
        self, heads: Sequence[Head], expected: Mapping[str, ExpectedBatch], texts: InputTexts
    ) -> dict[str, dict[str, Array]]:
        """Compare what graphs answer to a batch; return the answers of every task's first head."""
        answers = [head.run(self.graph, texts) for head in heads]
        count = len(next(iter(texts.values())))
        for head, found in zip(heads, answers, strict=True):
            for name, value in found.items():
                if len(value) != count:
                    message = f"'{name}' should have {counted(count, 'row')}. Found {len(value)}."
                    raise ExportError(f"{head.task}: verification: {head.file}: {message}")
        with torch.inference_mode():
            for head, found in zip(heads, answers, strict=True):
                if head.task in expected:
                    expected[head.task].compare(head, found)
        return {head.task: found for head, found in zip(reversed(heads), reversed(answers), strict=True)}
