"""Pairs whose texts an encoder reads in one row, and which have more pieces together than there is room for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph.calls import input_keys
from ..text.own_pieces import OwnPieces

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..recipe.config import TaskConfig


class CutPairs(NamedTuple):
    """How many of a task's pairs are cut, of how many, with room for how many pieces; `how` one of them loses some."""

    cut: int
    pairs: int
    room: int
    how: str


def cut_pairs(task: TaskConfig, pieces: Callable[[InputKey], NDArray[np.integer] | None]) -> CutPairs | None:
    """Count the pairs of a task that are cut; None where it reads no two texts in one row, or any number of pieces.

    `pieces` returns how many pieces of an input each pair has, [N], after what `max_pieces` of that input leaves out.
    """
    for slot in task.slots:
        config = task.model.get(slot.name) if slot.together else None
        if config is None:
            continue
        keys = input_keys(task)
        made = next(iter(keys.values())).front_end.made
        most = config.cls.most_pieces(config.values)
        counts = [found for key in keys.values() if (found := pieces(key)) is not None]
        if most is None or not isinstance(made, OwnPieces) or len(counts) < len(keys):
            continue
        room = max(0, most - made.vocabulary.around_two)
        together = np.sum(counts, axis=0)
        return CutPairs(int((together > room).sum()), len(together), room, slot.together)
    return None
