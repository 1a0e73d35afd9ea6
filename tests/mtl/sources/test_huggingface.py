"""Local data of the `datasets` library, read with the real package, offline."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import DataError, MtlError, UsageError
from mtl.sources import Row
from mtl.sources.delimited import Csv
from mtl.sources.huggingface import HuggingFace, named

# Some of the package's readers leave a file open that could not be read to its end.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package; whoever opens a connection while a test runs gets an error."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    monkeypatch.setattr(socket.socket, "connect", _refused)
    return datasets


def _refused(*_: Any) -> None:
    raise AssertionError("nothing should be asked of another machine")


def dataset(library: Any) -> Any:
    features = library.Features(
        {
            "tokens": library.Sequence(library.Value("string")),
            "slots": library.Sequence(library.ClassLabel(names=["O", "B-song"])),
            "intent": library.ClassLabel(names=["play", "stop"]),
            "count": library.Value("int64"),
            "spans": [{"kind": library.ClassLabel(names=["p", "q"]), "start": library.Value("int64")}],
        }
    )
    columns = {
        "tokens": [["play", "jude"], ["stop"], ["what"]],
        "slots": [[0, 1], [0], None],
        "intent": [0, 1, -1],
        "count": [1, 2, None],
        "spans": [[{"kind": 1, "start": 0}], [], []],
    }
    return library.Dataset.from_dict(columns, features=features)


ROWS: list[dict[str, Any]] = [
    {"tokens": ["play", "jude"], "slots": ["O", "B-song"], "intent": "play", "count": "1"},
    {"tokens": ["stop"], "slots": ["O"], "intent": "stop", "count": "2"},
    {"tokens": ["what"], "slots": None, "intent": None, "count": None},
]
SPANS: list[Any] = [[{"kind": "q", "start": 0}], [], []]


def test_a_saved_dataset_has_names_for_its_labels(library: Any, tmp_path: Path) -> None:
    dataset(library).save_to_disk(str(tmp_path / "saved"))
    source = HuggingFace(train="saved")
    rows = list(source.read("train", tmp_path))
    assert [row.values for row in rows] == [{**row, "spans": spans} for row, spans in zip(ROWS, SPANS, strict=True)]
    assert [(row.file, row.line) for row in rows] == [(str(tmp_path / "saved"), n) for n in (1, 2, 3)]
    assert source.columns("train", tmp_path) == ["tokens", "slots", "intent", "count", "spans"]


def test_what_is_saved_is_what_its_fingerprint_depends_on(library: Any, tmp_path: Path) -> None:
    dataset(library).save_to_disk(str(tmp_path / "saved"))
    source = HuggingFace(train="saved")
    before = source.fingerprint("train", tmp_path)
    assert source.fingerprint("train", tmp_path) == before
    (tmp_path / "saved" / "dataset_info.json").write_text("{}", "utf-8")
    assert source.fingerprint("train", tmp_path) != before


def parquet(library: Any, path: Path) -> dict[str, Any]:
    dataset(library).to_parquet(str(path))
    return {"builder": "parquet"}


def arrow(library: Any, path: Path) -> dict[str, Any]:
    dataset(library).save_to_disk(str(path.parent / "made"))
    next((path.parent / "made").glob("*.arrow")).replace(path)
    return {"builder": "arrow"}


@pytest.mark.parametrize("write", [parquet, arrow])
def test_data_files_that_know_their_features(write: Callable[..., Any], library: Any, tmp_path: Path) -> None:
    options = write(library, tmp_path / "rows")
    rows = list(HuggingFace(train="rows", **options).read("train", tmp_path))
    assert [{**row.values, "spans": None} for row in rows] == [{**row, "spans": None} for row in ROWS]


TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "csv": ({"builder": "csv", "arguments": {"sep": ";"}}, "text;label\nplay;1\nstop;\n"),
    "json": (
        {"builder": "json", "arguments": {"field": "data"}},
        json.dumps({"data": [{"text": "play", "label": "1"}, {"text": "stop", "label": None}]}),
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_arguments_are_those_of_the_builder(case: str, library: Any, tmp_path: Path) -> None:
    options, content = TEXTS[case]
    (tmp_path / "rows").write_text(content, "utf-8")
    rows = list(HuggingFace(train="rows", **options).read("train", tmp_path))
    assert [row.values["text"] for row in rows] == ["play", "stop"]
    assert [row.values["label"] for row in rows] == ["1", "" if case == "csv" else None]


CELLS = 'text,label,more\nNA,1,\nnull,,007\n,2,1.50\nNone,01,nan\n"a, b",true,1e3\n'


def test_cells_of_csv_are_texts_as_they_are(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(CELLS, "utf-8")
    wanted = [row.values for row in Csv(train="rows.csv").read("train", tmp_path)]
    for arguments in ({}, {"chunksize": 1}, {"chunksize": 2}):
        found = HuggingFace(builder="csv", arguments=arguments, train="rows.csv").read("train", tmp_path)
        assert [row.values for row in found] == wanted
    assert [row["text"] for row in wanted] == ["NA", "null", "", "None", "a, b"]
    assert [row["label"] for row in wanted] == ["1", "", "2", "01", "true"]


def test_files_of_csv_whose_columns_do_not_fit(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "a.csv").write_text("text,label\nplay,1\n", "utf-8")
    (tmp_path / "rows" / "b.csv").write_text("label,text\n2,stop\n", "utf-8")
    source = HuggingFace(builder="csv", train="rows")
    assert [row.values for row in source.read("train", tmp_path)] == [
        {"text": "play", "label": "1"},
        {"text": "stop", "label": "2"},
    ]
    for content, message in (
        ("text,more\nstop,2\n", "should have the columns of 'a.csv', text, label. Found text, more."),
        ("text,label\nstop,2,3\n", "should have a name for every field of a row. Found 2 names and 3 fields."),
    ):
        (tmp_path / "rows" / "b.csv").write_text(content, "utf-8")
        with pytest.raises(DataError) as caught:
            list(source.read("train", tmp_path))
        assert str(caught.value) == f"{tmp_path / 'rows' / 'b.csv'}: {message}"


def test_arguments_say_which_cells_of_csv_are_missing(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("NA,1\nplay,\n-,3\n", "utf-8")
    cases: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({"header": None}, [{"0": "NA", "1": "1"}, {"0": "play", "1": ""}, {"0": "-", "1": "3"}]),
        ({"names": ["a", "b"]}, [{"a": "NA", "b": "1"}, {"a": "play", "b": ""}, {"a": "-", "b": "3"}]),
        (
            {"names": ["a", "b"], "na_values": ["-"]},
            [{"a": "NA", "b": "1"}, {"a": "play", "b": ""}, {"a": None, "b": "3"}],
        ),
        (
            {"names": ["a", "b"], "keep_default_na": True},
            [{"a": None, "b": "1"}, {"a": "play", "b": None}, {"a": "-", "b": "3"}],
        ),
    ]
    for arguments, wanted in cases:
        found = HuggingFace(builder="csv", arguments=arguments, train="rows.csv").read("train", tmp_path)
        assert [row.values for row in found] == wanted


def test_a_folder_of_data_files_is_read_in_the_order_of_names(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    for name in ("b.txt", "a.txt"):
        (tmp_path / "rows" / name).write_text(f"one of {name}\ntwo of {name}\n", "utf-8")
    (tmp_path / "rows" / ".hidden").write_text("none\n", "utf-8")
    rows = list(HuggingFace(builder="text", train="rows").read("train", tmp_path))
    assert [row.values["text"] for row in rows] == ["one of a.txt", "two of a.txt", "one of b.txt", "two of b.txt"]
    assert [row.line for row in rows] == [1, 2, 3, 4]


def test_rows_are_read_as_they_are_taken(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("text\n" + "play\n" * 100_000 + '"', "utf-8")  # the last row is no CSV
    reading = HuggingFace(builder="csv", train="rows").read("train", tmp_path)
    first = next(reading)
    assert isinstance(first, Row)
    with pytest.raises(DataError) as caught:
        list(reading)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'rows'}:")
    assert ": should be data that 'datasets' reads to the end. Found " in message


def test_a_share_of_train_may_be_dev(library: Any, tmp_path: Path) -> None:
    library.Dataset.from_dict({"text": [f"row {i}" for i in range(20)]}).save_to_disk(str(tmp_path / "saved"))
    source = HuggingFace(train="saved", dev="10%")
    train, dev = (list(source.read(split, tmp_path)) for split in ("train", "dev"))
    assert (len(train), len(dev)) == (18, 2)


def test_what_is_wrong_with_a_path(library: Any, tmp_path: Path) -> None:
    data = dataset(library)
    library.DatasetDict({"train": data, "validation": data}).save_to_disk(str(tmp_path / "both"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "rows.csv").write_text("text\n", "utf-8")
    should = "should be a folder that 'Dataset.save_to_disk' has written"
    cases = {
        "both": f"{should}, of one split. Found one of the splits train, validation. "
        "Name the folder of one: 'both/train'.",
        "rows.csv": f"{should}. Found a file. Name the 'builder' that reads it: arrow, csv, json, parquet or text.",
        "empty": f"{should}. Found a folder without state.json.",
        "none": f"{should}. Found nothing there.",
    }
    for path, message in cases.items():
        with pytest.raises(DataError) as caught:
            list(HuggingFace(train=path).read("train", tmp_path))
        assert str(caught.value) == f"{tmp_path / path}: {message}"
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="csv", train="empty").read("train", tmp_path))
    assert str(caught.value) == f"{tmp_path / 'empty'}: should be a folder with data files. Found an empty one."
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="csv", train="none").read("train", tmp_path))
    assert str(caught.value) == f"{tmp_path / 'none'}: should be a file. Found nothing there."


def test_what_a_builder_cannot_read(library: Any, tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("no parquet\n" * 9, "utf-8")
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="parquet", train="rows").read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}: should be data that the builder 'parquet' of 'datasets' reads. Found text. Name the "
        "format that reads it (tsv, csv, jsonl, conll, …)."
    )
    library.Dataset.from_dict({"text": ["play"]}).to_parquet(str(tmp_path / "table"))
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="csv", train="table").read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'table'}: should be data that the builder 'csv' of 'datasets' reads. Found Parquet. A source "
        "reads it with 'format: parquet'."
    )
    (tmp_path / "cut").write_bytes((tmp_path / "table").read_bytes()[:-9])
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="parquet", train="cut").read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'cut'}: should be data that the builder 'parquet' of 'datasets' reads. Found ArrowInvalid: "
        "Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file."
    )
    with pytest.raises(DataError) as caught:
        list(HuggingFace(builder="csv", arguments={"separator": ";"}, train="rows").read("train", tmp_path))
    assert str(caught.value) == (
        f"{tmp_path / 'rows'}: should be data that the builder 'csv' of 'datasets' reads. Found TypeError: "
        "CsvConfig.__init__() got an unexpected keyword argument 'separator'."
    )
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "state.json").write_text("{", "utf-8")
    with pytest.raises(DataError) as caught:
        list(HuggingFace(train="damaged").read("train", tmp_path))
    assert str(caught.value).startswith(
        f"{tmp_path / 'damaged'}: should be data that 'load_from_disk' of 'datasets' reads. Found "
    )


def test_arguments_need_a_builder() -> None:
    with pytest.raises(UsageError) as caught:
        HuggingFace(arguments={"sep": ";"}, train="rows")
    assert str(caught.value) == "arguments should come with a 'builder' that takes them. There is none."


def test_the_package_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(MtlError) as caught:
        list(HuggingFace(train="saved").read("train", tmp_path))
    assert str(caught.value) == (
        "the format huggingface should find the package 'datasets' installed (pip install 'mtl-nlp[huggingface]'). "
        "Found: import of datasets halted; None in sys.modules."
    )


class _Label:
    """What a `ClassLabel` is to whoever asks for names."""

    @staticmethod
    def int2str(number: int) -> str:
        return "ab"[number]


class _List:
    def __init__(self, feature: Any) -> None:
        self.feature = feature


def test_names_in_the_forms_that_releases_have_for_lists() -> None:
    assert named([_Label()], [0, 1, None]) == ["a", "b", None]
    assert named(_List(_Label()), [0, -1]) == ["a", None]
    assert named(_List({"kind": _Label(), "at": None}), {"kind": [1, 0], "at": [3, 4]}) == {
        "kind": ["b", "a"],
        "at": [3, 4],
    }
    assert named({"kind": _Label()}, {"kind": 1}) == {"kind": "b"}
    assert named(None, 3) == 3
    assert named(_Label(), "a") == "a"
