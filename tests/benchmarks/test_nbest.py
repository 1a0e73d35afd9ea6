"""The comparison of n best trees: what it prints of a good export, and that it sees what differs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import mtl
from benchmarks import nbest, parsing
from mtl.runs.runner import Run
from tests.mtl.runs.test_tree_run import recipe, rows

TEXTS = 12


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("parser")
    for split in ("train", "dev", "test"):
        lines = ["text\ttree", *itertools.islice(rows(), TEXTS if split == "test" else None)]
        (folder / f"{split}.tsv").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    small = recipe("transition")
    return mtl.run({**small, "train": {**small["train"], "epochs": 3}}, folder / "run", data=folder)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_the_trees_of_a_good_export_are_the_same(
    parser: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["nbest", str(parser.out), "--beams", "1", "3", "--rows", "10"])
    assert nbest.main() == 0
    lines = [line.partition("; scores within ")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        f"parse: {what}, batch {batch}: 10 of 10 texts have the same trees, 0 near ties"
        for what in ("greedy", "beam 3, 3 best")
        for batch in (1, 32)
    ]


@pytest.mark.slow
def test_both_sides_of_a_parser_are_timed(parser: Run, capsys: pytest.CaptureFixture[str]) -> None:
    parsing.table([parser], rounds=1, most=10)
    _, heading, *lines, note = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["tasks", "model"]
    assert [line.split()[:3] for line in lines] == [["parse", "transition", f"P{rank}"] for rank in (50, 90, 99)]
    for line in lines:
        eager, exported, ratio = map(float, line.split()[3:6])
        assert eager / exported == pytest.approx(ratio, abs=0.2 * ratio)
        assert line.split()[-1] == "-"
    assert note.startswith("texts of the test split: 10; each read 1 times by either side")


def test_tasks_that_do_not_parse_are_answered_in_one_call(small_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parsing.table([Run.open(small_run)], rounds=1, most=5)
    lines = capsys.readouterr().out.splitlines()[2:-1]
    assert [line.rsplit("P", 1)[0].split()[:3] for line in lines] == [["intent", "+", "slots"]] * 3


def test_a_run_that_does_not_parse_is_refused(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["nbest", str(small_run)])
    with pytest.raises(SystemExit) as error:
        nbest.main()
    assert str(error.value) == f"{small_run}: should have a task that predicts trees. There is none."


def answer(*ranked: tuple[str, float]) -> dict[str, Any]:
    return {"trees": [tree for tree, _ in ranked], "scores": [score for _, score in ranked]}


def test_rows_differ_unless_neighbours_are_as_probable() -> None:
    apart, near = answer(("a", 0.5), ("b", 0.25), ("", 0.0)), answer(("a", 0.3), ("b", 0.3 - 1e-7), ("", 0.0))
    assert nbest.compare([apart, near], [apart, near]) == ([], [], 0.0)
    turned = [answer(*reversed(nbest.ranked(one)[:2]), ("", 0.0)) for one in (apart, near)]
    assert nbest.compare([apart, near], turned) == ([0, 1], [0], 0.0)
    moved = answer(("a", 0.5), ("b", 0.26), ("", 0.0))
    assert nbest.compare([apart], [moved])[2] == pytest.approx(0.01)
    assert nbest.compare([{"tree": "a", "score": 0.5}], [{"tree": "b", "score": 0.5}]) == ([0], [0], 0.0)
