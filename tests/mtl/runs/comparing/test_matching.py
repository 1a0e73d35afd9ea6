"""What each task alone gets of training: counts, proportions, a folder that holds all of them, messages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.base.registry import lookup, names
from mtl.compile.alone import alone
from mtl.compile.loading import load_recipe, recipe_from_text
from mtl.recipe.config import Recipe
from mtl.recipe.filling import digest, filled
from mtl.runs.comparing.comparison import RecipeComparison
from mtl.runs.comparing.contestants import contestants
from mtl.runs.comparing.matching import ComparedRecipe, evaluated_every, in_steps, match_of
from mtl.train.step_counts import Epoch, StepCounts, step_counts
from tests.commands import within
from tests.mtl.runs import two_sources

MIXED = "  mixture: {type: weighted, rates: {utterances: 1, others: 2}}\n"
VALUES = {"weighted": ", rates: {utterances: 1, others: 2}"}


def lone(folder: Path, train: str = "", task: str = "intent") -> Recipe:
    return alone(load_recipe(two_sources.write(folder, train)), task)


KNOWN = [name for name in names("mixture") if not lookup("mixture", name).adaptive]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", KNOWN)
def test_steps_are_those_of_the_joint_run_for_every_mixture(tmp_path: Path, name: str) -> None:
    train = f"  mixture: {{type: {name}{VALUES.get(name, '')}}}\n"
    recipe = load_recipe(two_sources.write(tmp_path, train), overrides=["train.epochs=7"])
    joint = ComparedRecipe(recipe, tmp_path / "joint")
    steps = joint.steps(1)
    assert steps == step_counts(joint.graph, joint.prepared)
    assert sum(steps.of.values()) == steps.total == 7 * 2 * 3  # two sources of 45 rows, in batches of 16
    for task, source in (("intent", "utterances"), ("slots", "others")):
        found = joint.matched(alone(recipe, task), "steps").train
        assert (found.max_steps, found.epochs, found.minutes) == (steps.of[source], steps.of[source], None)


def test_every_seed_has_its_own_draws(tmp_path: Path) -> None:
    path, longer = two_sources.write(tmp_path, MIXED), ["train.epochs=7"]
    recipe = load_recipe(path, overrides=longer)
    comparison = RecipeComparison(contestants([path], single=True, overrides=longer), 4, tmp_path / "out")
    found = [t.recipe.train.max_steps for t in comparison.trials() if t.recipe.name == "small-slots"]
    joint = ComparedRecipe(recipe, tmp_path)
    seeds = [replace(recipe, seed=seed) for seed in (1, 2, 3, 4)]
    wanted = [step_counts(ComparedRecipe(one, tmp_path).graph, joint.prepared).of["others"] for one in seeds]
    assert found == wanted
    assert len(set(found)) > 1


def test_what_is_laid_over_the_steps_keeps_its_proportions(tmp_path: Path) -> None:
    schedule = "  schedule: {type: exponential, warmup: 20, decay: 0.5}\n"
    recipe = lone(tmp_path, f"{schedule}  patience: 3\n  checkpoint_every: 4\n")
    counts = StepCounts(50, {"utterances": 15, "others": 35})
    matched = in_steps(recipe, Epoch(10, {"utterances": 5, "others": 5}), counts)
    assert digest(recipe_from_text(filled(matched), name="again")) == digest(matched)  # as its run folder keeps it
    found = matched.train
    assert (found.epochs, found.max_steps) == (15, 15)
    assert found.evaluate_every == 3  # five evaluations, as in five epochs of ten steps
    assert found.schedule.values == {"warmup": 6, "decay": pytest.approx(0.5 ** (5 / 3))}
    assert (found.patience, found.checkpoint_every) == (3, 4)
    assert found.optimizer == recipe.train.optimizer
    found = in_steps(
        replace(recipe, train=replace(recipe.train, evaluate_every=5)),
        Epoch(10, {"utterances": 5, "others": 5}),
        counts,
    ).train
    assert found.evaluate_every == 2  # of 15 steps: 8 evaluations, nearer to 10 than the 15 after every step


def test_a_step_of_all_streams_is_one_of_each(tmp_path: Path) -> None:
    recipe = load_recipe(two_sources.write(tmp_path), overrides=["train.step=all", "train.mixture=null"])
    joint = ComparedRecipe(recipe, tmp_path)
    steps = joint.steps(1)
    assert (steps.total, steps.of) == (6, {"utterances": 6, "others": 6})  # 45 rows in batches of 16, two epochs
    found = joint.matched(alone(recipe, "intent"), "steps").train
    assert (found.max_steps, found.step, found.evaluate_every) == (6, "stream", 3)


@pytest.mark.parametrize(
    ("every", "own", "total", "found"),
    [(10, 50, 50, 10), (10, 25, 50, 5), (10, 26, 50, 6), (7, 9, 20, 3), (100, 3, 50, 6), (1, 20, 60, 1)],
)
def test_evaluations_are_nearly_as_many(every: int, own: int, total: int, found: int) -> None:
    assert evaluated_every(every, own, total) == found


def test_epochs_change_nothing(tmp_path: Path) -> None:
    recipe = lone(tmp_path, MIXED)
    assert ComparedRecipe(load_recipe(tmp_path / "small.yaml"), tmp_path).matched(recipe, "epochs") is recipe


def test_what_is_matched_by_default(tmp_path: Path) -> None:
    recipe = load_recipe(two_sources.write(tmp_path))
    timed = load_recipe(tmp_path / "small.yaml", overrides=["train.minutes=2"])
    assert (match_of(recipe, None), match_of(timed, None)) == ("steps", "minutes")
    assert [match_of(timed, match) for match in ("epochs", "minutes")] == ["epochs", "minutes"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one joint run was compared with tasks alone by steps, then by minutes."""
    folder = tmp_path_factory.mktemp("compared")
    recipe = two_sources.write(folder, MIXED)
    for match in ((), ("--match", "minutes")):
        arguments = ("compare", recipe, "--single", "--seeds", "1", *match, "--out", folder / "out")
        done = within(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        (folder / f"{'-'.join(match)}.json").write_bytes((folder / "out/compare.json").read_bytes())
    return folder


def trained(run: dict[str, Any]) -> dict[str, tuple[list[int], list[int]]]:
    return {part["source"]: (part["steps"], part["rows"]) for part in run["trained"]}


def test_tasks_alone_are_trained_on_as_many_steps(compared: Path) -> None:
    joint, single = json.loads((compared / ".json").read_text("utf-8"))["runs"]
    assert (joint["matched"], single["matched"]) == (None, "steps")
    assert trained(single) == trained(joint)
    assert trained(joint)["others"][0] != trained(joint)["utterances"][0]
    assert joint["recipe"] == single["recipe"] == digest(load_recipe(compared / "small.yaml"))


def test_tasks_alone_get_the_joint_runs_minutes_by_their_sources_steps(compared: Path) -> None:
    joint, single = json.loads((compared / "--match-minutes.json").read_text("utf-8"))["runs"]
    steps = {part["source"]: part["steps"][0] for part in joint["trained"]}
    folder = compared / "out/small-each-task-alone-as-many-minutes"
    for task, source in (("intent", "utterances"), ("slots", "others")):
        found = load_recipe(folder / task / "seed-1/recipe.yaml").train
        part = steps[source] / sum(steps.values())
        assert found.minutes == max(0.0001, round(joint["minutes"][0] * part, 4))
        assert (found.epochs, found.max_steps) == (1_000_000, None)
        events = [json.loads(line) for line in (folder / task / "seed-1/log.jsonl").read_text("utf-8").splitlines()]
        assert events[-1]["event"] == "stop"
    assert single["minutes"][0] >= sum(
        load_recipe(folder / task / "seed-1/recipe.yaml").train.minutes or 0 for task in ("intent", "slots")
    )


def test_tasks_on_one_source_divide_its_time(compared: Path) -> None:
    recipe = load_recipe(compared / "small.yaml")
    tasks = {name: replace(task, source="others") for name, task in recipe.tasks.items()}
    one = replace(recipe, tasks=tasks, sources={"others": recipe.sources["others"]})
    one = replace(one, train=replace(one.train, mixture=replace(one.train.mixture, type="round_robin", values={})))
    joint = ComparedRecipe(one, compared / "out/small")
    log = joint.run(1) / "log.jsonl"
    kept = log.read_text("utf-8")
    log.write_text(json.dumps({"event": "step", "rows_of": {"others": 16}, "seconds": 90.0}) + "\n", "utf-8")
    try:
        found = [joint.matched(alone(one, task), "minutes").train.minutes for task in tasks]
        untrained = {**tasks, "slots": replace(tasks["slots"], learn=False)}
        other = ComparedRecipe(replace(one, tasks=untrained), compared / "out/small")
        of_one = other.matched(alone(other.recipe, "intent"), "minutes").train.minutes
    finally:
        log.write_text(kept, "utf-8")
    assert found == [0.75, 0.75]
    assert of_one == 1.5  # nobody else is trained on that source


def test_runs_that_are_matched_otherwise_lie_beside_each_other(compared: Path) -> None:
    recipe = compared / "small.yaml"
    assert sorted(entry.name for entry in (compared / "out").iterdir()) == [
        "compare.json",
        "small",
        "small-each-task-alone-as-many-minutes",
        "small-each-task-alone-as-many-steps",
    ]
    for match in ("steps", "minutes"):
        comparison = RecipeComparison(contestants([recipe], single=True, match=match), 1, compared / "out")
        assert [trial.done for trial in comparison.trials()] == [True, True, True]
    steps = compared / "out/small-each-task-alone-as-many-steps"
    comparison = RecipeComparison(contestants([recipe], single=True, match="epochs"), 1, compared / "out")
    beside = comparison.trials()[1]
    beside.folder.parent.mkdir(parents=True)
    beside.folder.symlink_to(steps / "intent/seed-1")  # a run matched by steps in the place of one by epochs
    with pytest.raises(UsageError) as error:
        assert beside.done
    assert str(error.value) == (
        f"'{beside.folder}' should hold a run of the recipe that is compared. Found another recipe's. "
        "Name another folder with --out."
    )
    beside.folder.unlink()
    beside.folder.parent.rmdir()
    beside.folder.parent.parent.rmdir()


def test_minutes_without_the_joint_run_that_they_are_from(compared: Path, tmp_path: Path) -> None:
    folder = compared / "out/small-each-task-alone-as-many-minutes"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / folder.name).symlink_to(folder)
    found = contestants([compared / "small.yaml"], single=True, match="minutes")
    trial = RecipeComparison(found, 1, tmp_path / "out").trials()[1]
    with pytest.raises(UsageError) as error:
        assert trial.done
    assert str(error.value) == (
        f"'{trial.folder}' should hold a run that came after the joint run whose minutes it has, "
        f"'{tmp_path / 'out/small/seed-1'}'. Found that one not ended. Delete the folder, or name another one with "
        "--out."
    )


