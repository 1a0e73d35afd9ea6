"""Commands that take a run work on one that was cut off, and say so; the command that they name ends its training."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest

from mtl.base.progress import StepReport
from mtl.runs.runner import Run
from tests import small
from tests.commands import within


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was cut off after step 10 of 72, with checkpoints at steps 3 and 9; its data beside."""
    folder = tmp_path_factory.mktemp("half")
    for report in Run.start(small.write(folder), folder / "run").train():
        if isinstance(report, StepReport) and report.step == 10:
            break
    return folder / "run"


def warning(run: Path) -> str:
    return (
        f"warning: {run}: has not finished training (step 9 of 72): its best checkpoint so far, that of step 9, is "
        f"used. `mtl train {run}/recipe.yaml --out {run} --resume` goes on with it.\n"
    )


def test_commands_say_how_far_it_got(half: Path) -> None:
    for arguments in (("test", half), ("errors", half, "--task", "intent"), ("report", half)):
        done = within(*arguments)
        assert (done.returncode, done.stderr) == (0, warning(half)), arguments
    done = within("predict", half, "--task", "intent", stdin=b"play yesterday\n")
    assert (done.returncode, done.stderr) == (0, warning(half))
    assert json.loads(done.stdout)["label"] in ("play", "wake")
    assert within("labels", half).stderr == ""  # which training does not change


def test_an_export_has_it_in_its_manifest(half: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(half, run)
    done = within("export", run, "--verify", "none")
    assert (done.returncode, done.stderr) == (0, warning(run))
    assert json.loads((run / "export/manifest.json").read_text("utf-8"))["unfinished"] == {"step": 9, "steps": 72}
    of_export = (
        f"warning: {run}/export: was exported before its run had finished training, at step 9 of 72. Finish the "
        "training (`mtl train`, --resume), then export the run again.\n"
    )
    for arguments in (("predict", run / "export", "--task", "intent"), ("test", run / "export")):
        done = within(*arguments)
        assert (done.returncode, done.stderr) == (0, of_export), arguments


def test_the_command_that_is_named_ends_it(half: Path, tmp_path: Path, small_run: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(half, run)
    again = warning(run).split("`")[1]
    done = within(*shlex.split(again)[1:])
    assert done.returncode == 0, done.stderr
    done = within("export", run, "--verify", "none")
    assert (done.returncode, done.stderr) == (0, "")
    assert "unfinished" not in json.loads((run / "export/manifest.json").read_text("utf-8"))
    name = json.loads((run / "checkpoints/pointer.json").read_text())["best"]
    for file in (small_run / "checkpoints" / name / "components").iterdir():
        assert (run / "checkpoints" / name / "components" / file.name).read_bytes() == file.read_bytes()


def test_a_run_without_a_checkpoint_to_answer_with(half: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(half, run)
    pointer = run / "checkpoints/pointer.json"
    pointer.write_text(json.dumps({"last": json.loads(pointer.read_text())["last"]}))
    again = f"`mtl train {run}/recipe.yaml --out {run} --resume` goes on with the training."
    for command in ("test", "export"):
        done = within(command, run)
        assert done.returncode == 1
        assert done.stderr == f"{run}/checkpoints: should hold a best checkpoint. There is none. {again}\n"
    shutil.rmtree(run / "checkpoints")
    done = within("predict", run, "--task", "intent")
    assert (done.returncode, done.stderr) == (
        1,
        f"{run}/checkpoints: should hold a best checkpoint. There is none. {again}\n",
    )
