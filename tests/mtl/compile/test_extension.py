"""A run's recipe and that of new tasks, as one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mtl.base.errors import CheckpointError, RecipeError, UsageError
from mtl.base.files import read_json
from mtl.compile.extension import _placed, extension
from mtl.compile.loading import load_recipe, recipe_from_dict
from mtl.graph.build import build_graph
from mtl.recipe.filling import filled
from mtl.recipe.yaml_core import parse
from mtl.train.checkpoint import Checkpoints
from tests import small
from tests.mtl.compile.test_from_runs import COMPONENTS

NEW = """\
sources: {s: {format: tsv, train: dev.tsv, test: test.tsv}}
tasks:
  kind:
    type: text_classification
    source: s
    inputs: {text: {column: text, lowercase: true}}
    target: intent
    model: {pooling: max}
share: {words: kind.embedding, encoder: [kind.representation]}
train: {epochs: 2}
"""


def write(folder: Path, *changes: tuple[str, str]) -> Path:
    small.write(folder)
    text = NEW
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "new.yaml").write_text(text)
    return folder / "new.yaml"


def refused(run: Path, path: Path) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        extension(run, path)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("freeze", [True, False])
def test_the_run_s_tasks_come_first_untrained_and_with_all_their_modules(
    freeze: bool, small_run: Path, tmp_path: Path
) -> None:
    recipe = extension(small_run, write(tmp_path), freeze=freeze)
    assert recipe.name == "new"
    assert {name: task.learn for name, task in recipe.tasks.items()} == {"intent": False, "slots": False, "kind": True}
    graph = build_graph(recipe)
    assert graph.components["words"].tasks == graph.components["encoder"].tasks == ("intent", "slots", "kind")
    for name, component in graph.components.items():
        if {"intent", "slots"} & set(component.tasks) and "." not in name.removeprefix("intent.").removeprefix(
            "slots."
        ):
            assert component.config.origin == f"{small_run.resolve()}#{name}"
        assert graph.training(name).freeze == (freeze and not name.startswith("kind."))
    assert recipe.train.epochs == 2
    assert recipe.sources["utterances"].values["train"] == str(small_run.resolve().parent / "train.tsv")


def test_a_module_that_was_in_no_group_is_named_by_its_address(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("share: {", "share: {intent.pooling: kind.pooling, "), ("{pooling: max}", "{}"))
    graph = build_graph(extension(small_run, path))
    assert graph.component_of("kind.pooling") == graph.component_of("intent.pooling") == "intent_pooling"
    assert graph.components["intent_pooling"].config.origin == f"{small_run.resolve()}#intent.pooling"


def test_a_new_task_may_read_a_source_of_the_run_and_what_its_tasks_answer(small_run: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        (NEW.splitlines()[0] + "\n", ""),
        ("source: s", "source: utterances"),
        ("{pooling: max}", "{pooling: max, decoder: {condition: intent.output}}"),
    )
    graph = build_graph(extension(small_run, path))
    assert graph.streams() == {"utterances": ("intent", "slots", "kind")}
    assert graph.trained_streams() == {"utterances": ("kind",)}
    assert "intent.output" in graph.path("kind")


def test_what_changes_the_run_s_own_training_is_left_out(tmp_path: Path) -> None:
    noisy = small.RECIPE.replace("lowercase: true}}", "lowercase: true, noise: {rate: 0.5}}}")
    old = small.write(
        tmp_path / "lm", noisy.replace("    target: slots\n", "    target: slots\n    swap_values: 0.3\n")
    )
    (tmp_path / "lm/recipe.yaml").write_text(filled(load_recipe(old)))
    (tmp_path / "lm/fitted.json").touch()
    path = write(tmp_path, (NEW.splitlines()[0] + "\n", ""), ("source: s", "source: utterances"))
    recipe = extension(tmp_path / "lm", path)
    assert {name: task.inputs["text"].noise for name, task in recipe.tasks.items()} == dict.fromkeys(recipe.tasks)
    assert [task.task.swap_values for task in recipe.tasks.values()] == [0.0, 0.0, 0.0]
    assert load_recipe(tmp_path / "lm/recipe.yaml").tasks["slots"].task.swap_values == 0.3


def test_the_noise_of_tasks_that_are_not_trained_is_no_other_s(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, (NEW.splitlines()[0] + "\n", ""), ("source: s", "source: utterances"))
    tree = parse(filled(extension(small_run, path)), "joint").tree
    tree["tasks"]["kind"]["inputs"]["text"]["noise"] = {"rate": 0.25}
    recipe = recipe_from_dict(tree, data=tmp_path)
    assert {name: task.inputs["text"].noise is not None for name, task in recipe.tasks.items()} == {
        "intent": False,
        "slots": False,
        "kind": True,
    }


def test_names_that_the_run_has(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("  kind:", "  slots:"), ("{s:", "{utterances:"), ("source: s", "source: utterances"))
    assert refused(small_run, path) == [
        f"{path}:1: sources.utterances: should be a source that '{small_run}' does not have. Found its source "
        "'utterances'. Leave it out to read that one, or choose another name.",
        f"{path}:3: tasks.slots: should be a task that '{small_run}' does not have. Found its task 'slots'. "
        "Choose another name.",
    ]


@pytest.mark.parametrize(
    ("group", "fault"),
    [
        (
            "intent.poling: kind.pooling",
            "share.intent.poling: should be a component of the run, or a new name without dots. Found 'intent.poling'. "
            f"Did you mean 'intent.pooling'? The run has: {COMPONENTS}.",
        ),
        (
            "encoder: {members: [kind.representation], hidden: 8}",
            "share.encoder: should have members alone: the run says what it is. Found 'hidden'.",
        ),
        ("encoder: 3", "share.encoder: should be a list of addresses of new modules. Found 3."),
        (
            "encoder: null",
            "share.encoder: should be a list of addresses of new modules. Found null.",
        ),
    ],
)
def test_groups_that_do_not_name_new_modules(group: str, fault: str, small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("{words: kind.embedding, encoder: [kind.representation]}", f"{{{group}}}"))
    assert refused(small_run, path) == [f"{path}:9: {fault}"]


def test_a_group_whose_members_are_modules_of_their_own(tmp_path: Path) -> None:
    words = "words: {kind: soft, strength: 0.1, members: [intent.embedding, slots.embedding]}"
    old = small.write(tmp_path / "lm", small.RECIPE.replace("words: [intent.embedding, slots.embedding]", words))
    (tmp_path / "lm/recipe.yaml").write_text(filled(load_recipe(old)))
    (tmp_path / "lm/fitted.json").touch()
    path = write(tmp_path)
    assert refused(tmp_path / "lm", path) == [
        f"{path}:9: share.words: should be one module in the run, which new ones can be. Found a group of kind 'soft'."
    ]


def test_nothing_in_common(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("share: {words: kind.embedding, encoder: [kind.representation]}\n", ""))
    assert refused(small_run, path) == [
        f"{path}:1: share: should say what the new tasks have in common with the run: RUN'S COMPONENT: [NEW MODULE, "
        f"...]. Found nothing. The run has: {COMPONENTS}."
    ]
    path = write(tmp_path, ("{words: kind.embedding, encoder: [kind.representation]}", "{mine: kind.embedding}"))
    assert refused(small_run, path) == [
        f"{path}:9: share: should say what the new tasks have in common with the run: RUN'S COMPONENT: [NEW MODULE, "
        f"...]. Found mine, which the run does not have. The run has: {COMPONENTS}."
    ]


def misspelled(path: Path, name: str, meant: str) -> str:
    return (
        f"{path}:9: share.{name}: should be a component of the run: a group of another name shares nothing with it. "
        f"Found '{name}'. Did you mean '{meant}'? The run has: {COMPONENTS}."
    )


@pytest.mark.parametrize(
    ("share", "slips"),
    [
        ("wrds: kind.embedding, encoder: [kind.representation]", {"wrds": "words"}),
        ("wrds: kind.embedding, encodr: {members: [kind.representation]}", {"wrds": "words", "encodr": "encoder"}),
    ],
)
def test_a_misspelled_component_of_the_run(share: str, slips: dict[str, str], small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("words: kind.embedding, encoder: [kind.representation]", share))
    assert refused(small_run, path) == [misspelled(path, name, meant) for name, meant in slips.items()]


def test_that_nothing_is_shared_is_told_with_what_may_come_of_it(small_run: Path, tmp_path: Path) -> None:
    """A group of several new modules may be one of its own: that alone is no fault."""
    task = NEW[NEW.index("  kind:") : NEW.index("share:")]
    two = (task, task + task.replace("kind:", "sort:"))
    both = "{encodr: [kind.representation, sort.representation]}"
    written = ("{words: kind.embedding, encoder: [kind.representation]}", both)
    path = write(tmp_path, two, written)
    assert refused(small_run, path) == [
        f"{path}:15: share.encodr: should be configured in one member or here. Found no configuration.",
        misspelled(path, "encodr", "encoder").replace(":9:", ":15:"),
    ]
    path = write(tmp_path, two, (written[0], written[1].replace("{", "{words: [kind.embedding, sort.embedding], ")))
    assert refused(small_run, path) == [
        f"{path}:15: share.encodr: should be configured in one member or here. Found no configuration."
    ]


def test_a_new_group_may_have_a_module_of_the_run(small_run: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ("pooling: max", "pooling: max, embedding: word, representation: {type: bilstm, hidden: 8}"),
        ("{words: kind.embedding, encoder: [kind.representation]}", "{poling: [intent.pooling, kind.pooling]}"),
    )
    path.write_text(path.read_text().replace("pooling: max, ", ""))
    assert build_graph(extension(small_run, path)).components["poling"].tasks == ("intent", "kind")


def test_a_group_of_new_modules_may_be_called_like_a_component_of_the_run(small_run: Path, tmp_path: Path) -> None:
    written = "{words: kind.embedding, encoder2: {members: kind.representation, type: bilstm, hidden: 4}}"
    path = write(tmp_path, ("{words: kind.embedding, encoder: [kind.representation]}", written))
    graph = build_graph(extension(small_run, path))
    assert graph.components["encoder2"].tasks == ("kind",)


def test_a_group_of_one_module_that_is_configured_may_have_such_a_name(small_run: Path, tmp_path: Path) -> None:
    written = ("{words: kind.embedding, encoder: [kind.representation]}", "{words: kind.embedding, encoder2: X}")
    module = ("pooling: max", "pooling: max, representation: {type: bilstm, hidden: 4}")
    path = write(tmp_path, module, (written[0], written[1].replace("X", "kind.representation")))
    assert build_graph(extension(small_run, path)).components["encoder2"].tasks == ("kind",)


def test_a_task_that_names_one_of_the_run_needs_no_group(small_run: Path, tmp_path: Path) -> None:
    path = write(
        tmp_path,
        ("model: {pooling: max}", "model: {embedding: {dim: 8}, decoder: {condition: intent.output}}"),
        ("share: {words: kind.embedding, encoder: [kind.representation]}\n", ""),
        ("epochs: 2", "epochz: 2"),
    )
    assert refused(small_run, path) == [f"{path}:9: train: 'train' has no key 'epochz'. Did you mean 'epochs'?"]


def test_what_is_wrong_with_the_new_tasks(small_run: Path, tmp_path: Path) -> None:
    path = write(tmp_path, ("pooling: max", "pooling: maxx"))
    assert refused(small_run, path) == [
        f"{path}:8: tasks.kind.model.pooling: no pooling named 'maxx'. Did you mean 'max'?"
    ]


def test_an_empty_recipe(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("")
    assert refused(small_run, tmp_path / "new.yaml") == [
        f"{tmp_path / 'new.yaml'}: should be a mapping with 'sources' and 'tasks'. Found an empty file."
    ]


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        extension(tmp_path / "lm", write(tmp_path))
    assert str(caught.value) == f"{tmp_path}/lm: should be the folder of a run. Found nothing there."


def unfinished(run: Path, folder: Path) -> Path:
    """Copy a run to where its last checkpoint says that training was cut off; return its new folder."""
    shutil.copytree(run, folder)
    file = Checkpoints(folder).path("last") / "state.json"
    file.write_text(json.dumps({**read_json(file), "finished": False, "step": 40, "steps": 72}))
    return folder


def test_a_run_that_has_not_ended(small_run: Path, tmp_path: Path) -> None:
    run = unfinished(small_run, tmp_path / "lm")
    with pytest.raises(CheckpointError) as caught:
        extension(run, write(tmp_path))
    assert str(caught.value) == (
        f"{run}: should be the folder of a finished run. Found '{run}': its last checkpoint is of step 40 of 72. Let "
        f"the training end; if nothing trains it, go on with it: mtl train {run}/recipe.yaml --out {run} --resume"
    )


def test_only_what_names_a_file_is_placed(tmp_path: Path) -> None:
    for name in ("tsv", "qrels", "label", "utf-8"):
        (tmp_path / name).mkdir()
    for name in ("train.tsv", "queries.tsv", "rows.py"):
        (tmp_path / name).touch()
    source = {"format": "tsv", "train": "train.tsv", "dev": "10%", "test": None, "stratify_by": "label"}
    assert _placed(source, tmp_path) == {**source, "train": str(tmp_path / "train.tsv")}
    source = {"format": "qrels", "queries": "queries.tsv", "documents": "none.tsv", "encoding": "utf-8"}
    assert _placed(source, tmp_path) == {**source, "queries": str(tmp_path / "queries.tsv")}
    source = {"format": "python", "train": "rows.py:train", "dev": "tsv.rows:dev"}
    assert _placed(source, tmp_path) == {**source, "train": str(tmp_path / "rows.py:train")}
