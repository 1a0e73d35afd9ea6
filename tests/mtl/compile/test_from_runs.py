"""`from:` of a module: what is left out is written in, as the run has it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mtl.base.errors import RecipeError
from mtl.base.files import read_json
from mtl.compile.loading import load_recipe, recipe_from_dict
from mtl.graph.build import build_graph
from mtl.recipe.config import Recipe
from mtl.recipe.filling import digest, filled
from mtl.recipe.modules import ModuleConfig
from mtl.train.checkpoint import Checkpoints
from tests.mtl.from_small import recipe, tree

COMPONENTS = (
    "words.word, words.char, words, encoder, intent.pooling, intent.decoder, intent.output, slots.decoder, slots.output"
)


def module(recipe: Recipe, address: str) -> ModuleConfig:
    return build_graph(recipe).addresses()[address]


def faults(model: dict[str, Any], folder: Path) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        recipe(folder, model)
    return [str(fault) for fault in caught.value.faults]


def test_what_is_left_out_is_as_in_the_run(small_run: Path, tmp_path: Path) -> None:
    encoder = {"from": f"{small_run}#encoder", "dropout": 0.25}
    found = recipe(tmp_path, {"embedding": {"from": f"{small_run}#words"}, "representation": encoder})
    embedding, representation = module(found, "kind.embedding"), module(found, "kind.representation")
    assert embedding.type == "concat"
    assert {name: part.type for name, part in embedding.parts.items()} == {"word": "word", "char": "char_cnn"}
    assert [part.values["dim"] for part in embedding.parts.values()] == [8, 4]
    assert (representation.type, representation.values["hidden"], representation.values["dropout"]) == (
        "bilstm",
        8,
        0.25,
    )


def test_the_component_of_like_address_is_meant(small_run: Path, tmp_path: Path) -> None:
    written = tree({"representation": {"from": str(small_run)}})
    written["tasks"] = {"intent": written["tasks"]["kind"]}
    found = recipe_from_dict(written, data=tmp_path)
    assert module(found, "intent.representation").values["hidden"] == 8


def test_a_group_is_the_component_of_its_name(small_run: Path, tmp_path: Path) -> None:
    share = {"encoder": {"members": ["kind.representation"], "from": str(small_run), "freeze": True}}
    found = module(recipe(tmp_path, {}, share=share), "kind.representation")
    assert (found.type, found.values["hidden"], found.freeze) == ("bilstm", 8, True)


def test_a_part_may_come_from_elsewhere(small_run: Path, tmp_path: Path) -> None:
    parts = {"char": {"type": "char_cnn", "dim": 4, "char_dim": 4}, "word": {"from": f"{small_run}#words.word"}}
    whole = module(recipe(tmp_path, {"embedding": {"type": "concat", "parts": parts}}), "kind.embedding")
    assert whole.origin is None
    assert whole.parts["char"].origin is None
    assert whole.parts["word"].values["dim"] == 8
    assert whole.parts["word"].origin == f"{small_run.resolve()}#words.word"


def test_a_part_that_is_written_comes_with_the_whole(small_run: Path, tmp_path: Path) -> None:
    embedding = {"from": f"{small_run}#words", "parts": {"word": {"word_dropout": 0.1}}}
    whole = module(recipe(tmp_path, {"embedding": embedding}), "kind.embedding")
    assert list(whole.parts) == ["word", "char"]
    assert (whole.parts["word"].values["dim"], whole.parts["word"].values["word_dropout"]) == (8, 0.1)


def test_a_relative_path_starts_from_the_recipe_s_folder(small_run: Path, tmp_path: Path) -> None:
    (tmp_path / "recipes").mkdir()
    (tmp_path / "lm").symlink_to(small_run)
    text = filled(recipe(tmp_path, {"representation": {"from": f"{small_run}#encoder"}}))
    (tmp_path / "recipes/new.yaml").write_text(text.replace(f"{small_run.resolve()}#encoder", "../lm#encoder"), "utf-8")
    found = load_recipe(tmp_path / "recipes/new.yaml", data=tmp_path)
    assert module(found, "kind.representation").origin == f"{small_run.resolve()}#encoder"


def test_a_filled_recipe_is_complete_without_the_run_and_its_hash_is_not_of_where_that_is(
    small_run: Path, tmp_path: Path
) -> None:
    for place in ("here", "there"):
        shutil.copytree(small_run, tmp_path / place / "lm")
    one, other = (
        recipe(tmp_path, {"representation": {"from": f"{tmp_path / place / 'lm'}#encoder", "freeze": True}})
        for place in ("here", "there")
    )
    assert one != other
    assert digest(one) == digest(other)
    (tmp_path / "recipe.yaml").write_text(filled(one), "utf-8")
    shutil.rmtree(tmp_path / "here")
    assert load_recipe(tmp_path / "recipe.yaml") == one


def test_a_run_that_is_not_there(tmp_path: Path) -> None:
    assert faults({"representation": {"from": str(tmp_path / "lm")}}, tmp_path) == [
        "<recipe>: tasks.kind.model.representation.from: should be the folder of a finished run. "
        f"Found '{tmp_path / 'lm'}': nothing there."
    ]


def test_all_parts_whose_runs_are_not_there(tmp_path: Path) -> None:
    runs = [tmp_path / name for name in "abc"]
    parts = {part: {"from": str(run)} for part, run in zip(("words", "forward", "backward"), runs, strict=True)}
    share = {"more": ["kind.embedding.words.word", "kind.representation"]}  # which parts it would have is not known
    model = {"embedding": {"type": "contextual", **parts}, "representation": {"type": "bilstm", "hidden": 0}}
    with pytest.raises(RecipeError) as caught:
        recipe(tmp_path, model, share=share)
    here = "<recipe>: tasks.kind.model"
    assert str(caught.value).splitlines() == [
        *(
            f"{here}.embedding.{part}.from: should be the folder of a finished run. Found '{run}': nothing there."
            for part, run in zip(parts, runs, strict=True)
        ),
        f"{here}.representation.hidden: should be a whole number of at least 1. Found 0.",
        "4 errors in <recipe>",
    ]


def test_all_parts_that_a_run_does_not_have(small_run: Path, tmp_path: Path) -> None:
    parts = {part: {"from": f"{small_run}#{part}"} for part in ("forward", "backward")}
    assert faults({"embedding": {"type": "contextual", "words": "character", **parts}}, tmp_path) == [
        f"<recipe>: tasks.kind.model.embedding.{part}.from: '{small_run.resolve()}' should have a component '{part}'. "
        f"Found {COMPONENTS}. Name the one that is meant: RUN#COMPONENT."
        for part in ("forward", "backward")
    ]


def test_a_run_that_has_not_ended(small_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "lm"
    shutil.copytree(small_run, run)
    file = Checkpoints(run).path("last") / "state.json"
    file.write_text(json.dumps({**read_json(file), "finished": False, "step": 40, "steps": 72}))
    assert faults({"representation": {"from": str(run)}}, tmp_path) == [
        "<recipe>: tasks.kind.model.representation.from: should be the folder of a finished run. "
        f"Found '{run}': its last checkpoint is of step 40 of 72. Let the training end; if nothing trains it, go on "
        f"with it: mtl train {run}/recipe.yaml --out {run} --resume"
    ]


@pytest.mark.parametrize(("kind", "found"), [("file", "a file"), ("folder", "an empty folder")])
def test_what_is_no_run(kind: str, found: str, tmp_path: Path) -> None:
    (tmp_path / "lm").touch() if kind == "file" else (tmp_path / "lm").mkdir()
    assert faults({"representation": {"from": str(tmp_path / "lm")}}, tmp_path) == [
        "<recipe>: tasks.kind.model.representation.from: should be the folder of a finished run. "
        f"Found '{tmp_path / 'lm'}': {found}."
    ]


def test_a_run_whose_recipe_is_broken(tmp_path: Path) -> None:
    (tmp_path / "lm").mkdir()
    (tmp_path / "lm/recipe.yaml").write_text("tasks: 3\n")
    (tmp_path / "lm/fitted.json").touch()
    assert faults({"representation": {"from": str(tmp_path / "lm")}}, tmp_path) == [
        "<recipe>: tasks.kind.model.representation.from: should be a run that this version of mtl can read. "
        f"Found '{tmp_path}/lm': {tmp_path}/lm/recipe.yaml:1: tasks: should be a mapping of tasks by name. Found 3."
    ]


@pytest.mark.parametrize(("written", "named"), [("", "'kind.representation'"), ("#encodr", "'encodr'"), ("#", "''")])
def test_a_component_that_the_run_does_not_have(written: str, named: str, small_run: Path, tmp_path: Path) -> None:
    assert faults({"representation": {"from": f"{small_run}{written}"}}, tmp_path) == [
        f"<recipe>: tasks.kind.model.representation.from: '{small_run.resolve()}' should have a component {named}. "
        f"Found {COMPONENTS}. Name the one that is meant: RUN#COMPONENT."
    ]


@pytest.mark.parametrize(
    ("slot", "component", "message"),
    [
        ("embedding", "slots.output", "an embedding of '{}'. Found 'slots.output', an output layer. It has {}"),
        ("embedding", "encoder", "an embedding of '{}'. Found 'encoder', a representation. It has {}"),
        (
            "pooling",
            "words",
            "a pooling of '{}'. Found 'words', an embedding. It has intent.pooling: name the one that is meant, "
            "RUN#COMPONENT.",
        ),
    ],
)
@pytest.mark.parametrize("written", [{}, {"type": "word"}])
def test_a_component_of_another_kind(
    slot: str, component: str, message: str, written: dict[str, Any], small_run: Path, tmp_path: Path
) -> None:
    embeddings = "words.word, words.char, words: name the one that is meant, RUN#COMPONENT."
    told = f"from: should name {message.format(small_run.resolve(), embeddings)}"
    started = {"from": f"{small_run}#{component}", **written}
    assert faults({slot: started}, tmp_path) == [f"<recipe>: tasks.kind.model.{slot}.{told}"]
    if slot == "embedding":
        parts = {"type": "concat", "parts": {"one": started, "char": "char_cnn"}}
        assert faults({slot: parts}, tmp_path) == [f"<recipe>: tasks.kind.model.embedding.parts.one.{told}"]
    shared = {"same": {"members": [f"kind.{slot}"], **started}}
    with pytest.raises(RecipeError) as caught:
        recipe(tmp_path, {}, share=shared)
    assert [str(fault) for fault in caught.value.faults] == [f"<recipe>: share.same.{told}"]


def test_a_kind_of_component_that_the_run_does_not_have(small_run: Path, tmp_path: Path) -> None:
    assert faults({"wide": {"from": f"{small_run}#encoder"}}, tmp_path) == [
        "<recipe>: tasks.kind.model.wide.from: should name a wide module of "
        f"'{small_run.resolve()}'. Found 'encoder', a representation. It has none: leave 'from' out."
    ]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"from": 3}, "from: should be the folder of a finished run, or RUN#COMPONENT. Found 3."),
        ({"from": ""}, "from: should be the folder of a finished run, or RUN#COMPONENT. Found ''."),
        ({"from": "/lm", "weights": "w"}, "from: should not come with 'weights': write one of the two. Found '/lm'."),
        ({"freeze": "yes"}, "freeze: should be true or false. Found 'yes'."),
        ({"extend": 1}, "extend: should be true or false. Found 1."),
        ({"extend": True}, "extend: should come with 'from', a run whose vocabulary it extends. There is none."),
    ],
)
def test_keys_of_where_a_module_comes_from(written: dict[str, Any], message: str, tmp_path: Path) -> None:
    assert faults({"representation": {"type": "bilstm", **written}}, tmp_path) == [
        f"<recipe>: tasks.kind.model.representation.{message}"
    ]


def test_a_recipe_in_which_nothing_is_trained(tmp_path: Path) -> None:
    written = tree({})
    written["tasks"]["kind"]["learn"] = False
    with pytest.raises(RecipeError) as caught:
        recipe_from_dict(written, data=tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "<recipe>: tasks: should have a task that is trained. Found 'learn: false' in every one."
    ]


def test_a_key_named_from_of_what_is_no_module(tmp_path: Path) -> None:
    names = {"type": "gazetteer", "lists": {"from": "lists/from.txt", "type": "lists/type.txt"}}
    embedding = {"type": "concat", "parts": {"from": names, "word": {"type": "word"}}}
    found = module(recipe(tmp_path, {"embedding": embedding}), "kind.embedding.from")
    assert found.values["lists"] == names["lists"]
    assert found.origin is None
