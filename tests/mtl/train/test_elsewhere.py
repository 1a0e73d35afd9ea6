"""Nothing is left on the CPU: training, evaluation, scores of pairs and prediction on a second device.

The device is that of `elsewhere`: real numbers, and an error wherever tensors of two devices meet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mtl.base.device import device_of
from mtl.base.tensors import read_tensors
from mtl.evaluate.evaluation import evaluate
from mtl.export.export import export
from mtl.runs.predictor import Predictor
from mtl.train.checkpoint import Checkpoints
from mtl.train.trainer import StepReport, Trainer
from tests.mtl.small_run import small_graph, small_prepared
from tests.mtl.train.elsewhere import ELSEWHERE, elsewhere
from tests.mtl.train.test_ranking_resume import trainer as ranking_trainer


def test_the_device_refuses_what_is_elsewhere() -> None:
    with elsewhere() as device:
        there = torch.ones(2).to(device)
        assert there.device == ELSEWHERE
        assert (there + 1).cpu().tolist() == [2.0, 2.0]
        with pytest.raises(RuntimeError, match="operands on two devices"):
            there + torch.ones(2)
        with pytest.raises(RuntimeError):
            there.numpy()


MODELS: dict[str, dict[str, Any]] = {
    "intent": {
        "embedding": {
            "type": "concat",
            "parts": {"word": {"type": "word", "dim": 6, "word_dropout": 0.1}, "char": {"type": "char_cnn", "dim": 4}},
        },
        "representation": {"type": "bilstm", "hidden": 4, "layers": 2, "dropout": 0.2},
        "pooling": {"type": "self_attention"},
    },
    "slots": {"output": {"type": "crf", "constrained": True}},
    "pos": {"output": {"type": "crf"}},
}
# As the default scorer would be of two vectors alone: one that reads tokens and common words of both texts.
TOKENS = {"embedding": {"type": "word", "dim": 6}, "lexical": {"type": "lexical"}}


def small(
    folder: Path, device: torch.device | None, out: str = "run", *, resume: bool = False, **train: Any
) -> Trainer:
    tasks = {name: {"model": model} for name, model in MODELS.items()}
    graph = small_graph(folder, {"epochs": 1, "checkpoint_every": 4, **train}, tasks=tasks)
    return Trainer(graph, small_prepared(graph), folder / out, resume=resume, device=device)


def on(device: torch.device, trainer: Trainer) -> bool:
    """Return whether all parameters and all of the optimizer's state are on a device."""
    state = [value for kept in trainer.optimizers.parts[0].state.values() for value in kept.values()]
    tensors = [*trainer.model.state_dict().values(), *(value for value in state if isinstance(value, torch.Tensor))]
    return all(tensor.device == device for tensor in tensors)


def test_training_evaluation_and_prediction_follow(tmp_path: Path) -> None:
    plain = small(tmp_path, None, "plain", accumulate=2)
    list(plain.train())
    texts = ["play a song", "", "book"]
    with elsewhere() as device:
        trainer = small(tmp_path, device, accumulate=2)
        reports = list(trainer.train())
        assert any(isinstance(report, StepReport) for report in reports)
        assert on(device, trainer)
        assert device_of(trainer.model) == device
        found = evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
        predictor = Predictor(trainer.model)
        answers = {task: predictor.predict(task, texts) for task in predictor.tasks}
        file = Checkpoints(tmp_path / "run").path("best") / "components" / "words_.safetensors"
    wanted = Predictor(plain.model)
    assert found.predictions.keys() == set(wanted.tasks)
    assert [len(rows) for rows in found.predictions.values()] == [40, 40, 19]
    assert {task: len(rows) for task, rows in answers.items()} == dict.fromkeys(wanted.tasks, 3)
    assert all(tensor.device.type == "cpu" for tensor in read_tensors(file)[0].values())


def test_a_run_is_resumed_there(tmp_path: Path) -> None:
    folder = tmp_path
    plain = small(folder, None, "plain")
    with elsewhere() as device:
        trainer = small(folder, device)
        for report in trainer.train():
            if report.step == 6:
                break
        assert trainer.checkpoints.pointer()["last"] == "step-00000004"
        resumed = small(folder, device, resume=True)
        assert resumed.step == 4
        assert on(device, resumed)
        rest = list(resumed.train())
        assert rest[-1].step == plain.steps


@pytest.mark.slow
@pytest.mark.parametrize("kind", [small, ranking_trainer])
def test_an_export_is_that_of_the_same_model_on_the_cpu(tmp_path: Path, kind: Any) -> None:
    plain = kind(tmp_path, device=None, out="plain")
    wanted = export(plain.model, plain.graph, plain.prepared, tmp_path / "wanted")
    with elsewhere() as device:
        trainer = kind(tmp_path, device=device, out="run")
        found = export(trainer.model, trainer.graph, trainer.prepared, tmp_path / "found")
        assert on(device, trainer)
    assert found.verification.rows == wanted.verification.rows
    assert found.verification.towers.keys() == wanted.verification.towers.keys()
    assert [file.name for file in sorted(found.folder.iterdir())] == [
        file.name for file in sorted(wanted.folder.iterdir())
    ]
    assert (found.folder / "weights.safetensors").read_bytes() == (wanted.folder / "weights.safetensors").read_bytes()


@pytest.mark.parametrize("name", ["vectors", "tokens"])
def test_scores_of_pairs_follow(tmp_path: Path, name: str) -> None:
    keys = {"tokens": {"model": {"query": TOKENS, "document": TOKENS, "scorer": {"type": "interaction"}}}}.get(name, {})
    with elsewhere() as device:
        trainer = ranking_trainer(tmp_path, out="run", device=device, **keys)
        list(trainer.train())
        assert on(device, trainer)
        found = evaluate(trainer.model, trainer.graph, trainer.prepared, "train")
        predictor = Predictor(trainer.model)
        texts = {"query": ["query 1 of 1"], "document": ["document 3"]}
        answer = predictor.predict("relevance", texts)
        vectors = predictor.encode("relevance", "query", texts["query"]) if name == "vectors" else np.zeros((1, 1))
        trainer.model.to("cpu")
    again = evaluate(trainer.model, trainer.graph, trainer.prepared, "train")
    assert np.allclose(found.predictions["relevance"], again.predictions["relevance"], atol=1e-6)
    (wanted,) = Predictor(trainer.model).predict("relevance", texts)
    assert answer == [pytest.approx(wanted)]
    assert vectors.shape[0] == 1
