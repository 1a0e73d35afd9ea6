"""The first tokens of an input: what comes after them leaves no trace in vocabularies, batches and labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.base.errors import DataError
from mtl.data.batch import raw_batch
from mtl.data.prepare import prepare
from mtl.graph.calls import InputKey
from mtl.sources.opening import open_sources
from mtl.text.front_end import FrontEnd

from .conftest import RECIPE, ROWS, Write, graph_of

CUT = InputKey("talk", "text", FrontEnd("unicode_words", True, 2))


def cut_recipe(most: int | None = 2) -> dict[str, Any]:
    """Return a recipe whose two tasks on one source read two tokens."""
    recipe: dict[str, Any] = json.loads(json.dumps(RECIPE))
    del recipe["tasks"]["pos"], recipe["share"]["words"][2], recipe["share"]["encoder"][2], recipe["sources"]["words"]
    for task in recipe["tasks"].values():
        task["inputs"]["text"]["max_tokens"] = most
    return recipe


def test_what_stands_behind_is_not_read(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    graph = graph_of(tmp_path / "data", cut_recipe())
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    feature: Any = prepared.fitted.features["words.word"][0]
    assert set(feature.vocabulary.entries) == {"play", "hey", "wake", "me", "stop", "hello"}
    split = prepared.splits["talk", "train"]
    assert split.lengths.tolist() == [2, 2, 1, 1, 1]
    assert split.texts(CUT)[0] == "play Hey Jude"  # the text itself is whole
    batch = split.batch(np.arange(5))
    assert batch.lengths[CUT].tolist() == [2, 2, 1, 1, 1]
    assert batch.features["words.char", 0, CUT].shape[:2] == (5, 2)
    assert batch.targets["slots"].shape == (5, 2)
    assert split.gold("slots")[:2] == [["O", "B-song"], ["O", "O"]]
    assert prepared.fitted.labels["slots"].names == ("B-song", "B-word", "O")


def test_labels_are_given_for_all_tokens(tmp_path: Path, write: Write) -> None:
    write({**ROWS, "talk/train": [*ROWS["talk/train"], {"text": "a b c", "intent": "x", "slots": "O O"}]})
    graph = graph_of(tmp_path / "data", cut_recipe())
    with pytest.raises(DataError) as caught:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    message = "column 'slots': should be 3 tags, one per token. Found 2."
    assert str(caught.value) == f"{tmp_path}/data/talk/train:6: {message}"


def test_raw_texts_give_the_same_batch(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    graph = graph_of(tmp_path / "data", cut_recipe())
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    split = prepared.splits["talk", "train"]
    raw = raw_batch(graph, prepared.fitted, ["intent", "slots"], {"text": split.texts("text")})
    batch = split.batch(np.arange(5))
    assert raw.tokens == batch.tokens == 7
    assert raw.surface[CUT].strings()[0] == ["play", "Hey"]
    assert {key: value.tolist() for key, value in raw.features.items()} == {
        key: value.tolist() for key, value in batch.features.items()
    }


def test_two_readings_of_one_column(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    recipe = cut_recipe()
    recipe["tasks"]["intent"]["inputs"]["text"]["max_tokens"] = None
    graph = graph_of(tmp_path / "data", recipe)
    prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    split = prepared.splits["talk", "train"]
    batch = split.batch(np.array([1]))
    assert {key.front_end.max_tokens: lengths.tolist() for key, lengths in batch.lengths.items()} == {None: [6], 2: [2]}
    assert split.lengths[1] == 6
    raw = raw_batch(graph, prepared.fitted, ["intent", "slots"], {"text": ["wake me at 7:30"]})
    assert {key.front_end.max_tokens: lengths.tolist() for key, lengths in raw.lengths.items()} == {None: [6], 2: [2]}


def test_another_number_is_encoded_anew(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    lengths = []
    for most in (2, 3, None):
        graph = graph_of(tmp_path / "data", cut_recipe(most))
        prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        lengths.append(prepared.splits["talk", "train"].lengths.tolist())
    assert lengths == [[2, 2, 1, 1, 1], [3, 3, 1, 1, 1], [3, 6, 1, 1, 1]]


def test_two_readings_of_one_column_are_counted_once(tmp_path: Path, write: Write) -> None:
    write({**ROWS, "talk/train": [{"text": "play jude play", "intent": "music", "slots": "O O O"}]})
    recipe = cut_recipe()
    recipe["tasks"]["intent"]["model"]["embedding"]["parts"]["word"]["min_count"] = 2
    for mine, other in ((None, 2), (2, None), (3, 2), (None, None)):
        for task, most in {"intent": mine, "slots": other}.items():
            recipe["tasks"][task]["inputs"]["text"]["max_tokens"] = most
        graph = graph_of(tmp_path / "data", recipe)
        prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        feature: Any = prepared.fitted.features["words.word"][0]
        assert feature.vocabulary.entries == ("play",)


def test_tags_that_are_not_read_are_told(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    graph = graph_of(tmp_path / "data", cut_recipe())
    for _ in ("read", "from the cache"):
        prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        assert [str(fault) for fault in prepared.notes] == [
            f"talk/{split}: slots: {found} after the tokens that are read of a text (max_tokens): not learned, and "
            "not measured."
            for split, found in {"train": "5 tags", "test": "1 tag"}.items()
        ]
    assert [fault.file for fault in prepared.cut("test")] == ["talk/test"]
    graph = graph_of(tmp_path / "data", cut_recipe(6))
    assert prepare(graph, open_sources(graph.recipe), tmp_path / "cache").notes == []


def test_answers_that_are_not_read_are_reported(tmp_path: Path, write: Write) -> None:
    text = "Tom lives in Oslo"
    found = [{"question": "who", "context": text, "answer": "Tom"}]
    lost = [{"question": "where", "context": text, "answer": place} for place in ("Oslo", "in Oslo")]
    write({"talk/train": [*found, *lost], "talk/test": [*found, *lost[:1], {**found[0], "answer": []}]})
    inputs = {"question": {"column": "question"}, "context": {"column": "context", "max_tokens": 2}}
    task = {"type": "question_answering", "no_answer": True, "source": "talk", "inputs": inputs, "target": "answer"}
    recipe = {"name": "small", "sources": {"talk": RECIPE["sources"]["talk"]}, "tasks": {"answer": task}}
    graph = graph_of(tmp_path / "data", recipe)
    for _ in ("read", "from the cache"):
        prepared = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
        assert [str(fault) for fault in prepared.notes] == [
            f"talk/{split}: answer: {unread} after the tokens that are read of a text (max_tokens): not learned, but "
            "measured."
            for split, unread in {"train": "2 answers", "test": "1 answer"}.items()
        ]
