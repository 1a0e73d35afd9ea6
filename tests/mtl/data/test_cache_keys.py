"""The files whose code decides what is encoded: all of them, however a plugin is divided."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.compile.loading import recipe_from_dict
from mtl.data.cache_keys import code_files, code_of
from mtl.graph.build import build_graph
from tests.mtl.data.conftest import RECIPE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_package_counts_whole(folder: Path) -> None:
    for name in ("whole/__init__.py", "whole/a/__init__.py", "whole/a/one.py", "whole/b.py", "other.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    importlib.import_module("whole.a.one")
    importlib.import_module("other")
    found = {path.relative_to(folder).as_posix() for path in code_files(["whole.a.one"])}
    assert found == {"whole/__init__.py", "whole/a/__init__.py", "whole/a/one.py", "whole/b.py"}


def test_what_a_file_of_a_plugin_has_imported_from_beside_it_counts(folder: Path) -> None:
    (folder / "mine.py").write_text("import near")
    (folder / "near.py").write_text("")
    (folder / "far.py").write_text("")
    importlib.import_module("mine")
    assert {path.name for path in code_files(["mine"])} == {"mine.py", "near.py"}


def test_modules_of_python_and_those_that_are_installed_side_by_side_bring_no_others(folder: Path) -> None:
    assert code_files(["typing", "collections.abc", "builtins"]) == set()
    (folder / "site-packages").mkdir()
    sys.path.insert(0, str(folder / "site-packages"))
    for name in ("single", "another"):
        (folder / "site-packages" / f"{name}.py").write_text("")
        importlib.import_module(name)
    assert {path.name for path in code_files(["single"])} == {"single.py"}


def test_the_rooms_below_that_of_the_data_count(tmp_path: Path) -> None:
    rooms = {path.parent.name for path in code_files(["mtl.base.line_ends", "mtl.text.featurizer", "mtl.data.split"])}
    assert {"base", "text", "data", "targets"} <= rooms
    graph = build_graph(recipe_from_dict(RECIPE, data=tmp_path))
    assert len(code_of(graph, {}, {})) > len(code_files(["mtl.text.featurizer", "mtl.data.split", "mtl.sources.base"]))
