from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mtl.base import registry
from mtl.base.errors import UsageError
from mtl.data.targets import Example
from mtl.evaluate import metrics
from mtl.graph.rules import fits
from mtl_tasks import TextPairRanking

INPUTS = ("query", "document")
EXAMPLE = Example("", (), 0)


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("1", "1"), (" 2.50 ", "2.5"), (0, "0"), (1.0, "1"), (-1, "-1"), (-0.0, "0"),
        ("1e-3", "0.001"), (1 / 3, "0.3333333333333333"), (12345678, "12345678.0"),
    ],
)  # fmt: skip
def test_a_grade_is_a_number_s_shortest_form(value: Any, label: str) -> None:
    assert TextPairRanking().target().read(value, EXAMPLE) == label
    assert float(label) == float(value)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_column_is_no_judgement(value: Any) -> None:
    with pytest.raises(ValueError) as error:  # the whole text is compared
        TextPairRanking().target().read(value, EXAMPLE)
    assert str(error.value) == (
        "should be a grade, a number. Found nothing. Where every row is a positive, leave 'target' out."
    )


@pytest.mark.parametrize(
    "value", ["x", "nan", "-inf", "1_0", "1,5", [1], "1" + "0" * 400, 10**400, True, False, "true"]
)
def test_what_is_no_grade(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^should be a grade, a number\. Found .+\.$"):
        TextPairRanking().target().read(value, EXAMPLE)


def test_the_sentence_for_what_is_no_grade() -> None:
    with pytest.raises(ValueError, match=r"^should be a grade, a number\. Found 'x'\.$"):
        TextPairRanking().target().read("x", EXAMPLE)


def test_texts_have_slots_of_their_own_and_meet_in_the_scorer() -> None:
    slots = {slot.name: slot for slot in TextPairRanking().slots(INPUTS)}
    assert list(slots) == [
        "query.embedding", "query.representation", "query.pooling", "query.lexical",
        "document.embedding", "document.representation", "document.pooling", "document.lexical", "scorer", "output",
    ]  # fmt: skip
    assert slots["document.pooling"].takes == ("document.representation",)
    assert slots["document.lexical"].takes == ("document",)
    assert slots["scorer"].takes == ("query.pooling", "document.pooling", "query.lexical", "document.lexical")
    assert [name for name, slot in slots.items() if slot.side] == ["query.lexical", "document.lexical"]
    assert {name for name, slot in slots.items() if slot.default is None and slot.optional} == {
        f"{text}.{step}" for text in INPUTS for step in ("representation", "pooling", "lexical")
    }
    assert [slots[name].default for name in ("query.embedding", "scorer", "output")] == [
        {"type": "word"}, {"type": "dot"}, {"type": "listwise_softmax"}
    ]  # fmt: skip


def test_the_recipe_names_the_inputs() -> None:
    task: Any = TextPairRanking()
    assert task.inputs() is None
    assert task.input_roles == INPUTS


def test_columns_that_keys_name() -> None:
    assert TextPairRanking().columns() == {}
    task = TextPairRanking(group="q", document_id="d", negative="n", pool="p", negatives="pool")
    assert task.columns() == {"group": "q", "document_id": "d", "negative": "n", "pool": "p"}


@pytest.mark.parametrize(("negatives", "drawn"), [("judged", False), ("batch", True), ("pool", True)])
def test_which_negatives_are_drawn(negatives: Any, drawn: bool) -> None:
    assert TextPairRanking(negatives=negatives, pool="p").draws_negatives is drawn


def test_negatives_of_a_pool_need_a_pool() -> None:
    with pytest.raises(UsageError) as error:
        TextPairRanking(negatives="pool")
    assert str(error.value) == (
        "'negatives: pool' should come with a key 'pool', the column whose equal values are documents that compete. "
        "There is none."
    )


def test_judged_negatives_have_no_count() -> None:
    with pytest.raises(UsageError) as error:
        TextPairRanking(negative_count=3)
    assert str(error.value) == (
        "'negative_count' should come with 'negatives: batch' or 'negatives: pool', whose pairs are drawn. "
        "Found 'negatives: judged'."
    )


def test_metrics_are_of_pairs() -> None:
    found = []
    assert metrics
    task = TextPairRanking()
    assert (task.units, task.default_metrics) == ("pairs", None)
    for metric in task.target().metrics:
        keys = dict(metric) if isinstance(metric, Mapping) else {"type": metric}
        cls: Any = registry.lookup("metric", keys.pop("type"))
        assert fits(cls, task.target_class())
        found += cls(**keys).figures
    assert found == ["map", "mrr", "ndcg@10", "precision@1", "recall@10"]


def test_texts_in_one_row_have_slots_in_common_and_a_scorer_of_one_vector() -> None:
    slots = {slot.name: slot for slot in TextPairRanking(one_pass="only_second").slots(INPUTS)}
    assert list(slots) == ["embedding", "representation", "pooling", "scorer", "output"]
    assert (slots["embedding"].takes, slots["embedding"].together) == (INPUTS, "only_second")
    assert (slots["scorer"].takes, slots["scorer"].default) == (("pooling",), {"type": "one_pass"})
