from __future__ import annotations

import gzip
import itertools
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.cli.predicting import (
    AS_TEXT,
    StreamLines,
    batched,
    chosen_task,
    fault_if_packed,
    load,
    opened,
    parsed_rows,
    predict_command,
)
from tests.commands import mtl, start, within


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["a", "", "{b"], ["a", "", "{b"]),
        (["a", '{"txt": "b"}', "[1]"], ["a", '{"txt": "b"}', "[1]"]),
        ([' {"text": "a"}', '{"text": "b"}'], ["a", "b"]),
        (['{"text": "a", "intent": 3}', '{"text": ""}'], ["a", ""]),
        (['{"text": "a"}', "", '{"text": "b"}', " ", ""], ["a", "b"]),
        ([], []),
    ],
)
def test_rows(lines: list[str], rows: list[str]) -> None:
    assert [row["text"] for row in parsed_rows(iter(lines), ("text",), "in.txt")] == rows


def test_an_option_says_what_the_lines_are() -> None:
    lines = ['{"text": "a"}', "{b", "c"]
    assert [row["text"] for row in parsed_rows(iter(lines), ("text",), "in", format="text")] == lines
    assert list(parsed_rows(iter(lines[:1]), ("text",), "in", format="json")) == [{"text": "a"}]
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(["c"]), ("text",), "in", format="json", hint=AS_TEXT))
    assert str(error.value) == "in:1: should be a JSON object, as --format json says. Found 'c'."
    with pytest.raises(UsageError) as wrong:
        predict_command(Path("run"), task=None, input="-", batch_size=1, format="jsn")
    assert str(wrong.value) == "--format should be text or json. Found 'jsn'. Did you mean 'json'?"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            ["{broken", '{"text": "b"}'],
            "in:1: should be a JSON object, as it begins with {. Found '{broken'. With --format text every line is "
            "text.",
        ),
        (
            ["plain", '{"text": "x"}'],
            "in:2: should be a text, as the first line is. Found a JSON object with the key 'text'. With --format text "
            "every line is text.",
        ),
    ],
)
def test_texts_and_json_are_not_mixed(lines: list[str], sentence: str) -> None:
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(lines), ("text",), "in", hint=AS_TEXT))
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("lines", "inputs", "sentence"),
    [
        (
            ['{"text": "a"}', "b"],
            ("text",),
            "in:2: should be a JSON object, as the first line is. Found 'b'.",
        ),
        (
            ['{"text": "a"}', "[" * 99_999],
            ("text",),
            f"in:2: should be a JSON object, as the first line is. Found '{'[' * 57}...'.",
        ),
        (['{"txt": "a"}'], ("text",), "in:1: should hold a text under 'text'. Found the keys txt."),
        (['{"text": 3}'], ("text",), "in:1: should hold a text under 'text'. Found '3'."),
        (
            ['{"text": "a"}', '{"text": "ab\\ud800"}'],
            ("text",),
            "in:2: should hold whole characters under 'text'. Found half of a surrogate pair, which is no character: "
            "U+D800, character 3 of 3.",
        ),
        (['{"text": null}'], ("text",), "in:1: should hold a text under 'text'. Found 'null'."),
        (
            ["a"],
            ("query", "answer"),
            "in:1: should be JSON lines, as the task has several inputs (query, answer). Found plain text.",
        ),
    ],
)
def test_malformed_rows(lines: list[str], inputs: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(DataError) as error:
        list(parsed_rows(iter(lines), inputs, "in"))
    assert str(error.value) == sentence


def test_an_endless_input_is_answered_as_it_comes() -> None:
    def endless() -> Iterator[str]:
        for number in itertools.count():
            assert number < 200, "more was read than is held at a time"
            yield f"line {number}"

    batches = batched(parsed_rows(endless(), ("text",), "-"), 64)
    assert [len(batch) for batch in itertools.islice(batches, 3)] == [64, 64, 64]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_rows_before_a_malformed_one_are_held_back_by_nothing(size: int) -> None:
    lines = ['{"text": "a"}', '{"text": "b"}', '{"text": "c"}', '{"text": 4}', '{"text": "d"}']
    answered: list[str] = []
    with pytest.raises(DataError) as error:
        for batch in batched(parsed_rows(iter(lines), ("text",), "in"), size):
            answered += [row["text"] for row in batch]
    assert str(error.value) == "in:4: should hold a text under 'text'. Found '4'."
    assert answered == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("task", "tasks", "sentence"),
    [
        (None, ("intent", "slots"), "--task should name one of the tasks of 'run': intent, slots. Found no --task."),
        (
            "slot",
            ("intent", "slots"),
            "--task 'slot' is not a task of 'run'. Did you mean 'slots'? Tasks: intent, slots.",
        ),
    ],
)
def test_which_task(task: str | None, tasks: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        chosen_task(task, tasks, Path("run"))
    assert str(error.value) == sentence
    assert chosen_task(None, ("only",), Path("run")) == "only"


def test_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    sentence = (
        f"'{tmp_path}' should be a run folder (it holds recipe.yaml) or the export/ folder of one (it holds "
        "manifest.json). Found neither in it."
    )
    with pytest.raises(UsageError) as error:
        load(tmp_path)
    assert str(error.value) == sentence
    with pytest.raises(UsageError, match=r"Found no such folder\.$"):
        load(tmp_path / "none")


def test_an_input_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error, opened(str(tmp_path / "none.txt")):
        pass
    assert str(error.value) == (
        f"--input '{tmp_path / 'none.txt'}' should be a file that can be read. Found: No such file or directory."
    )


@pytest.mark.parametrize(
    ("begin", "found"),
    [
        (gzip.compress(b"play", mtime=0), "gzip. Unpack it first (gunzip)."),
        (
            b"PK\x03\x04 and more",
            "a zip archive. Unpack it first; of a workbook (.xlsx) save the sheet as lines of text.",
        ),
        (b"PAR1\x15\x04", "Parquet. Write its rows as lines of text."),
    ],
)
def test_an_input_that_is_packed(tmp_path: Path, begin: bytes, found: str) -> None:
    path = tmp_path / "texts"
    path.write_bytes(begin)
    with pytest.raises(UsageError) as error, opened(str(path), "--queries"):
        pass
    assert str(error.value) == f"--queries '{path}' should be lines of text, or JSON lines. Found {found}"


def test_standard_input_that_is_packed(small_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes(gzip.compress(b"play", mtime=0))
    command = [sys.executable, "-m", "mtl", "predict", str(small_run / "export"), "--task", "intent"]
    with path.open("rb") as stream:
        result = subprocess.run(command, stdin=stream, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "--input '-' should be lines of text, or JSON lines. Found gzip. Unpack it first (gunzip).\n"
    )


def test_a_pipe_that_is_packed(small_run: Path) -> None:
    for run, folder, task in ((mtl, small_run / "export", "intent"), (within, small_run, "slots")):
        result = run("predict", folder, "--task", task, stdin=gzip.compress(b"play", mtime=0))
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr == (
            "--input '-' should be lines of text, or JSON lines. Found gzip. Unpack it first (gunzip).\n"
        )


def test_a_pipe_that_gives_its_first_bytes_one_by_one() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--queries '-'")
        for byte in b"PAR1":
            pipe.write(bytes([byte]))
            assert lines.waiting()
        pipe.write(b"\x15\x04")
        with pytest.raises(UsageError) as error:
            next(lines)
    assert str(error.value) == (
        "--queries '-' should be lines of text, or JSON lines. Found Parquet. Write its rows as lines of text."
    )


def test_what_was_read_of_a_file_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "texts"
    path.write_bytes(gzip.compress(b"play", mtime=0) + b"\none\n")
    with path.open("rb") as stream:
        os.lseek(stream.fileno(), -4, os.SEEK_END)
        fault_if_packed(stream, "--input '-'")
        assert stream.read() == b"one\n"


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
    assert result.stderr == "standard input:3: should be a JSON object, as the first line is. Found 'play'.\n"


def test_rows_before_one_that_is_not_utf_8_are_answered(small_run: Path) -> None:
    result = mtl("predict", small_run / "export", "--task", "intent", stdin=b"play yesterday\nwake \xe9\nplay\n")
    assert [json.loads(line)["label"] for line in result.stdout.splitlines()] == ["play"]
    assert result.returncode == 2
    assert result.stderr == (
        "standard input:2: column 6: should be utf-8 text. Found the byte 0xe9. Write it as utf-8.\n"
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


def test_lines_of_a_pipe_are_taken_as_they_come() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        lines = StreamLines(stream, "--input '-'")
        assert lines.waiting()
        pipe.write(b"one\ntwo\nthr")
        assert [next(lines), lines.waiting(), next(lines), lines.waiting()] == [b"one\n", False, b"two\n", True]
        pipe.write(b"ee\r\n\nlast")
        assert [next(lines), next(lines), lines.waiting()] == [b"three\r\n", b"\n", True]
        pipe.close()
        assert [lines.waiting(), *lines, lines.waiting()] == [False, b"last", False]


@pytest.mark.parametrize("text", [b"", b"\n", b"a", b"a\n", b"a\n\nb" * 200_000])
def test_lines_of_a_file_are_those_of_python(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "texts").write_bytes(text)
    with (tmp_path / "texts").open("rb") as stream:
        lines = StreamLines(stream, "--input '-'")
        assert not lines.waiting()
        assert list(lines) == text.splitlines(keepends=True)


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
        "--input should name a file where there is no standard input. Found none.\n",
    )
