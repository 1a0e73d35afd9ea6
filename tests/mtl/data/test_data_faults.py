"""Faults of all sources and splits in one error: the first row of each kind, and how many others there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, RecipeError
from mtl.data.fault_kinds import KINDS

from .conftest import ROWS, Made

GOOD: dict[str, Any] = {"text": "play it", "intent": "music", "slots": "O O"}
SHORT = "column 'slots': should be {} tags, one per token. Found {}."


def faults(made: Made, rows: Any, tmp_path: Path, **options: Any) -> list[str]:
    with pytest.raises(DataError) as caught:
        made(rows, **options)
    return [line.removeprefix(f"{tmp_path}/data/") for line in str(caught.value).splitlines()]


def test_sources_and_splits_are_read_to_the_end(made: Made, tmp_path: Path) -> None:
    bad = {**GOOD, "slots": "O"}
    rows = {
        "talk/train": [GOOD, bad, {**GOOD, "text": None}, {**bad, "text": "a b c"}, bad],
        "talk/test": [{**GOOD, "intent": ["a"]}, bad],
        "words/train": [{"form": ["a"], "upos": ["X", "Y"]}, *ROWS["words/train"]],
    }
    assert faults(made, rows, tmp_path) == [
        f"talk/train:2: {SHORT.format(2, 1)} 2 other rows have such a fault.",
        "talk/train:3: column 'text': should be a text or a list of tokens. Found nothing.",
        "talk/test:1: column 'intent': should be one label. Found list: [\"a\"].",
        f"talk/test:2: {SHORT.format(2, 1)}",
        "words/train:1: column 'upos': should be 1 tag, one per token. Found 2.",
    ]


def test_all_that_is_wrong_with_a_row(made: Made, tmp_path: Path) -> None:
    row = {"text": None, "intent": ["a"], "slots": "O O O"}  # tags are of a text: nothing is known of them without one
    assert faults(made, {"talk/train": [GOOD, row, {**row, "text": "a b"}]}, tmp_path) == [
        "talk/train:2: column 'text': should be a text or a list of tokens. Found nothing.",
        "talk/train:2: column 'intent': should be one label. Found list: [\"a\"]. 1 other row has such a fault.",
        f"talk/train:3: {SHORT.format(2, 3)}",
    ]


def test_a_column_that_is_not_there_hides_nothing_of_the_others(made: Made, tmp_path: Path) -> None:
    rows = {"talk/train": [{"text": "play it", "slots": "O"}, {"text": 3, "slots": ""}]}
    assert faults(made, rows, tmp_path) == [
        "talk/train: should have a column 'intent': the target of task 'intent'. Found the columns slots, text. "
        "Did you mean 'text'?",
        f"talk/train:1: {SHORT.format(2, 1)}",
    ]
    rows = {"talk/train": [{"txt": "play it", "slots": "O", "intent": ["a"]}]}  # tags of a text that is not there
    assert faults(made, rows, tmp_path) == [
        "talk/train: should have a column 'text': the input 'text' of task 'intent' and the input 'text' of task "
        "'slots'. Found the columns intent, slots, txt. Did you mean 'txt'?",
    ]


def test_a_table_unlike_what_is_said_of_it_is_not_read(made: Made, tmp_path: Path) -> None:
    (tmp_path / "data/talk").mkdir(parents=True)
    (tmp_path / "data/talk/train.tsv").write_text("text;intent;slots\nhey;play;O\n\ta tab\n")
    source = "sources.talk={format: tsv, train: talk/train.tsv, dev: talk/none.tsv}"
    assert faults(made, {}, tmp_path, overrides=[source]) == [
        "talk/train.tsv: should have the columns 'text', 'intent' and 'slots'. Found one column, text;intent;slots. If "
        "';' parts the columns, write 'delimiter: \";\"'.",
        "talk/none.tsv: should be a file. Found nothing there.",
    ]


def test_declared_columns_do_not_hide_that_there_is_no_file(made: Made, tmp_path: Path) -> None:
    source = "sources.words={format: conll, columns: [form, tag], train: none, dev: nothing}"
    found = faults(made, {}, tmp_path, overrides=[source])
    for name in ("none", "nothing"):
        assert found.pop(0) == (
            f"{name}: should have a column 'upos': the target of task 'pos'. Found the columns form, tag."
        )
        assert found.pop(0) == f"{name}: should be a file. Found nothing there."
    assert found == []


def test_answers_are_looked_at_where_nothing_is_wrong_with_their_column(made: Made, tmp_path: Path) -> None:
    rows = {
        "talk/train": [{**GOOD, "intent": ""}, {"text": "play it", "intent": None, "slots": "O"}],
        "words/train": [{"form": "a", "upos": None}],
    }
    assert faults(made, rows, tmp_path) == [
        f"talk/train:2: {SHORT.format(2, 1)}",
        "talk/train: column 'intent': should have a label in at least one row. There is none.",
        "words/train: column 'upos': should have a label in at least one row. There is none.",
    ]


def test_what_training_rows_say_of_the_recipe_comes_with_malformed_rows(made: Made, tmp_path: Path) -> None:
    share = "share={decoders: [slots.decoder, pos.decoder], words: [slots.embedding, pos.embedding]}"
    rows = {"talk/test": [{**GOOD, "intent": ["a"]}]}
    with pytest.raises(RecipeError) as caught:
        made(rows, overrides=[share, "tasks.slots.model={representation: bilstm, embedding: word}"])
    slots = "'B-song', 'B-time', 'B-word', 'I-song', 'I-time' and 1 more in 'slots' alone"
    assert str(caught.value).splitlines() == [
        f"--set {share}: share.decoders: tasks with one decoder should have the same labels in training. Found {slots} "
        "and 'AUX', 'NOUN', 'VERB' in 'pos' alone.",
        f"{tmp_path}/data/talk/test:1: column 'intent': should be one label. Found list: [\"a\"].",
        "1 error in options given with <recipe>, and 1 in its data",
    ]


def test_one_other_row(made: Made, tmp_path: Path) -> None:
    bad = {**GOOD, "slots": "O"}
    found = faults(made, {"talk/train": [GOOD, bad, bad]}, tmp_path)
    assert found == [f"talk/train:2: {SHORT.format(2, 1)} 1 other row has such a fault."]


def test_missing_columns_and_files_beside_malformed_rows(made: Made, tmp_path: Path) -> None:
    rows = {"talk/train": [{"txt": "a"}], "words/train": [{"form": "a", "upos": "X Y"}]}
    found = faults(made, rows, tmp_path, overrides=["sources.talk.test=none", "tasks.slots.target=intent"])
    assert found == [
        "talk/train: should have a column 'text': the input 'text' of task 'intent' and the input 'text' of task "
        "'slots'. Found the columns txt. Did you mean 'txt'?",
        "talk/train: should have a column 'intent': the target of task 'intent' and the target of task 'slots'. Found "
        "the columns txt.",
        "none: should be a file. Found nothing there.",
        "words/train:1: column 'upos': should be 1 tag, one per token. Found 2.",
    ]


def test_tags_of_another_scheme_beside_malformed_rows(made: Made, tmp_path: Path) -> None:
    rows = {"talk/test": [{**GOOD, "intent": ["a"]}]}
    first, second = faults(made, rows, tmp_path, overrides=["tasks.slots.scheme=bioes"])
    assert first.startswith(
        "talk/train:1: column 'slots': a span should end with E- or S-: the scheme is bioes. Found "
    )
    assert second == "talk/test:1: column 'intent': should be one label. Found list: [\"a\"]."


def test_kinds_are_bounded(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl.data.fault_kinds.KINDS", 1)
    found = faults(made, {"talk/train": [{**GOOD, "slots": "O"}, {**GOOD, "text": None}]}, tmp_path)
    assert found == [f"talk/train:1: {SHORT.format(2, 1)}"]
    assert KINDS == 10


def test_rows_that_are_left_out_on_request_are_no_faults(made: Made, tmp_path: Path) -> None:
    rows = {"talk/train": [GOOD, {**GOOD, "slots": "O"}], "words/train": [{"form": "a", "upos": "X Y"}]}
    found = faults(made, rows, tmp_path, overrides=["sources.talk.on_bad_row=skip"])
    assert found == ["words/train:1: column 'upos': should be 1 tag, one per token. Found 2."]
