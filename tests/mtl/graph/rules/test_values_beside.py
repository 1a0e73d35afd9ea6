"""Values beside the texts of a task whose decoder takes texts alone."""

from __future__ import annotations

import pytest

from mtl.compile.loading import recipe_from_text
from mtl.runs.check import check_recipe
from tests.mtl.recipe.texts import faults

QUESTIONS = """\
name: questions
sources:
  passages: {format: jsonl, train: train.jsonl}
tasks:
  answer:
    type: question_answering
    source: passages
    inputs:
      question: {column: question}
      context: {column: context}
      VALUES
    target: answer
    model:
      decoder: attention_flow
"""


@pytest.mark.parametrize(
    ("values", "names", "them"),
    [
        (("age",), "'age'", "it"),
        (("age", "city"), "'age' and 'city'", "them"),
    ],
)
def test_values_beside_texts_that_flow_on_alone(values: tuple[str, ...], names: str, them: str) -> None:
    inputs = "\n      ".join(f"{name}: {{column: {name}, tokenizer: number}}" for name in values)
    text = QUESTIONS.replace("VALUES", inputs)
    line = 13 + len(values)
    assert faults(text) == [
        f"r.yaml:{line}: tasks.answer.model.decoder: the decoder 'attention_flow' should get texts alone. Found the "
        f"values of {names} beside them: leave {them} out, or write a decoder that takes values, such as 'mlp', "
        "which takes other texts pooled."
    ]
    pooled = text.replace("decoder: attention_flow", "question: {pooling: max}\n      decoder: mlp")
    assert faults(pooled) == []
    check_recipe(recipe_from_text(pooled))  # which builds the modules
    assert faults(text.replace(inputs, "")) == []
