"""The check of a finished export: what it prints of a good one, and that it sees damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import exported
from mtl.runs.predictor import Predictor


def checked(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    monkeypatch.setattr("sys.argv", ["exported", str(run)])
    threads = torch.get_num_threads()
    try:
        code = exported.main()
    finally:
        torch.set_num_threads(threads)
    return code, capsys.readouterr().out.splitlines()


def test_a_good_export(small_run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = checked(small_run, monkeypatch, capsys)
    assert code == 0
    size = sum(p.numel() * 4 for p in Predictor.load(small_run).model.parameters())
    assert f"weights.safetensors holds {size:,} bytes, the components {size:,}" in lines
    for task in ("intent", "slots"):
        for batch in (1, 64):
            assert f"{task}: 15/15 rows of the test split have the same answer, batch {batch}" in lines
    for graph in ("intent", "joint", "slots"):
        assert f"{graph}.onnx answers 305/305 batches: none, empty, 1 to 300 tokens" in lines


def test_other_answers_are_told(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(shutil.copytree(small_run, tmp_path / "run"))
    monkeypatch.setattr(exported, "nearly", lambda found, wanted: False)
    code, lines = checked(run, monkeypatch, capsys)
    assert code == 1
    told = "wrong: intent: 0/15 rows of the test split have the same answer, batch 1"
    assert told in lines


def test_answers_are_nearly_the_same() -> None:
    answer = {"label": "a", "score": 0.5, "scores": {"a": 0.5}, "tokens": ["x"]}
    assert exported.nearly({**answer, "score": 0.50001}, answer)
    for other in ({"score": 0.6}, {"label": "b"}, {"tokens": []}, {"scores": {"b": 0.5}}, {"score": float("nan")}):
        assert not exported.nearly({**answer, **other}, answer)


def test_what_inputs_get() -> None:
    rows = [["play", "it"], []]
    assert exported.given("text", rows).tolist() == ["play it", ""]
    assert exported.given("query.tokens", rows).tolist() == [["play", "it"], ["", ""]]
    assert exported.given("lengths", rows).tolist() == [2, 0]
    assert exported.given("tokens", []).shape == (0, 0)
    assert exported.given("tokens", [[]]).shape == (1, 0)
    assert exported.given("tokens", rows).dtype == np.dtype(object)
