"""Files that are complete or absent: what a failed writer leaves, and what is said of files that cannot be read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError
from mtl.base.files import UNFINISHED, read_json, replace, sha256, sync_tree, why_unreadable


def test_a_file_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    replace(path, b"[1]")
    kept = path.stat().st_ino

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left on device"):
            replace(path, b"[2]")
    assert (read_json(path), path.stat().st_ino) == ([1], kept)
    assert [entry.name for entry in tmp_path.iterdir() if entry != path] == [f"a.json{UNFINISHED}"]
    replace(path, b"[3]")
    assert (read_json(path), list(tmp_path.iterdir())) == ([3], [path])


def test_everything_below_a_folder_is_flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one/two").mkdir(parents=True)
    (tmp_path / "one/two/file").write_bytes(b"x")
    flushed = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(os.fstat(handle).st_ino))
    sync_tree(tmp_path)
    paths = [tmp_path, *tmp_path.rglob("*")]
    assert sorted(flushed) == sorted(path.stat().st_ino for path in paths)
    assert len(paths) == 4


@pytest.mark.parametrize("size", [0, 5, (1 << 18) + 3])
def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a").write_bytes(content[:size])
    assert sha256(tmp_path / "a") == hashlib.sha256(content[:size]).hexdigest()


def test_what_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(CheckpointError) as error:
        read_json(path)
    assert str(error.value) == f"{path}: should be a readable JSON file. Found: No such file or directory."
    path.write_text("{", "utf-8")
    with pytest.raises(CheckpointError) as error:
        read_json(path)
    assert str(error.value) == (
        f"{path}: should be a readable JSON file. Found: Expecting property name enclosed in double quotes: line 1 "
        "column 2 (char 1)."
    )


def test_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    assert why_unreadable(tmp_path / "a") is None
    assert why_unreadable(tmp_path) == "Is a directory"
    assert why_unreadable(tmp_path / "none") == "No such file or directory"
    assert why_unreadable(tmp_path / "a\0b") == "embedded null byte"
    assert why_unreadable(tmp_path / "pipe") == "a pipe, which can be read once only"
