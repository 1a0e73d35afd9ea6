"""A task that cannot be exported (trees, were they none that can be) beside one that is: every command says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mtl.base.errors import ExportError
from mtl.base.files import read_json
from mtl.cli.app import app
from mtl.data.targets import TreeOfTokens
from mtl.export.export import export
from mtl.runs.extending.extended import extend
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle
from tests.mtl.runs.test_tree_run import RECIPE, rows

SHARE = {"words": ["embedding"], "encoder": ["representation"]}
TRAIN = {"max_steps": 3, "batch": {"size": 8}, "threads": 1}
PARSE = RECIPE["tasks"]["parse"]
LABEL = {
    "type": "text_classification",
    "source": "said",
    "inputs": {"text": {"column": "text", "tokenizer": "unicode_words"}},
    "target": "intent",
    "model": {"pooling": "max"},
}
WARNING = (
    "tasks.parse: predicts trees [B, S], which cannot be exported yet: it is trained and tested, 'mtl predict' "
    "answers with the run, and the export leaves it out."
)
ROW = ["not", "exported", "parse:", "trees", "[B,", "S]", "cannot", "be", "exported", "yet"]


@pytest.fixture(scope="module", autouse=True)
def trees_that_are_not_exported() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TreeOfTokens, "exportable", False)
        yield


def write(folder: Path, **tasks: Any) -> Path:
    """Write the data, and a recipe of these tasks, which share what they read with; return it."""
    lines = [f"{line}\t{line.split('[IN:')[1].split()[0]}" for line in dict.fromkeys(rows())]
    for split, part in (("train", lines), ("dev", lines[:4]), ("test", lines[::9])):
        (folder / f"{split}.tsv").write_text("".join(f"{line}\n" for line in ["text\ttree\tintent", *part]), "utf-8")
    share = {name: [f"{task}.{slot}" for task in tasks for slot in slots] for name, slots in SHARE.items()}
    shared = {"share": share} if "intent" in tasks else {}
    recipe = {**RECIPE, "tasks": tasks, "train": TRAIN, **shared}
    (folder / "recipe.yaml").write_text(json.dumps(recipe), "utf-8")
    return folder / "recipe.yaml"


def command(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The folder of a run of both tasks, and what the command said."""
    folder = tmp_path_factory.mktemp("both")
    return folder / "run", command("run", write(folder, parse=PARSE, intent=LABEL), "--out", folder / "run")


def test_a_run_exports_the_other_tasks_and_says_what_it_leaves_out(both: tuple[Path, Result]) -> None:
    folder, done = both
    assert done.exit_code == 0, done.output
    assert [line for line in done.stderr.splitlines() if "export" in line] == [
        f"warning: {folder.parent / 'recipe.yaml'}:1: {WARNING}"
    ]
    assert ROW in [line.split() for line in done.stdout.splitlines()]
    manifest = read_json(folder / "export/manifest.json")
    assert (list(manifest["tasks"]), manifest["not_exported"]) == (["intent"], {"parse": "trees [B, S]"})
    assert Bundle(folder / "export").tasks == ("intent",)
    run = Run.open(folder)
    assert set(run.metrics["test"]) == {"parse", "intent", "joint"}
    assert run.complete
    assert (run.tasks, run.exports) == (("parse", "intent"), ("intent",))


def test_an_export_is_made_and_measured_without_the_tree(both: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = both
    done = command("export", folder, "--out", tmp_path / "graphs")
    assert done.exit_code == 0, done.output
    assert ROW in [line.split() for line in done.stdout.splitlines()]
    assert list(Run.open(folder).evaluate("test", export=tmp_path / "graphs").metrics) == ["intent"]
    run = Run.open(folder)
    with pytest.raises(ExportError) as error:
        export(run.model, run.graph, run.prepared, tmp_path / "named", tasks=["intent", "parse"])
    assert str(error.value) == (
        "parse: should predict what can be exported. Found trees [B, S], which cannot yet: "
        "'mtl train', 'mtl test' and 'mtl predict' answer with its run."
    )


def test_a_run_of_trees_alone_ends_after_the_test(tmp_path: Path) -> None:
    recipe = write(tmp_path, parse=PARSE)
    for more in ([], ["--resume"]):
        done = command("run", recipe, "--out", tmp_path / "run", *more)
        assert done.exit_code == 0, done.output
        lines = done.stdout.splitlines()
        assert ("tested; nothing is exported, as no task predicts what can be" in lines) == (not more)
        assert ROW in [line.split() for line in lines]
    assert (tmp_path / "run/metrics.json").exists()
    assert not (tmp_path / "run/export").exists()
    refused = command("export", tmp_path / "run")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "parse: should predict what can be exported. Found trees [B, S], which cannot yet: "
        "'mtl train', 'mtl test' and 'mtl predict' answer with its run.\n",
    )


def test_a_run_with_trees_is_extended(both: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = both
    write(tmp_path)
    new = {
        "sources": {"more": RECIPE["sources"]["said"]},
        "tasks": {"again": {**LABEL, "source": "more"}},
        "share": {"words": "again.embedding", "encoder": "again.representation"},
        "train": TRAIN,
    }
    (tmp_path / "new.yaml").write_text(json.dumps(new), "utf-8")
    found = extend(folder, tmp_path / "new.yaml", tmp_path / "more")
    compared = {
        (one["task"], one["exported"] and one["exported"]["rows"])
        for one in read_json(tmp_path / "more/extended.json")["compared"]
    }
    assert compared == {("parse", None), ("intent", 0)}
    assert Bundle(found.run.out / "export").tasks == ("intent", "again")