def test_minutes_of_a_joint_run_that_has_not_ended(tmp_path: Path) -> None:
    found = contestants([two_sources.write(tmp_path)], single=True, match="minutes")
    trial = RecipeComparison(found, 1, tmp_path / "out").trials()[1]
    assert not trial.done  # nothing is there, so nothing is asked of the joint run
    with pytest.raises(UsageError) as error:
        list(trial.run())
    assert str(error.value) == (
        f"'{tmp_path / 'out/small/seed-1'}' should hold a joint run that has ended: each task alone gets a part of its "
        "minutes. There is none. Let that run come first."
    )


def test_a_source_without_a_step(tmp_path: Path) -> None:
    found = contestants([two_sources.write(tmp_path, "  max_steps: 1\n")], single=True)
    with pytest.raises(UsageError) as error:
        RecipeComparison(found, 1, tmp_path / "out").trials()
    assert str(error.value) == (
        "the joint run should have a step on every source, for the tasks alone to have as many. There is none on "
        "'others' with seed 1. Train longer (train.epochs, train.max_steps), or use --match epochs."
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"single": True, "match": "step"},
            "--match should be epochs, steps or minutes. Found 'step'. Did you mean 'steps'?",
        ),
        (
            {"single": True, "match": "steps", "overrides": ["train.mixture=gap"]},
            "RECIPE: should have steps on each source that are known before training, to match them. Found "
            "train.mixture: 'gap', by which evaluations decide. Use --match minutes or --match epochs.",
        ),
        (
            {"single": True, "match": "steps", "overrides": ["train.rest.patience=2"]},
            "RECIPE: should have steps on each source that are known before training, to match them. Found train.rest, "
            "by which evaluations decide. Use --match minutes or --match epochs.",
        ),
        (
            {"match": "steps"},
            "--match should come with --single: it says how each task alone is trained. Found --match steps and no "
            "--single.",
        ),
        (
            {"single": True, "match": "steps", "overrides": ["train.minutes=1.5"]},
            "RECIPE: should have a number of steps that is known before training, to match them. Found train.minutes: "
            "1.5. Use --match minutes, or leave train.minutes out.",
        ),
    ],
)
def test_messages(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    path = two_sources.write(tmp_path)
    with pytest.raises(UsageError) as error:
        contestants([path], **more)
    assert str(error.value) == message.replace("RECIPE", str(path))
