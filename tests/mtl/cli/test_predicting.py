from __future__ import annotations

import bz2
import gzip
import json
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.cli.input_rows import fault_if_header, parsed_rows
from mtl.cli.predicting import AS_TEXT, PredictRequest, asked_rows, load, predict_command
from tests.commands import mtl, start, within


def test_an_option_says_what_the_lines_are() -> None:
    lines = ['{"text": "a"}', "{b", "c"]
    assert [row["text"] for row in parsed_rows(iter(lines), ("text",), "in", format="text")] == lines
    assert list(parsed_rows(iter(lines[:1]), ("text",), "in", format="json")) == [{"text": "a"}]
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(["c"]), ("text",), "in", format="json", hint=AS_TEXT))
    assert str(error.value) == "in:1: should be a JSON object, as --format json says. Found 'c'."


OPTIONS: list[tuple[dict[str, Any], str]] = [
    (
        {"format": "jsn"},
        "--format should be one of text, json, tsv, csv, jsonl, conll, conllu. Found 'jsn'. Did you mean 'json'?",
    ),
    ({"top": 2, "every_score": True}, "--top should come without --all. Found both."),
    ({"columns": ["a"]}, "--columns should come with --format tsv, csv, jsonl, conll or conllu. Found no --format."),
    (
        {"column": ["a"], "format": "text"},
        "--column should come with --format tsv, csv, jsonl, conll or conllu. Found --format text.",
    ),
    (
        {"columns": ["a"], "format": "jsonl"},
        "--columns should come with a format that does not name them itself. Found --format jsonl.",
    ),
    (
        {"columns": ["word", "word"], "format": "conll"},
        "--columns should name each column once. Found 'word' more than once.",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), OPTIONS)
