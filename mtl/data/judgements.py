"""What a task on judged pairs says about the rows of its source, and the pairs that one split is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..recipe.config import TaskConfig

Drawing = Literal["judged", "batch", "pool"]


@dataclass(frozen=True)
class Judgements:
    """The columns that the task's keys name, and which pairs are drawn beside those of the rows.

    `query` and `document` are the columns of the two texts; the others are None where the recipe names none. The task
    type has attributes `negatives`, `negative_count` and `candidates`; `text_pair_ranking` says what all of them mean.
    """

    task: str
    query: str
    document: str
    target: str | None
    group: str | None
    document_id: str | None
    negative: str | None
    pool: str | None
    negatives: Drawing
    negative_count: int | None
    candidates: int | None

    @classmethod
    def of(cls, config: TaskConfig) -> Judgements:
        """Return what a task with units `pairs` says."""
        query, document = (given.column for given in config.inputs.values())
        named = config.task.columns()
        task: Any = config.task
        return cls(
            task=config.name,
            query=query,
            document=document,
            target=config.target or None,
            group=named.get("group"),
            document_id=named.get("document_id"),
            negative=named.get("negative"),
            pool=named.get("pool"),
            negatives=task.negatives,
            negative_count=task.negative_count,
            candidates=task.candidates,
        )


class Judgement(NamedTuple):
    """One judged pair: numbers of its texts, its query and its pool (-1: none), and where both texts were read."""

    query: int
    document: int
    grade: str
    group: int
    pool: int
    document_id: str | None
    query_place: tuple[str, int]  # file and line
    document_place: tuple[str, int]


class Pairs(NamedTuple):
    """P pairs that are ranked: text numbers of both inputs, grades, query numbers, and the documents' names.

    Judged pairs come first, in the order of the rows; drawn ones have grade 0.
    """

    query: NDArray[np.int64]
    document: NDArray[np.int64]
    grades: NDArray[np.float32]
    groups: NDArray[np.int64]
    document_ids: list[str]
