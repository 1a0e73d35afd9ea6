from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mtl.base.errors import UsageError
from mtl.runs.run_folder import folder_for, next_folder


@pytest.mark.parametrize(
    ("held", "resume", "sentence"),
    [
        (["notes.txt"], True, "run folder '{}' should be a run to resume. Found other things in it."),
        (
            ["notes.txt"],
            False,
            "run folder '{}' should be new or empty. Found 1 entry in it. Name another folder (--out DIR, out=DIR).",
        ),
        (
            ["graph.txt", "log.jsonl"],
            False,
            "run folder '{}' should be new or empty. Found 2 entries in it. Resume the run in it "
            "(--resume, resume=True), or name another folder (--out DIR, out=DIR).",
        ),
        (None, False, "run folder '{}' should be a folder. Found a file."),
    ],
)
def test_folders_that_are_no_runs(tmp_path: Path, held: list[str] | None, resume: bool, sentence: str) -> None:
    out = tmp_path / "out"
    if held is None:
        out.write_text("", "utf-8")
    else:
        out.mkdir()
        for name in held:
            (out / name).write_text("", "utf-8")
    with pytest.raises(UsageError) as error:
        folder_for("small", out, resume)
    assert str(error.value) == sentence.format(out)


def test_resuming_needs_a_folder() -> None:
    with pytest.raises(UsageError) as error:
        folder_for("small", None, True)
    assert str(error.value) == ("resuming should say which run: name its folder (--out DIR, out=DIR). Found no folder.")


def test_a_folder_whose_first_files_were_being_written_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml.writing").write_text("na", "utf-8")
    assert folder_for("small", tmp_path, False) == tmp_path


def test_new_folders_are_numbered_never_given_twice_and_never_inside_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_for("small", None, False) == Path("runs/small/1")
    (tmp_path / "runs/small/7").mkdir()
    (tmp_path / "runs/small/notes").mkdir()
    assert folder_for("small", None, False) == Path("runs/small/8")
    (tmp_path / "runs/demo").mkdir()
    (tmp_path / "runs/demo/graph.txt").touch()
    assert folder_for("demo", None, False) == Path("runs/demo-1")
    assert folder_for("demo", None, False) == Path("runs/demo-2")
    assert [entry.name for entry in (tmp_path / "runs/demo").iterdir()] == ["graph.txt"]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: next_folder(tmp_path / "many"), range(32)))
    assert len(set(found)) == 32
