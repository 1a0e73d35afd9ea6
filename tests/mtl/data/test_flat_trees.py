"""The intent and the slots of trees' outermost brackets: what is read of cells, and what is left out and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.targets import Example, IntentOfTree, SlotsOfTree
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources
from tests.mtl.data.test_trees import DEEP, SPANS, TEXT, TREE, UNSUPPORTED

TAGS = ["O", "O", "B-TIME", "I-TIME", "O", "O"]
SIDE_BY_SIDE = "[IN:ALARM [SL:WHAT wake ] [SL:WHO me ] [SL:TIME at [IN:CLOCK [SL:HOUR 6 ] ] ] , please ]"


def slots(value: Any, read: int = 6) -> list[str | None] | None:
    return SlotsOfTree().read(value, Example(TEXT, SPANS, read))


def test_slots_are_those_of_the_outermost_intent() -> None:
    assert slots(TREE) == TAGS
    assert slots(DEEP) == TAGS
    assert slots(SIDE_BY_SIDE) == ["B-WHAT", "B-WHO", "B-TIME", "I-TIME", "O", "O"]
    assert slots("[IN:ALARM wake me at 6 , please ]") == ["O"] * 6
    assert slots(TREE, 3) == TAGS[:3]
    assert slots("  ") is None


def test_the_intent_is_that_of_the_outermost_bracket() -> None:
    example = Example(TEXT, SPANS, 6)
    assert IntentOfTree().read(DEEP, example) == "ALARM"
    assert IntentOfTree().read("", example) is None
    assert IntentOfTree(unsupported="leave_out").read(UNSUPPORTED, example) is None
    assert IntentOfTree().read(UNSUPPORTED, example) == "UNSUPPORTED_ALARM"


def prepared(folder: Path, rows: list[str], **keys: Any) -> Prepared:
    """Return the data of a recipe with a parser, a classifier and a tagger on one column of trees."""
    (folder / "train.tsv").write_text("".join(f"{line}\n" for line in ["text\ttree", *rows]), "utf-8")
    types = {"parse": "semantic_parsing", "intent": "tree_intent", "slots": "tree_slots"}
    text = {"text": {"column": "text", "tokenizer": "whitespace"}}
    recipe = {
        "name": "flat",
        "sources": {"said": {"format": "tsv", "train": "train.tsv"}},
        "tasks": {
            name: {"type": kind, "source": "said", "inputs": text, "target": "tree", **keys}
            for name, kind in types.items()
        },
    }
    graph = build_graph(recipe_from_dict(recipe, data=folder))
    return prepare(graph, open_sources(graph.recipe), folder / "cache")


def test_three_tasks_read_one_column_and_leave_out_the_same_rows(tmp_path: Path) -> None:
    data = prepared(tmp_path, [f"{TEXT}\t{DEEP}", f"{TEXT}\t{UNSUPPORTED}", f"{TEXT}\t"], unsupported="leave_out")
    train = data.splits["said", "train"]
    assert train.labelled == {"parse": 1, "intent": 1, "slots": 1}
    assert train.gold("intent") == ["ALARM", None, None]
    assert train.gold("slots") == [TAGS, None, None]
    assert data.fitted.targets["slots"].names() == ("B-TIME", "I-TIME", "O")
    assert [str(note) for note in train.notes] == [
        f"{tmp_path}/train.tsv:3: column 'tree': 1 tree has an intent that is not supported, and is left out, here "
        "IN:UNSUPPORTED_ALARM."
    ]


def test_a_cell_that_is_no_tree_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        prepared(tmp_path, [f"{TEXT}\t{DEEP}", f"{TEXT}\t{TREE} ]", f"{TEXT} now\t{TREE}"])
    assert [str(fault) for fault in error.value.faults] == [
        f"{tmp_path}/train.tsv:3: column 'tree': every ] should close a bracket. "
        "Found one that closes none after 'please', word 6.",
        f"{tmp_path}/train.tsv:4: column 'tree': should have the words of the text, all of them. Found none for 'now'.",
    ]
