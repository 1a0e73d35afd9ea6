"""The house keeps its floors: a file imports only from lower ones, and setup.cfg lists the folders that exist."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROOTS = {"mtl": CHECKOUT / "mtl", "mtl_tasks": CHECKOUT / "tasks/mtl_tasks"}
ROOTS["mtl_modules"] = CHECKOUT / "shared_modules/mtl_modules"

# Every file or folder of mtl/ by its floor. Within a floor files may import each other, but not in a circle.
FLOORS = (
    ("errors", "registry", "labels", "_featurizer", "files", "progress", "text_lines"),
    (
        "recipe",
        "sharing_graph",
        "graph_rules",
        "pair_rules",
        "drawing",
        "featurizer",
        "vocabulary",
        "sources",
        "bundle",
        "collection",
        "vectors",
        "exact_search",
        "ranker",
        "token_values",
    ),
    ("module", "task", "features", "lexical_features", "metrics", "alignment"),
    (
        *("model", "optimizer", "checkpoint", "first_weights", "resume", "mixture", "dataset", "batching", "collate"),
        *("tensors", "threads", "evaluation", "scoring", "selection", "feed", "finite", "logs"),
    ),
    ("trainer", "predictor", "runner", "run_data", "run_folder", "check", "export", "comparison"),
    ("cli", "__main__"),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
LIGHT = (
    "errors",
    "registry",
    "labels",
    "recipe",
    "sharing_graph",
    "drawing",
    "graph_rules",
    "pair_rules",
    "sources",
    "bundle",
)


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield (dotted name below the root, file) of every Python file."""
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(name: str, file: Path, *, everywhere: bool = True) -> Iterator[str]:
    """Yield the dotted names below `mtl` that a file of `mtl` imports; those for type checkers alone are left out.

    With `everywhere=False` only what is imported when the module is: not inside functions.
    """
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in statements(ast.parse(file.read_text("utf-8")), everywhere):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = [part for part in package if part][: len([p for p in package if p]) - node.level + 1]
                module = [*base, *(node.module.split(".") if node.module else [])]
            elif node.module and node.module.split(".")[0] == "mtl":
                module = node.module.split(".")[1:]
            else:
                continue
            for alias in node.names:
                yield ".".join([*module, alias.name])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "mtl":
                    yield alias.name.partition(".")[2]


def statements(tree: ast.AST, everywhere: bool) -> Iterator[ast.AST]:
    """Walk a tree without `if TYPE_CHECKING:` blocks and, unless `everywhere`, without functions."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if not everywhere and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        yield child
        yield from statements(child, everywhere)


def test_every_file_has_a_floor() -> None:
    parts = {name.split(".")[0] for name, _ in modules(ROOTS["mtl"]) if name}
    assert parts == set(FLOOR) - {"_featurizer"}


@pytest.mark.parametrize(("name", "file"), [pytest.param(n, f, id=n or "mtl") for n, f in modules(ROOTS["mtl"]) if n])
def test_a_file_imports_only_from_its_own_floor_and_lower_ones(name: str, file: Path) -> None:
    own = FLOOR[name.split(".")[0]]
    higher = {
        target for target in imports(name, file) if target.split(".")[0] in FLOOR and FLOOR[target.split(".")[0]] > own
    }
    assert not higher


def test_no_circle_of_imports() -> None:
    graph = nx.DiGraph()
    known = dict(modules(ROOTS["mtl"]))
    for name, file in known.items():
        for target in imports(name, file, everywhere=False):
            while target and target not in known:
                target = target.rpartition(".")[0]
            if target and target != name:
                graph.add_edge(name, target)
    circles = [circle for circle in nx.simple_cycles(graph) if len({n.split(".")[0] for n in circle}) > 1]
    assert not circles


@pytest.mark.parametrize(("name", "file"), [pytest.param(n, f, id=n or "mtl") for n, f in modules(ROOTS["mtl"])])
def test_the_library_knows_no_task_and_no_module(name: str, file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] not in ("mtl_tasks", "mtl_modules")
        elif isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & {"mtl_tasks", "mtl_modules"}


def test_only_the_command_line_prints_and_exits() -> None:
    for name, file in modules(ROOTS["mtl"]):
        if name.split(".")[0] == "cli":
            continue
        calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Call)}
        assert not calls & {"print", "sys.exit", "exit", "quit"}, name


def test_setup_cfg_lists_the_packages_that_exist() -> None:
    config = configparser.ConfigParser()
    config.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    listed = config["options"]["packages"].split()
    folders = [
        ".".join([package, *file.parent.relative_to(root).parts])
        for package, root in ROOTS.items()
        for file in root.rglob("__init__.py")
    ]
    assert sorted(listed) == sorted(folders)


def test_every_lower_bound_has_its_reason_beside_it() -> None:
    lines = (CHECKOUT / "setup.cfg").read_text("utf-8").splitlines()
    bounds = [number for number, line in enumerate(lines) if ">=" in line and line.startswith("    ")]
    without = [lines[n].strip() for n in bounds if not lines[n - 1].strip().startswith("#")]
    assert bounds
    assert not without
