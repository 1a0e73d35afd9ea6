from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from mtl.base.errors import UsageError
from mtl.serve.vectors import VectorFile

OF = {"documents": "abc", "encoder": "def"}
ROWS = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)


def test_the_file_is_one_that_safetensors_reads(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "deep/v.safetensors", 10, 3, OF)
    assert not file.complete
    for start in range(0, 10, 4):
        assert file.done == start
        file.write(ROWS[start : start + 4], start)
    assert file.complete
    assert file.done == 10
    assert np.array_equal(file.read(), ROWS)
    assert np.array_equal(safetensors.numpy.load_file(file.file)["vectors"], ROWS)
    with safetensors.safe_open(file.file, framework="np") as stored:
        assert stored.metadata() == OF
    assert [entry.name for entry in file.file.parent.iterdir()] == ["v.safetensors"]


def test_what_an_interrupted_writer_left_is_gone_on_with(tmp_path: Path) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:4], 0)
    with (tmp_path / "v.writing").open("ab") as stream:
        stream.write(b"half a row")  # written, but not yet noted as safe
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    assert file.done == 4
    file.write(ROWS[4:], 4)
    assert np.array_equal(VectorFile(tmp_path / "v", 10, 3, OF).read(), ROWS)


@pytest.mark.parametrize("lost", ["v.writing", "v.progress"])
def test_without_either_file_it_begins_anew(tmp_path: Path, lost: str) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:4], 0)
    (tmp_path / lost).unlink()
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    assert file.done == 0
    file.write(ROWS, 0)
    assert np.array_equal(file.read(), ROWS)


def test_vectors_of_other_documents_are_not_gone_on_with(tmp_path: Path) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:4], 0)
    assert VectorFile(tmp_path / "v", 10, 3, {**OF, "documents": "other"}).done == 0


ENCODER = "by another encoder (other weights, another export of them, or a run in place of its export)"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "something else than such vectors"),
        (b"something else", "something else than such vectors"),
        (b"\x07\0\0\0\0\0\0\0[1, 2] ", "something else than such vectors"),
        ({"encoder": "other"}, f"vectors {ENCODER}"),
        ({"documents": "other"}, "vectors of other documents"),
        ({"documents": "other", "encoder": "other"}, f"vectors of other documents, {ENCODER}"),
        ({}, "vectors of another shape, 10 of 4 numbers"),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes | dict[str, str], found: str) -> None:
    if isinstance(content, dict):
        dim = 3 if content else 4
        VectorFile(tmp_path / "v", 10, dim, {**OF, **content}).write(np.zeros((10, dim), np.float32), 0)
    else:
        (tmp_path / "v").write_bytes(content)
    before = (tmp_path / "v").read_bytes()
    with pytest.raises(UsageError) as error:
        VectorFile(tmp_path / "v", 10, 3, OF)
    assert str(error.value) == (
        f"'{tmp_path / 'v'}' should hold the vectors of these documents, by this encoder. Found {found}. "
        "Delete it, or name another file with --vectors."
    )
    assert (tmp_path / "v").read_bytes() == before


def test_a_file_that_was_cut_short_is_told(tmp_path: Path) -> None:
    file = tmp_path / "v"
    VectorFile(file, 10, 3, OF).write(ROWS, 0)
    whole = file.stat().st_size
    with file.open("r+b") as stream:
        stream.truncate(whole - 12)
    with pytest.raises(UsageError) as error:
        VectorFile(file, 10, 3, OF)
    assert str(error.value) == (
        f"'{file}' should have {whole} bytes. Found {whole - 12}. Delete it, or name another file with --vectors."
    )


def test_two_writers_of_the_same_rows(tmp_path: Path) -> None:
    one, other = (VectorFile(tmp_path / "v", 10, 3, OF) for _ in range(2))
    one.write(ROWS[:4], 0)
    one.write(ROWS[4:8], 4)
    other.write(ROWS[:4], 0)  # which began when nothing was written yet
    assert one.done == other.done == 8
    other.write(ROWS[8:], 8)
    one.write(ROWS[8:], 8)
    assert np.array_equal(one.read(), ROWS)


def test_a_writer_of_something_else_meanwhile(tmp_path: Path) -> None:
    one = VectorFile(tmp_path / "v", 10, 3, OF)
    one.write(ROWS[:4], 0)
    VectorFile(tmp_path / "v", 9, 3, {**OF, "documents": "other"}).write(ROWS[:2], 0)
    with pytest.raises(UsageError) as error:
        one.write(ROWS[4:], 4)
    assert str(error.value) == (
        f"'{tmp_path / 'v.writing'}' should be written for one encoder at a time. Found that another process has begun "
        "it anew. Let that one end, or name another file with --vectors."
    )


def test_what_a_killed_writer_of_something_else_has_overwritten_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:4], 0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mtl.serve.vectors.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            VectorFile(tmp_path / "v", 10, 3, {**OF, "documents": "other"}).write(-ROWS[:8], 0)
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    for start in range(file.done, 10):
        file.write(ROWS[start : start + 1], start)
    assert np.array_equal(file.read(), ROWS)


@pytest.mark.parametrize("last", ["os.fsync", "pathlib.Path.replace", "mtl.serve.vectors.sync"])
def test_a_writer_that_is_interrupted_at_its_very_end_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:8], 0)
    with monkeypatch.context() as patched:
        patched.setattr(last, interrupted)
        with pytest.raises(KeyboardInterrupt):
            VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[8:], 8)
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    assert file.done == (10 if file.complete else 8)
    file.write(ROWS[file.done :], file.done)
    assert file.complete
    assert np.array_equal(file.read(), ROWS)


WRITER = """
import sys
from pathlib import Path
import numpy as np
from mtl.serve.vectors import VectorFile
rows = np.arange(4000, dtype=np.float32).reshape(1000, 4)
print("ready", flush=True)
for folder in range(int(sys.argv[2])):
    sys.stdin.readline()
    file = VectorFile(Path(sys.argv[1]) / str(folder) / "v", 1000, 4, {"documents": "a", "encoder": "b"})
    while (done := file.done) < 1000:
        file.write(rows[done : done + 100], done)
    assert file.complete and np.array_equal(file.read(), rows)
    print("written", flush=True)
"""


def test_processes_that_write_the_same_at_once(tmp_path: Path) -> None:
    folders = 20
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(folders)]
    pipe = subprocess.PIPE
    writers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) for _ in range(3)]

    def told(line: str) -> None:
        found = [writer.stdout.readline() for writer in writers if writer.stdout is not None]
        assert found == [line] * 3, [writer.communicate()[1] for writer in writers]

    told("ready\n")
    for folder in range(folders):
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("\n")
            writer.stdin.flush()
        told("written\n")
        assert [entry.name for entry in (tmp_path / str(folder)).iterdir()] == ["v"]
    for writer in writers:
        _, errors = writer.communicate()
        assert (writer.returncode, errors) == (0, "")


@pytest.mark.parametrize("progress", ["[]", "{}", '{"rows": null, "header": null}', "{"])
def test_progress_that_says_nothing_is_none(tmp_path: Path, progress: str) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).write(ROWS[:4], 0)
    (tmp_path / "v.progress").write_text(progress, "utf-8")
    assert VectorFile(tmp_path / "v", 10, 3, OF).done == 0


def test_a_folder_is_no_file_of_vectors(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        VectorFile(tmp_path, 10, 3, OF)
    assert str(error.value) == f"'{tmp_path}' should be a file. Found a folder. Name a file with --vectors."
