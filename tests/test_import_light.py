"""What is imported lightly stays light: the package root, the command line, the bundle."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "pydantic", "pyarrow", "onnx", "onnxruntime", "networkx", "numpy", "yaml", "rich")
HEAVY += ("mtl_modules", "optuna")


def imported_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-c", code], input="", capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("statement", ["import mtl", "import mtl.cli", "import mtl.base.errors"])
def test_nothing_heavy_is_imported(statement: str) -> None:
    assert not imported_by(statement) & set(HEAVY)


def test_a_bundle_needs_onnxruntime_and_numpy_only() -> None:
    found = imported_by("import mtl\nmtl.Bundle")
    assert {"numpy", "onnxruntime"} <= found
    assert not found & {"torch", "pydantic", "pyarrow", "onnx", "networkx", "yaml", "typer"}


def test_the_recipe_and_its_graph_need_no_torch() -> None:
    assert "torch" not in imported_by("import mtl.recipe, mtl.graph.sharing_graph, mtl.sources, mtl.text.features")


COMMAND = """
import sys
from mtl.cli import main
sys.argv[1:] = {arguments!r}
try:
    main()
except SystemExit as ended:
    assert ended.code in (0, None), ended.code
"""


def test_an_export_answers_without_torch(small_run: Path) -> None:
    command = COMMAND.format(arguments=["predict", str(small_run / "export"), "--task", "intent"])
    found = imported_by(command)
    assert "onnxruntime" in found
    assert not found & {"torch", "pyarrow", "onnx", "networkx"}


def test_checking_and_training_import_no_compiler(tmp_path: Path) -> None:
    """That of torch takes half as long to import as torch itself; neither shapes nor optimizers need it."""
    code = f"""
import sys
from mtl.cli.app import main
from mtl.model.meta import HIDDEN, hidden_functions
sys.argv = "mtl train recipes/intent_slot.yaml --set train.max_steps=2 --out".split() + [{str(tmp_path / "run")!r}]
try:
    main()
except SystemExit as ended:
    assert not ended.code
functions = list(hidden_functions())
print("torch._dynamo" in sys.modules, len(functions) > 100, any(hasattr(found, HIDDEN) for found in functions))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.splitlines()[-1] == "False True False"


def test_help_is_quick() -> None:
    seconds: dict[str, list[float]] = {"mtl": [], "nothing": []}
    for _ in range(5):
        for name, arguments in {"mtl": ["-m", "mtl", "--help"], "nothing": ["-c", "import json"]}.items():
            start = time.perf_counter()
            result = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
            seconds[name].append(time.perf_counter() - start)
            assert ("components" in result.stdout) == (name == "mtl")
        slow = min(seconds["nothing"]) / 0.04  # how much slower than usual this machine starts an interpreter
        if quick := min(seconds["mtl"]) <= 0.4 * max(1, slow):
            break
    assert quick  # at the least of five: other processes may be busy


def test_names_of_the_package_root() -> None:
    import mtl

    for name in mtl.__all__:
        assert getattr(mtl, name) is not None
    assert dir(mtl) == sorted(mtl.__all__)
    with pytest.raises(AttributeError, match=r"^module 'mtl' has no attribute 'Runn'$"):
        _ = mtl.Runn
