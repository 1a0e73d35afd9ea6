"""Every key of a recipe is declared once; the schema, defaults, documentation and filled recipe all follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, make_dataclass
from typing import Annotated, Any

import pytest

from mtl.base.declared import Count, Key, defaults, keys, plain, schema
from mtl.cli.components import general, written
from mtl.compile import keys as documented
from mtl.compile import loading, sections, tasks, train
from mtl.compile.loading import recipe_from_text
from mtl.recipe.config import InputConfig, Recipe, ShareGroup, SourceConfig, TaskConfig, TeacherConfig
from mtl.recipe.filling import filled
from mtl.recipe.modules import ModuleConfig
from mtl.recipe.training import (
    AdversarialConfig,
    AverageConfig,
    BatchConfig,
    ComponentTraining,
    RestConfig,
    StreamTraining,
    TrainConfig,
)
from mtl.recipe.tuning import Range, TuneConfig
from mtl.recipe.yaml_core import parse
from mtl.text.character_noise import CharacterNoise
from tests.mtl.recipe.texts import INTENT_SLOT, changed, faults

# What a section holds beside its keys: its name, the keys of its own class, what is made of them, and where it was.
BESIDE: dict[type, set[str]] = {
    Recipe: {"file", "document", "kept", "settings"},
    SourceConfig: {"name", "values", "place"},
    TaskConfig: {"name", "values", "task", "place"},
    InputConfig: {"front_end", "listed", "place"},
    ModuleConfig: {"kind", "origin", "values", "place", "places"},
    ShareGroup: {"name", "place", "complete"},
    TrainConfig: {"places"},
    BatchConfig: set(),
    ComponentTraining: {"place"},
    StreamTraining: set(),
    RestConfig: set(),
    AverageConfig: set(),
    TeacherConfig: {"place"},
    AdversarialConfig: set(),
    CharacterNoise: set(),
    TuneConfig: {"places"},
    Range: {"whole"},
}
GIVEN = {
    Recipe: ("name", "data"),
    SourceConfig: ("group_by", "stratify_by", "share_seed"),
    TaskConfig: ("target",),
    InputConfig: ("column", "lowercase"),
    BatchConfig: ("size",),
}
UNWRITTEN = {TaskConfig: {"teacher"}, TrainConfig: {"bootstrap"}}  # where nothing else than the default is asked for
DIVIDED = "dev: 10%, group_by: speaker, stratify_by: intent, share_seed: 2"  # written where they have a meaning
COMPONENTS = "train: {components: {encoder: {}}}\n"


def tree(text: str) -> Any:
    return parse(filled(recipe_from_text(text)), "filled").tree


FILLED: dict[type, Callable[[Any], Mapping[str, Any]]] = {
    Recipe: lambda given: given,
    SourceConfig: lambda _: tree(changed(INTENT_SLOT, ("dev: dev.tsv", DIVIDED)))["sources"]["utterances"],
    TaskConfig: lambda given: given["tasks"]["slots"],
    InputConfig: lambda given: given["tasks"]["slots"]["inputs"]["text"],
    TrainConfig: lambda given: given["train"],
    BatchConfig: lambda given: given["train"]["batch"],
    ComponentTraining: lambda given: given["train"]["components"]["encoder"],
}


def test_every_section_that_is_documented_is_declared() -> None:
    assert set(documented.SECTIONS.values()) == set(BESIDE)


@pytest.mark.parametrize("section", BESIDE, ids=lambda cls: cls.__name__)
def test_a_section_has_its_keys_as_attributes_and_little_else(section: type) -> None:
    assert {field.name for field in fields(section)} - set(keys(section)) == BESIDE[section]
    assert list(schema(section).model_fields) == list(keys(section)) == list(defaults(section))


@pytest.mark.parametrize("section", FILLED, ids=lambda cls: cls.__name__)
def test_a_filled_recipe_has_every_key_with_its_default(section: type) -> None:
    found = FILLED[section](tree(INTENT_SLOT + COMPONENTS))
    unwritten = UNWRITTEN.get(section, set())
    assert [name for name in found if name in keys(section)] == [
        name for name in keys(section) if name not in unwritten
    ]
    given = GIVEN.get(section, ())
    for name in set(plain(section)) - unwritten:
        assert (found[name] == defaults(section)[name]) == (name not in given), name


def test_a_filled_recipe_has_the_default_budget_of_a_batch() -> None:
    found = FILLED[BatchConfig](tree(INTENT_SLOT))
    assert (found["size"], found["tokens"]) == (TrainConfig.batch.size, TrainConfig.batch.tokens) == (32, None)


@pytest.mark.parametrize("title", documented.SECTIONS)
def test_the_documentation_has_every_key_with_its_default(title: str) -> None:
    lines = list(general())
    shown = lines[lines.index(title) + 1 :]
    shown = shown[: shown.index("") if "" in shown else None]
    rows = keys(documented.SECTIONS[title]).values()
    assert [line.split()[0] for line in shown] == ["key", *(row.name for row in rows)]
    for row, line in zip(rows, shown[1:], strict=True):
        default = "(required)" if row.required else "" if row.type is Any else written(row.default)
        assert line.removesuffix(row.meaning).rstrip().endswith(default), line
        assert row.meaning
        assert line.endswith(f"  {row.meaning}")
        if row.component:
            assert f"; {row.component} (`mtl components {row.name}`)" in line
        if "see below" in row.meaning:
            assert row.note


def with_a_key_more(section: type) -> type:
    key = ("rounds", Annotated[Count, Key("rounds of it")], 3)
    return make_dataclass("Longer", [key], bases=(section,), frozen=True, kw_only=True)


TASK = "    target: slots\n"
ONE_LINE_MORE: dict[str, tuple[type, str, str, Callable[[Recipe], Any]]] = {
    "a recipe": (Recipe, INTENT_SLOT + "rounds: ROUNDS\n", "rounds", lambda recipe: recipe),
    "a task": (
        TaskConfig,
        changed(INTENT_SLOT, (TASK, TASK + "    rounds: ROUNDS\n")),
        "tasks.slots.rounds",
        lambda recipe: recipe.tasks["slots"],
    ),
    "an input": (
        InputConfig,
        changed(INTENT_SLOT, ("lowercase: true}}\n" + TASK, "lowercase: true, rounds: ROUNDS}}\n" + TASK)),
        "tasks.slots.inputs.text.rounds",
        lambda recipe: recipe.tasks["slots"].inputs["text"],
    ),
    "train": (TrainConfig, INTENT_SLOT + "train: {rounds: ROUNDS}\n", "train.rounds", lambda recipe: recipe.train),
    "a batch": (
        BatchConfig,
        INTENT_SLOT + "train: {batch: {size: 8, rounds: ROUNDS}}\n",
        "train.batch.rounds",
        lambda recipe: recipe.train.batch,
    ),
    "a line of train.components": (
        ComponentTraining,
        INTENT_SLOT + "train: {components: {encoder: {rounds: ROUNDS}}}\n",
        "train.components.encoder.rounds",
        lambda recipe: recipe.train.components["encoder"],
    ),
}


@pytest.mark.parametrize("title", ONE_LINE_MORE)
def test_a_key_more_is_one_line_more(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    section, text, path, value = ONE_LINE_MORE[title]
    longer = with_a_key_more(section)
    for user in (loading, sections, tasks, train):
        if hasattr(user, section.__name__):
            monkeypatch.setattr(user, section.__name__, longer)
    monkeypatch.setitem(documented.SECTIONS, title, longer)
    recipe = recipe_from_text(text.replace("ROUNDS", "5"))
    assert value(recipe).rounds == 5
    assert value(recipe_from_text(filled(recipe))).rounds == 5
    left_out = recipe_from_text(text.replace("rounds: ROUNDS", ""))
    assert value(left_out).rounds == 3
    assert value(recipe_from_text(filled(left_out))).rounds == 3
    (fault,) = faults(text.replace("ROUNDS", "0"))
    assert fault.endswith(f": {path}: should be a whole number greater than 0. Found 0.")
    assert any(line.split() == ["rounds", "int", "3", "rounds", "of", "it"] for line in general())


def test_a_key_of_which_another_type_is_written() -> None:
    assert keys(Recipe)["plugins"].type == list[str]
    assert keys(Recipe)["data"][1:4] == (str | None, False, None)
    assert keys(TaskConfig)["target"][1:4] == (str, True, None)
    assert schema(TaskConfig, frozenset({"target"})).model_fields["target"].annotation == (str | None)
