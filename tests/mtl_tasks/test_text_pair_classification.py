from __future__ import annotations

from typing import Any

import pytest

from mtl.data.targets import Example
from mtl_tasks import TextClassification, TextPairClassification

EXAMPLE = Example("", (), 0)
INPUTS = ("premise", "hypothesis")


def test_texts_have_slots_of_their_own_and_meet_in_the_matching() -> None:
    slots = {slot.name: slot for slot in TextPairClassification().slots(INPUTS)}
    assert list(slots) == [
        "premise.embedding", "premise.representation", "premise.pooling",
        "hypothesis.embedding", "hypothesis.representation", "hypothesis.pooling", "matching", "decoder", "output",
    ]  # fmt: skip
    assert slots["matching"].takes == ("premise.pooling", "hypothesis.pooling")
    assert slots["decoder"].takes == ("matching",)
    assert [slots[name].default for name in ("hypothesis.pooling", "matching", "decoder", "output")] == [
        {"type": "max"}, {"type": "comparison"}, {"type": "mlp"}, {"type": "softmax"}
    ]  # fmt: skip
    assert slots["premise.pooling"].optional  # a matching of tokens has none


def test_the_recipe_names_the_inputs() -> None:
    task: Any = TextPairClassification()
    assert task.inputs() is None
    assert len(task.input_roles) == 2


@pytest.mark.parametrize("value", ["entails", " no ", 3, True, None, ""])
def test_labels_are_read_as_those_of_one_text(value: Any) -> None:
    read = TextPairClassification().target().read(value, EXAMPLE)
    assert read == TextClassification().target().read(value, EXAMPLE)


def test_a_list_is_no_label() -> None:
    with pytest.raises(ValueError, match=r'^should be one label\. Found list: \["a", "b"\]\.$'):
        TextPairClassification().target().read(["a", "b"], EXAMPLE)


def test_it_answers_as_a_classification_of_one_text() -> None:
    one, two = TextClassification(), TextPairClassification()
    assert (one.target_class(), one.units) == (two.target_class(), two.units)
    assert one.target_options() == two.target_options() == {}
    assert one.default_metrics is two.default_metrics is None
