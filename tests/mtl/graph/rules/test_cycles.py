# ruff: noqa: E501  # messages and recipes stand in one piece
"""Cycles, by recipes that have one."""

from __future__ import annotations

import pytest

from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, PAIR, changed, faults


def test_no_cycle_through_conditions() -> None:
    assert faults(changed(INTENT_SLOT, ("hidden: [128]}", "condition: slots.output}"))) == [
        "r.yaml:27: tasks.slots.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "intent.output -> slots.decoder -> slots.output -> intent.decoder -> intent.output."
    ]


def test_no_cycle_through_merging() -> None:
    assert faults(changed(INTENT_SLOT, ("hidden: [128]}", "}")) + "  decoders: [intent.decoder, slots.decoder]\n") == [
        "r.yaml:27: tasks.slots.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "intent.output -> decoders -> intent.output."
    ]


def test_the_middle_of_a_long_cycle_is_left_out() -> None:
    text = ALTERNATING
    for i in range(3):
        text = text.replace(
            "share:",
            f"  t{i}: {{type: word_tagging, source: snips, inputs: {{text: {{column: text, tokenizer: whitespace}}}}, target: t, model: {{decoder: {{condition: t{(i + 1) % 3}.output}}}}}}\nshare:",
        )
    rows = faults(
        text, "tasks.t2.model.decoder.condition=slots.output", "tasks.slots.model.decoder={condition: t0.output}"
    )
    assert rows == [
        "--set tasks.t2.model.decoder.condition=slots.output: tasks.t2.model.decoder.condition: "
        "no module should need its own answer. "
        "Found a cycle: slots.output -> t2.decoder -> t2.output -> … -> slots.decoder -> slots.output."
    ]


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def test_a_module_does_not_feed_its_tied_self() -> None:
    text = PAIR + "share: {x: [topic.representation, relevance.query.representation]}\n"
    embedding = "      embedding: {type: word, dim: 8}\n"
    text = changed(text, (embedding, embedding + "      decoder: {condition: topic.output}\n"))
    assert faults(text) == [
        "r.yaml:19: tasks.topic.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "topic.output -> topic.decoder -> topic.output."
    ]