def test_options_that_cannot_be(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as wrong:
        predict_command(Path("run"), PredictRequest(**options))
    assert str(wrong.value) == sentence


def test_the_header_of_a_table_is_no_text() -> None:
    for format, line in (("tsv", "id\ttext"), ("csv", "id,text")):
        with pytest.raises(DataError) as error:
            list(parsed_rows(iter([line, "1\tplay"]), ("q",), "in", columns={"q": "text"}))
        assert str(error.value) == (
            f"in:1: should be a text. Found the names of the columns id, text. With --format {format} the rows of such "
            "a table are answered; with --format text every line is text."
        )
        assert list(parsed_rows(iter([line]), ("text",), "in", format="text")) == [{"text": line}]
    for line in ("text", "a\ttextual", "well,text,me later", "well, text, me", "7,text", "text,"):
        assert list(parsed_rows(iter([line]), ("text",), "in", columns={"text": "text"})) == [{"text": line}]


def test_a_header_names_every_input() -> None:
    pair = {"query": "q", "document": "body"}
    fault_if_header("query,id", pair, "in")
    with pytest.raises(DataError) as error:
        fault_if_header("query,body", pair, "in")
    assert str(error.value) == (
        "in:1: should be a text. Found the names of the columns query, body. With --format csv the rows of such a "
        "table are answered; with --format text every line is text."
    )


class Sentences:
    """A model of a task whose input `text` had the column `sentence` in training."""

    tasks = ("intent",)

    def inputs(self, task: str) -> tuple[str, ...]:
        return ("text",)

    def columns(self, task: str) -> dict[str, str]:
        return {"text": "sentence"}

    def reads_lists(self, task: str) -> bool:
        return False

    def values(self, task: str) -> dict[str, str]:
        return {}

    def predict(self, task: str, texts: Any, *, batch_size: int = 64) -> list[dict[str, Any]]:
        return [{} for _ in texts["text"]]


TABLE_LINES: dict[str, list[str]] = {
    "tsv": ["text\tid", "a\t1"],
    "csv": ["text,id", "a,1"],
    "jsonl": ['{"text": "a", "id": "1"}'],
    "conll": ["a 1"],
}


@pytest.mark.parametrize("format", TABLE_LINES)
def test_a_column_that_an_option_names_is_never_replaced(format: str) -> None:
    columns = ["text", "id"] if format == "conll" else None

    def texts(*column: str) -> list[Any]:
        asked = PredictRequest(format=format, column=column, columns=columns)
        rows = asked_rows(asked, Sentences(), "intent", iter(TABLE_LINES[format]), "in")
        return [row.texts for row in rows]

    assert texts() == [{"text": "a"}]
    assert texts("text=id") == [{"text": "1"}]
    with pytest.raises(DataError) as error:
        texts("text=uterance")
    assert str(error.value) == (
        "in:1: should have a column 'uterance', for the input 'text'. Found id, text. Name it: --column text=COLUMN."
        f"{' If the first line is a row, name the columns: --columns A,B,…' if format in ('tsv', 'csv') else ''}"
    )


@pytest.mark.parametrize(("format", "delimiter"), [("tsv", "\t"), ("csv", ",")])
@pytest.mark.parametrize("more", [[], ["d2", "stop"]])
def test_a_table_whose_columns_nothing_names(format: str, delimiter: str, more: list[str]) -> None:
    lines = [delimiter.join(row) for row in (["d1", "play music"], more) if row]
    with pytest.raises(DataError) as error:
        list(asked_rows(PredictRequest(format=format), Sentences(), "intent", iter(lines), "in"))
    assert str(error.value) == (
        "in:1: should have a column 'sentence', for the input 'text'. Found d1, play music. Name it: --column "
        "text=COLUMN. If the first line is a row, name the columns: --columns A,B,…"
    )
    named = PredictRequest(format=format, columns=["id", "text"])
    found = [row.texts["text"] for row in asked_rows(named, Sentences(), "intent", iter(lines), "in")]
    assert found == ["play music", "stop"][: len(lines)]


def test_objects_may_differ_in_their_keys() -> None:
    lines = ['{"text": "a"}', '{"sentence": "b", "text": "c"}']
    rows = asked_rows(PredictRequest(format="jsonl"), Sentences(), "intent", iter(lines), "in")
    assert [row.texts["text"] for row in rows] == ["a", "b"]


class Lists:
    """A model of a task that reads lists of texts."""

    tasks = ("talk",)

    def inputs(self, task: str) -> tuple[str, ...]:
        return ("turns",)

    def columns(self, task: str) -> dict[str, str]:
        return {"turns": "turns"}

    def reads_lists(self, task: str) -> bool:
        return True

    def values(self, task: str) -> dict[str, str]:
        return {}

    def predict(self, task: str, texts: Any, *, batch_size: int = 64) -> list[dict[str, Any]]:
        return [{} for _ in texts["turns"]]


def test_lists_of_texts_come_from_json_lines() -> None:
    rows = asked_rows(PredictRequest(format="jsonl"), Lists(), "talk", iter(['{"turns": ["a", "b"], "id": 1}']), "in")
    assert list(rows) == [({"turns": ["a", "b"]}, {"turns": ["a", "b"], "id": 1})]
    with pytest.raises(UsageError) as error:
        list(asked_rows(PredictRequest(format="tsv"), Lists(), "talk", iter(["turns"]), "in"))
    assert str(error.value) == "--format should be json or jsonl, as 'talk' reads lists of texts. Found tsv."


def test_rows_of_a_table_come_with_their_answers(small_run: Path, tmp_path: Path) -> None:
    table = b"id\ttext\tlabel\n7\tplay yesterday\tx\n8\twake me at noon\ty\n"
    plain = within("predict", small_run, "--task", "intent", stdin=b"play yesterday\nwake me at noon\n")
    answers = [json.loads(line) for line in plain.stdout.splitlines()]
    rows = [{"id": "7", "text": "play yesterday", "label": "x"}, {"id": "8", "text": "wake me at noon", "label": "y"}]
    expected = [{"row": row, **answer} for row, answer in zip(rows, answers, strict=True)]
    out = tmp_path / "answers.jsonl"
    result = within("predict", small_run, "--task", "intent", "--format", "tsv", "--out", out, stdin=table)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{out}: 2 rows answered\n", "")
    assert [json.loads(line) for line in out.read_text("utf-8").splitlines()] == expected
    words = b"play VB\nyesterday RB\n\nwake VB\nme PRP\nat IN\nnoon NN\n"
    options = ("--format", "conll", "--columns", "word,pos", "--column", "word", "--top", "1")
    result = within("predict", small_run, "--task", "intent", *options, stdin=words)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["label"] for answer in found] == [answer["label"] for answer in answers]
    assert [list(answer["scores"]) for answer in found] == [[answer["label"]] for answer in answers]
    assert found[0]["row"] == {"word": ["play", "yesterday"], "pos": ["VB", "RB"]}


