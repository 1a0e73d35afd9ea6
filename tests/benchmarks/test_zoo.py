"""The table of representations: what a row measures, and what is asked of the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import zoo
from mtl.base import registry
from mtl.base.errors import RecipeError
from mtl.base.registry import register
from mtl.compile.loading import load_recipe
from mtl.model.module import PaddedSequence, Representation
from mtl.recipe.yaml_core import dump
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import library, small


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> list[str]:
    monkeypatch.setattr("sys.argv", ["zoo", *map(str, arguments)])
    threads = torch.get_num_threads()
    try:
        zoo.main()
    finally:
        torch.set_num_threads(threads)
    return capsys.readouterr().out.splitlines()


def test_a_row_for_each_representation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, out = small.write(tmp_path), tmp_path / "out"
    asked = ("--only", "mmoe", "sru", "--steps", "3", "--rounds", "1", "--out", out)
    header, rule, *rows, _, versions = printed(monkeypatch, capsys, recipe, *asked)
    titles = [cell.strip() for cell in header.strip("|").split("|")]
    assert titles == [
        "representation",
        "parameters",
        "training, tokens/s",
        "intent P50, ms",
        "slots P50, ms",
        "intent accuracy",
        "slots f1",
        "joint exact_match",
    ]
    assert rule.count("|") == header.count("|") == len(titles) + 1
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == ["mmoe", "sru"]
    for name, count, *measures in cells:
        run = Run.open(out / name)
        parts = [part for part in run.model.components if "representation" in part or "encoder" in part]
        sizes = [p.numel() for part in parts for p in run.model.components[part].parameters()]
        assert int(count.replace(",", "")) == sum(sizes) > 0
        speed, *times = (float(cell.replace(",", "")) for cell in measures[:3])
        assert speed > 0
        assert all(0 < time < 1000 for time in times)
        dev = run.evaluate("dev").metrics
        figures = [dev["intent"]["accuracy"], dev["slots"]["f1"], dev["joint"]["exact_match"]]
        assert [float(cell) for cell in measures[3:]] == pytest.approx(figures, abs=5.1e-4)
    experts = [part for part in Run.open(out / "mmoe").graph.components.values() if ".experts" in part.members[0]]
    assert {part.tasks for part in experts} == {("intent", "slots")}
    assert versions.endswith(", one thread")


def test_every_representation_makes_a_recipe(tmp_path: Path) -> None:
    raw = zoo.raw_recipe(small.write(tmp_path))
    registry.load_plugins()
    own = library.names("representation")
    lacking = {name: zoo.lacking(name) for name in own if zoo.lacking(name)}
    assert lacking == {"transformer": "needs the folder of a pretrained encoder"}
    for name in (zoo.NONE, *own):
        if name in lacking:
            continue
        graph = check_recipe(Run.start(zoo.recipe_with(raw, name, 1), tmp_path / name, data=tmp_path).recipe).graph
        whole = [part for part in graph.components.values() if part.kind == "representation"]
        assert bool(whole) == (name != zoo.NONE)
        assert name == zoo.NONE or name in {part.config.type for part in whole}


@pytest.mark.parametrize("name", ["intent_slot.yaml", "snips.yaml"])
def test_the_default_recipes_are_read_as_the_library_reads_them(name: str, tmp_path: Path) -> None:
    raw = zoo.raw_recipe(zoo.RECIPES / name)
    (tmp_path / name).write_text(dump(zoo.recipe_with(raw, "sru", 1)), "utf-8")
    recipe = load_recipe(tmp_path / name)
    assert recipe.train.optimizer.values["lr"] == load_recipe(zoo.RECIPES / name).train.optimizer.values["lr"]
    assert {task.model["representation"].type for task in recipe.tasks.values() if task.model["representation"]} == {
        "sru"
    }


def test_what_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as error:
        zoo.raw_recipe(tmp_path / "none.yaml")
    assert str(error.value.faults[0]) == f"{tmp_path / 'none.yaml'}: should be a recipe file. Found nothing there."


def test_a_representation_without_a_form_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @register("representation", "needy")
    class Needy(Representation):
        """Of no use without its keys."""

        def __init__(self, input_dim: int, *, why: str, how: str) -> None:
            super().__init__()

        def forward(self, inputs: Any) -> PaddedSequence:
            raise NotImplementedError

        @property
        def output_dim(self) -> int:
            raise NotImplementedError

    try:
        asked = ("--only", "needy", "none", "--steps", "1", "--rounds", "1")
        lines = printed(monkeypatch, capsys, small.write(tmp_path), *asked)
    finally:
        del registry._classes["representation"]["needy"]
    assert [line.split()[1] for line in lines if line.startswith("| ")][1:] == ["none"]
    assert lines[-2] == "needy is left out: it needs why and how, which FORMS in benchmarks/zoo.py does not have."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "bilstmm"), "--only should name representations. Found 'bilstmm'. Did you mean 'bilstm'?"),
        (("--steps", "0"), "--steps should be at least 1. Found 0."),
        (("--rounds", "-1"), "--rounds should be at least 1. Found -1."),
    ],
)
def test_what_cannot_be_measured(
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["zoo", *arguments])
    with pytest.raises(SystemExit):
        zoo.main()
    assert capsys.readouterr().err.endswith(f"error: {message}\n")
