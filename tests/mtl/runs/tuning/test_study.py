from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.recipe.tuning import Dimension, Range, TuneConfig
from mtl.runs.tuning.study import Study, Trial

SPACE: dict[str, Dimension] = {
    "lr": Range(low=1e-4, high=1.0, log=True),
    "size": Range(low=1, high=9, step=2, whole=True),
    "type": ("a", None, {"type": "b"}),
}


def opened(folder: Path, seed: int = 1, **more: str) -> Study:
    folder.mkdir(exist_ok=True)
    return Study(folder, "study", TuneConfig(space=SPACE, **more), seed)  # type: ignore[arg-type]


def train(study: Study, trial: Trial, evaluations: int = 4) -> Trial:
    """Report scores that grow with the trial's rate, and end it."""
    for evaluation in range(1, evaluations + 1):
        if not study.report(trial.number, 10 * evaluation, trial.values["lr"] * evaluation):
            return study.end(trial.number, "pruned")
    return study.end(trial.number, "complete")


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_a_study_that_is_closed_at_any_time_goes_on_as_if_it_was_not(tmp_path: Path, sampler: str) -> None:
    with opened(tmp_path / "whole", sampler=sampler) as study:
        for _ in range(14):
            train(study, study.propose())
        wanted = study.trials
    for number in range(14):
        with opened(tmp_path / "cut", sampler=sampler) as study:
            trial = study.propose()
            study.report(trial.number, 10, trial.values["lr"])
        with (tmp_path / "cut/journal.log").open("ab") as journal:
            journal.write(b'{"op_code": 6, "trial_id": 0, "tri')  # a kill while a line was written
        (tmp_path / "cut/journal.log.lock").symlink_to("journal.log")  # and while it was locked
        with opened(tmp_path / "cut", sampler=sampler) as study:
            (left,) = [trial for trial in study.trials if trial.state == "running"]
            assert (left.number, left.values, left.scores) == (number + 1, trial.values, (trial.values["lr"],))
            train(study, left)  # it reports again what it had reported
    with opened(tmp_path / "cut", sampler=sampler) as study:
        assert study.trials == wanted
    assert len({trial.values["lr"] for trial in wanted}) == 14


def test_an_interrupt_while_the_journal_is_written_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, renamed = os.rename, []

    def rename(*names: object) -> None:  # how Optuna gives up the journal's lock
        if not renamed:
            signal.raise_signal(signal.SIGINT)
        renamed.append(names)
        real(*names)  # type: ignore[arg-type]

    with opened(tmp_path / "study") as study:
        monkeypatch.setattr(os, "rename", rename)
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
        try:
            with pytest.raises(KeyboardInterrupt):
                study.propose()
        finally:
            signal.signal(signal.SIGINT, before)
        assert renamed
        assert [trial.state for trial in study.trials] == ["running"]
        assert not list((tmp_path / "study").glob("*.lock*"))


def test_what_is_proposed_depends_on_the_seed_and_lies_in_the_space(tmp_path: Path) -> None:
    found = []
    for seed in (1, 2):
        with opened(tmp_path / str(seed), seed) as study:
            found.append([study.propose().values for _ in range(12)])
    assert found[0] != found[1]
    for values in found[0] + found[1]:
        assert 1e-4 <= values["lr"] <= 1.0
        assert values["size"] in (1, 3, 5, 7, 9)
        assert values["type"] in ("a", None, {"type": "b"})
    assert {str(values["type"]) for values in found[0]} == {"a", "None", "{'type': 'b'}"}


def test_later_proposals_are_near_the_best(tmp_path: Path) -> None:
    with opened(tmp_path / "study", pruner="none") as study:
        for _ in range(30):
            train(study, study.propose())
        rates = [trial.values["lr"] for trial in study.trials]
    assert statistics.median(rates[10:]) > 0.1  # at random it would be about 0.01


@pytest.mark.parametrize(("pruner", "pruned"), [("median", True), ("halving", True), ("none", False)])
def test_a_trial_that_is_worse_than_others_is_stopped(tmp_path: Path, pruner: str, pruned: bool) -> None:
    with opened(tmp_path / "study", pruner=pruner) as study:
        for score in (0.5, 0.6, 0.7, 0.8, 0.9):
            trial = study.propose()
            for step in (10, 20):
                if not study.report(trial.number, step, score):
                    pytest.fail("none is worse than those before it")
            study.end(trial.number, "complete")
        bad = study.propose()
        assert study.report(bad.number, 10, 0.1) != pruned
        if pruned:
            assert study.end(bad.number, "pruned").score == 0.1
        assert study.best == study.trials[4]


def test_the_best_one_is_the_first_of_the_highest_score_that_was_trained_to_its_end(tmp_path: Path) -> None:
    with opened(tmp_path / "study", pruner="none") as study:
        assert study.best is None
        for scores, state in [
            ((-2.0,), "complete"),
            ((-1.0, -3.0), "complete"),
            ((-1.0,), "complete"),
            ((0.0,), "pruned"),
        ]:
            trial = study.propose()
            for step, score in enumerate(scores):
                study.report(trial.number, step, score)
            study.end(trial.number, state)  # type: ignore[arg-type]
        failed = study.propose()
        study.end(failed.number, "failed", "no memory")
        assert study.best is not None
        assert (study.best.number, study.best.score, study.best.steps) == (2, -1.0, (0, 1))
        assert (study.trials[4].state, study.trials[4].error, study.trials[4].score) == ("failed", "no memory", None)


def test_values_that_were_tried_are_not_tried_again(tmp_path: Path) -> None:
    config = TuneConfig(space={"a": (1, 2)}, sampler="random")
    (tmp_path / "study").mkdir()
    with Study(tmp_path / "study", "study", config, 1) as study:
        for _ in range(8):
            trial = study.propose()
            if trial.state != "running":
                continue
            study.report(trial.number, 5, trial.values["a"])
            study.end(
                trial.number, "complete" if trial.values["a"] == 1 else "failed", "" if trial.values["a"] == 1 else "no"
            )
        trials = study.trials
    first = {value: next(trial for trial in trials if trial.values["a"] == value) for value in (1, 2)}
    assert [trial.same_as is None for trial in trials].count(True) == 2
    for trial in trials:
        original = first[trial.values["a"]]
        assert trial.same_as in (None, original.number)
        assert (trial.state, trial.scores, trial.steps, trial.error) == (
            original.state,
            original.scores,
            original.steps,
            original.error,
        )


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path / "study"):
        with pytest.raises(UsageError) as error:
            opened(tmp_path / "study")
        assert str(error.value) == (
            f"'{tmp_path / 'study'}' should be a study that nothing else works on. Found that another process does: "
            "wait for its end, or name another folder (--out DIR)."
        )
    opened(tmp_path / "study").close()


def test_optuna_reads_the_journal(tmp_path: Path) -> None:
    import optuna

    with opened(tmp_path / "study") as study:
        trial = train(study, study.propose())
    backend = optuna.storages.journal.JournalFileBackend(str(tmp_path / "study/journal.log"))
    theirs = optuna.load_study(study_name="study", storage=optuna.storages.JournalStorage(backend))
    assert theirs.best_value == trial.score
    assert theirs.best_params["lr"] == trial.values["lr"]


def test_without_optuna_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['optuna'] = None\nfrom mtl.cli import main\nsys.argv[1:] = ['tune', 'r.yaml']\nmain()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "`mtl tune` should have the package 'optuna'. Found no such package. "
        "Install it: pip install 'mtl-nlp[tune]'.\n",
    )
