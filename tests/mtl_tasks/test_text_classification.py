from __future__ import annotations

from typing import Any

import pytest

from mtl.data.targets import Example
from mtl_tasks import TextClassification

EXAMPLE = Example("play", [(0, 4)], 1)


@pytest.mark.parametrize(
    ("value", "label"),
    [("music", "music"), (" music ", "music"), (3, "3"), (0.5, "0.5"), (True, "true"), (False, "false")],
)
def test_a_label_is_what_the_column_reads(value: Any, label: str) -> None:
    assert TextClassification().target().read(value, EXAMPLE) == label


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_column_has_no_label(value: Any) -> None:
    assert TextClassification().target().read(value, EXAMPLE) is None


def test_a_list_is_no_label() -> None:
    with pytest.raises(ValueError, match=r'^should be one label\. Found list: \["a", "b"\]\.$'):
        TextClassification().target().read(["a", "b"], EXAMPLE)


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(ValueError, match=r'^should be one label\. Found list: \["x{55}\.\.\.\.$'):
        TextClassification().target().read(["x" * 99], EXAMPLE)


def test_slots_are_in_order_of_data_flow() -> None:
    slots = TextClassification().slots(("text",))
    assert [slot.name for slot in slots] == ["embedding", "representation", "pooling", "decoder", "wide", "output"]
    assert [slot.takes for slot in slots] == [
        ("text",), ("embedding",), ("representation",), ("pooling",), ("decoder", "text"), ("wide",)
    ]  # fmt: skip
