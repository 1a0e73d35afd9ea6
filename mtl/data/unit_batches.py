"""Units of a split as padded tensors, whatever they are made of: texts of each column, lists of them, judged pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from .batch import Batch, Index, index_of_lists
from .collate import grid
from .columns import TargetColumns, TextColumns
from .judged_units import JudgedUnits
from .soft_labels import SoftLabels, SoftTargets
from .targets import Grades, Target

if TYPE_CHECKING:
    from ..graph.calls import InputKey

Change = Callable[[Batch, "Mapping[InputKey, NDArray[np.int64]]"], None]


@dataclass(frozen=True)
class UnitBatches:
    """What batches of N units of a source are made of.

    `texts` and `values` are kept columns, by input and by task, and `items` say which texts of a column of lists each
    unit has. `lengths` [N] are the tokens of each unit's longest input, `text_lengths` those of each text of a column.
    """

    source: str
    texts: Mapping[InputKey, TextColumns]
    targets: Mapping[str, Target]
    values: Mapping[str, TargetColumns]
    soft: Mapping[str, SoftLabels]
    items: Mapping[str, NDArray[np.int64]]
    lengths: NDArray[np.int32]
    text_lengths: Mapping[str, NDArray[np.int32]]
    judged: JudgedUnits | None

    def batch(self, rows: NDArray[np.integer], *, draw: int | None = None, change: Change | None = None) -> Batch:
        """Return some units as padded tensors, for every task on the source.

        Of judged pairs each text is there once, and `draw` seeds the pairs that are drawn beside them; without it
        nothing is drawn. A drawn pair's grade is 0. `change` gets the batch and the numbers of each input's texts, and
        changes what the model reads.
        """
        wanted = np.asarray(rows, np.int64)
        if self.judged is not None:
            return self._pair_batch(self.judged, wanted, draw, change)
        batch = Batch(self.source, wanted, {}, {}, tokens=int(self.lengths[wanted].sum()))
        for task in self.targets:
            batch.targets[task], batch.labelled[task] = self.tensors(task, wanted)
        for task, soft in self.soft.items():
            batch.soft[task] = SoftTargets(soft.of(wanted), batch.labelled[task])
            batch.labelled[task] = torch.ones_like(batch.labelled[task])
        texts = {}
        for key in self.texts:
            texts[key] = wanted
            if key.listed:
                at = grid(self.items[key.column], wanted)
                texts[key] = at.positions[at.mask]
                batch.index[key] = index_of_lists(at)
        self._fill(batch, texts, change)
        return batch

    def tensors(self, task: str, rows: NDArray[np.int64]) -> tuple[Any, torch.Tensor]:
        """Return what a loss gets of some units' values, and which have an answer."""
        target = self.targets[task]
        return target.tensors(self.values[task].padded(rows, target.missing))

    def _pair_batch(
        self, judged: JudgedUnits, wanted: NDArray[np.int64], draw: int | None, change: Change | None
    ) -> Batch:
        pairs, judgements = judged.chosen(wanted, draw), judged.judgements
        grades, labelled = self.tensors(judgements.task, wanted)
        if draw is not None:
            grades = torch.cat([grades, grades.new_zeros(pairs.drawn)])
            labelled = torch.cat([labelled, labelled.new_ones(pairs.drawn)])
        chosen = {
            judgements.query: np.unique(pairs.texts, return_inverse=True),
            judgements.document: np.unique(pairs.documents, return_inverse=True),
        }
        batch = Batch(self.source, wanted, {}, {})
        batch.tokens = sum(int(self.text_lengths[column][numbers].sum()) for column, (numbers, _) in chosen.items())
        batch.targets[judgements.task] = Grades(grades, torch.from_numpy(pairs.groups))
        batch.labelled[judgements.task] = labelled
        batch.index = {key: Index(torch.from_numpy(chosen[key.column][1].reshape(-1))) for key in self.texts}
        self._fill(batch, {key: chosen[key.column][0] for key in self.texts}, change)
        return batch

    def _fill(self, batch: Batch, texts: Mapping[InputKey, NDArray[np.int64]], change: Change | None = None) -> None:
        """Give a batch some texts of each input, by their numbers."""
        for key, numbers in texts.items():
            self.texts[key].fill(batch, key, numbers)
        if change is not None:
            change(batch, texts)

    def text_batch(self, key: InputKey, numbers: Sequence[int] | NDArray[np.integer]) -> Batch:
        """Return some texts of one input alone, by their numbers."""
        wanted = np.asarray(numbers, np.int64)
        batch = Batch(self.source, wanted, {}, {}, tokens=int(np.diff(self.texts[key].offsets)[wanted].sum()))
        self._fill(batch, {key: wanted})
        return batch
