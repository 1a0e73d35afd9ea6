"""Steps that are counted without training are those of the training itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mtl.base.progress import StepReport
from mtl.base.registry import lookup, names
from mtl.train.step_counts import Epoch, StepCounts, epoch_of, step_counts
from tests.mtl.small_run import small_graph, small_prepared, small_trainer

KNOWN = [name for name in names("mixture") if not lookup("mixture", name).adaptive]  # type: ignore[attr-defined]
VALUES: dict[str, dict[str, Any]] = {
    "weighted": {"rates": {"utterances": 1, "words": 3}},
    "temperature": {"temperature": 3.0},
    "annealed": {"start": 1.0, "end": 0.0},
}
FOUND = {  # with seed 3, 3 epochs, 5 batches of utterances and 3 of words
    "round_robin": {"utterances": 15, "words": 15},
    "weighted": {"utterances": 4, "words": 20},
    "proportional": {"utterances": 15, "words": 9},
    "temperature": {"utterances": 15, "words": 9},
    "annealed": {"utterances": 13, "words": 11},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("draws")  # one cache: all tests prepare the same data


def mixed(name: str, **more: Any) -> dict[str, Any]:
    return {"mixture": {"type": name, **VALUES.get(name, {})}, "epochs": 3, **more}


def counted(folder: Path, train: dict[str, Any]) -> StepCounts:
    graph = small_graph(folder, train, dev=False)
    return step_counts(graph, small_prepared(graph))


@pytest.mark.parametrize("name", KNOWN)
def test_every_mixture_is_drawn_as_training_draws_it(folder: Path, name: str) -> None:
    for number, more in enumerate(({"max_steps": 14}, {"accumulate": 2, "batch": {"tokens": 40}})):
        train = mixed(name, **more)
        trainer = small_trainer(folder, train, out=f"{name}-{number}", dev=False)
        steps = Counter(report.source for report in trainer.train() if isinstance(report, StepReport))
        found = counted(folder, train)
        assert found == StepCounts(trainer.steps, {"utterances": steps["utterances"], "words": steps["words"]})


@pytest.mark.parametrize("name", KNOWN)
def test_the_counts_of_every_mixture(folder: Path, name: str) -> None:
    assert counted(folder, mixed(name)).of == FOUND[name]


@pytest.mark.parametrize(("step", "total", "of"), [("all", 15, (15, 15)), (4, 9, (9, 9)), (1, 30, (15, 15))])
def test_a_step_of_several_streams_is_one_of_each(folder: Path, step: str | int, total: int, of: Any) -> None:
    train: dict[str, Any] = {"step": step, "epochs": 3}
    trainer = small_trainer(folder, train, out=f"step-{step}", dev=False)
    reports = [report for report in trainer.train() if isinstance(report, StepReport)]
    found = counted(folder, train)
    assert (found.total, tuple(found.of.values())) == (total, of)
    assert {name: sum(name in report.rows_of for report in reports) for name in found.of} == found.of


def test_an_epoch_is_counted_in_steps(folder: Path) -> None:
    graph = small_graph(folder, mixed("round_robin", accumulate=2), dev=False)
    assert epoch_of(graph, small_prepared(graph)) == Epoch(6, {"utterances": 3, "words": 2})


def test_draws_that_a_source_has_at_most(folder: Path) -> None:
    streams = {"utterances": {"steps": 4}, "words": {"batch": {"size": 3}, "steps": 9}}
    for name in ("round_robin", "proportional"):
        assert counted(folder, mixed(name, streams=streams)) == StepCounts(13, {"utterances": 4, "words": 9})


def test_a_source_that_is_never_drawn_counts_none(folder: Path) -> None:
    assert counted(folder, mixed("round_robin", max_steps=1)).of == {"utterances": 1, "words": 0}
