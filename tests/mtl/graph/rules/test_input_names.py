# ruff: noqa: E501  # messages and recipes stand in one piece
"""Inputs that would have the names of others in an exported graph."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mtl.base import registry
from mtl.recipe.task import Slot, Task
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import faults

RECIPE = """\
sources: {s: {format: jsonl, train: a.jsonl}}
tasks:
  mood: {type: fake_lists, source: s, inputs: {text: turns}, target: mood}
  pair: {type: fake_named, source: s, inputs: {texts: {column: a}, other: {column: b}}, target: p, model: {texts: {embedding: word}, other: {embedding: word}}}
"""


class Lists(Task):
    """One label for a list of texts."""

    predicts = "class"
    units = "lists"
    default_metrics = ("accuracy",)

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        return (
            Slot("embedding", "embedding", tuple(inputs), default={"type": "word"}),
            Slot("pooling", "pooling", ("embedding",), default={"type": "max"}),
            Slot("dialog", "representation", ("pooling",), default={"type": "bilstm"}, units=True),
            Slot("summary", "pooling", ("dialog",), default={"type": "max"}),
            Slot("decoder", "decoder", ("summary",), default={"type": "mlp"}),
            Slot("output", "output", ("decoder",), default={"type": "softmax"}),
        )


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)
    monkeypatch.setitem(registry._classes["task"], "fake_lists", Lists)


def test_an_input_beside_lists_is_not_named_like_theirs() -> None:
    assert faults(RECIPE) == [
        "r.yaml:4: tasks.pair.inputs.texts: an input should not be named like those that an exported graph has for the lists of "
        "'mood', texts and lengths. Found 'texts': choose another name."
    ]


def test_without_lists_it_may_be() -> None:
    assert faults(RECIPE.replace("fake_lists", "text_classification")) == []
    assert faults(RECIPE.replace("texts:", "first:")) == []
