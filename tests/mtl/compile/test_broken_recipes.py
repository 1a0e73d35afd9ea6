"""Every recipe of the corpus ends `mtl check` with exit code 2 and exactly the lines beside it.

All run through the real command line in one fresh process, so that nothing which other tests register is listed;
a few run as commands of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "broken_recipes"
NAMES = sorted(file.stem for file in CORPUS.glob("*.yaml"))
ALL_IN_ONE = """
import contextlib, functools, io, json, sys
import typer.main
from mtl.cli import main

typer.main.get_command = functools.cache(typer.main.get_command)  # from functions to options: half of the time
found = {}
for name in sys.argv[1:]:
    sys.argv = ["mtl", "check", name + ".yaml"]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
            code = None
        except SystemExit as end:
            code = end.code
    found[name] = [code, out.getvalue(), err.getvalue()]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def checked() -> dict[str, Any]:
    """Return exit code, standard output and standard error of `mtl check` for each recipe of the corpus."""
    command = [sys.executable, "-c", ALL_IN_ONE, *NAMES]
    done = subprocess.run(command, cwd=CORPUS, capture_output=True, text=True, timeout=300, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def expected(name: str) -> str:
    return (CORPUS / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_exact_lines(name: str, checked: dict[str, Any]) -> None:
    assert checked[name] == [2, "", expected(name)]


@pytest.mark.parametrize("name", ["many_at_once", *(pytest.param(n, marks=pytest.mark.slow) for n in ("tab", "cycle"))])
def test_as_a_command(name: str) -> None:
    command = [sys.executable, "-m", "mtl", "check", f"{name}.yaml"]
    done = subprocess.run(command, cwd=CORPUS, capture_output=True, text=True, timeout=120, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected(name))


def test_the_corpus_is_large_and_whole() -> None:
    assert len(NAMES) >= 60
    assert sorted(file.stem for file in CORPUS.glob("*.txt")) == NAMES
