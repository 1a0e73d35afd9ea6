"""Values beside the texts of a task whose decoder takes texts alone."""

from __future__ import annotations

import pytest

from mtl.compile.loading import recipe_from_text
from mtl.runs.check import check_recipe
from tests.mtl.recipe.texts import faults

PEOPLE = """\
name: people
sources: {people: {format: jsonl, train: train.jsonl}}
tasks:
  kind:
    type: text_classification
    source: people
    inputs: {text: text, age: {column: age, tokenizer: number}}
    target: kind
  mood:
    type: text_classification
    source: people
    inputs: {text: textMORE}
    target: mood
    model: {decoder: {condition: kind.output}}
share: {words: [kind.embedding, mood.embedding]}
"""


def test_a_condition_on_a_task_with_values_reads_them_too() -> None:
    assert faults(PEOPLE.replace("MORE", "")) == [
        "r.yaml:14: tasks.mood.model.decoder.condition: should come from a task that reads inputs of 'mood' (text). "
        "Found 'kind', which reads age, text. Let 'mood' read age, too."
    ]
    check_recipe(recipe_from_text(PEOPLE.replace("MORE", ", years: {column: age, tokenizer: number}")))


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
