"""Tasks over one text, two texts and dialogs: what they predict, what they are made of, and a model of each."""

from __future__ import annotations

from itertools import pairwise

import pytest

import mtl_modules  # noqa: F401  # registers its modules
from mtl.base.registry import lookup
from mtl_tasks import (
    DialogClassification,
    DialogTagging,
    MultiLabelClassification,
    QuestionAnswering,
    TextRegression,
)

OVER_A_TEXT = ["embedding", "representation", "pooling", "decoder", "wide", "output"]
DIALOG = ["embedding", "representation", "pooling", "dialog"]


@pytest.mark.parametrize(
    ("cls", "predicts", "slots", "output"),
    [
        (MultiLabelClassification, "classes", OVER_A_TEXT, "sigmoid"),
        (TextRegression, "number", OVER_A_TEXT, "regression"),
        (DialogTagging, "text_labels", [*DIALOG, "decoder", "output"], "softmax"),
        (DialogClassification, "class", [*DIALOG, "dialog_pooling", "decoder", "output"], "softmax"),
    ],
)
def test_slots_and_the_output_layer_fit_what_is_predicted(
    cls: type[TextRegression], predicts: str, slots: list[str], output: str
) -> None:
    task = cls()
    found = task.slots(("text",))
    assert [slot.name for slot in found] == slots
    assert found[0].takes == ("text",)
    assert all(after.takes[0] == before.name for before, after in pairwise(found))
    assert {slot.name: slot.takes[1:] for slot in found if slot.takes[1:]} == (
        {"wide": ("text",)} if "wide" in slots else {}
    )
    assert task.predicts == predicts
    assert found[-1].default == {"type": output}
    target, layer = task.target_class(), lookup("output", output)
    assert target.element in layer.elements
    assert target.axes in layer.axes


def test_utterances_are_regrouped_where_the_dialog_begins() -> None:
    for task in (DialogTagging(), DialogClassification()):
        assert task.units == "lists"
        assert [slot.name for slot in task.slots(("text",)) if slot.units] == ["dialog"]


def test_a_question_meets_the_text_that_answers_it_in_the_decoder() -> None:
    task = QuestionAnswering(no_answer=True)
    assert task.inputs() == ("question", "context")
    assert task.target_input(("question", "context")) == "context"
    assert task.target().no_answer
    assert not QuestionAnswering().target().no_answer
    takes = {slot.name: slot.takes for slot in task.slots(("question", "context"))}
    assert takes["decoder"] == ("context.representation", "question.pooling")
