"""What is verified of tasks on pairs of texts: which pairs, and that two vectors' inner product is their score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from ..dataset import raw_batch
from ..errors import ExportError
from .compare import TOLERANCE, Comparison, apart, short
from .head import Texts, loaded, objects
from .probe import first_difference
from .towers import Tower, scorer_of

if TYPE_CHECKING:
    from ..dataset import EncodedSplit
    from ..sharing_graph import SharingGraph

MOST = 8192  # so many pairs of a split are all compared; of more, every text and a fixed sample of pairs
ALONE = 1024  # of that sample at batch 1
SCORE_TOLERANCE = 1e-5  # between inner product and score

Array = NDArray[Any]


class Chosen(NamedTuple):
    """Rows of a split that are compared: `rows` in batches, `alone` of them also one by one; ascending."""

    rows: NDArray[np.int64]
    alone: NDArray[np.int64]


def choose(graph: SharingGraph, split: EncodedSplit, task: str) -> Chosen:
    """Return all rows, or those of a large split of pairs that hold every text, and a fixed sample of the others."""
    every = np.arange(len(split))
    keys = graph.inputs(task)
    if len(keys) < 2 or len(split) <= MOST:
        return Chosen(every, every)
    if graph.recipe.tasks[task].task.level == "pair":
        pairs = split.pairs(task)
        numbers: list[Array] = [pairs.query[: len(split)], pairs.document[: len(split)]]
    else:
        numbers = [np.unique(split.texts(key), return_inverse=True)[1] for key in keys.values()]
    return sample(numbers, MOST, ALONE)


def sample(numbers: Sequence[Array], most: int, alone: int) -> Chosen:
    """Return rows in which every number of every column stands, up to `most` rows where that leaves room."""
    count = len(numbers[0])
    first = np.zeros(count, bool)
    for column in numbers:
        first[np.unique(column, return_index=True)[1]] = True
    others = np.flatnonzero(~first)
    drawn = np.random.default_rng(0).permutation(others)[: max(0, most - int(first.sum()))]
    rows = np.sort(np.concatenate([np.flatnonzero(first), drawn]))
    return Chosen(rows, rows[np.linspace(0, len(rows) - 1, min(alone, len(rows)), dtype=np.int64)])


class Towers:
    """Both sides of a task's separable scorer in an export folder, against the model and against the task's head."""

    def __init__(self, comparison: Comparison, towers: Sequence[Tower], folder: Path) -> None:
        self.comparison = comparison
        self.towers = towers
        self.sessions = [loaded(folder / tower.file, tower.task) for tower in towers]

    def compare(self, texts: Texts, scores: Array, made_up: Sequence[Texts], sizes: Sequence[int]) -> float:
        """Compare every vector with the model's, and every pair's inner product with its score; return the largest.

        `texts` are P pairs, `scores` [P] what the head answered, `sizes` of batches; at 1, up to `ALONE` texts of an
        input are compared. Of scores above 1 the difference is relative. Raises `ExportError`.
        """
        product = np.ones((1, 1))
        for number, tower in enumerate(self.towers):
            distinct = sorted(set(texts[tower.input]), key=lambda text: (len(text), text))
            for made in made_up:
                self._vectors(number, made[tower.input], max(1, len(made[tower.input])))
            for size in sizes:
                few = distinct if size > 1 else distinct[:: -(-len(distinct) // ALONE)]
                vectors = self._vectors(number, few, size)
            rows = {text: row for row, text in enumerate(distinct)}
            product = product * vectors[[rows[text] for text in texts[tower.input]]]
        inner = product.sum(1)
        differences = np.abs(inner - scores) / np.maximum(1, np.abs(scores))
        worst = int(np.argmax(np.where(np.isnan(differences), np.inf, differences)))
        if not differences[worst] <= SCORE_TOLERANCE:
            task = self.towers[0].task
            pair = " | ".join(short(texts[tower.input][worst]) for tower in self.towers)
            raise ExportError(
                f"{task}: verification: ({pair}): the inner product of the vectors should be the score within "
                f"{SCORE_TOLERANCE}: {scores[worst]:.7g}. Found {inner[worst]:.7g}."
            )
        return float(differences[worst])

    @torch.inference_mode()
    def _vectors(self, number: int, texts: Sequence[str], size: int) -> Array:
        """Return the vectors of texts, [B, E] float64, equal to the model's."""
        comparison, tower, session = self.comparison, self.towers[number], self.sessions[number]
        scorer = scorer_of(comparison.model, comparison.graph, tower.task)
        key = comparison.graph.inputs(tower.task)[tower.input]
        found = []
        for start in range(0, max(1, len(texts)), size):
            batch_texts = {tower.input: texts[start : start + size]}
            (given,) = session.run(["vector"], {"text": objects(batch_texts[tower.input])})
            found.append(given)
            if given.shape[0] != len(batch_texts[tower.input]):
                told = f"should have {len(batch_texts[tower.input])} rows. Found {given.shape[0]}."
                raise ExportError(f"{tower.task}: verification: {tower.file}: 'vector' {told}")
            if not len(texts) or scorer is None:
                continue
            batch = raw_batch(comparison.graph, comparison.fitted, [tower.task], batch_texts)
            (value,) = comparison.model.encoded(batch, tower.task, key).values()
            wanted = scorer.encode(value, tower.position).numpy()
            for row, (one, other) in enumerate(zip(wanted, given, strict=True)):
                distance = apart(one, other)
                if not distance <= TOLERANCE:
                    joint = comparison.graphs.text
                    stage = first_difference(
                        comparison.model, comparison.graph, joint, tower.task, batch_texts, batch, [tower.call]
                    )
                    raise ExportError(
                        f"{tower.task}: verification: {tower.file}: text ({short(texts[start + row])}), batch of "
                        f"{len(given)}: 'vector' should be within {TOLERANCE}. Found it {distance:.1e} apart. "
                        f"First to differ: {stage}."
                    )
                comparison.largest = max(comparison.largest, distance)
        return np.concatenate(found).astype(np.float64)
