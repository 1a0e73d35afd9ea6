"""One label per text of a list: cells, ids and answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from mtl.data.labels import MISSING
from mtl.data.targets import Example, Names, TextLabels

EXAMPLE = Example("", (), 0, ["hello", "how much", "bye"])


def test_a_cell_has_a_label_for_each_text_or_none() -> None:
    read = TextLabels().read
    assert read(["greet", None, " bye "], EXAMPLE) == ["greet", None, "bye"]
    assert read([None, "", None], EXAMPLE) is None
    assert read([], Example("", (), 0, [""])) is None  # a list without texts is read as one empty text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("greet", "should be a list of 3 labels, one a text. Found str: 'greet'."),
        (["greet", 3, None], 'should be a list of 3 labels, one a text. Found list: ["greet", 3, null].'),
        (["greet"], "should be a list of 3 labels, one a text. Found 1."),
    ],
)
def test_cells_of_another_form(value: Any, message: str) -> None:
    with pytest.raises(ValueError) as error:
        TextLabels().read(value, EXAMPLE)
    assert str(error.value) == message


def test_labels_are_ids_and_back() -> None:
    target = TextLabels()
    for gold in (["greet", None, "bye"], ["ask", "ask", None]):
        target.count(gold)
    target.fit([target])
    assert target.tally == {"ask": 2, "bye": 1, "greet": 1}
    names = Names.of(target.answer_names())
    assert target.encode(["greet", None, "bye"], 3, names) == [2, MISSING, 1]
    assert target.encode(None, 2, names) == [MISSING, MISSING]
    assert target.gold(np.array([2, MISSING, 1]), target.names()) == ["greet", None, "bye"]
    assert target.gold(np.array([MISSING]), target.names()) is None
    found = target.predicted({"best": torch.tensor([[0, 1, 2], [1, 0, 0]])}, [3, 1])
    assert found == [["ask", "bye", "greet"], ["bye"]]
