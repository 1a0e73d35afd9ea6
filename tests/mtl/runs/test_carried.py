"""What a recipe could take from a run, as `mtl check --from` says it."""

from __future__ import annotations

from pathlib import Path

from mtl.graph.build import build_graph
from mtl.runs.carried import CarriedModule, carried_over
from mtl.runs.runner import Run
from tests import small
from tests.commands import within
from tests.mtl.compile.test_extension import unfinished
from tests.mtl.from_small import recipe


def test_what_a_changed_recipe_may_take(small_run: Path, tmp_path: Path) -> None:
    file = small.write(tmp_path)
    settings = ["--set", "train.epochs=99", "--set", "tasks.intent.model.pooling=mean"]
    settings += ["--set", "tasks.slots.model={decoder: {hidden: [5]}, output: crf}"]
    done = within("check", file, "--from", small_run, *settings)
    assert (done.returncode, done.stderr) == (0, "")
    run = small_run.resolve()
    assert done.stdout.splitlines()[1:] == [
        f"from {small_run} ('extend: true' beside 'from' adds words and labels that it lacks):",
        f"  tasks.intent.model.embedding: {{from: {run}#words}}",
        f"  tasks.intent.model.representation: {{from: {run}#encoder}}",
        f"  tasks.intent.model.decoder: {{from: {run}#intent.decoder}}",
        f"  tasks.intent.model.output: {{from: {run}#intent.output}}",
        f"not from {small_run}:",
        f"  tasks.intent.model.pooling: type: should be 'max', as 'intent.pooling' of '{run}' is. Found 'mean'.",
        f"  tasks.slots.model.decoder: hidden: should be [], as in 'slots.decoder' of '{run}', or be left out. "
        "Found [5].",
        f"  tasks.slots.model.output: type: should be 'softmax', as 'slots.output' of '{run}' is. Found 'crf'.",
    ]


def test_lines_that_are_said_are_taken(small_run: Path, tmp_path: Path) -> None:
    file = small.write(tmp_path)
    lines = within("check", file, "--from", small_run).stdout.splitlines()[2:]
    assert len(lines) == 7  # all of them
    settings = [part for line in lines for part in ("--set", line.strip().replace(": {", "={", 1))]
    done = within("check", file, *settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{file}: no faults.")


def test_a_wide_module_is_of_what_its_task_predicts(tmp_path: Path) -> None:
    wide = small.RECIPE.replace("pooling: max", "pooling: max\n      wide: ngrams")
    assert wide != small.RECIPE
    file, run = small.write(tmp_path, wide), tmp_path / "run"
    list(Run.start(file, run, overrides=["train.max_steps=1"]).train())
    done = within("check", file, "--from", run)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"  tasks.intent.model.wide: {{from: {run}#intent.wide}}" in done.stdout.splitlines()
    done = within("check", file, "--from", run, "--set", "tasks.intent.type=text_regression")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  tasks.intent.model.wide: the run has none" in done.stdout.splitlines()


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    done = within("check", small.write(tmp_path), "--from", tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        f"{tmp_path}: should be the folder of a run. Found another folder.\n",
    )


def test_a_component_of_the_same_name_may_be_of_another_kind(small_run: Path, tmp_path: Path) -> None:
    share = {"encoder": {"members": ["kind.embedding"], "type": "word"}}
    found = carried_over(build_graph(recipe(tmp_path, {"representation": "bilstm"}, share=share)), small_run)
    assert next(one for one in found if one.path == "share.encoder") == CarriedModule(
        "share.encoder",
        None,
        f"type: should be the representation 'bilstm', as 'encoder' of '{small_run.resolve()}' is. Found the embedding "
        "'word'.",
    )


def test_a_run_that_has_not_ended_is_named(small_run: Path, tmp_path: Path) -> None:
    run = unfinished(small_run, tmp_path / "lm")
    done = within("check", small.write(tmp_path), "--from", run)
    assert (done.returncode, done.stderr) == (
        1,
        f"{run}: should be the folder of a finished run. Found '{run}': its last checkpoint is of step 40 of 72. Let "
        f"the training end; if nothing trains it, go on with it: mtl train {run}/recipe.yaml --out {run} --resume\n",
    )
