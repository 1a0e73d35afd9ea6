from __future__ import annotations

from dataclasses import dataclass

import pytest

from mtl.recipe.beside import all_slots, beside, takes_values
from mtl.recipe.task import Task
from mtl.text.front_end import FrontEnd
from mtl_tasks import TextClassification, TextPairClassification, TextPairRanking, WordTagging


@dataclass(frozen=True)
class Read:
    front_end: FrontEnd


TEXT, NUMBER, VALUE = (Read(FrontEnd(name)) for name in ("unicode_words", "number", "value"))


@pytest.mark.parametrize("task", [TextClassification(), WordTagging()])
def test_values_flow_into_the_decoder(task: Task) -> None:
    inputs = {"text": TEXT, "age": NUMBER, "city": VALUE}
    assert beside(task, inputs) == ["age", "city"]
    slots = {slot.name: slot for slot in all_slots(task, inputs)}
    plain = {slot.name: slot for slot in task.slots(["text"])}
    assert slots["decoder"].takes == (*plain["decoder"].takes, "age.pooling", "city.pooling")
    assert slots["age.embedding"].takes == ("age",)
    assert slots["age.embedding"].default == {"type": "dense"}
    assert slots["city.embedding"].default == {"type": "categorical"}
    assert slots["city.pooling"].takes == ("city.embedding",)
    assert {name: slot for name, slot in slots.items() if name in plain and name != "decoder"} == {
        name: slot for name, slot in plain.items() if name != "decoder"
    }
    names = list(slots)
    assert names.index("embedding") < names.index("age.embedding") < names.index("decoder")


def test_without_values_slots_are_those_of_the_task() -> None:
    task = TextClassification()
    assert all_slots(task, {"text": TEXT}) == task.slots(["text"])


def test_a_task_may_read_a_value_in_the_place_of_its_text() -> None:
    task = TextClassification()
    assert beside(task, {"text": VALUE}) == []
    assert all_slots(task, {"text": VALUE}) == task.slots(["text"])


def test_values_are_beside_the_texts_that_a_recipe_names() -> None:
    task = TextPairClassification()
    inputs = {"age": NUMBER, "one": TEXT, "other": TEXT}
    assert beside(task, inputs) == ["age"]
    decoder = next(slot for slot in all_slots(task, inputs) if slot.kind == "decoder")
    assert decoder.takes == ("matching", "age.pooling")


def test_a_ranking_has_no_decoder_that_takes_them() -> None:
    task = TextPairRanking()
    inputs = {"query": TEXT, "document": TEXT, "age": NUMBER}
    slots = task.slots(["query", "document"])
    assert not takes_values(task, tuple(slots))
    assert all_slots(task, inputs) == tuple(slots)