def test_a_file_of_answers_is_not_begun_where_a_row_is_malformed(small_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers"
    table = b"text\tid\nplay\t1\nplay\n"
    result = within("predict", small_run, "--task", "intent", "--format", "tsv", "--out", out, stdin=table)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "standard input:3: should have 2 columns (text, id). Found 1.\n"
        f"standard input: no row is answered: '{out}' is written whole or not at all.\n"
    )
    assert not list(tmp_path.iterdir())


def test_answers_into_no_regular_file(small_run: Path, tmp_path: Path) -> None:
    result = within("predict", small_run, "--task", "intent", "--out", tmp_path, stdin=b"play\n")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"--out '{tmp_path}' should be a file. Found a folder.\n"
    result = within("predict", small_run, "--task", "intent", "--out", "/dev/null", stdin=b"play\n")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    sentence = f"{tmp_path}: should be the folder of a run, an ensemble or an export. Found an empty folder."
    with pytest.raises(UsageError) as error:
        load(tmp_path)
    assert str(error.value) == sentence
    with pytest.raises(UsageError, match=r"Found nothing there\.$"):
        load(tmp_path / "none")


PACKED_OTHERWISE = "--input '-' should be lines of text, or JSON lines. Found bzip2. Unpack it first (bunzip2).\n"


def test_standard_input_that_is_packed(small_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes(bz2.compress(b"play"))
    command = [sys.executable, "-m", "mtl", "predict", str(small_run / "export"), "--task", "intent"]
    with path.open("rb") as stream:
        result = subprocess.run(command, stdin=stream, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", PACKED_OTHERWISE)


def test_a_pipe_that_is_packed(small_run: Path) -> None:
    for run, folder, task in ((mtl, small_run / "export", "intent"), (within, small_run, "slots")):
        result = run("predict", folder, "--task", task, stdin=bz2.compress(b"play"))
        assert (result.returncode, result.stdout, result.stderr) == (2, "", PACKED_OTHERWISE)


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("text", b"wake me at noon\nput on blackbird\n"),
        ("json", b'{"text": "wake me at noon"}\n{"text": "put on blackbird"}\n'),
        ("tsv", b"id\ttext\n1\twake me at noon\n2\tput on blackbird\n"),
        ("csv", b'id,text\n1,"wake me\nat noon"\n2,put on blackbird\n'),
        ("jsonl", b'{"text": "wake me at noon", "id": 1}\n{"text": ["put", "on", "blackbird"]}\n'),
    ],
)
def test_what_gzip_has_packed_is_answered_as_what_is_inside(
    format: str, content: bytes, small_run: Path, tmp_path: Path
) -> None:
    (tmp_path / "texts").write_bytes(content)
    (tmp_path / "texts.gz").write_bytes(gzip.compress(content))
    asked = ("predict", small_run / "export", "--task", "slots", "--format", format, "--input")
    plain, packed = (within(*asked, tmp_path / name) for name in ("texts", "texts.gz"))
    piped = within(*asked, "-", stdin=gzip.compress(content))
    assert (plain.returncode, plain.stderr, len(plain.stdout.splitlines())) == (0, "", 2)
    for other in (packed, piped):
        assert (other.returncode, other.stderr, other.stdout) == (0, "", plain.stdout)


