"""Positions of texts that a masked language model predicts, and what it reads there.

Nothing of it is cached. In training, what is chosen in a row is a pure function of (seed, pass, row); on other splits
of the row's number alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.errors import WrongValueError
from ..recipe.task import Masking
from ..text.featurizer import tokenize, tokens_from_lists
from .batch import Batch, fill_input
from .collate import grid, pad_at
from .labels import MISSING
from .plan import SourcePlan

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from .fitted import Fitted

_FIXED = 4  # what the numbers are drawn for that no seed changes: those of evaluations
GeneratorOf = Callable[[int], np.random.Generator]  # of a row
Read = Callable[["InputKey", NDArray[np.int64]], list[str]]  # texts of an input by their numbers


class Masks:
    """The masks of the one task on a source that predicts masked words."""

    def __init__(self, read: Read, plan: SourcePlan, fitted: Fitted, task: str, masking: Masking) -> None:
        self.read, self.plan, self.fitted = read, plan, fitted
        self.task, self.masking, self.key = task, masking, plan.labelled[task]

    @classmethod
    def of(cls, read: Read, plan: SourcePlan, fitted: Fitted) -> Masks | None:
        """Return the masks of a source's task, None where none of its tasks predicts masked words."""
        found = next(((task.name, task.task.masking) for task in plan.tasks if task.task.masking is not None), None)
        return None if found is None else cls(read, plan, fitted, *found)

    def fixed(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]]) -> None:
        """Mask a batch as evaluations do: by the numbers of the rows alone."""
        self.change(batch, texts, lambda number: np.random.Generator(np.random.PCG64([_FIXED, number])))

    def change(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]], generator: GeneratorOf) -> None:
        """Mask a batch's texts, and give it the ids of the words that were there, [B, T], or -1."""
        key, numbers = self.key, texts[self.key]
        words = self.fitted.targets[self.task].words
        if words is None:
            raise WrongValueError(f"'{self.task}' should predict the words of an embedding", "no words")
        tokens = tokenize(self.read(key, numbers), key.front_end.splitting)
        ragged = words.of_rows(words.compute(tokens.under(key.front_end)))
        ids = torch.from_numpy(pad_at(ragged, grid(tokens.row_offsets, np.arange(len(tokens)))))
        rows, chosen = [], torch.zeros(ids.shape, dtype=torch.bool)
        others = self.fitted.targets[self.task].names()[2:]
        for place, (row, number) in enumerate(zip(tokens.strings(), numbers.tolist(), strict=True)):
            read, at = masked([token for token in row if token], self.masking, others, generator(number))
            rows.append(read)
            chosen[place, torch.from_numpy(at)] = True
        changed = tokens_from_lists(rows, key.front_end.splitting)
        fill_input(batch, key, changed.under(key.front_end), self.plan.inputs[key], self.fitted)
        batch.targets[self.task] = torch.where(chosen, ids.long(), MISSING)
        batch.labelled[self.task] = chosen.any(1)


def masked(
    words: Sequence[str], masking: Masking, others: Sequence[str], generator: np.random.Generator
) -> tuple[list[str], NDArray[np.int64]]:
    """Return a text's words with masks, and the positions that are predicted: at least one, where there is a word.

    `others` are the words that a random one is drawn from.

    >>> words, at = masked(["a", "b", "c"], Masking("_", 0.5, 1.0, 0.0), ["x"], np.random.default_rng(0))
    >>> words, at.tolist()
    (['_', 'b', '_'], [0, 2])
    """
    found = list(words)
    count = max(1, round(masking.rate * len(found))) if found else 0
    at = np.sort(generator.permutation(len(found))[:count])
    for position, draw in zip(at.tolist(), generator.random(count).tolist(), strict=True):
        if draw < masking.masked:
            found[position] = masking.mask
        elif draw < masking.masked + masking.random and others:
            found[position] = others[int(generator.integers(len(others)))]
    return found, at
