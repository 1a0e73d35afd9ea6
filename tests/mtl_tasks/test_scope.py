"""A label for what none of the labels fits: as a task declares it, and as its target reads, keeps and answers it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mtl.base.errors import UsageError
from mtl.data.labels import MISSING
from mtl.data.targets import Example, Names, OneLabel
from mtl_tasks import TextClassification, TextPairClassification

EXAMPLE = Example("play", [(0, 4)], 1)


def fitted(*labels: str) -> OneLabel:
    target = OneLabel(out_of_scope="none")
    for label in labels:
        target.count(label)
    target.fit([target])
    return target


@pytest.mark.parametrize("cls", [TextClassification, TextPairClassification])
def test_a_task_hands_its_label_to_its_target(cls: type[TextClassification]) -> None:
    assert cls().target().out_of_scope is None
    assert "out_of_scope" not in cls().target().metrics
    target = cls(out_of_scope="none").target()
    assert target.out_of_scope == "none"
    assert target.found == {"out_of_scope": "none"}
    assert target.metrics[0] == "accuracy"
    assert target.metrics[-1] == "out_of_scope"


@pytest.mark.parametrize("label", ["", " none"])
def test_a_label_has_no_white_space_around_it(label: str) -> None:
    with pytest.raises(UsageError) as error:
        TextClassification(out_of_scope=label)
    assert str(error.value) == (
        f"'out_of_scope' should be a label: text without white space around it. Found {label!r}."
    )


def test_it_is_no_label_that_is_learned() -> None:
    target = fitted("a", "none", "b", "none")
    assert target.names() == ("a", "b")
    assert target.answer_names() == ("a", "b", "none")
    assert target.note() == "no label is learned from 2 rows of train labelled 'none'."
    ids = [target.encode(value, 1, Names.of(target.answer_names()))[0] for value in ("b", "none", "c", None)]
    assert ids == [1, 2, 3, MISSING]
    _, answered = target.tensors(np.array(ids))
    assert answered.tolist() == [True, False, False, False]
    again = OneLabel(out_of_scope="none")
    again.load_state(target.state())
    assert again.note() == target.note()
    assert fitted("a").note() == ""


def test_it_is_an_answer() -> None:
    target = fitted("a", "b")
    assert target.predicted({"best": torch.tensor([2, 0])}, None) == ["none", "a"]
    label, _, scores = target.answers
    assert target.shown(label, np.array(2)) == "none"
    assert target.shown(scores, np.array([0.25, 0.75])) == {"a": 0.25, "b": 0.75}
    assert target.gold(np.array(2), target.answer_names()) == "none"
