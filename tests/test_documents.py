"""What README and CONTRIBUTING show is run, and what README lists is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mtl.base import registry
from mtl.compile.loading import recipe_from_dict, recipe_from_text
from mtl.graph.pulls import pulls
from mtl.recipe.yaml_core import parse
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run
from tests import small
from tests.commands import within

CHECKOUT = Path(__file__).resolve().parent.parent
README = (CHECKOUT / "README.md").read_text("utf-8")
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_recipe_of_the_readme_is_possible() -> None:
    text = blocks(README, "yaml")[0]
    assert len(text.splitlines()) == 20
    graph = check_recipe(recipe_from_text(text)).graph
    assert graph.component_of("slots.embedding") == graph.component_of("intent.embedding") == "words"


@pytest.mark.parametrize(("number", "type"), [(1, "bilstm"), (2, "mmoe"), (3, "cross_stitch"), (4, "stack")])
def test_what_the_readme_says_of_softer_sharing_is_possible_in_its_recipe(number: int, type: str) -> None:
    first, *others = blocks(README, "yaml")
    assert len(others) == 5
    tree, change = parse(first, "README").tree, parse(others[number - 1], "README").tree
    for task, changes in change.get("tasks", {}).items():
        tree["tasks"][task]["model"].update(changes["model"])
    tree["share"] = change["share"]
    checked = check_recipe(recipe_from_dict(tree))
    assert checked.graph.warnings == ()
    for task in ("intent", "slots"):
        assert checked.graph.addresses()[f"{task}.representation"].type == type
    assert {pull.name for pull in pulls(checked.graph)} >= ({"words.word", "encoder"} if number == 1 else set())


def test_the_script_of_the_readme_needs_onnxruntime_and_numpy_only(small_run: Path, tmp_path: Path) -> None:
    script = blocks(README, "python")[1]
    assert len([line for line in script.splitlines() if line]) == 6
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/demo").symlink_to(small_run)
    code = f"{script}\nimport sys\nassert not {{'torch', 'mtl', 'onnx'}} & set(sys.modules)\n"
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("intent [array(['play', 'wake']")
    assert "['wake', 'me', 'up', 'at', 'seven'" in result.stdout


def test_the_readme_lists_every_room() -> None:
    named = set(re.findall(r"`(mtl/[\w./]+)`", README))
    there = {f"mtl/{p.name}/" for p in (CHECKOUT / "mtl").iterdir() if (p / "__init__.py").exists()}
    there |= {"mtl/__main__.py"}
    assert named - there == set()
    assert there - named == set()


@pytest.mark.parametrize(
    "room",
    [
        *sorted(p.parent.name for p in (CHECKOUT / "mtl").glob("*/__init__.py")),
        *("graph/rules", "runs/comparing", "runs/extending", "runs/tuning", "cli/commands", "export/eight_bits"),
    ],
)
def test_every_room_lists_its_files(room: str) -> None:
    folder = CHECKOUT / "mtl" / room
    said = (folder / "__init__.py").read_text("utf-8")
    files = {p.stem for p in folder.glob("*.py") if p.name != "__init__.py"}
    folders = {f"{p.parent.name}/" for p in folder.glob("*/__init__.py")}
    listed = set(re.findall(r"^([a-z_]+/?)  +\S", said, re.MULTILINE))
    assert listed == files | folders


def test_every_command_and_option_of_the_readme_exists() -> None:
    listed = within("--help").stdout
    for name in re.findall(r"`mtl (\w+)", README):
        assert f"\n  {name} " in listed
    commands = re.findall(r"^  (\w+)  ", listed, re.MULTILINE)
    options = listed + "".join(within(name, "--help").stdout for name in commands)
    told = " ".join(re.findall(r"`((?:mtl |--)[^`\n]+)`", README))
    for option in set(re.findall(r"--[a-z-]+", told)):
        assert option in options, option


@pytest.mark.slow
def test_the_module_the_tasks_the_target_the_metric_and_the_feature_of_contributing_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Messages list the tokenizers that there are: those of other tests should not list this one.
    monkeypatch.setitem(registry._classes, "tokenizer", dict(registry._classes["tokenizer"]))
    recipe = small.write(tmp_path, blocks(CONTRIBUTING, "yaml")[0])
    (tmp_path / "mine.py").write_text("\n".join(blocks(CONTRIBUTING, "python")), "utf-8")
    shown = within("components", "representation", "window", "--plugin", tmp_path / "mine.py").stdout
    assert "  neighbours  int   1\n" in shown
    run = Run.start(recipe, tmp_path / "run", overrides=["train.optimizer.lr=0.01", "train.epochs=40"], seed=2)
    for _ in run.train():
        pass
    figures = run.test()["test"]
    assert figures["question"] == {"accuracy": 1.0, "missed": 0.0}
    assert figures["probability"] == {"missed": 0.0}
    assert run.export().verification.rows == {"question": 15, "probability": 15}
    assert run.predict("question", ["play yesterday"])[0]["label"] == "yes"
    probabilities = [
        answer["probability"] for answer in run.predict("probability", ["play yesterday", "wake me at noon"])
    ]
    assert probabilities[0] > 0.5 > probabilities[1]
