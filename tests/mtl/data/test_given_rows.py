"""Rows from Python: a number is a label or a name, and never a text or a tag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.sources.opening import open_sources

from .conftest import ROWS, graph_of

GOOD: dict[str, Any] = {"text": "play it", "intent": "music", "slots": "O O"}


def given(rows: list[dict[str, Any]], folder: Path) -> Prepared:
    graph = graph_of(folder)
    source = {"talk": {"train": rows}, "words": {"train": ROWS["words/train"]}}
    return prepare(graph, open_sources(graph.recipe, source), folder / "cache")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": 5}, "column 'text': should be a text or a list of tokens. Found int: 5."),
        ({"text": np.float32(0.5)}, "column 'text': should be a text or a list of tokens. Found float: 0.5."),
        ({"text": True}, "column 'text': should be a text or a list of tokens. Found bool: true."),
        ({"text": float("nan")}, "column 'text': should be a text or a list of tokens. Found nothing."),
        ({"text": ["play", 5]}, "column 'text': should be a text or a list of tokens. Found list: [\"play\", 5]."),
        ({"slots": [1, 0]}, "column 'slots': a tag should be a text. Found int: 1."),
        (
            {"slots": [-100, 0]},
            "column 'slots': a tag should be a text, and null where a token has no label. Found int: -100.",
        ),
        ({"slots": np.array([1, 0])}, "column 'slots': a tag should be a text. Found int: 1."),
        ({"slots": 1}, "column 'slots': should be 2 tags, one per token. Found 1."),
    ],
)
def test_numbers_where_texts_should_be(row: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        given([GOOD, {**GOOD, **row}], tmp_path)
    assert str(caught.value) == f"given train rows:2: {message}"


def test_spans_in_lists_and_tokens_without_a_tag(tmp_path: Path) -> None:
    rows = [{**GOOD, "slots": [(0, 4, "x")]}, {**GOOD, "slots": [np.nan, "O"]}, {**GOOD, "slots": [[5.0, 7.0, "y"]]}]
    split = given(rows, tmp_path).splits["talk", "train"]
    assert split.gold("slots") == [["B-x", "O"], [None, "O"], ["O", "B-y"]]


def test_numbers_are_labels(tmp_path: Path) -> None:
    labels = [1, np.int64(2), True, 0.5, None, float("nan"), "1"]
    split = given([{**GOOD, "intent": label} for label in labels], tmp_path).splits["talk", "train"]
    assert split.gold("intent") == ["1", "2", "true", "0.5", None, None, "1"]


def test_a_text_and_the_number_that_it_spells_are_not_one_in_the_cache(tmp_path: Path) -> None:
    given([GOOD, {**GOOD, "text": "5", "slots": "O"}], tmp_path)
    with pytest.raises(DataError):
        given([GOOD, {**GOOD, "text": 5, "slots": "O"}], tmp_path)
