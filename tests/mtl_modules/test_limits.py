"""Numbers of keys that should be finite."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_dict


def faults(task: dict[str, Any]) -> list[tuple[str | None, str]]:
    recipe = {
        "name": "r",
        "sources": {"s": {"format": "jsonl", "train": "train.jsonl"}},
        "tasks": {"t": {"source": "s", "target": "t", **task}},
    }
    try:
        recipe_from_dict(recipe)
    except RecipeError as error:
        return [(fault.path, fault.message) for fault in error.faults]
    return []


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_ranks_and_margins_are_finite(value: float) -> None:
    def ordered(rank: float) -> dict[str, Any]:
        output = {"type": "ordinal", "ranks": {"good": rank}}
        return {"type": "text_classification", "inputs": "text", "model": {"output": output}}

    def asked(margin: float) -> dict[str, Any]:
        inputs = {"question": "question", "context": "context"}
        model = {"output": {"type": "span", "margin": margin}}
        return {"type": "question_answering", "no_answer": True, "inputs": inputs, "model": model}

    assert faults(ordered(value)) == [("tasks.t.model.output.ranks.good", f"should be a finite number. Found {value}.")]
    assert faults(asked(value)) == [("tasks.t.model.output.margin", f"should be a finite number. Found {value}.")]
    assert faults(ordered(-2.5)) == faults(asked(-2.5)) == []
