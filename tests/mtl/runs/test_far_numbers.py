"""The rows whose number is farthest off, and what `mtl errors` says of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.runs.far_numbers import far_numbers
from mtl.runs.runner import Run
from mtl.runs.wrong_answers import wrong_answers
from tests.commands import within

RECIPE = """
sources: {shop: {format: jsonl, train: train.jsonl, test: test.jsonl}}
tasks:
  price:
    type: text_regression
    source: shop
    inputs: text
    target: price
    model: {embedding: {type: word, dim: 4, min_count: 1}}
train: {epochs: 2}
"""
TEST = [("a\tcup", 4.5), ("a lamp", 99.0), ("a pen", None), ("a chair", -20.0), ("a cup", 4.0)]


def write(folder: Path, split: str, rows: list[tuple[str, float | None]]) -> None:
    lines = (json.dumps({"text": text, "price": price}) for text, price in rows)
    (folder / f"{split}.jsonl").write_text("".join(f"{line}\n" for line in lines), "utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("shop")
    write(folder, "train", [(f"a {name}", price) for name, price in [("cup", 4.0), ("lamp", 30.0), ("chair", 50.0)]])
    write(folder, "test", TEST)
    (folder / "price.yaml").write_text(RECIPE, "utf-8")
    run = Run.start(folder / "price.yaml", folder / "run")
    for _ in run.train():
        pass
    return run


def test_the_farthest_off_comes_first(run: Run) -> None:
    found = far_numbers(run, "price")
    answers = [answer["value"] for answer in run.predict("price", [text for text, _ in TEST])]
    known = {i + 1: price for i, (_, price) in enumerate(TEST) if price is not None}
    assert {row.number: row.gold for row in found.rows} == known
    assert {row.number: row.answer for row in found.rows} == pytest.approx({i: answers[i - 1] for i in known})
    assert all(row.off == row.answer - row.gold for row in found.rows)
    distances = [abs(row.off) for row in found.rows]
    assert distances == sorted(distances, reverse=True)
    assert all(row.texts == {"text": TEST[row.number - 1][0]} for row in found.rows)
    assert {row.place for row in found.rows} == {
        (str(run.out.parent / "test.jsonl"), i + 1) for i in range(5) if i != 2
    }
    figures = run.evaluate("test").metrics["price"]
    assert sum(distances) / len(distances) == pytest.approx(figures["mean_absolute_error"])


def test_errors_shows_them_and_writes_a_table(run: Run, tmp_path: Path) -> None:
    found = far_numbers(run, "price")
    done = within("errors", run.out, "--top", "1", "--out", tmp_path / "far.tsv")
    assert (done.returncode, done.stderr) == (0, "")
    first, _, heads, row, _, last = done.stdout.splitlines()
    assert first == "price: 4 rows of test, the farthest off first"
    assert heads.split() == ["row", "gold", "answer", "text", "off"]
    top = found.rows[0]
    assert row.split() == [
        *(str(top.number), f"{top.gold:g}", f"{top.answer:.4g}"),
        *(*top.texts["text"].split(), f"{top.off:+.4g}"),
    ]
    assert last == f"{tmp_path / 'far.tsv'}: 4 rows"
    with (tmp_path / "far.tsv").open(encoding="utf-8", newline="") as stream:
        names, *table = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert names == ["row", "file", "line", "off", "gold", "answer", "text"]
    for cells, r in zip(table, found.rows, strict=True):
        place = [str(run.out.parent / "test.jsonl"), str(r.number)]
        text = TEST[r.number - 1][0].replace("\t", "\\t")
        assert cells == [str(r.number), *place, str(r.off), str(r.gold), str(r.answer), text]
    assert within("errors", run.out).stdout.splitlines()[-1] == "4 rows; --out FILE writes them as a table"


def test_a_split_without_numbers(run: Run, tmp_path: Path) -> None:
    for split in ("train", "test"):
        write(tmp_path, split, [("a cup", None)])
    other = Run.open(run.out, data=tmp_path)
    assert far_numbers(other, "price").rows == ()
    done = within("errors", run.out, "--data", tmp_path, "--split", "test")
    assert done.stdout == "price: 0 rows of test with a number\n0 rows; --out FILE writes them as a table\n"


def test_tasks_that_predict_no_number(run: Run, small_run: Path) -> None:
    with pytest.raises(UsageError) as error:
        far_numbers(Run.open(small_run), "intent")
    assert str(error.value) == "task 'intent' should predict a number. Found a label."
    with pytest.raises(UsageError) as error:
        wrong_answers(run, "price")
    assert str(error.value) == (
        "task should name one whose answers are right or wrong. Found 'price', a number: `mtl errors` and "
        "`far_numbers` list how far off each row is."
    )
