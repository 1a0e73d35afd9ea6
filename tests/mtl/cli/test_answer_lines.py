from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.cli.answer_lines import Answered, answer_line, written_to

SCORES = {"a": 0.1, "b": 0.3, "c": 0.3, "d": 0.3}


def test_the_highest_scores_come_first() -> None:
    answer = {"label": "b", "score": 0.3, "scores": SCORES}
    found = json.loads(answer_line(answer, 2))
    assert found == {"label": "b", "score": 0.3, "scores": {"b": 0.3, "c": 0.3}}
    assert list(json.loads(answer_line(answer, 9))["scores"]) == ["b", "c", "d", "a"]
    assert list(json.loads(answer_line(answer, None))["scores"]) == ["a", "b", "c", "d"]
    assert answer_line({"label": "é"}, 5, {"label": "x"}) == '{"row": {"label": "x"}, "label": "é"}\n'.encode()


def test_chosen_labels_keep_their_scores() -> None:
    answer = {"labels": ["a", "c"], "scores": {"a": 0.6, "b": 0.1, "c": 0.9, "d": 0.2}}
    for top, labels in ((1, ["c", "a"]), (2, ["c", "a"]), (3, ["c", "a", "d"])):
        found = json.loads(answer_line(answer, top))
        assert (found["labels"], list(found["scores"])) == (["a", "c"], labels)
    assert list(json.loads(answer_line({**answer, "labels": ["b"]}, 1))["scores"]) == ["c", "b"]


def test_the_most_probable_words_come_alone() -> None:
    following = {"log_probability": [-1.0, -2.0], "next": ["a", "b", "c"], "next_probability": [0.5, 0.3, 0.1]}
    assert json.loads(answer_line(following, 2)) == {
        "log_probability": [-1.0, -2.0],
        "next": ["a", "b"],
        "next_probability": [0.5, 0.3],
    }
    masked = {"words": [["a", "b"], ["c", "d"]], "scores": [[0.5, 0.3], [0.9, 0.1]]}
    assert json.loads(answer_line(masked, 1)) == {"words": [["a"], ["c"]], "scores": [[0.5], [0.9]]}
    assert json.loads(answer_line(masked, None)) == masked
    assert json.loads(answer_line({"words": [], "scores": []}, 1)) == {"words": [], "scores": []}


def test_a_file_is_complete_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with written_to(path) as out:
        out.write(b"one\n")
        assert not path.exists()
    assert path.read_bytes() == b"one\n"
    with pytest.raises(ValueError, match="stop"), written_to(path) as out:
        out.write(b"two\n")
        raise ValueError("stop")
    assert path.read_bytes() == b"one\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers"]


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "link"
    link.symlink_to("folder/answers")
    for content in (b"one\n", b"two\n"):  # the file that the link names need not be there
        with written_to(link) as out:
            out.write(content)
        assert link.is_symlink()
        assert (tmp_path / "folder" / "answers").read_bytes() == content
    assert [entry.name for entry in (tmp_path / "folder").iterdir()] == ["answers"]


def test_a_pipe_is_written_through(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    with written_to(pipe) as out:
        out.write(b"one\n")
    reader.join(60)
    assert (read, pipe.is_fifo()) == ([b"one\n"], True)
    with written_to(Path(os.devnull)) as out:
        out.write(b"one\n")
    assert Path(os.devnull).is_char_device()


def test_a_file_that_was_unlinked_is_written_through(tmp_path: Path) -> None:
    with (tmp_path / "gone").open("w+b") as stream:
        (tmp_path / "gone").unlink()
        with written_to(Path(f"/dev/fd/{stream.fileno()}")) as out:
            out.write(b"one\n")
        assert stream.read() == b"one\n"
    assert not list(tmp_path.iterdir())


def test_two_may_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with written_to(path) as first, written_to(path) as second:
        first.write(b"first\n" * 9)
        second.write(b"second\n")
    assert path.read_bytes() == b"first\n" * 9
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mtl.cli.answer_lines import written_to
with written_to(Path(sys.argv[1])) as out:
    out.write(b"some")
    out.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_and_what_another_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)])
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".writing")
    begun = tmp_path / "answers.a1b2c3d4.writing"
    begun.touch()  # somebody may be about to lock it
    with written_to(path) as first:
        first.write(b"first\n")
        first.flush()
        with written_to(path) as second:
            second.write(b"second\n")
        assert not left.exists()
    assert path.read_bytes() == b"first\n"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["answers", begun.name]


def test_what_is_written_for_days_stays(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with written_to(path) as first:
        first.write(b"first\n")
        first.flush()
        (unfinished,) = tmp_path.iterdir()
        os.utime(unfinished, (0, 0))
        with written_to(path) as second:
            second.write(b"second\n")
    assert path.read_bytes() == b"first\n"


def test_what_answers_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("file").touch()
    Path("link").symlink_to(tmp_path / "none" / "answers")
    Path("loop").symlink_to("loop")
    for out, found in {
        "folder": "should be a file. Found a folder.",
        ".": "should be a file. Found a folder.",
        "none/answers": "should be in a folder that exists. Found no 'none'.",
        "link": f"should be in a folder that exists. Found no '{tmp_path / 'none'}'.",
        "file/answers": "should be a file that can be written. Found: Not a directory.",
        "loop": "should be a file that can be written. Found: Too many levels of symbolic links.",
        "a" * 250: "should be a file that can be written. Found: File name too long.",
    }.items():
        with pytest.raises(UsageError) as error, written_to(Path(out)):
            pytest.fail("it should not have begun")
        assert str(error.value) == f"--out '{out}' {found}"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder", "link", "loop"]


def test_now_and_then_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 5.0, 10.0, 19.0, 21.0])
    shares = iter([None, 0.5])
    answered = Answered(lambda: next(shares), lambda: next(times))
    for _ in range(4):
        answered.add(500)
    assert capsys.readouterr().err == (
        "1,000 rows answered, 100 rows/s\n2,000 rows answered, 50% of the input, 95 rows/s\n"
    )
