# ruff: noqa: E501  # messages and recipes stand in one piece
"""Labels of what is out of scope that an output layer cannot answer with, and metrics of it without one."""

from __future__ import annotations

import pytest

from mtl.base import registry
from mtl.model.output import Output
from tests.mtl.recipe.texts import INTENT_SLOT, faults


class Plain(Output):
    """An output layer of labels that always answers with one of them."""

    def __init__(self) -> None:
        super().__init__()


def test_an_output_layer_can_answer_with_the_label(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["output"], "plain", Plain)
    scoped = "tasks.intent.out_of_scope=none_of_these"
    assert faults(INTENT_SLOT, scoped) == []
    assert faults(INTENT_SLOT, scoped, "tasks.intent.model.output=plain") == [
        "--set tasks.intent.model.output=plain: tasks.intent.model.output: should be an output layer that can answer 'none_of_these', the label of 'intent' for what is out of scope, such as 'softmax'. "
        "Found 'plain'."
    ]


def test_a_metric_has_a_label_to_count() -> None:
    assert faults(INTENT_SLOT, "tasks.intent.metrics=[out_of_scope]") == [
        "--set tasks.intent.metrics=[out_of_scope]: tasks.intent.metrics.0: 'out_of_scope' should measure a task with the key 'out_of_scope', the label of what is none of the others. "
        "Found 'intent' without it."
    ]
