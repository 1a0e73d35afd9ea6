from __future__ import annotations

import gzip
import json
import select
import subprocess
import sys
from pathlib import Path

import pytest

from mtl.base.errors import DataError, UsageError
from mtl.cli.input_rows import parsed_rows
from mtl.cli.predicting import AS_TEXT, chosen_task, load, predict_command
from tests.commands import mtl, start, within


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
