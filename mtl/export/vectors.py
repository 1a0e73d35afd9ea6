"""Both sides of a separable scorer, verified: vectors are the model's, and their inner products the head's scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from ..base.errors import ExportError, counted
from ..data.batch import Batch, raw_batch
from ..serve.arrays import Array, text_array
from .compare import BATCH_SIZE, GraphComparison
from .distances import TOLERANCE, apart
from .expected import in_sentence
from .head import InputTexts, session_of
from .pairs import ALONE
from .probe import first_difference
from .towers import Tower

SCORE_TOLERANCE = 1e-5  # between inner product and score; of scores above 1, relative to their size


@dataclass
class TowerGraph:
    """One tower's graph, beside the model that it should agree with."""

    comparison: GraphComparison
    tower: Tower
    session: onnxruntime.InferenceSession

    @classmethod
    def load(cls, comparison: GraphComparison, tower: Tower, folder: Path) -> TowerGraph:
        """Load a tower's graph; raises `ExportError` where onnxruntime refuses it."""
        return cls(comparison, tower, session_of(folder / tower.file, tower.task))

    def vectors(self, texts: Sequence[str], size: int) -> Array:
        """Return the vectors of texts, [B, E], compared in batches of `size`; raises `ExportError`."""
        if size == 1:
            return self._alone(texts)
        starts = range(0, max(1, len(texts)), size)
        return np.concatenate([self._batch(texts[start : start + size]) for start in starts])

    def _alone(self, texts: Sequence[str]) -> Array:
        """Return the vectors of texts, each computed alone; eager torch is asked alone only where they differ."""
        found = [self._given(texts[:0])]
        for start in range(0, len(texts), BATCH_SIZE):
            some = texts[start : start + BATCH_SIZE]
            wanted = self._wanted(self._raw(some))
            for number in range(len(some)):
                given = self._given(some[number : number + 1])
                distance = apart(wanted[number], given[0])
                if distance <= TOLERANCE:
                    self.comparison.largest = max(self.comparison.largest, distance)
                else:
                    given = self._batch(some[number : number + 1])
                found.append(given)
        return np.concatenate(found)

    def _raw(self, texts: Sequence[str]) -> Batch:
        comparison = self.comparison
        return raw_batch(comparison.graph, comparison.fitted, [self.tower.task], {self.tower.input: texts})

    @torch.inference_mode()
    def _wanted(self, batch: Batch) -> Array:
        """Return what the model makes of a batch of texts."""
        model, tower = self.comparison.model, self.tower
        key = self.comparison.graph.inputs(tower.task)[tower.input]
        value = model.encoded(batch, tower.task, key)[tower.position]
        wanted: Array = model.scorer(tower.task).encode(value, tower.position).numpy()
        return wanted

    def _batch(self, texts: Sequence[str]) -> Array:
        given = self._given(texts)
        if not texts:  # nothing for eager torch to answer
            return given
        comparison, task = self.comparison, self.tower.task
        batch = self._raw(texts)
        wanted = self._wanted(batch)
        for text, one, other in zip(texts, wanted, given, strict=True):
            distance = apart(one, other)
            if not distance <= TOLERANCE:
                column = {self.tower.input: texts}
                graph, joint = comparison.graph, comparison.graphs.text
                stage = first_difference(comparison.model, graph, joint, task, column, batch, [self.tower.call])
                raise self._error(
                    f"text ({in_sentence(text)}), batch of {len(texts)}: 'vector' should be within {TOLERANCE} of "
                    f"eager torch's. Found a distance of {distance:.1e}. First to differ: {stage}."
                )
            comparison.largest = max(comparison.largest, distance)
        return given

    def _given(self, texts: Sequence[str]) -> Array:
        """Return what the graph answers."""
        try:
            where = f"the input '{self.tower.input}' of '{self.tower.task}'"
            (found,) = self.session.run(["vector"], {"text": text_array(texts, where, 0)})
        except Exception as error:  # onnxruntime raises many kinds, without a common base
            raise self._error(f"onnxruntime failed: {error}") from error
        if len(found) != len(texts):
            raise self._error(f"'vector' should have {counted(len(texts), 'row')}. Found {len(found)}.")
        given: Array = found
        return given

    def _error(self, what: str) -> ExportError:
        return ExportError(f"{self.tower.task}: verification: {self.tower.file}: {what}")


def compare_sides(
    sides: Sequence[TowerGraph], texts: InputTexts, scores: Array, made_up: Sequence[InputTexts], sizes: Sequence[int]
) -> float:
    """Compare vectors with the model's and inner products with scores; return the latter's largest difference.

    `texts` are P pairs, `scores` [P] what the task's head answered to them; `made_up` are further batches, whose texts
    are also encoded alone. Every text is encoded in batches of these `sizes`, but at 1 no more than `ALONE` of an
    input. Raises `ExportError`.
    """
    product = np.ones((1, 1))
    for side in sides:
        column = texts[side.tower.input]
        distinct = sorted(set(column), key=lambda text: (len(text), text))  # alike in length: little padding
        for made in made_up:
            for size in {1, max(1, len(made[side.tower.input]))}:
                side.vectors(made[side.tower.input], size)
        if 1 in sizes:
            side.vectors(distinct[:: max(1, -(-len(distinct) // ALONE))], 1)
        numbers = {text: number for number, text in enumerate(distinct)}
        for size in (size for size in sizes if size > 1):
            vectors = side.vectors(distinct, size)
        product = product * vectors[[numbers[text] for text in column]].astype(np.float64)
    return _compare_scores(sides, texts, product.sum(1), scores)


def _compare_scores(sides: Sequence[TowerGraph], texts: InputTexts, found: Array, scores: Array) -> float:
    differences = np.abs(found - scores) / np.maximum(1, np.abs(scores))
    if not len(differences):
        return 0.0
    worst = int(np.argmax(np.where(np.isnan(differences), np.inf, differences)))
    if not differences[worst] <= SCORE_TOLERANCE:
        pair = " | ".join(in_sentence(texts[side.tower.input][worst]) for side in sides)
        should = f"the inner product of the vectors should be the score within {SCORE_TOLERANCE}: {scores[worst]:.7g}"
        raise ExportError(f"{sides[0].tower.task}: verification: ({pair}): {should}. Found {found[worst]:.7g}.")
    return float(differences[worst])
