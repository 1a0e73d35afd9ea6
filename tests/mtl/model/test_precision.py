"""bf16 in training: what is computed with it, what stays float32, and that every module bears it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.device import CPU
from mtl.evaluate.evaluation import evaluate
from mtl.model.module import PaddedSequence
from mtl.model.output import Losses
from mtl.model.precision import autocast, in_float32
from mtl.train.trainer import EvalReport, StepReport
from mtl_modules import CRF, BiLSTM
from tests.mtl.small_run import parameters, same, small_trainer, update
from tests.properties.cases import CASES, LABELS, Case, of_tokens

CRFS: dict[str, Any] = {"slots": {"model": {"output": {"type": "crf"}}}, "pos": {"model": {"output": {"type": "crf"}}}}


def values(found: Any) -> torch.Tensor:
    tensor = found.values if isinstance(found, PaddedSequence | Losses) else found
    assert isinstance(tensor, torch.Tensor)
    return tensor


def test_fp32_is_no_context() -> None:
    with autocast(CPU, "fp32"):
        assert not torch.is_autocast_enabled("cpu")
    with autocast(CPU, "bf16"):
        assert torch.is_autocast_enabled("cpu")
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16


def test_losses_leave_it() -> None:
    def seen(first: torch.Tensor, second: PaddedSequence, third: torch.Tensor) -> tuple[Any, ...]:
        return first.dtype, second.values.dtype, third.dtype, torch.is_autocast_enabled("cpu")

    half = torch.ones(2, dtype=torch.bfloat16)
    given = (half, PaddedSequence(half, torch.ones(2)), torch.ones(2, dtype=torch.int64))
    with autocast(CPU, "bf16"):
        assert in_float32(seen, *given) == (torch.float32, torch.float32, torch.int64, False)
    assert in_float32(seen, *given) == (torch.bfloat16, torch.bfloat16, torch.int64, False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_module_bears_it(case: Case) -> None:
    module = case.module().train()
    arguments = case.batch(case.rows())
    torch.manual_seed(0)
    with autocast(CPU, "bf16"):
        if case.kind == "output":
            found = in_float32(module.loss, *arguments, case.targets(case.rows()))
        else:
            found = of_tokens(module(*arguments))
    torch.manual_seed(0)
    exact = (
        module.loss(*arguments, case.targets(case.rows())) if case.kind == "output" else of_tokens(module(*arguments))
    )
    there = exact.mask()[:, :, None] if isinstance(exact, PaddedSequence) else torch.tensor(True)
    exact_values, found_values = values(exact).detach(), values(found).detach().float()
    near = torch.where(there, found_values - exact_values, 0.0).abs().max()
    assert near <= 0.05 * max(1.0, float(torch.where(there, exact_values, 0.0).abs().max()))
    if values(found).requires_grad:
        values(found).float().masked_fill(~there, 0.0).sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is None or parameter.grad.dtype == torch.float32, name
        assert parameter.grad is None or bool(torch.isfinite(parameter.grad.to_dense()).all()), name


def test_a_crf_and_on_a_cpu_an_lstm_compute_in_float32() -> None:
    scores = PaddedSequence(torch.randn(2, 4, len(LABELS)).bfloat16(), torch.tensor([4, 2]))
    crf, exact = CRF(LABELS), PaddedSequence(scores.values.float(), scores.lengths)
    with autocast(CPU, "bf16"):
        assert torch.equal(crf(scores).values, crf(exact).values)
        assert crf(scores).values.dtype == torch.float32
        lstm = BiLSTM(len(LABELS), hidden=3)
        outputs = lstm(scores).values
    assert outputs.dtype == torch.float32
    assert torch.equal(outputs, lstm(exact).values)


def test_training_learns_and_keeps_its_parameters_in_float32(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"epochs": 8, "precision": "bf16"}, tasks=CRFS)
    reports = list(trainer.train())
    evaluations = [report for report in reports if isinstance(report, EvalReport)]
    assert evaluations[-1].metrics["joint"]["exact_match"] > 0.7
    assert evaluations[-1].score > evaluations[0].score
    exact = small_trainer(tmp_path, {"epochs": 8}, out="exact", tasks=CRFS)
    first, wanted = next(report for report in reports if isinstance(report, StepReport)), next(exact.train())
    assert isinstance(wanted, StepReport)
    assert first.losses != wanted.losses
    assert first.losses == pytest.approx(wanted.losses, rel=0.05)
    tensors = [
        *trainer.model.parameters(),
        *(v for kept in trainer.optimizers.parts[0].state.values() for v in kept.values()),
    ]
    assert {tensor.dtype for tensor in tensors} == {torch.float32}


def test_evaluation_is_in_float32(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"precision": "bf16"})
    seen = set()

    def look(module: object, inputs: object, output: Any) -> None:
        seen.add((output.values if isinstance(output, PaddedSequence) else output).dtype)

    for task in trainer.graph.recipe.tasks:
        trainer.model[f"{task}.decoder"].register_forward_hook(look)
    evaluate(trainer.model, trainer.graph, trainer.prepared, "dev")
    assert seen == {torch.float32}
    feed = trainer.draws.feeds["words"]
    trainer.model.train()
    update(trainer, feed, feed.next())
    assert seen == {torch.float32, torch.bfloat16}


def test_a_resumed_run_goes_on_in_it(tmp_path: Path) -> None:
    train = {"precision": "bf16", "checkpoint_every": 3, "epochs": 1}
    whole = small_trainer(tmp_path, train, out="whole")
    list(whole.train())
    for report in small_trainer(tmp_path, train).train():
        if report.step == 5:
            break
    resumed = small_trainer(tmp_path, train, resume=True)
    assert resumed.step == 3
    list(resumed.train())
    assert same(parameters(resumed.model), parameters(whole.model))
    assert json.loads((whole.checkpoints.path("last") / "state.json").read_text())["finished"]
