from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, MtlError
from mtl.base.registry import lookup
from mtl.sources.python import PythonSource
from mtl.sources.torchtext import Torchtext, rows_of_examples

ROWS: list[dict[str, Any]] = [{"text": "play", "label": 1}, {"text": ["stop", "it"], "label": None}]
READ = [{"text": "play", "label": 1}, {"text": ["stop", "it"], "label": None}]


def values(source: Any, base: Path) -> list[dict[str, Any]]:
    return [dict(row.values) for row in source.read("train", base)]


@pytest.mark.parametrize(
    "given", [ROWS, tuple(ROWS), lambda: iter(ROWS), iter(ROWS)], ids=["list", "tuple", "function", "iterator"]
)
def test_any_iterable_can_be_read_again(given: Any, tmp_path: Path) -> None:
    source = PythonSource.given({"train": given})
    assert source.splits == ("train",)
    assert values(source, tmp_path) == READ
    assert values(source, tmp_path) == READ
    assert source.columns("train", tmp_path) == ["text", "label"]


def test_a_fingerprint_is_of_the_rows(tmp_path: Path) -> None:
    first = PythonSource.given({"train": ROWS}).fingerprint("train", tmp_path)
    assert first == PythonSource.given({"test": lambda: ROWS}).fingerprint("test", tmp_path)
    assert first != PythonSource.given({"train": ROWS[:1]}).fingerprint("train", tmp_path)


def test_a_name_in_a_file_beside_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(f"rows = {ROWS!r}\ndef read():\n    yield from rows\n")
    for name in ("rows.py:rows", "rows.py:read"):
        assert values(lookup("source", "python")(train=name), tmp_path) == READ


BAD_NAMES = {
    "rows": "rows: should be 'module:name' or 'file.py:name'. Found no colon.",
    "no_such_module:rows": (
        "no_such_module:rows: should be a module that can be imported. "
        "Found ModuleNotFoundError: No module named 'no_such_module'."
    ),
    "json:nothing": (
        "json:nothing: should be an iterable of dicts or a function that returns one. Found nothing of that name."
    ),
    ".sibling:rows": (
        ".sibling:rows: should be a module that can be imported. "
        "Found TypeError: the 'package' argument is required to perform a relative import for '.sibling'."
    ),
    "math:pi": "math:pi: should be an iterable of dicts or a function that returns one. Found float.",
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_is_no_iterable(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        values(PythonSource(train=name), tmp_path)
    assert str(caught.value) == BAD_NAMES[name]


BAD_CODE = {
    "def rows(:\n": (
        "FILE:rows: should be a module that can be imported. Found SyntaxError: invalid syntax (FILE, line 1)."
    ),
    "def rows(): return 3\n": (
        "FILE:rows:1: should give rows to the end. Found TypeError: 'int' object is not iterable."
    ),
    "def rows():\n    yield {}\n    raise OSError('gone')\n": (
        "FILE:rows:2: should give rows to the end. Found OSError: gone."
    ),
}


@pytest.mark.parametrize("code", BAD_CODE)
def test_code_that_fails(code: str, tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(code)
    with pytest.raises(DataError) as caught:
        values(PythonSource(train="made.py:rows"), tmp_path)
    assert str(caught.value).replace(str(tmp_path / "made.py"), "made.py") == BAD_CODE[code].replace("FILE", "made.py")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        values(PythonSource(train="nothing.py:rows"), tmp_path)
    assert str(caught.value) == f"{tmp_path / 'nothing.py'}: should be a Python file. Found nothing there."


def test_a_row_that_is_no_dict(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        values(PythonSource.given({"train": [ROWS[0], "stop"]}), tmp_path)
    assert str(caught.value) == "given train rows:2: should be a dict. Found str."


def test_no_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        values(PythonSource.given({"train": []}), tmp_path)
    assert str(caught.value) == "given train rows: should have rows. There are none."


def test_torchtext_reads_a_classification_file(tmp_path: Path) -> None:
    pytest.importorskip("torchtext")
    (tmp_path / "rows").write_text("DESC:manner How did it go ?\nENTY:animal What fly bites ?\n")
    source = Torchtext(dataset="TREC", train="rows")
    assert values(source, tmp_path) == [
        {"text": "How did it go ?", "label": "DESC"},
        {"text": "What fly bites ?", "label": "ENTY"},
    ]
    fine = Torchtext(dataset="TREC", train="rows", arguments={"fine_grained": True})
    assert [row["label"] for row in values(fine, tmp_path)] == ["DESC:manner", "ENTY:animal"]
    assert source.fingerprint("train", tmp_path) != fine.fingerprint("train", tmp_path)


def test_torchtext_reads_a_tagging_file(tmp_path: Path) -> None:
    pytest.importorskip("torchtext")
    (tmp_path / "rows").write_text("He\tPRP\nruns\tVBZ\n\nstop\tVB\n")
    source = Torchtext(dataset="UDPOS", train="rows", fields=["word", "tag"])
    assert values(source, tmp_path) == [
        {"word": ["He", "runs"], "tag": ["PRP", "VBZ"]},
        {"word": ["stop"], "tag": ["VB"]},
    ]
    assert source.columns("train", tmp_path) == ["word", "tag"]


def test_torchtext_examples_as_rows(tmp_path: Path) -> None:
    data = pytest.importorskip("torchtext.data")
    fields = [("text", data.Field()), ("label", data.RawField())]
    examples = [data.Example.fromlist(["play it", "x"], fields)]
    source = PythonSource.given({"train": rows_of_examples(data.Dataset(examples, fields))})
    assert values(source, tmp_path) == [{"text": ["play", "it"], "label": "x"}]


def test_torchtext_faults(tmp_path: Path) -> None:
    pytest.importorskip("torchtext")
    path = tmp_path / "rows"
    path.write_bytes(b"x \xff\n")
    faults: dict[str, Callable[[], Torchtext]] = {
        f"{path}: should be a file that torchtext's TREC reads. Found UnicodeDecodeError: "
        "'utf-8' codec can't decode byte 0xff in position 2: invalid start byte.": lambda: Torchtext(
            dataset="TREC", train="rows"
        ),
        "fields should name the columns that torchtext's UDPOS reads. They name none.": lambda: Torchtext(
            dataset="UDPOS", train="rows"
        ),
        "no dataset of torchtext named 'TRECK'. Did you mean 'TREC'?": lambda: Torchtext(dataset="TRECK", train="rows"),
        f"{tmp_path / 'nothing'}: should be a file. Found nothing there.": lambda: Torchtext(
            dataset="TREC", train="nothing"
        ),
    }
    for message, source in faults.items():
        with pytest.raises(DataError) as caught:
            values(source(), tmp_path)
        assert str(caught.value) == message


def test_torchtext_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rows").write_text("x")
    monkeypatch.setitem(__import__("sys").modules, "torchtext.datasets", None)
    with pytest.raises(MtlError) as caught:
        values(Torchtext(dataset="TREC", train="rows"), tmp_path)
    assert str(caught.value).startswith(
        "the format torchtext should find torchtext 0.6.0 installed (pip install 'mtl-nlp[torchtext]'). Found: "
    )
