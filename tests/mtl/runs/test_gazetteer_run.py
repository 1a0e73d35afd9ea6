"""A run with lists of names: what it keeps of them, and what it refuses."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest

import mtl
from mtl.base.errors import CheckpointError, DataError, RecipeError
from mtl.compile.loading import recipe_from_dict
from mtl.runs.runner import Run
from mtl.sources.base import SPLITS
from tests import small
from tests.mtl.from_small import recipe as made
from tests.mtl.from_small import refused, tree

RECIPE = small.RECIPE.replace("epochs: 24", "epochs: 2\n  checkpoint_every: 2").replace(
    "char: {type: char_cnn, dim: 4, char_dim: 4}",
    "names: {type: gazetteer, lists: {song: lists/songs.csv, time: lists/times.txt}, columns: {song: title}}",
)
SONGS, TIMES = "title,by\nHey Jude,The Beatles\nYesterday,\n", "Six Thirty\nnoon\n"
TEXTS = ["play hey jude", "hey", "wake me at six thirty please", ""]


def write(folder: Path, songs: str = SONGS, times: str = TIMES) -> Path:
    (folder / "lists").mkdir(exist_ok=True)
    (folder / "lists" / "songs.csv").write_text(songs, "utf-8")
    (folder / "lists" / "times.txt").write_text(times, "utf-8")
    return small.write(folder, RECIPE)


def remove(folder: Path) -> None:
    for file in (folder / "lists").iterdir():
        file.unlink()


def test_a_run_and_its_export_need_no_list_any_more(tmp_path: Path) -> None:
    run = mtl.run(write(tmp_path), out=tmp_path / "run")
    kept = json.loads((tmp_path / "run" / "fitted.json").read_text("utf-8"))["features"]
    (names,) = [state["names"] for states in kept.values() for state in states if "names" in state]
    assert names == {"song": [["hey", "jude"], ["yesterday"]], "time": [["noon"], ["six", "thirty"]]}
    before = run.predict("slots", TEXTS)
    remove(tmp_path)
    again = Run.open(tmp_path / "run")
    assert again.predict("slots", TEXTS) == before
    assert again.test()["test"] == run.metrics["test"]
    exported = mtl.Bundle(tmp_path / "run" / "export").predict("slots", TEXTS)
    assert [answer["tags"] for answer in exported] == [answer["tags"] for answer in before]
    again.export()
    assert mtl.Bundle(tmp_path / "run" / "export").predict("slots", TEXTS) == exported


def begun(folder: Path) -> tuple[Path, dict[str, str]]:
    """Return the recipe of a run that was stopped after a checkpoint, and the hashes of what it read."""
    recipe = write(folder)
    for _ in islice(Run.start(recipe, folder / "run").train(), 3):
        pass
    return recipe, json.loads((folder / "run" / "data.json").read_text("utf-8"))["hashes"]


def test_a_run_is_resumed_with_equal_names_only(tmp_path: Path) -> None:
    recipe, before = begun(tmp_path)
    write(tmp_path, times="Seven\nnoon\n")
    name = "words.names: time (lists/times.txt)"
    assert [key for key in before if key.rpartition("/")[2] not in SPLITS] == [
        "words.names: song (lists/songs.csv)",
        name,
    ]
    with pytest.raises(CheckpointError) as caught:
        list(Run.start(recipe, tmp_path / "run", resume=True).train())
    now = Run.start(recipe, tmp_path / "other").prepared.hashes[name]
    assert str(caught.value) == (
        f"{tmp_path / 'run'}: the data of '{name}' should be what the run was started with "
        f"(SHA-256 {before[name][:12]}…). Found SHA-256 {now[:12]}…. Put that data back, or name the folder that "
        "it is in now (--data DIR, data=DIR). Other data needs a new run in another folder (--out DIR, out=DIR)."
    )
    write(tmp_path, songs="by,title\r\n,Yesterday\r\n,Hey Jude\r\n")  # the same names, written otherwise
    assert list(Run.start(recipe, tmp_path / "run", resume=True).train()) != []


def test_a_resumed_run_reads_its_lists(tmp_path: Path) -> None:
    recipe, _ = begun(tmp_path)
    (tmp_path / "lists" / "times.txt").unlink()
    with pytest.raises(DataError) as caught:
        list(Run.start(recipe, tmp_path / "run", resume=True).train())
    file = tmp_path / "lists" / "times.txt"
    assert (
        str(caught.value)
        == f"{file}: list 'time': should be a readable file of names. Found: No such file or directory."
    )


def test_what_is_cached_follows_the_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("MTL_CACHE", str(cache))

    def names_of(number: int, times: str) -> tuple[object, int]:
        prepared = Run.start(write(tmp_path, times=times), tmp_path / f"run{number}").prepared
        (feature,) = prepared.fitted.features["words.names"]
        return feature.state()["names"]["time"], len(list(cache.rglob("split-*.arrow")))

    assert names_of(1, "noon\n") == ([["noon"]], 3)
    assert names_of(2, "seven\nnoon\n") == ([["noon"], ["seven"]], 6)
    assert names_of(3, "noon\n\n") == ([["noon"]], 6)


def test_a_check_reports_what_is_wrong_with_lists_and_keys(tmp_path: Path) -> None:
    recipe = write(tmp_path, songs="name\nYesterday\n", times="")
    with pytest.raises(RecipeError) as caught:
        Run.start(recipe, tmp_path / "run", overrides=["tasks.intent.model.embedding.parts.names.factors={tim: 2.0}"])
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'lists/songs.csv'}:1: list 'song': should have a column 'title'. There is none. Its columns: "
        "name.",
        f"{tmp_path / 'lists/times.txt'}: list 'time': should hold at least one name. There is none.",
        f"{recipe}:22: tasks.intent.model.embedding.parts.names: 'factors' should be about lists that 'lists' has. "
        "Found 'tim'. Did you mean 'time'?",
        f"3 errors in {recipe}",
    ]


def test_lists_that_come_from_a_run_keep_their_order(tmp_path: Path) -> None:
    mtl.run(write(tmp_path), out=tmp_path / "run")
    there = {"song": "lists/songs.csv", "time": "lists/times.txt"}
    names = {"from": f"{tmp_path / 'run'}#words.names", "lists": dict(reversed(there.items()))}
    assert refused(made(tmp_path, {"embedding": names})) == [
        f"<recipe>: tasks.kind.model.embedding.lists: should be {json.dumps(there)}, as in 'words.names' of "
        f"'{tmp_path / 'run'}', or be left out. Found {json.dumps(names['lists'])}. Vectors go by their order."
    ]
    assert refused(made(tmp_path, {"embedding": {**names, "lists": there}})) == []


def test_names_that_come_from_a_run_are_not_read_again(tmp_path: Path) -> None:
    list(Run.start(write(tmp_path), tmp_path / "run").train())
    remove(tmp_path)
    written = tree({"embedding": {"from": f"{tmp_path / 'run'}#words"}})
    run = Run.start(written, tmp_path / "new", data=tmp_path)
    (before,) = Run.open(tmp_path / "run").prepared.fitted.features["words.names"]
    (feature,) = run.prepared.fitted.features["kind.embedding.names"]
    assert feature.state() == before.state()
    assert [key for key in run.prepared.hashes if key.rpartition("/")[2] not in SPLITS] == []


def test_lists_beside_words_of_a_run_are_read(tmp_path: Path) -> None:
    list(Run.start(write(tmp_path), tmp_path / "run").train())
    (tmp_path / "lists/times.txt").unlink()
    names = {"type": "gazetteer", "lists": {"time": "lists/times.txt"}}
    parts = {"word": {"from": f"{tmp_path / 'run'}#words.word"}, "names": names}
    assert refused(recipe_from_dict(tree({"embedding": {"type": "concat", "parts": parts}}), data=tmp_path)) == [
        f"{tmp_path / 'lists/times.txt'}: list 'time': should be a readable file of names. Found: No such file or "
        "directory."
    ]
