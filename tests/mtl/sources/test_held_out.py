"""Rows held out of train: which, alike everywhere, in every format, by label and by group."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtl.base.errors import DataError
from mtl.base.registry import lookup
from mtl.sources.base import SPLITS, Row, Source
from mtl.sources.delimited import Tsv
from mtl.sources.dividing import ORDER
from mtl.sources.held_out import HeldOut, SplitAssignment
from mtl.sources.python import PythonSource

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
ROWS = [{"text": f"text {i}", "label": "abc"[i % 10 // 4], "doc": str(i // 3)} for i in range(100)]


def sides(rows: list[Any], **how: Any) -> dict[str, list[int]]:
    """Return the numbers of the rows of each split."""
    shares = how.pop("shares", {"dev": TENTH})
    found = HeldOut(shares, **how).division(rows, "train.tsv").sides
    return {split: [i for i, side in enumerate(found) if side == number] for number, split in enumerate(ORDER)}


def test_rows_are_those_of_seed_and_place_and_of_nothing_else() -> None:
    # the numbers themselves: on another machine, or with another version of a library, they are these too
    assert sides(ROWS)["dev"] == EXPECTED
    assert sides(ROWS, seed=2)["dev"] != EXPECTED
    assert len(sides(ROWS, seed=2)["dev"]) == 10


EXPECTED = [0, 1, 5, 33, 36, 41, 45, 57, 64, 78]


def test_every_row_is_in_one_split_and_a_later_dev_leaves_test_as_it_was() -> None:
    both = sides(ROWS, shares={"dev": TENTH, "test": Fraction(1, 4)})
    assert {split: len(rows) for split, rows in both.items()} == {"train": 65, "test": 25, "dev": 10}
    assert sorted(row for rows in both.values() for row in rows) == list(range(100))
    assert sides(ROWS, shares={"test": Fraction(1, 4)})["test"] == both["test"]


@pytest.mark.parametrize("seed", range(5))
def test_labels_have_their_share_whatever_is_malformed(seed: int) -> None:
    rows: list[Any] = [*ROWS]
    rows[::10] = [None] * 10  # 'a' 30 left, 'b' 40, 'c' 20
    found = sides(rows, seed=seed, stratify_by="label", shares={"dev": TENTH, "test": TENTH})
    for split in ("dev", "test"):
        assert Counter(rows[i]["label"] for i in found[split]) == {"a": 3, "b": 4, "c": 2}
    assert set(range(0, 100, 10)) <= set(found["train"])


def test_a_label_of_one_row_stays_in_train_and_labels_that_are_all_different_do_not_count() -> None:
    rare = [*ROWS, {"text": "x", "label": "rare"}]
    for seed in range(20):
        assert 100 in sides(rare, seed=seed, stratify_by="label", shares={"dev": HALF})["train"]
    assert len(sides(ROWS, stratify_by="text")["dev"]) == 10


@pytest.mark.parametrize("seed", range(5))
def test_groups_stay_together_also_where_two_columns_say_so(seed: int) -> None:
    found = sides(ROWS, seed=seed, group_by="doc", shares={"dev": TENTH, "test": Fraction(1, 5)})
    where = {i: split for split, rows in found.items() for i in rows}
    for i, row in enumerate(ROWS):
        assert where[i] == where[int(row["doc"]) * 3]
    assert abs(len(found["dev"]) - 10) <= 2
    assert abs(len(found["test"]) - 20) <= 2
    rows = [{"doc": "1", "q": ["a", "b"]}, {"doc": "2", "q": "a b"}, {"doc": "2", "q": "c"}, {"doc": "", "q": None}]
    found = sides(rows, seed=seed, group_by="doc", query="q", shares={"dev": HALF})
    assert sorted(found.values()) == [[], [0, 1, 2], [3]]


def test_too_few_rows() -> None:
    rows = [{"doc": "1"}, {"doc": "1"}]
    with pytest.raises(DataError) as error:
        sides(rows, group_by="doc", query="q", shares={"dev": TENTH, "test": TENTH})
    assert str(error.value) == (
        "train.tsv: should have at least 3 different values of 'doc' or 'q', for train, dev and test. Found 1."
    )
    with pytest.raises(DataError) as error:
        sides([{"doc": "1"}])
    assert str(error.value) == "train.tsv: should have at least 2 rows, for train and dev. Found 1."
    assert sides([{"doc": "1"}, None])["train"] == [0, 1]  # what is wrong with the row is said first


def test_what_is_said_of_it() -> None:
    held_out = HeldOut({"dev": Fraction(1, 8)})
    assert held_out.described("dev") == "12.5% of the train file"
    assert held_out.described("train") == ""
    held_out = replace(held_out, group_by="doc", query="query", stratify_by="label")
    assert held_out.described("dev") == (
        "12.5% of the train file, stratified by 'label', rows with one 'doc' or one 'query' together"
    )


def test_what_a_split_is_not() -> None:
    held_out = HeldOut({"dev": Fraction(1, 8)}, group_by="doc", stratify_by="label")
    division = SplitAssignment(b"", {"dev": 10}, {"dev": 21}, ("dev",))
    assert held_out.notes("dev", division) == [
        "not stratified by 'label': too few of its values have groups of rows for train, too.",
        "10 rows, where 12.5% of the train file is 21: rows with one 'doc' stay together.",
    ]
    assert held_out.described("dev", division) == (
        "12.5% of the train file, not stratified by 'label', rows with one 'doc' together"
    )
    held_out = replace(held_out, group_by=None)
    assert held_out.notes("dev", division) == [
        "not stratified by 'label': too few of its values have rows for train, too.",
        "10 rows, where 12.5% of the train file is 21.",
    ]
    assert held_out.notes("dev", SplitAssignment(b"", {"dev": 11}, {"dev": 21})) == []
    assert held_out.notes("train", division) == held_out.notes("test", division) == []


def test_group_by_and_a_query_are_one_division() -> None:
    named, ranked = HeldOut({"dev": TENTH}, group_by="q"), HeldOut({"dev": TENTH}, query="q")
    assert named.identity("dev") == replace(named, query="q").identity("dev") == ranked.identity("dev")
    assert named.written() == ranked.written() == "dev: 10%, rows with one 'q' together, share_seed: 1"
    assert HeldOut().written() == ""


def of_format(format: str, folder: Path) -> Source:
    """Return a source of 40 rows in a format, a quarter of which are dev."""
    texts = [f"text {i}" for i in range(40)]
    options: dict[str, Any] = {"columns": ["text"]}
    path = folder / "rows"
    if format in ("tsv", "csv", "conll"):
        path.write_text("\n\n".join(text.replace(" ", "_") if format == "conll" else text for text in texts) + "\n")
    elif format == "lines":
        path.mkdir()
        (path / "seq.in").write_text("\n".join(texts) + "\n")
        options = {"columns": {"text": "seq.in"}}
    elif format == "conllu":
        path.write_text("".join(f"1\t{text}\t_\t_\t_\t_\t0\t_\t_\t_\n\n" for text in texts))
        options = {}
    elif format == "jsonl":
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        options = {}
    elif format == "qrels":
        path.write_text("".join(f"q{i // 2} 0 d{i} 1\n" for i in range(40)))
        (folder / "queries").write_text("".join(f"q{i}\tquery {i}\n" for i in range(20)))
        (folder / "documents").write_text("".join(f"d{i}\t{text}\n" for i, text in enumerate(texts)))
        options = {"queries": "queries", "documents": "documents"}
    elif format == "python":
        (folder / "made.py").write_text("def rows():\n    return ({'text': f'text {i}'} for i in range(40))\n")
        return PythonSource(train="made.py:rows", dev="25%")
    else:
        table = pa.table({"text": texts})
        if format == "parquet":
            pq.write_table(table, path)
        else:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        options = {}
    source: Source = lookup("source", format)(train="rows", dev="25%", **options)
    return source


@pytest.mark.parametrize(
    "format", ["tsv", "csv", "conll", "conllu", "lines", "jsonl", "qrels", "python", "parquet", "ipc"]
)
def test_every_format(format: str, tmp_path: Path) -> None:
    source = of_format(format, tmp_path)
    rows = {split: [str(row) for row in source.read(split, tmp_path)] for split in ("train", "dev")}
    assert {split: len(found) for split, found in rows.items()} == {"train": 30, "dev": 10}
    whole = [str(row) for row in source.rows("train", tmp_path)]
    assert sorted(rows["train"] + rows["dev"]) == sorted(whole)
    assert [row for row in whole if row in set(rows["dev"])] == rows["dev"]  # in the order of the file
    assert source.columns("dev", tmp_path) == source.columns("train", tmp_path)
    assert source.splits == ("train", "dev")


def test_a_malformed_row_is_one_of_train(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("1\t2\n" * 3 + "1\n" + "1\t2\n" * 3)
    source = Tsv(train="rows", dev="40%", columns=["a", "b"], on_bad_row="skip")
    assert [len(list(source.read(split, tmp_path))) for split in ("dev", "train")] == [2, 4]
    assert [fault.line for fault in source.skipped_in("train")] == [4]
    assert source.skipped_in("dev") == []


def test_what_a_split_holds_has_an_identity_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a\n" * 10)
    plain = Tsv(train="rows", test="rows", columns=["a"])
    assert plain.identity("train", tmp_path) == plain.fingerprint("train", tmp_path)
    found = [plain.identity("train", tmp_path)]
    for change in ({}, {"seed": 2}, {"group_by": "a"}, {"query": "b"}, {"stratify_by": "a"}):
        source = Tsv(train="rows", dev="20%", test="rows", columns=["a"])
        source.hold_out(replace(source.held_out, **change))
        found += [source.identity(split, tmp_path) for split in ("train", "dev")]
        assert source.identity("test", tmp_path) == found[0]  # a file of its own
    assert len(set(found)) == len(found) == 11


def test_a_source_of_a_plugin_needs_nothing_of_its_own(tmp_path: Path) -> None:
    class Numbers(Source):
        def __init__(self, **paths: Any) -> None:
            super().__init__(**paths)

        def files(self, split: str, base: Path) -> list[Path]:
            return []

        def rows(self, split: str, base: Path) -> Any:
            return (Row({"n": str(i)}, str(self.path(split, base)), i + 1) for i in range(10))

    source = Numbers(train="x", test="30%")
    assert [len(list(source.read(split, tmp_path))) for split in SPLITS if split in source.splits] == [7, 3]
