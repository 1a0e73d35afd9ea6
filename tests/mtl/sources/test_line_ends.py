r"""Line ends are `\n` and `\r\n`; a carriage return elsewhere is white space, in every format of text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import mtl.sources  # noqa: F401  # registers the formats
from mtl.base.registry import lookup

UD = "{}\t{}\t_\t{}\t_\t_\t_\t_\t_\t_\n"
FORMATS: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {  # lines, keys of the source, their rows
    "tsv": ("text\tlabel\na\rb\tx\n\nc\ty\n", {}, [{"text": "a\rb", "label": "x"}, {"text": "c", "label": "y"}]),
    "csv": ('text,label\na\rb,x\n\n"c\rd",y\n', {}, [{"text": "a\rb", "label": "x"}, {"text": "c\rd", "label": "y"}]),
    "jsonl": ('{"text": "a\\rb"}\n\n{"text":\r"c"}\n', {}, [{"text": "a\rb"}, {"text": "c"}]),
    "conll": (
        "New\rYork\tB-x\n\nc \r O\r \nd O\n \r \ne O\n",
        {"columns": ["word", "tag"]},
        [
            {"word": ["New\rYork"], "tag": ["B-x"]},
            {"word": ["c", "d"], "tag": ["O", "O"]},
            {"word": ["e"], "tag": ["O"]},
        ],
    ),
    "conllu": (
        UD.format(1, "a\rb", "NOUN") + "\n" + UD.format(1, "c", "VERB"),
        {},
        [{"form": ["a\rb"], "upos": ["NOUN"]}, {"form": ["c"], "upos": ["VERB"]}],
    ),
    "plain_text": ("a\rb\n\nc\n", {}, [{"text": "a\rb"}, {"text": "c"}]),
}


def read(format: str, path: Path, **options: Any) -> list[dict[str, Any]]:
    return [dict(row.values) for row in lookup("source", format)(train=path.name, **options).read("train", path.parent)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"], ids=repr)
@pytest.mark.parametrize("format", FORMATS)
def test_rows_are_those_of_every_line_end(format: str, end: str, tmp_path: Path) -> None:
    lines, options, rows = FORMATS[format]
    (tmp_path / "rows").write_bytes(lines.replace("\n", end).encode())
    found = read(format, tmp_path / "rows", **options)
    assert [{name: values[name] for name in rows[0]} for values in found] == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"], ids=repr)
def test_aligned_lines_may_end_in_different_ways(end: str, tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train/text").write_bytes(f"a\rb{end}c{end}".encode())
    (tmp_path / "train/tags").write_bytes(b"O\rO\nO\n")
    found = read("lines", tmp_path / "train", columns={"text": "text", "tags": "tags"})
    assert found == [{"text": "a\rb", "tags": "O\rO"}, {"text": "c", "tags": "O"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=repr)
def test_offsets_of_answers_count_every_character(end: str, tmp_path: Path) -> None:
    answers = [{"text": "b\rc", "answer_start": 3}]
    passage = {"context": "a\r\nb\rc d", "qas": [{"id": "1", "question": "q\r?", "answers": answers}]}
    content = json.dumps({"data": [{"title": "t", "paragraphs": [passage]}]}, indent=1).replace("\n", end)
    (tmp_path / "rows").write_bytes(content.encode())
    (row,) = read("squad", tmp_path / "rows")
    assert (row["context"], row["answers"]) == ("a\r\nb\rc d", [{"text": "b\rc", "start": 3}])


def test_a_quoted_line_end_is_a_line_end(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b'text,label\r\n"a\r\nb\rc",x\r\n')
    assert read("csv", tmp_path / "rows") == [{"text": "a\nb\rc", "label": "x"}]


def test_words_and_characters_of_plain_text(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"a\rb c\r\nd\r\r\n")
    path = tmp_path / "rows"
    assert read("plain_text", path, rows="words", length=9) == [{"text": "a b c d"}]
    assert read("plain_text", path, rows="characters", length=99) == [{"text": "a\rb c\nd\n"}]
    assert read("plain_text", path, rows="documents") == [{"text": "a\rb c\nd"}]
