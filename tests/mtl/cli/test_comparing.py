"""`mtl compare` as its users see it: tables, and what is refused before anything is trained."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from mtl.base.progress import Note
from mtl.cli.comparing import print_comparison, train
from mtl.compile.loading import load_recipe
from mtl.runs.comparing.running import Warned
from mtl.runs.comparing.trial import ComparedRun
from tests.commands import within
from tests.mtl.runs import two_sources
from tests.mtl.runs.comparing import compared

TABLES = """\
task   figure       a|b <x>          alone                       [b]7
tags*  f1           0.9000 ± 0.0100  0.8500 ± 0.0120           0.8000
joint  exact_match  0.7000 ± 0.0200                   0.7000 ± 0.0200
task   figure  a|b <x> − alone  95 % interval       a|b <x> is
tags*  f1      +0.0500          +0.0100 to +0.0900      better
task   figure       [b]7 − a|b <x>  95 % interval                   [b]7 is
tags*  f1           -0.1000         -0.1500 to -0.0500                worse
joint  exact_match  +0.0000         none                undecided: one seed
trained on  source  a|b <x>                  alone                                     [b]7
tags*       s_1     1,203 steps, 9,001 rows  700 steps, 5,000 rows  1,203 steps, 9,001 rows
class       s_1     1,203 steps, 9,001 rows  700 steps, 5,000 rows  1,203 steps, 9,001 rows
all tasks           1.10 minutes             1.11 minutes                      2.00 minutes
"""

NARROW = """\
task   figure       A                B                              C
tags*  f1           0.9000 ± 0.0100  0.8500 ± 0.0120           0.8000
joint  exact_match  0.7000 ± 0.0200                   0.7000 ± 0.0200
task   figure  A − B    95 % interval         A is
tags*  f1      +0.0500  +0.0100 to +0.0900  better
task   figure       C − A    95 % interval                      C is
tags*  f1           -0.1000  -0.1500 to -0.0500                worse
joint  exact_match  +0.0000  none                undecided: one seed
trained on  source  A                                            B
tags*       s_1     1,203 steps, 9,001 rows  700 steps, 5,000 rows
class       s_1     1,203 steps, 9,001 rows  700 steps, 5,000 rows
all tasks           1.10 minutes                      1.11 minutes
trained on  source                        C
tags*       s_1     1,203 steps, 9,001 rows
class       s_1     1,203 steps, 9,001 rows
all tasks                      2.00 minutes
A: a|b <x>
B: a|b <x>, each task alone, as many minutes
C: a|b <x> seed=7
"""


def test_the_tables() -> None:
    result = compared.result()
    for name, short in (("a|b <x>, each task alone, as many minutes", "alone"), ("a|b <x> seed=7", "[b]7")):
        for part in (*result["runs"], *result["differences"]):
            part.update({key: short for key in ("name", "minus") if part.get(key) == name})
    written = io.StringIO()
    print_comparison(result, Console(file=written))
    assert [line.rstrip() for line in written.getvalue().splitlines() if line] == TABLES.splitlines()


def test_tables_fit_the_terminal_and_a_legend_has_the_long_names() -> None:
    written = io.StringIO()
    print_comparison(compared.result(), Console(file=written, force_terminal=True, width=72, color_system=None))
    assert [line.rstrip() for line in written.getvalue().splitlines() if line] == NARROW.splitlines()
    assert max(map(len, NARROW.splitlines())) <= 72


def test_a_warning_says_which_run_it_is_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = ComparedRun(load_recipe(two_sources.write(tmp_path)), Path("out/joint-seed2"), 2, 3)
    said = Note("should be given. Found none.", warning=True, component="words")
    monkeypatch.setattr("mtl.runs.comparing.running.run_all", lambda *_: iter([Warned(trial, said)]))
    train([trial], 2, tmp_path, Console(file=io.StringIO()))
    found = capsys.readouterr().err.splitlines()[-1]
    assert found == "warning: run 2/3: out/joint-seed2: words: should be given. Found none."


def test_what_is_refused_is_refused_before_training(tmp_path: Path) -> None:
    recipe = two_sources.write(tmp_path)
    out = tmp_path / "out"
    done = within("compare", recipe, "--single", "--out", out, "--report", tmp_path / "page.pdf")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--report should end with .html, .htm, .md or .markdown, which is the kind of the page. "
        f"Found '{tmp_path / 'page.pdf'}'.\n"
    )
    done = within("compare", recipe, "--match", "minutes", "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--match should come with --single: it says how each task alone is trained. Found --match minutes and no "
        "--single.\n"
    )
    done = within("compare", recipe, "--set", "train.epochs=0", "--set", "seed=x", "--set", "name=a", "--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--set seed=x: seed: should be a whole number. Found 'x'.\n"
        "--set train.epochs=0: train.epochs: should be a whole number greater than 0. Found 0.\n"
        f"2 errors in options given with {recipe}\n"
    )
    assert not out.exists()


def test_one_recipe_is_measured_over_seeds_in_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = two_sources.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = within("compare", recipe, recipe, "--seeds", "2", "--set-all", "train.max_steps=2")
    told = f"{recipe}: gives the recipe '{load_recipe(recipe).name}', which is compared already: it is trained once.\n"
    assert (done.returncode, done.stderr) == (0, told)
    file = Path("runs") / f"{load_recipe(recipe).name}-compare" / "compare.json"
    result = json.loads(file.read_text("utf-8"))
    (found,) = result["runs"]
    assert (result["differences"], found["seeds"]) == ([], 2)
    figures = [values for task in found["test"].values() for values in task.values()]
    assert figures
    assert all(len(figure["values"]) == 2 for figure in figures)
    assert done.stdout.endswith(f"{file}: written\n")
