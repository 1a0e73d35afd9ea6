"""Trees of a target column: cells, tokens, what is kept of them, and what cells must not be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.errors import DataError
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.targets import Answer, Example, Names, TreeOfTokens
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources

TEXT = "wake me at 6 , please"
SPANS = [(0, 4), (5, 7), (8, 10), (11, 12), (13, 14), (15, 21)]
TREE = "[IN:ALARM wake me [SL:TIME at 6 ] , please ]"
DEEP = "[IN:ALARM wake me [SL:TIME [IN:CLOCK at 6 ] ] , please ]"

TWICE = "[IN:ALARM wake me [SL:TIME [IN:CLOCK [SL:TIME at 6 ] ] ] , please ]"


def read(value: Any, read: int = 6, **options: Any) -> Any:
    return TreeOfTokens(**options).read(value, Example(TEXT, SPANS, read))


def fitted(*trees: str) -> TreeOfTokens:
    target = TreeOfTokens()
    for tree in trees:
        target.count(read(tree))
    target.fit([target])
    return target


def test_labels_are_actions_and_bounds_are_those_of_training() -> None:
    target = fitted(TREE, DEEP)
    assert target.names() == ("[IN:ALARM", "[IN:CLOCK", "[SL:TIME", "]", "shift")
    assert target.bounds == (3, 2)
    assert dict(target.tally) == {"[IN:ALARM": 2, "[IN:CLOCK": 1, "[SL:TIME": 2, "]": 5, "shift": 12}
    again = TreeOfTokens()
    again.load_state(target.state())
    assert (again.names(), again.bounds) == (target.names(), target.bounds)


def test_two_tasks_with_one_output_layer_have_the_wider_bounds() -> None:
    deep, flat = TreeOfTokens(), TreeOfTokens()
    deep.count(read(DEEP))
    flat.count(read(TREE))
    flat.fit([deep, flat])
    assert flat.bounds == (3, 2)


def test_a_head_from_a_run_has_bounds_that_the_trees_of_both_keep_to() -> None:
    wide, narrow = fitted(TWICE), fitted(DEEP)
    assert (wide.bounds, narrow.bounds) == ((4, 3), (3, 2))
    assert set(narrow.names()) == set(wide.names())
    for target, other in ((fitted(TWICE), narrow), (fitted(DEEP), wide)):
        target.adopt(other.state())
        assert target.bounds == (4, 3)
        assert target.names() == other.names()


def test_what_is_kept_gives_the_tree_again_with_labels_that_training_never_had() -> None:
    target = fitted(TREE)
    names = Names.of(target.names())
    kept = [np.array(target.encode(read(tree), 1, names), np.int64) for tree in (TREE, DEEP)]
    assert names.unseen == {"[IN:CLOCK": 1}
    assert [target.gold(values, list(names.ids)) for values in kept] == [read(TREE), read(DEEP)]
    assert target.gold(np.array([], np.int64), list(names.ids)) is None
    rows = np.full((3, 12), target.missing, np.int64)
    rows[0, : len(kept[0])], rows[1, : len(kept[1])] = kept[0], kept[1]
    actions, known = target.tensors(rows)
    assert known.tolist() == [True, False, False]
    assert actions[0, : len(kept[0])].tolist() == kept[0].tolist()
    assert (actions[1:] < 0).all()


def test_answers_are_trees_and_what_a_user_reads() -> None:
    target = fitted(TREE)
    ids = target.encode(read(TREE), 1, Names.of(target.names()))
    actions = torch.tensor([[*map(int, ids), -1, -1]])
    assert target.predicted({"actions": actions}, None) == [read(TREE)]
    tokens = TEXT.split()
    shown = target.shown(target.answers[0], actions[0].numpy(), tokens)
    assert shown == ["[IN:ALARM", "shift", "shift", "[SL:TIME", "shift", "shift", "]", "shift", "shift", "]"]
    assert target.from_answer({"tokens": tokens, "actions": shown}) == read(TREE)
    assert target.shown(target.answers[2], actions[0].numpy(), tokens) == TREE
    several = Answer("trees", "trees", dims=("N",), tree=True)
    assert target.shown(several, torch.cat([actions, -torch.ones_like(actions)]).numpy(), tokens) == [TREE, ""]
    assert target.actions_in(TREE).tolist() == list(map(int, ids))
    assert target.actions_in("").tolist() == []
    for text in ("[IN:ALARM wake me", "[IN:OTHER wake ]"):
        with pytest.raises(ValueError):
            target.actions_in(text)


def test_a_text_without_a_token_has_no_tree_which_is_certain() -> None:
    target = fitted(TREE)
    greets = [*map(target.names().index, ("[IN:ALARM", "shift", "]"))]  # of the padding token, too
    answer = {"actions": torch.tensor([greets, greets]), "score": torch.tensor([0.5, 0.25])}
    found = target.answered(answer, [["hi"], []], target.answers)
    assert (found["actions"].tolist(), found["score"].tolist()) == ([greets, [-1, -1, -1]], [0.5, 1.0])
    assert target.shown(target.answers[0], found["actions"][1], []) == []
    assert target.shown(target.answers[2], found["actions"][1], []) == ""


def test_a_tree_over_tokens_that_are_not_read_is_counted() -> None:
    example = Example(TEXT, SPANS, 5)
    assert TreeOfTokens().unread(read(TREE, 5), example) == 1
    assert TreeOfTokens().unread(read(TREE), Example(TEXT, SPANS, 6)) == 0


def test_a_blank_cell_is_no_answer_and_a_number_no_tree() -> None:
    assert read("  ") is None
    with pytest.raises(ValueError) as error:  # the whole message is compared
        read(3)
    assert str(error.value) == "should be a tree in brackets, such as [IN:GREET hello ]. Found int: 3."


def test_training_without_a_tree_teaches_nothing() -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        fitted()
    assert str(error.value) == "should have a tree in at least one row. There is none."


def prepared(folder: Path, rows: dict[str, list[str]], **keys: Any) -> Prepared:
    """Return the data of a recipe with one parser, from rows of its splits."""
    for split, lines in rows.items():
        (folder / f"{split}.tsv").write_text("".join(f"{line}\n" for line in ["text\ttree", *lines]), "utf-8")
    recipe = {
        "name": "trees",
        "sources": {"said": {"format": "tsv", **{split: f"{split}.tsv" for split in rows}}},
        "tasks": {"parse": {"type": "semantic_parsing", "source": "said", "inputs": "text", "target": "tree", **keys}},
    }
    graph = build_graph(recipe_from_dict(recipe, data=folder))
    return prepare(graph, open_sources(graph.recipe), folder / "cache")


WORDS = {"text": {"column": "text", "tokenizer": "whitespace"}}
UNSUPPORTED = "[IN:UNSUPPORTED_ALARM wake me [SL:TIME at 6 ] , please ]"


def test_unsupported_trees_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = {"train": [f"{TEXT}\t{TREE}", f"{TEXT}\t{UNSUPPORTED}"], "dev": [f"{TEXT}\t{UNSUPPORTED}"] * 2}
    kept = prepared(tmp_path, rows)
    assert kept.splits["said", "train"].labelled == {"parse": 2}
    data = prepared(tmp_path, rows, unsupported="leave_out")
    assert data.splits["said", "train"].labelled == {"parse": 1}
    assert data.splits["said", "dev"].labelled == {"parse": 0}
    assert data.splits["said", "train"].gold("parse") == [read(TREE), None]
    assert "[IN:UNSUPPORTED_ALARM" not in data.fitted.targets["parse"].names()
    assert [str(note) for note in data.splits["said", "dev"].notes] == [
        f"{tmp_path}/dev.tsv:2: column 'tree': 2 trees have intents that are not supported, and are left out, "
        "here IN:UNSUPPORTED_ALARM."
    ]


def test_a_word_in_brackets_is_no_unsupported_intent(tmp_path: Path) -> None:
    rows = {"train": [f"{TEXT}\t{TREE}", "say [IN:UNSUPPORTED_X\t[IN:SAY say \\[IN:UNSUPPORTED_X ]"]}
    data = prepared(tmp_path, rows, unsupported="leave_out", inputs=WORDS)
    assert data.splits["said", "train"].labelled == {"parse": 2}
    assert not data.splits["said", "train"].notes


def test_faults_of_rows_name_file_and_line(tmp_path: Path) -> None:
    rows = {"train": [f"{TEXT}\t{TREE}", f"{TEXT}\t{TREE} ]", f"wake me up\t{TREE}", "hello\t[IN:GREET ]"]}
    with pytest.raises(DataError) as error:
        prepared(tmp_path, rows)
    place = f"{tmp_path}/train.tsv"
    assert [str(fault) for fault in error.value.faults] == [
        f"{place}:3: column 'tree': every ] should close a bracket. Found one that closes none after 'please', word 6.",
        f"{place}:4: column 'tree': should have the words of the text, in their order. "
        "Found 'at', word 3, where there is 'up'.",
        f"{place}:5: column 'tree': a bracket should hold at least one word. Found none in '[IN:GREET'.",
    ]


def test_labels_that_training_never_had_are_counted(tmp_path: Path) -> None:
    data = prepared(tmp_path, {"train": [f"{TEXT}\t{TREE}"], "dev": [f"{TEXT}\t{DEEP}"]})
    assert data.splits["said", "dev"].unseen_labels() == {"parse": {"[IN:CLOCK": 1}}
    assert data.splits["said", "dev"].gold("parse") == [read(DEEP)]
