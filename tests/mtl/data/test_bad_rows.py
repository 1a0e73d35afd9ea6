"""Sources that do not fit the tasks on them: one whole message each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, MtlError, UsageError
from mtl.data.prepare import prepare
from mtl.data.targets import Example, OneLabel, Tags, Target
from mtl.sources.opening import open_sources

from .conftest import RECIPE, ROWS, Made, Write, graph_of

GOOD = {"text": "play it", "intent": "music", "slots": "O O"}
LINE = "DATA/talk/train:2: "

BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "too few tags": (
        {**GOOD, "slots": "O"},
        "column 'slots': should be 2 tags, one per token. Found 1.",
    ),
    "too many tags": (
        {**GOOD, "slots": ["O", "O", "O"]},
        "column 'slots': should be 2 tags, one per token. Found 3.",
    ),
    "a tag for no token": (
        {**GOOD, "text": " ", "slots": "O"},
        "column 'slots': should be 0 tags, one per token. Found 1.",
    ),
    "a span outside": (
        {**GOOD, "slots": [{"start": 5, "end": 9, "label": "x"}]},
        "column 'slots': a span should lie within 0–7. Found 5–9 (x).",
    ),
    "tags that are none": (
        {**GOOD, "slots": {"start": 5}},
        "column 'slots': should be a list of tags or of spans. Found dict.",
    ),
    "no text": ({**GOOD, "text": None}, "column 'text': should be a text or a list of tokens. Found nothing."),
    "text left out": ({"intent": "x"}, "column 'text': should be a text or a list of tokens. Found nothing."),
    "text of another kind": (
        {**GOOD, "text": {"a": 1}},
        "column 'text': should be a text or a list of tokens. Found dict: {\"a\": 1}.",
    ),
    "list of other things": (
        {**GOOD, "text": ["play", None]},
        "column 'text': should be a text or a list of tokens. Found list: [\"play\", null].",
    ),
    "a token of white space": (
        {**GOOD, "text": ["play", "\u00a0"]},
        "column 'text': a token should have at least one character that is no white space. Found '\\xa0'.",
    ),
    "an empty token": (
        {**GOOD, "text": ["play", ""]},
        "column 'text': a token should have at least one character that is no white space. Found ''.",
    ),
    "several labels": (
        {**GOOD, "intent": ["a", "b"]},
        'column \'intent\': should be one label. Found list: ["a", "b"].',
    ),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_does_not_fit(case: str, made: Made, tmp_path: Path) -> None:
    row, message = BAD_ROWS[case]
    with pytest.raises(DataError) as caught:
        made({"talk/train": [GOOD, row, GOOD]})
    assert str(caught.value) == (LINE + message).replace("DATA", str(tmp_path / "data"))


def test_rows_that_do_not_fit_are_left_out_and_listed_on_request(made: Made, tmp_path: Path) -> None:
    rows = [GOOD, *(row for row, _ in BAD_ROWS.values()), {**GOOD, "intent": "last"}]
    overrides = ["sources.talk.on_bad_row=skip"]
    prepared = made({"talk/train": rows}, overrides=overrides)
    split = prepared.splits["talk", "train"]
    assert split.gold("intent") == ["music", "last"]
    expected = [
        f"{tmp_path}/data/talk/train:{line}: {message}" for line, (_, message) in enumerate(BAD_ROWS.values(), start=2)
    ]
    assert [str(fault) for fault in prepared.skipped] == expected
    assert prepared.report()["splits"]["talk/train"]["skipped"] == len(BAD_ROWS)
    again = made({"talk/train": rows}, overrides=overrides)  # from the cache
    assert again.skipped == prepared.skipped
    (tmp_path / "data").rename(tmp_path / "moved")
    graph = graph_of(tmp_path / "moved", overrides=overrides)
    moved = prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert [str(fault) for fault in moved.skipped] == [line.replace("/data/", "/moved/", 1) for line in expected]


def test_all_rows_left_out(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        made({"talk/train": [{**GOOD, "slots": ["O"]}] * 2}, overrides=["sources.talk.on_bad_row=skip"])
    first = "column 'slots': should be 2 tags, one per token. Found 1."
    message = "No row is left: 'on_bad_row: skip' leaves out all 2, as they are malformed."
    assert str(caught.value) == f"{tmp_path}/data/talk/train:1: {first} {message}"


def test_all_missing_columns_are_told_at_once(made: Made, tmp_path: Path) -> None:
    rows = [{"txt": "play", "label": "x", "slots": "O"}]
    with pytest.raises(DataError) as caught:
        made({"talk/train": rows, "words/train": [{"form": "a"}]})
    talk, words = tmp_path / "data" / "talk" / "train", tmp_path / "data" / "words" / "train"
    assert str(caught.value).splitlines() == [
        f"{talk}: should have a column 'text': the input 'text' of task 'intent' and the input 'text' of task "
        "'slots'. Found the columns label, slots, txt. Did you mean 'txt'?",
        f"{talk}: should have a column 'intent': the target of task 'intent'. Found the columns label, slots, txt.",
        f"{words}: should have a column 'upos': the target of task 'pos'. Found the columns form.",
    ]


def test_no_label_at_all(made: Made, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        made({"talk/train": [{**GOOD, "intent": None}]})
    message = "column 'intent': should have a label in at least one row. There is none."
    assert str(caught.value) == f"{tmp_path}/data/talk/train: {message}"


def test_no_train_split(made: Made) -> None:
    with pytest.raises(DataError) as caught:
        made(overrides=["sources.talk.train=null"])
    assert str(caught.value) == "the source 'talk' should have a train split. Found the splits test."


def test_a_source_that_is_not_there(tmp_path: Path, write: Write) -> None:
    write(ROWS)
    graph = graph_of(tmp_path / "data")
    sources = open_sources(graph.recipe)
    sources["talks"] = sources.pop("talk")
    with pytest.raises(DataError) as caught:
        prepare(graph, sources, tmp_path / "cache")
    message = "there should be a source 'talk'. Found the sources talks, words. Did you mean 'talks'?"
    assert str(caught.value) == message


def test_given_rows_for_no_source(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        open_sources(graph_of(tmp_path).recipe, {"word": {"train": []}})
    assert str(caught.value) == (
        "given sources should be among those of the recipe (talk, words). Found 'word'. Did you mean 'words'?"
    )


def test_tags_of_another_number_in_aligned_files_name_the_file_of_the_tags(tmp_path: Path) -> None:
    import json

    folder = tmp_path / "train"
    folder.mkdir()
    for name, content in {"seq.in": "a b\nc\n", "seq.out": "O O\nO O\n", "label": "x\ny\n"}.items():
        (folder / name).write_text(content)
    recipe: dict[str, Any] = json.loads(json.dumps(RECIPE))
    columns = {"text": "seq.in", "slots": "seq.out", "intent": "label"}
    recipe["sources"]["talk"] = {"format": "lines", "columns": columns, "train": "train"}
    del recipe["tasks"]["pos"], recipe["share"]["words"][2], recipe["share"]["encoder"][2], recipe["sources"]["words"]
    graph = graph_of(tmp_path, recipe)
    with pytest.raises(DataError) as caught:
        prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    assert str(caught.value) == f"{folder}/seq.out:2: column 'slots': should be 1 tag, one per token. Found 2."


FOLDERS: dict[str, str] = {
    "a file in its place": "Found: File exists.",
    "a file above it": "Found: Not a directory.",
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_cache_that_cannot_be_written(case: str, tmp_path: Path, write: Write) -> None:
    write(ROWS)
    (tmp_path / "cache").write_text("")
    cache = tmp_path / "cache" if case == "a file in its place" else tmp_path / "cache" / "inside"
    graph = graph_of(tmp_path / "data")
    with pytest.raises(MtlError) as caught:
        prepare(graph, open_sources(graph.recipe), cache)
    message = f"the cache should be a folder that can be written to, with room enough. {FOLDERS[case]}"
    assert str(caught.value) == f"{cache}: {message}"
    assert caught.value.exit_code == 1


def test_a_target_that_answers_with_another_number_of_labels(
    made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def one_tag(self: Tags, value: Any, example: Example) -> list[str]:
        return ["O"]

    monkeypatch.setattr(Tags, "_tags", one_tag)
    rows: Mapping[str, Any] = {"talk/train": [GOOD], "words/train": [{"form": "a", "upos": "X"}]}
    with pytest.raises(DataError) as caught:
        made(rows)
    message = "column 'slots': should be one label for each of 2 tokens. Found 1."
    assert str(caught.value).splitlines() == [
        f"{tmp_path}/data/talk/train:1: {message}",
        f"{tmp_path}/data/talk/test:1: {message.replace('2', '3')} 2 other rows have such a fault.",
    ]


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Tags, "the target 'tags' should encode 2 values of a unit. Found 3."),
        (OneLabel, "the target 'class' should encode 1 value of a unit. Found 3."),
    ],
)
def test_a_target_that_encodes_another_number_of_values(
    cls: type[Target], message: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cls, "encode", lambda *_: [0, 0, 0])
    with pytest.raises(UsageError) as caught:
        made({"talk/train": [GOOD], "words/train": [{"form": "a", "upos": "X"}]})
    assert str(caught.value) == message
