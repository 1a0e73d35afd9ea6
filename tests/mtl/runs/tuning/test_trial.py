from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mtl.base.errors import CheckpointError
from mtl.compile.candidates import load_candidates
from mtl.runs.tuning import trial
from mtl.runs.tuning.trial import TrialEnded, TrialJob, train_trial
from mtl.train.checkpoint import Checkpoints
from tests import small

SPACE = """
tune:
  space:
    train.optimizer.lr: [0.02, 0.03]
    tasks.intent.model.representation.dropout: [0.0, 0.1]
    tasks.slots.model.representation.dropout: [0.0, 0.1]
"""
SHORT = small.RECIPE.replace("epochs: 24", "epochs: 4") + SPACE
VALUES = {"train.optimizer.lr": 0.03}


def job(folder: Path, text: str = SHORT, values: object = VALUES, name: str = "trial") -> TrialJob:
    recipe = folder / "small.yaml"
    if not recipe.is_file():
        small.write(folder, text)
    _, candidates, config = load_candidates(recipe)
    assert isinstance(values, dict)
    return TrialJob(candidates, values, config.places, folder / name)


class Judge:
    """Keeps what it is asked, and says no at these evaluations."""

    def __init__(self, *bad: int) -> None:
        self.bad, self.seen = bad, list[tuple[int, float]]()

    def __call__(self, step: int, score: float) -> bool:
        self.seen.append((step, score))
        return len(self.seen) not in self.bad


def evaluations(folder: Path) -> list[tuple[int, float]]:
    records = map(json.loads, (folder / "log.jsonl").read_text("utf-8").splitlines())
    return [(record["step"], record["score"]) for record in records if record["event"] == "evaluation"]


def test_a_trial_is_an_ordinary_training_that_never_reads_test(tmp_path: Path) -> None:
    asked, judge = job(tmp_path), Judge()
    (tmp_path / "test.tsv").unlink()
    assert train_trial(asked, judge) == TrialEnded("complete")
    assert judge.seen == evaluations(asked.folder)
    assert [step for step, _ in judge.seen] == [3, 6, 9, 12]
    assert "lr: 0.03" in (asked.folder / "recipe.yaml").read_text("utf-8")
    assert list(json.loads((asked.folder / "data.json").read_text("utf-8"))["hashes"]) == [
        "utterances/train",
        "utterances/dev",
    ]


def test_a_trial_stops_where_it_is_judged_to_be_bad_unless_it_ends_there(tmp_path: Path) -> None:
    assert train_trial(job(tmp_path), judge := Judge(2)) == TrialEnded("pruned")
    assert len(judge.seen) == 2
    assert train_trial(job(tmp_path, name="last"), judge := Judge(4)) == TrialEnded("complete")
    assert len(judge.seen) == 4
    (tmp_path / "small.yaml").unlink()
    patient = SHORT.replace("epochs: 4", "epochs: 4\n  patience: 1\n  clip: 1e-9")
    ended = train_trial(job(tmp_path, patient, {"train.optimizer.lr": 1e-9}, "patience"), judge := Judge(2))
    assert (ended, len(judge.seen)) == (TrialEnded("complete"), 2)


def test_a_trial_that_was_stopped_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    whole = job(tmp_path, name="whole")
    train_trial(whole, Judge())
    cut, judge = job(tmp_path, name="cut"), Judge()
    assert train_trial(cut, judge, lambda: len(judge.seen) == 2) is None
    assert train_trial(cut, again := Judge()) == TrialEnded("complete")
    assert [step for step, _ in again.seen] == [6, 9, 12]  # what came after the last checkpoint
    assert evaluations(cut.folder) == evaluations(whole.folder)
    assert train_trial(cut, again := Judge()) == TrialEnded("complete")  # it was over already
    assert again.seen == []


def test_a_trial_that_cannot_go_on_begins_anew(tmp_path: Path) -> None:
    cut, judge = job(tmp_path), Judge()
    assert train_trial(cut, judge, lambda: len(judge.seen) == 3) is None
    state = Checkpoints(cut.folder).path("last") / "state.json"
    kept = json.loads(state.read_text("utf-8"))
    kept["identity"]["versions"]["torch"] = "1.0"
    state.write_text(json.dumps(kept), "utf-8")
    assert train_trial(cut, again := Judge()) == TrialEnded("complete")
    assert [step for step, _ in again.seen] == [3, 6, 9, 12]


def test_values_that_do_not_fit_together_are_how_it_ended(tmp_path: Path) -> None:
    keys = [f"tasks.{task}.model.representation.dropout" for task in ("intent", "slots")]
    asked = job(tmp_path, values=dict(zip(keys, (0.0, 0.1), strict=True)))
    line = len(small.RECIPE.splitlines())
    assert train_trial(asked, Judge()) == TrialEnded(
        "failed",
        f"{tmp_path / 'small.yaml'}:{line + 6}: tasks.slots.model.representation.dropout: should be 0.0 as in "
        f"tasks.intent.model.representation.dropout (line {line + 5}): tied modules have one configuration. Found 0.1.",
    )


def test_a_training_that_diverges_is_how_it_ended(tmp_path: Path) -> None:
    ended = train_trial(job(tmp_path, values={"train.optimizer.lr": 1e38}), Judge())
    assert ended is not None
    assert ended.state == "failed"
    assert ended.error.startswith(
        "the loss of task 'intent' should be finite. Found nan at step 2 (source 'utterances', "
    )


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total of 79.10 GiB."),
            "not enough memory on the device. Found: CUDA out of memory. Tried to allocate 2.00 GiB.",
        ),
        (MemoryError(), "not enough memory. Found no more of it."),
        (RuntimeError("a bug"), None),
        (CheckpointError("the disk is full"), None),
    ],
)
def test_too_little_memory_is_how_it_ended_and_other_errors_are_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str | None
) -> None:
    def failing(*_: object) -> Iterator[object]:
        raise error
        yield

    monkeypatch.setattr(trial, "reports", failing)
    if message is not None:
        assert train_trial(job(tmp_path), Judge()) == TrialEnded("failed", message)
        return
    with pytest.raises(type(error)) as raised:
        train_trial(job(tmp_path), Judge())
    assert raised.value is error
