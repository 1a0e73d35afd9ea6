"""`weights:` of a composite reach all its parts, whatever these are called, and none that has weights of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import RecipeError
from mtl.base.tensors import read_tensors
from mtl.compile.loading import recipe_from_dict
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from mtl.train.checkpoint import Checkpoints
from mtl.train.trainer import Trainer
from tests import small

SOURCE = {"format": "tsv", "train": "train.tsv", "dev": "dev.tsv", "test": "test.tsv"}
PARTS = {"word": {"type": "word", "dim": 4}, "char": {"type": "char_cnn", "dim": 4}}
OWN = {"words.word": "table.weight", "chars": "characters.weight", "words.char": "characters.weight"}


def recipe(
    folder: Path, *, seed: int, grouped: bool = True, weights: Mapping[str, Path] | None = None
) -> dict[str, Any]:
    """Return a recipe whose tasks share `words`, and with `grouped` a third one its characters alone.

    `weights` are by address: `intent.embedding`, `intent.embedding.word`.
    """

    def task(kind: str, target: str, **parts: Any) -> dict[str, Any]:
        embedding = {"type": "concat", "parts": {name: dict(part) for name, part in parts.items()}}
        model = {"embedding": embedding} if parts else {}
        return {"type": kind, "source": "s", "inputs": {"text": {"column": "text"}}, "target": target, "model": model}

    tasks = {
        "intent": task("text_classification", "intent", **PARTS),
        "slots": task("word_tagging", "slots"),
        "third": task("word_tagging", "slots", word={"type": "word", "dim": 3}, char=PARTS["char"]),
    }
    for address, path in (weights or {}).items():
        name, _, part = address.partition(".embedding")
        embedding = tasks[name]["model"]["embedding"]
        (embedding["parts"][part[1:]] if part else embedding)["weights"] = str(path)
    share = {"words": ["intent.embedding", "slots.embedding"]}
    if grouped:
        share["chars"] = ["intent.embedding.char", "third.embedding.char"]
    small.write(folder)
    return {
        "name": "x",
        "seed": seed,
        "sources": {"s": SOURCE},
        "tasks": tasks,
        "share": share,
        "train": {"epochs": 1},
    }


def trained(folder: Path, **changes: Any) -> Path:
    run = Run.start(recipe(folder, **changes), folder / f"run-{changes['seed']}", data=folder)
    for _ in run.train():
        pass
    return run.out


def weights_of(run: Path, component: str) -> torch.Tensor:
    file = Checkpoints(run).path("best") / "components" / f"{component}.safetensors"
    return read_tensors(file)[0][OWN[component]]


def first(folder: Path, **changes: Any) -> dict[str, torch.Tensor]:
    """Return what a run starts from, by component."""
    run = Run.start(recipe(folder, **changes), folder / "fresh", data=folder)
    owned = Trainer(run.graph, run.prepared, folder / "fresh").owned
    return {name: owned[name][key] for name, key in OWN.items() if name in owned}


@pytest.mark.parametrize("grouped", [True, False])
def test_a_part_that_goes_by_another_name_is_loaded_too(tmp_path: Path, grouped: bool) -> None:
    one = trained(tmp_path, seed=1, grouped=grouped)
    found = first(tmp_path, seed=9, weights={"intent.embedding": one})
    assert torch.equal(found["words.word"], weights_of(one, "words.word"))
    assert torch.equal(found["chars"], weights_of(one, "chars" if grouped else "words.char"))


@pytest.mark.parametrize("part", ["word", "char"])
def test_weights_of_a_part_are_its_own(tmp_path: Path, part: str) -> None:
    one, two = trained(tmp_path, seed=1, grouped=False), trained(tmp_path, seed=2, grouped=False)
    found = first(tmp_path, seed=9, grouped=False, weights={"intent.embedding": one, f"intent.embedding.{part}": two})
    for name in ("word", "char"):
        run = two if name == part else one
        assert torch.equal(found[f"words.{name}"], weights_of(run, f"words.{name}"))


def test_a_part_that_two_composites_start_differently_is_told(tmp_path: Path) -> None:
    one, two = trained(tmp_path, seed=1), trained(tmp_path, seed=2)
    written = recipe(tmp_path, seed=9, weights={"intent.embedding": one, "third.embedding": two})
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_from_dict(written, data=tmp_path))
    first_file, other_file = (Checkpoints(run).path("best") / "components/chars.safetensors" for run in (one, two))
    assert str(caught.value).splitlines()[0] == (
        "<recipe>: tasks.third.model.embedding.weights: should give 'chars' the file that 'words' gives it, of which "
        f"it is a part, too: '{first_file}'. Found '{other_file}'. Give 'chars' weights of its own."
    )


def test_one_file_is_not_enough_for_several_parts(tmp_path: Path) -> None:
    file = Checkpoints(trained(tmp_path, seed=1)).path("best") / "components/words.safetensors"
    written = recipe(tmp_path, seed=9, weights={"intent.embedding": file})
    with pytest.raises(RecipeError) as caught:
        check_recipe(recipe_from_dict(written, data=tmp_path))
    assert str(caught.value).splitlines()[0] == (
        f"<recipe>: tasks.intent.model.embedding.weights: {file}: should be a folder, with weights of 'words' and of "
        "chars, words.word. Found a file."
    )
