"""The house keeps its floors: a room imports only from those before it, and setup.cfg lists the folders that exist."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Collection, Iterator
from pathlib import Path

import networkx as nx
import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROOTS = {"mtl": CHECKOUT / "mtl", "mtl_tasks": CHECKOUT / "tasks/mtl_tasks"}
ROOTS["mtl_modules"] = CHECKOUT / "shared_modules/mtl_modules"

# The rooms of mtl/, lowest first: a file imports from its own room and from those before it.
ROOMS = (
    *("base", "text", "recipe", "graph", "compile", "sources", "data"),
    *("model", "evaluate", "train", "serve", "export", "runs", "cli"),
)


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield (dotted name below the root, file) of every Python file."""
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def imports(name: str, file: Path, known: Collection[str]) -> Iterator[str]:
    """Yield the files of `mtl` that a file of it imports, also inside functions and for type checkers alone."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found = [alias.name.split(".")[1:] for alias in node.names if alias.name.split(".")[0] == "mtl"]
        elif isinstance(node, ast.ImportFrom):
            written = node.module.split(".") if node.module else []
            if node.level:
                base = [*package[: len(package) - node.level + 1], *written]
            elif written[:1] == ["mtl"]:
                base = written[1:]
            else:
                continue
            found = [[*base, alias.name] for alias in node.names]
        else:
            continue
        for parts in found:
            target = ".".join(parts)
            yield target if target in known else ".".join(parts[:-1])


@pytest.fixture(scope="module")
def known() -> dict[str, Path]:
    """The files of mtl/ by their dotted names below it, and the compiled module."""
    return {**dict(modules(ROOTS["mtl"])), "_featurizer": ROOTS["mtl"] / "_featurizer.pyi"}


def test_every_file_is_in_a_room(known: dict[str, Path]) -> None:
    assert {name.split(".")[0] for name in known if name} == {*ROOMS, "_featurizer", "__main__"}
    loose = {
        file.name for file in ROOTS["mtl"].iterdir() if file.is_file() and not file.name.startswith("_featurizer.")
    }
    assert loose == {"__init__.py", "__main__.py", "py.typed"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_those_before_it(room: str, known: dict[str, Path]) -> None:
    allowed = {*ROOMS[: ROOMS.index(room) + 1], "_featurizer"}
    wrong = {
        (name, target)
        for name, file in known.items()
        if name.split(".")[0] == room
        for target in imports(name, file, known)
        if target.split(".")[0] not in allowed
    }
    assert not wrong


def test_no_circle_of_imports(known: dict[str, Path]) -> None:
    graph = nx.DiGraph()
    for name, file in known.items():
        # The root loads what is public on first use: it may name files that nothing else could import through it.
        if name and file.suffix == ".py":
            graph.add_edges_from((name, target) for target in imports(name, file, known) if target != name)
    assert "" not in graph  # nobody imports from the root
    assert [circle for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []


def test_no_two_public_classes_have_one_name() -> None:
    files: dict[str, list[str]] = {}
    for root in ROOTS.values():
        for _, file in modules(root):
            for node in ast.parse(file.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    files.setdefault(node.name, []).append(str(file.relative_to(CHECKOUT)))
    assert {name: found for name, found in files.items() if len(found) > 1} == {}


def test_serving_and_texts_need_no_torch(known: dict[str, Path]) -> None:
    for name, file in known.items():
        if name.split(".")[0] in ("serve", "recipe", "graph", "compile", "sources", "text"):
            assert "import torch" not in file.read_text("utf-8"), name


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