def test_rows_before_the_damage_of_a_packed_file_are_answered(small_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.gz"
    file.write_bytes(gzip.compress(b"wake me at noon\n") + gzip.compress(b"play\n")[:12])
    result = within("predict", small_run / "export", "--task", "intent", "--input", file)
    assert (result.returncode, len(result.stdout.splitlines())) == (2, 1)
    assert result.stderr == (
        f"--input '{file}' should be a gzip file that can be unpacked to its end. Found: Compressed file ended before "
        f"the end-of-stream marker was reached.\n{file}: 1 row before it is answered, and none after it.\n"
    )


def test_a_run_and_its_export_answer_alike_row_by_row(small_run: Path, tmp_path: Path) -> None:
    texts = ["play hey jude now", "", " \t", "wake me at noon", "caf\u00e9 \U0001f600", "put on blackbird"]
    file = tmp_path / "texts.txt"
    file.write_bytes("\r\n".join(texts).encode() + b"\n")
    answers = {}
    for folder in (small_run, small_run / "export"):
        for task in ("intent", "slots"):
            result = within("predict", folder, "--task", task, "--input", file, "--batch-size", "2")
            assert (result.returncode, result.stderr) == (0, "")
            answers[folder, task] = [json.loads(line) for line in result.stdout.splitlines()]
            assert len(answers[folder, task]) == len(texts)
    assert [a["tokens"] for a in answers[small_run, "slots"]][:3] == [["play", "hey", "jude", "now"], [], []]
    for task, same in (("intent", "label"), ("slots", "tags")):
        eager, exported = answers[small_run, task], answers[small_run / "export", task]
        assert [a[same] for a in eager] == [a[same] for a in exported]
        assert [list(a) for a in eager] == [list(a) for a in exported]


def test_standard_input_as_json_lines(small_run: Path) -> None:
    result = mtl("predict", small_run / "export", "--task", "intent", stdin=b'{"text": "play yesterday"}\n')
    assert result.returncode == 0
    answer = json.loads(result.stdout)
    assert list(answer) == ["label", "score", "scores"]
    assert answer["label"] == "play"


def test_rows_before_a_malformed_one_are_answered(small_run: Path) -> None:
    rows = b'{"text": "play yesterday"}\n{"text": "wake me at noon"}\nplay\n{"text": "play blackbird"}\n'
    result = mtl("predict", small_run / "export", "--task", "intent", stdin=rows)
    assert [json.loads(line)["label"] for line in result.stdout.splitlines()] == ["play", "wake"]
    assert result.returncode == 2
    assert result.stderr == (
        "standard input:3: should be a JSON object, as the first line is. Found 'play'.\n"
        "standard input: 2 rows before it are answered, and none after it.\n"
    )


def test_lines_that_are_not_utf_8_are_answered_counted_and_named(small_run: Path) -> None:
    for folder in (small_run, small_run / "export"):
        lines = b"play yesterday\nwake me at \xe9\nplay\n\xff\n"
        result = within("predict", folder, "--task", "slots", stdin=lines)
        assert result.returncode == 0
        assert [json.loads(line)["tokens"] for line in result.stdout.splitlines()] == [
            ["play", "yesterday"],
            ["wake", "me", "at", "\ufffd"],
            ["play"],
            ["\ufffd"],
        ]
        assert result.stderr == (
            "warning: standard input: 2 lines are not utf-8 text, and read with U+FFFD for what is none "
            "(the first: line 2, column 12, the byte 0xe9). Write it as utf-8.\n"
        )


def test_lines_of_a_file_that_are_not_utf_8_are_counted_under_its_name(small_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_bytes(b"play\nwake me \xff\n")
    result = within("predict", small_run / "export", "--task", "intent", "--input", file)
    assert (result.returncode, len(result.stdout.splitlines())) == (0, 2)
    assert result.stderr == (
        f"warning: {file}: 1 line is not utf-8 text, and read with U+FFFD for what is none "
        "(line 2, column 9, the byte 0xff). Write it as utf-8.\n"
    )


def test_no_input_gives_no_output(small_run: Path) -> None:
    result = mtl("predict", small_run / "export", "--task", "intent")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_reader_that_goes_away_ends_it_silently(small_run: Path, tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_text("play hey jude now\n" * 50_000, "utf-8")
    process = start("predict", small_run / "export", "--task", "intent", "--input", file)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["label"] == "play"
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), errors) == (141, b"")


def test_a_line_of_a_pipe_is_answered_before_the_next_is_written(small_run: Path) -> None:
    command = [sys.executable, "-m", "mtl", "predict", str(small_run / "export"), "--task", "intent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text, label in ((b"play yesterday\n", "play"), (b"wake me at noon\n", "wake")):
            process.stdin.write(text)
            assert select.select([process.stdout], [], [], 60)[0], "the line was not answered"
            assert json.loads(process.stdout.readline())["label"] == label
        process.stdin.close()
        assert (process.wait(60), process.stdout.read()) == (0, b"")


def test_without_standard_input_a_file_is_asked_for(small_run: Path) -> None:
    command = [sys.executable, "-m", "mtl", "predict", str(small_run / "export"), "--task", "intent"]
    done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", *command], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "--input should name a file where there is no standard input. It names none.\n",
    )
