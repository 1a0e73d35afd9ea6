# ruff: noqa: E501  # messages and recipes stand in one piece
"""Conditions that cannot be met, by recipes that have one."""

from __future__ import annotations

import pytest

from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, PAIR, changed, faults


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


@pytest.mark.parametrize(
    ("address", "rest"),
    [
        ("intent.decoder", "'intent.decoder' is not an output. There are: intent.output, slots.output."),
        ("intnt.output", "'intnt.output' is not a module. Did you mean 'intent.output'?"),
        ("topic", "'topic' is not a module. There are: intent.output, slots.output."),
    ],
)
def test_conditions_name_outputs(address: str, rest: str) -> None:
    assert faults(changed(INTENT_SLOT, ("condition: intent.output", f"condition: {address}"))) == [
        f"r.yaml:27: tasks.slots.model.decoder.condition: 'condition' should be the address of a task's output. {rest}"
    ]


def test_conditions_on_tasks_with_faults_are_not_called_wrong() -> None:
    assert faults(changed(INTENT_SLOT, ("type: text_classification", "type: text_clasification"))) == [
        "r.yaml:7: tasks.intent: no type of task named 'text_clasification'. Did you mean 'text_classification'?"
    ]


def test_conditions_read_the_same_inputs() -> None:
    text = changed(PAIR, ("      embedding: {type: word, dim: 8}\n", "      decoder: {condition: relevance.output}\n"))
    assert faults(text) == [
        "r.yaml:18: tasks.topic.model.decoder.condition: should come from a task that reads inputs of 'topic' (text). "
        "Found 'relevance', which reads document, query."
    ]


def test_conditions_read_the_same_column() -> None:
    text = changed(INTENT_SLOT, ("inputs: {text: {column: text,", "inputs: {text: {column: title,"))
    assert faults(text) == [
        "r.yaml:27: tasks.slots.model.decoder.condition: should come from a task that reads the column 'text' of "
        "'utterances'. Found 'intent', which reads 'title'."
    ]


def test_conditions_line_up() -> None:
    text = changed(
        ALTERNATING,
        ('  words: "*.embedding"\n', ""),
        ("tokenizer: whitespace}}\n    target: chunk", "tokenizer: characters}}\n    target: chunk"),
        (
            "    model:\nshare",
            "    model: {embedding: {type: word, dim: 10}, decoder: {condition: slots.output}}\nshare",
        ),
    )
    assert faults(text) == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task with the tokens of 'chunks' (characters). "
        "Found 'slots', whose tokenizer is whitespace."
    ]


def test_conditions_line_up_to_the_last_token() -> None:
    text = changed(
        ALTERNATING,
        ("    target: chunk\n    model:\n", "    target: chunk\n    model: {decoder: {condition: slots.output}}\n"),
    )
    assert faults(text) == []
    assert faults(text, "tasks.slots.inputs.text.max_tokens=9") == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task that reads as many tokens as 'chunks' (all). "
        "Found 'slots', whose 'max_tokens' is 9."
    ]
    assert faults(text, "tasks.chunks.inputs.text.max_tokens=9") == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task that reads as many tokens as 'chunks' (9). "
        "Found 'slots', whose 'max_tokens' is null."
    ]
