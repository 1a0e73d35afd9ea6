"""Answers that are alike everywhere: what a majority baseline gives, and a task that has learned nothing yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .rightness import right_or_wrong

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from .evaluation import Evaluation

UNITS = {("T",): "token", ("U",): "text"}
FLAT = 0.01  # numbers are alike where they differ by less than this much of the right ones' standard deviation


def constant_answers(graph: SharingGraph, found: Evaluation) -> dict[str, str]:
    """Return sentences, by task, about trained ones whose answers on a split are alike where the right ones are not."""
    sentences = {}
    for task, predicted in found.predictions.items():
        if not graph.recipe.tasks[task].learn:
            continue
        target = graph.recipe.tasks[task].task.target_class()
        units = UNITS.get(target.axes, "pair" if task in found.rankings else "row")
        gold, answers = found.gold[task], predicted
        if target.axes in UNITS:
            gold, answers = _items(gold), _items(answers)
        gold = [value for value in gold if value is not None]
        answer = _constant(gold, answers) if right_or_wrong(target) else _constant_number(gold, answers)
        if answer is not None:
            sentences[task] = f"{task} answers {answer} for every {units} of {found.split}, as a majority baseline does"
    return sentences


def _items(rows: Sequence[Any]) -> list[Any]:
    return [value for row in rows if row is not None for value in row]


def _constant(gold: Sequence[Any], answers: Sequence[Any]) -> str | None:
    if not answers or any(answer != answers[0] for answer in answers) or all(value == gold[0] for value in gold):
        return None
    found = answers[0]
    return f"'{found}'" if isinstance(found, str) else f"{found}"


def _constant_number(gold: Sequence[float], answers: Sequence[float]) -> str | None:
    spread = float(np.std(gold)) if gold else 0.0
    return f"{np.mean(answers):.4g}" if spread > 0 and float(np.std(answers)) < FLAT * spread else None
