"""What a ranking task says about the rows of its source, and the judgements that one split holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ..recipe.config import TaskConfig
    from ..recipe.task import Task

Negatives = Literal["judged", "batch", "pool"]


@dataclass(frozen=True)
class Ranking:
    """A ranking task as its data are read: the columns that its keys name, and which pairs are drawn beside them.

    `query` and `document` are the columns of the two texts; the others are None where the recipe names none.
    """

    task: str
    query: str
    document: str
    target: str | None
    group: str | None
    document_id: str | None
    negative: str | None
    pool: str | None
    negatives: Negatives
    negative_count: int | None
    candidates: int | None
    type: Task = field(compare=False, repr=False)

    @classmethod
    def of(cls, config: TaskConfig) -> Ranking:
        """Return what a task of level `pair` says; its type has an attribute for each key."""
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
            type=config.task,
        )

    def grade(self, value: Any, query: str) -> str:
        """Return a row's grade as a label; raises `ValueError` for what is none."""
        found = self.type.targets(value, (), query)
        if not isinstance(found, str):
            raise ValueError(
                "should be a grade, a number. Found nothing. Where every row is a positive, leave 'target' out."
            )
        return found


class Pairs(NamedTuple):
    """P pairs that are ranked: text numbers of both inputs, grades, query numbers, and the documents' names.

    Judged pairs come first, in the order of the rows; drawn ones have grade 0.
    """

    query: NDArray[np.int64]
    document: NDArray[np.int64]
    grades: NDArray[np.float32]
    groups: NDArray[np.int64]
    document_ids: list[str]
