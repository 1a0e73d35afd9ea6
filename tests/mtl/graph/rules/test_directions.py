"""Which modules there are that read in one direction, those of a plugin among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mtl.base import registry
from mtl.model.module import Representation
from tests.mtl.recipe.texts import faults

RECIPE = """name: lm
sources:
  book: {format: plain_text, train: book.txt}
tasks:
  lm:
    type: language_model
    direction: backward
    source: book
    inputs: {text: {column: text}}
    model: {embedding: word, representation: bilstm, output: {words: {}}}
share:
  words: [lm.embedding, lm.output.words]
"""


class SeesAhead(Representation):
    """Sees later tokens only, whatever its keys are."""

    def __init__(self, input_dim: int, *, size: int = 4) -> None:
        super().__init__()

    @classmethod
    def anticausal(cls, values: Mapping[str, Any]) -> bool:
        return True


def test_a_plugin_that_says_so_reads_backwards_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["representation"], "sees_ahead", SeesAhead)
    assert faults(RECIPE, "tasks.lm.model.representation=sees_ahead") == []
    assert faults(RECIPE) == [
        "r.yaml:10: tasks.lm.model.representation: should be anticausal, as 'lm' predicts each token from those after "
        "it. Found 'bilstm', whose vectors depend on earlier tokens. Anticausal representations: gru, lstm with "
        "'direction: backward'; with the defaults of their keys: sees_ahead."
    ]
