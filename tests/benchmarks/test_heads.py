"""What graphs take of one sentence: a line for each task, of times that are those of the sides."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks import heads
from mtl.runs.eight_bits import export_eight_bits
from mtl.runs.exported_run import ExportedRun
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_line_of_every_task(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    data = small_run.parent
    export_eight_bits(ExportedRun.open(run / "export", data=data), run / "export.int8", at_most=100)
    monkeypatch.setattr("sys.argv", ["heads", str(run), "--data", str(data), "--rounds", "1"])
    heads.main()
    _, *lines, weights, smaller, _ = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["intent", "slots"]
    for line in lines:
        numbers = [float(cell.rstrip("%")) for cell in line.split()[1:]]
        eager, head, ratio, front, share, joint, to_head, small, of_head, of_eager = numbers
        assert ratio == pytest.approx(eager / head, rel=0.1)
        assert share == pytest.approx(100 * front / head, rel=0.1)
        assert to_head == pytest.approx(joint / head, rel=0.1)
        assert (of_head, of_eager) == (pytest.approx(head / small, rel=0.1), pytest.approx(eager / small, rel=0.1))
    of = [int(line.split(": ")[1].removesuffix(" bytes").replace(",", "")) for line in (weights, smaller)]
    assert of == [(run / name / "weights.safetensors").stat().st_size for name in ("export", "export.int8")]


def test_a_front_end_finds_what_embeddings_read(small_run: Path) -> None:
    run = Run.open(small_run)
    sides = heads.sides_of(run, Predictor.load(small_run), "slots")
    tokens, lengths, *features = sides["front end"]("play hey jude")
    (answer,) = sides["eager"]("play hey jude")
    assert tokens.tolist() == [answer["tokens"]] == [["play", "hey", "jude"]]
    assert lengths.tolist() == [3]
    assert [values.shape[:2] for values in features] == [(1, 3)] * len(features) != []
    assert list(sides) == ["eager", "head", "front end", "joint"]
