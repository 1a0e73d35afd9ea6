from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors
import safetensors.numpy

from mtl.errors import UsageError
from mtl.vectors import VectorFile

OF = {"documents": "abc", "encoder": "def"}
ROWS = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)


def test_the_file_is_one_that_safetensors_reads(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "deep/v.safetensors", 10, 3, OF)
    assert not file.complete
    for start in range(0, 10, 4):
        assert file.done == start
        file.append(ROWS[start : start + 4])
    assert file.complete
    assert file.done == 10
    assert np.array_equal(file.read(), ROWS)
    assert np.array_equal(safetensors.numpy.load_file(file.file)["vectors"], ROWS)
    with safetensors.safe_open(file.file, framework="np") as stored:
        assert stored.metadata() == OF
    assert [entry.name for entry in file.file.parent.iterdir()] == ["v.safetensors"]


def test_what_an_interrupted_writer_left_is_gone_on_with(tmp_path: Path) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).append(ROWS[:4])
    with (tmp_path / "v.writing").open("ab") as stream:
        stream.write(b"half a row")  # written, but not yet noted as safe
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    assert file.done == 4
    file.append(ROWS[4:])
    assert np.array_equal(VectorFile(tmp_path / "v", 10, 3, OF).read(), ROWS)


@pytest.mark.parametrize("lost", ["v.writing", "v.progress"])
def test_without_either_file_it_begins_anew(tmp_path: Path, lost: str) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).append(ROWS[:4])
    (tmp_path / lost).unlink()
    file = VectorFile(tmp_path / "v", 10, 3, OF)
    assert file.done == 0
    file.append(ROWS)
    assert np.array_equal(file.read(), ROWS)


def test_vectors_of_other_documents_are_not_gone_on_with(tmp_path: Path) -> None:
    VectorFile(tmp_path / "v", 10, 3, OF).append(ROWS[:4])
    assert VectorFile(tmp_path / "v", 10, 3, {**OF, "documents": "other"}).done == 0


@pytest.mark.parametrize("content", [b"", b"something else", None])
def test_a_file_of_something_else_is_left_alone(tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        VectorFile(tmp_path / "v", 10, 3, {**OF, "encoder": "other"}).append(ROWS)
    else:
        (tmp_path / "v").write_bytes(content)
    before = (tmp_path / "v").read_bytes()
    with pytest.raises(UsageError) as error:
        VectorFile(tmp_path / "v", 10, 3, OF)
    assert str(error.value) == (
        f"'{tmp_path / 'v'}' should hold the vectors of these documents, by this encoder. Found others. "
        "Delete it, or name another file with --vectors."
    )
    assert (tmp_path / "v").read_bytes() == before
