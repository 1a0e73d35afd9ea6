"""Looks at the gradients of tasks that meet: what they find, that they change nothing, and when they are."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
import torch

from mtl.base.progress import GradientReport, MeetingGradients
from mtl.train.gradient_summary import gradient_lines, looks
from mtl.train.logs import Logs
from tests.mtl.small_run import parameters, same, small_trainer
from tests.mtl.train.test_update import WHOLE, apart, flat, partly_shared


def test_norms_and_cosines_are_those_of_gradients_computed_apart(tmp_path: Path) -> None:
    trainer = partly_shared(tmp_path, {**WHOLE, "gradients_every": 1})
    trainer.model.train()
    draws = trainer.draws.next()
    rows = apart(trainer, draws)
    before = parameters(trainer.model)
    trainer.update(draws, 0)
    assert trainer.facts is not None
    report = trainer.facts.report(1)
    assert report is not None
    assert (report.step, report.source, [*report.components]) == (1, "utterances, words", ["words", "encoder"])
    own = [tensor for tensor in trainer.owned["encoder"].values() if isinstance(tensor, torch.nn.Parameter)]
    gradients = {task: flat(of, own) for task, of in rows["encoder"].items()}
    meeting = report.components["encoder"]
    assert meeting.norms == pytest.approx({task: float(of.norm()) for task, of in gradients.items()}, rel=1e-4)
    pairs = [("intent", "slots"), ("intent", "pos"), ("slots", "pos")]
    assert [(one, other) for one, of in meeting.cosines.items() for other in of] == pairs
    for one, other in pairs:
        wanted = float(torch.cosine_similarity(gradients[one], gradients[other], dim=0))
        assert meeting.cosines[one][other] == pytest.approx(wanted, abs=1e-4)
    after = parameters(trainer.model)
    moved = [(after[name] - before[name]).square().sum() for name in before if name.startswith("/encoder")]
    assert sum(meeting.updates.values()) == pytest.approx(float(torch.stack(moved).sum().sqrt()), rel=1e-4)


def test_streams_in_turn_are_compared_within_a_round(tmp_path: Path) -> None:
    trainer = partly_shared(tmp_path, {"gradients_every": 4, "epochs": 1, "mixture": "round_robin"})
    found = [report for report in trainer.train() if isinstance(report, GradientReport)]
    assert [(report.step, report.source) for report in found] == [
        *((1, "utterances"), (2, "words"), (5, "utterances"), (6, "words"), (9, "utterances"), (10, "words"))
    ]
    first, second = (report.components["encoder"] for report in found[:2])
    assert [*first.norms] == ["intent", "slots"]
    assert [(one, *of) for one, of in first.cosines.items()] == [("intent", "slots")]
    assert [*second.norms] == ["pos"]
    assert [(one, *of) for one, of in second.cosines.items()] == [("intent", "pos"), ("slots", "pos")]
    assert "words" not in found[1].components  # that embedding is of the other stream's tasks alone


@pytest.mark.parametrize("step", ["stream", "all", 2])
def test_looks_change_nothing(tmp_path: Path, step: str | int) -> None:
    ends = []
    for every in (0, 1, 3):
        trainer = small_trainer(tmp_path, {"gradients_every": every, "step": step, "epochs": 1}, out=f"{every}")
        reports = [report for report in trainer.train() if isinstance(report, GradientReport)]
        assert bool(reports) is (every > 0)
        ends.append(parameters(trainer.model))
    assert same(ends[0], ends[1])
    assert same(ends[0], ends[2])


def test_by_default_there_are_forty(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"gradients_every": None, "epochs": 9})
    assert trainer.facts is not None
    assert (trainer.steps, trainer.facts.every) == (90, 2)
    trainer = small_trainer(tmp_path, {"gradients_every": None, "epochs": 9000}, out="long")
    assert trainer.facts is not None
    assert trainer.facts.every == 50


def test_a_resumed_run_looks_where_the_whole_one_does(tmp_path: Path) -> None:
    train = {"gradients_every": 4, "epochs": 1, "checkpoint_every": 3}
    whole = [(r.step, r.source) for r in small_trainer(tmp_path, train).train() if isinstance(r, GradientReport)]
    cut = small_trainer(tmp_path, train, out="cut")
    list(islice(cut.train(), 7))
    again = small_trainer(tmp_path, train, out="cut", resume=True)
    assert again.step == 3
    rest = [(r.step, r.source) for r in again.train() if isinstance(r, GradientReport)]
    assert rest == [look for look in whole if look[0] > 3]


def test_lines_say_who_moves_and_who_disagrees(tmp_path: Path) -> None:
    def look(step: int, one: float, other: float, cosine: float) -> GradientReport:
        meeting = MeetingGradients({"a": 1.0, "b": 2.0}, {"a": one, "b": other}, {"a": {"b": cosine}})
        return GradientReport(step, "s", {"encoder": meeting})

    found = [look(1, 1.0, 3.0, -0.5), look(2, 1.0, 3.0, -0.25), look(3, 0.0, 2.0, 0.5), look(4, 1.0, -1.0, -0.75)]
    with Logs(tmp_path, 0) as logs:
        for report in found:
            logs.write(report)
    records = looks(tmp_path / "log.jsonl")
    assert records == [json.loads(json.dumps(report.record())) for report in found]
    assert [*gradient_lines(records)] == [
        "where tasks meet, by looks at their gradients (`gradients` in log.jsonl):",
        "  encoder: moved by a 27%, b 73%",
        "    a and b disagree in 75% of 4 looks, median cosine -0.38",
    ]
    assert [*gradient_lines(records[2:3])][2:] == []
    assert [*gradient_lines(looks(tmp_path / "none.jsonl"))] == []
