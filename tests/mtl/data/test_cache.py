"""The cache: what is in it is not computed again, and it never holds anything but whole files."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mtl.base.errors import MtlError
from mtl.data import reading
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.store import Store
from mtl.sources.opening import open_sources
from mtl.text.features import WordIds

from .conftest import RECIPE, ROWS, Made, Write, graph_of


def facts(prepared: Prepared) -> Any:
    split = prepared.splits["talk", "train"]
    batch = split.batch(np.arange(len(split)))
    values = {str(key): value.tolist() for key, value in batch.features.items()}
    return values, {k: v.tolist() for k, v in batch.targets.items()}, prepared.report(), prepared.hashes


def files(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}


def test_what_is_cached_is_not_read_again(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = made()
    before = files(tmp_path / "cache")
    assert len(before) == 8  # three splits, what was fitted, and their seals

    def tokenize(*_: Any) -> Any:
        raise AssertionError("should not be featurized again")

    monkeypatch.setattr(reading, "tokenize", tokenize)
    assert facts(made()) == facts(first)
    assert files(tmp_path / "cache") == before


def test_moved_data_is_the_same_data(made: Made, tmp_path: Path) -> None:
    first = made()
    before = files(tmp_path / "cache")
    (tmp_path / "data").rename(tmp_path / "moved")
    graph = graph_of(tmp_path / "moved")
    assert facts(prepare(graph, open_sources(graph.recipe), tmp_path / "cache")) == facts(first)
    assert files(tmp_path / "cache") == before


CHANGES: dict[str, dict[str, Any]] = {
    "content": {"rows": {"talk/train": [*ROWS["talk/train"], ROWS["talk/train"][0]]}},
    "content of another source": {"rows": {"words/train": ROWS["words/train"][:1]}},
    "minimal count": {"overrides": ["tasks.intent.model.embedding.parts.word.min_count=2"]},
    "scheme of the task": {"overrides": ["tasks.slots.scheme=plain"]},
    "reading": {"overrides": ["sources.talk.on_bad_row=skip"]},
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_encoded_anew(case: str, made: Made, tmp_path: Path) -> None:
    made()
    before = set(files(tmp_path / "cache"))
    rows = CHANGES[case].get("rows")
    made(rows, overrides=CHANGES[case].get("overrides", []))
    added = {name.split("-")[0] for name in set(files(tmp_path / "cache")) - before}
    assert added == {"split", "fitted"}


def test_a_tokenizer_is_encoded_anew(made: Made, tmp_path: Path) -> None:
    lengths = made().splits["talk", "train"].lengths
    overrides = [f"tasks.{task}.inputs.text.tokenizer=characters" for task in ("intent", "slots", "pos")]
    changed = made(overrides=overrides).splits["talk", "train"].lengths
    assert changed.sum() > lengths.sum()


def test_a_new_version_of_a_feature_is_encoded_anew(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made()
    before = len(files(tmp_path / "cache"))
    monkeypatch.setattr(WordIds, "version", WordIds.version + 1)
    made()
    assert len(files(tmp_path / "cache")) == 2 * before


DAMAGES = ("cut", "flipped", "emptied", "no seal", "no file", "seal of another")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew(damage: str, made: Made, tmp_path: Path) -> None:
    first = facts(made())
    cache = tmp_path / "cache"
    for path in list(cache.iterdir()):
        if path.suffix == ".seal":
            continue
        content = path.read_bytes()
        if damage == "cut":
            path.write_bytes(content[:-20])
        elif damage == "flipped":
            path.write_bytes(content[:200] + bytes([content[200] ^ 1]) + content[201:])
        elif damage == "emptied":
            path.write_bytes(b"")
        elif damage == "no file":
            path.unlink()
        elif damage == "no seal":
            Path(f"{path}.seal").unlink()
        else:
            Path(f"{path}.seal").write_text('["other"]')
    assert facts(made()) == first
    assert len(files(cache)) == 8


KILLED = """
import itertools, json, os, signal, sys
from pathlib import Path
from mtl.base.registry import load_plugins
from mtl.compile.loading import recipe_from_dict
from mtl.data.prepare import prepare
from mtl.data.store import Column
from mtl.graph.build import build_graph
from mtl.sources.opening import open_sources

recipe, data, cache = json.loads(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
write, numbers = Column.write, itertools.count(1)
def write_and_die(column, values):
    write(column, values)
    if next(numbers) == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
Column.write = write_and_die
load_plugins(("mtl_modules", "mtl_tasks"))
graph = build_graph(recipe_from_dict(recipe, data=data))
prepare(graph, open_sources(graph.recipe), cache)
"""


def many(rows: int) -> dict[str, list[dict[str, Any]]]:
    text = "play it again and again and once more"
    return {"talk/train": [{"text": text, "intent": "music", "slots": "O O O O O O O O"} for _ in range(rows)]}


@pytest.mark.parametrize("limit", [100, 50_000, 400_000])
def test_a_full_disk(limit: int, tmp_path: Path, made: Made, write: Write) -> None:
    """The limit of a file's size stands in for the disk's: the same error, at the same places."""
    write({**ROWS, **many(2000)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    graph = graph_of(tmp_path / "data")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        with pytest.raises(MtlError) as caught:
            prepare(graph, open_sources(graph.recipe), tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    message = "the cache should be a folder that can be written to, with room enough. Found: File too large."
    assert str(caught.value) == f"{tmp_path / 'cache'}: {message}"
    assert caught.value.exit_code == 1
    left = [path.name for path in (tmp_path / "cache").iterdir() if path.name.startswith("split")]
    assert left == []
    assert not [path for path in (tmp_path / "cache").iterdir() if path.name.startswith(".writing")]
    assert len(made(many(2000)).splits["talk", "train"]) == 2000  # there is room again


@pytest.mark.parametrize("writes", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 40))])
def test_a_process_killed_while_it_writes(writes: int, tmp_path: Path, made: Made, write: Write) -> None:
    write({**ROWS, **many(8_000)})
    cache = tmp_path / "cache"
    arguments = [json.dumps(RECIPE), str(tmp_path / "data"), str(cache), str(writes)]
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], timeout=300)
    assert done.returncode == -signal.SIGKILL
    (unfinished,) = cache.glob(".writing-*")
    assert not list(cache.glob("split-*"))
    assert len(made(many(8_000)).splits["talk", "train"]) == 8_000
    assert unfinished.exists()  # it could be somebody else's who is still writing
    day = time.time() - 25 * 3600
    os.utime(unfinished, (day, day))
    made(many(10))
    assert not unfinished.exists()


def test_folders_that_other_processes_remove_meanwhile_are_no_fault(tmp_path: Path) -> None:
    """A process that has just finished removes its own; here a link to nothing stands in its place."""
    store = Store(tmp_path / "cache")
    store.folder.mkdir()
    (store.folder / ".writing-gone").symlink_to("nowhere")
    with store.scratch() as scratch:
        assert scratch.folder.is_dir()


def test_a_file_is_published_with_its_seal(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    assert store.find("a") is None
    with store.scratch() as scratch:
        (scratch.folder / "made").write_bytes(b"content")
        published = store.publish(scratch.folder / "made", "a")
    assert published.read_bytes() == b"content"
    assert store.find("a") == published
    assert sorted(path.name for path in store.folder.iterdir()) == ["a", "a.seal"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_data(tmp_path: Path, made: Made) -> None:
    def peak(rows: int) -> int:
        write = many(rows)
        made(write, splits=())  # fitted
        graph = graph_of(tmp_path / "data")
        del write
        tracemalloc.start()
        prepare(graph, open_sources(graph.recipe), tmp_path / f"cache-{rows}")
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found + pa.default_memory_pool().max_memory()

    assert peak(9_000) < 1.2 * peak(2_000)
