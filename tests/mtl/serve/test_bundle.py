"""Bundles: the same answers as the model, from onnxruntime and numpy alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtl
from mtl.base.errors import MtlError, UsageError
from mtl.base.files import sha256
from mtl.runs.predictor import Predictor
from mtl.serve.bundle import Bundle

TEXTS = ["play some music", "", "Don't \0 stop", "日本 e\u0301 \U0001f600", "a\ud800b", "x" * 5000, " \t\r\n", "é"]


@pytest.fixture(scope="module")
def bundle(small_run: Path) -> Bundle:
    return Bundle(small_run / "export")


def nearly(found: object, expected: object) -> bool:
    """Compare answers: equal, numbers within what verification allows."""
    if isinstance(expected, float):
        return isinstance(found, float) and abs(found - expected) < 1e-4
    if isinstance(expected, dict) and isinstance(found, dict):
        return list(found) == list(expected) and all(nearly(found[key], expected[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(nearly, found, expected))
    return found == expected


def test_what_a_bundle_knows(small_run: Path, bundle: Bundle) -> None:
    predictor = Predictor.load(small_run)
    assert bundle.tasks == predictor.tasks
    for task in bundle.tasks:
        assert bundle.labels(task) == predictor.labels(task)
        assert bundle.inputs(task) == predictor.inputs(task)
    assert mtl.Bundle is Bundle


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_same_answers_as_the_model(small_run: Path, bundle: Bundle, batch_size: int) -> None:
    predictor = Predictor.load(small_run)
    for task in bundle.tasks:
        found = bundle.predict(task, TEXTS, batch_size=batch_size)
        assert nearly(found, predictor.predict(task, TEXTS, batch_size=batch_size))
        json.dumps(found)


def test_nothing_and_empty_texts(bundle: Bundle) -> None:
    for task in bundle.tasks:
        assert bundle.predict(task, []) == []
        assert len(bundle.predict(task, ["", ""])) == 2
    tagger = next(task for task in bundle.tasks if "tags" in bundle.predict(task, ["x"])[0])
    assert bundle.predict(tagger, [""]) == [{"tokens": [], "tags": [], "score": []}]


def test_bytes_and_halves_of_surrogate_pairs(bundle: Bundle) -> None:
    task = bundle.tasks[0]
    expected = bundle.predict(task, ["a \ufffd b"])
    assert bundle.predict(task, [b"a \xff b"]) == expected
    assert bundle.predict(task, ["a \ud800 b"]) == expected
    assert bundle.predict(task, ["a \udfff b"]) == expected
    assert bundle.predict(task, [np.str_("a \ufffd b")]) == expected


def test_a_mapping_of_inputs(bundle: Bundle) -> None:
    task = bundle.tasks[0]
    assert bundle.predict(task, {"text": ["play"]}) == bundle.predict(task, ["play"])


def message(bundle: Bundle, *arguments: object, **options: object) -> str:
    with pytest.raises(UsageError) as caught:
        bundle.predict(*arguments, **options)  # type: ignore[arg-type]  # wrong on purpose
    return str(caught.value)


def test_wrong_calls(bundle: Bundle) -> None:
    task = bundle.tasks[0]
    known = ", ".join(sorted(bundle.tasks))
    hint = f"Did you mean '{task}'? Tasks: {known}."
    assert message(bundle, task + "s!", ["x"]) == f"'{task}s!' is not a task of '{bundle.path}'. {hint}"
    assert (
        message(bundle, task, "one text") == f"the input 'text' of '{task}' should be a list of texts. Found one text."
    )
    told = f"the input 'text' of '{task}' should be a list of texts. Found generator."
    assert message(bundle, task, (text for text in TEXTS)) == told
    assert message(bundle, task, {"txt": ["x"]}) == f"'{task}' should get texts for its inputs: text. Found txt."
    assert message(bundle, task, ["x"], batch_size=0) == "'batch_size' should be 1 or more. Found 0."
    told = f"row 1 of the input 'text' of '{task}' should be a text. Found int."
    assert message(bundle, task, ["x", 3]) == told
    assert message(bundle, task, ["x", 3], batch_size=1) == told


def manifest() -> dict[str, Any]:
    """Return a manifest of a task on two texts, whose files are missing."""
    described = {"label": {"type": "string", "shape": ["B"]}}
    pair = {"inputs": ["query", "document"], "outputs": described, "labels": ["x"], "file": "pair.onnx"}
    files = {"pair.onnx": {"bytes": 1, "sha256": "0"}}
    return {"format": 1, "tasks": {"pair": pair}, "files": files, "weights": "weights.safetensors"}


def written(folder: Path, content: object) -> Path:
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def test_several_inputs(tmp_path: Path) -> None:
    bundle = Bundle(written(tmp_path, manifest()))
    told = "should get texts for its inputs: document, query. Found one list."
    assert message(bundle, "pair", ["x"]) == f"'pair' {told}"
    told = message(bundle, "pair", {"query": ["x"], "document": []})
    assert told == "the inputs of 'pair' should have as many texts each. Found 1 of 'query', 0 of 'document'."
    with pytest.raises(MtlError, match=r"pair\.onnx: should be a graph that onnxruntime can load\. Found: "):
        bundle.predict("pair", {"query": ["x"], "document": ["y"]})


def test_folders_that_are_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        Bundle(tmp_path / "nowhere")
    assert str(caught.value) == f"{tmp_path}/nowhere: should be the folder of an export. Found nothing there."
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UsageError, match=r"manifest\.json' should be JSON\. Found: Expecting property name"):
        Bundle(tmp_path)


@pytest.mark.parametrize(
    ("place", "value", "told"),
    [
        ([], [], " should be a manifest of format 1. Found nothing."),
        (["format"], None, " should be a manifest of format 1. Found nothing."),
        (["format"], 2, " should be a manifest of format 1. Found 2."),
        (["tasks"], None, ": tasks should be an object. Found nothing."),
        (["files"], "all", ": files should be an object. Found str."),
        (["weights"], None, ": weights should be a string. Found nothing."),
        (["tasks", "pair"], 7, ": tasks.pair.file should be a string. Found nothing."),
        (["tasks", "pair", "labels"], {"x": 0}, ": tasks.pair.labels should be a list. Found dict."),
        (
            ["tasks", "pair", "outputs", "label"],
            {},
            ": tasks.pair.outputs.label.shape should be a list. Found nothing.",
        ),
        (["files", "pair.onnx"], {}, ": files.pair.onnx.sha256 should be a string. Found nothing."),
    ],
)
def test_a_manifest_that_is_none(tmp_path: Path, place: list[str], value: object, told: str) -> None:
    content: Any = manifest()
    if place:
        entry = content
        for key in place[:-1]:
            entry = entry[key]
        entry[place[-1]] = value
    else:
        content = value
    with pytest.raises(UsageError) as caught:
        Bundle(written(tmp_path, content))
    assert str(caught.value) == f"'{tmp_path / 'manifest.json'}'{told}"


@pytest.fixture
def copied(small_run: Path, tmp_path: Path) -> Path:
    """A copy of an export."""
    return Path(shutil.copytree(small_run / "export", tmp_path / "export"))


def refused(folder: Path, task: str, bundle: Bundle | None = None) -> str:
    with pytest.raises(MtlError) as caught:
        (bundle or Bundle(folder)).predict(task, ["x"])
    return str(caught.value)


def test_a_graph_that_is_none(copied: Path) -> None:
    file = copied / "intent.onnx"
    file.write_bytes(b"no graph")
    assert refused(copied, "intent").startswith(f"{file}: should be a graph that onnxruntime can load. Found: ")


@pytest.mark.parametrize("content", [b"", b"cut short"])
def test_weights_that_are_cut_short(copied: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    (copied / "weights.safetensors").write_bytes(content)
    told = f"{copied / 'intent.onnx'}: should be a graph that onnxruntime can load. Found: "
    assert refused(copied, "intent").startswith(told)
    assert capfd.readouterr() == ("", "")  # onnxruntime's own lines, which it prints below Python


def test_weights_of_another_export(copied: Path) -> None:
    """Of the same size, so that nothing but their content gives them away."""
    file = copied / "weights.safetensors"
    content = bytearray(file.read_bytes())
    wanted = sha256(file)
    content[-1] ^= 1
    file.write_bytes(content)
    assert refused(copied, "slots") == (
        f"{file}: should be the file of this export, with SHA-256 {wanted}. Found {sha256(file)}. If the folder was "
        "exported anew since it was opened, open it again."
    )


def test_a_folder_that_was_exported_anew_since(copied: Path) -> None:
    """A head that is loaded later must not answer from other weights, under the labels of the first ones."""
    bundle = Bundle(copied)
    first = bundle.predict("intent", ["x"])
    content = bytearray((copied / "weights.safetensors").read_bytes())
    content[-1] ^= 1
    (copied / "weights.safetensors").write_bytes(content)
    assert "open it again." in refused(copied, "slots", bundle)
    assert bundle.predict("intent", ["x"]) == first


def test_a_graph_without_its_entry(copied: Path) -> None:
    content = json.loads((copied / "manifest.json").read_text())
    known = content["files"].pop("intent.onnx")
    assert refused(written(copied, content), "intent") == (
        f"{copied / 'intent.onnx'}: should be the file of this export, with SHA-256 none. Found {known['sha256']}. If "
        "the folder was exported anew since it was opened, open it again."
    )


def test_a_relative_path_outlives_a_change_of_directory(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copied.parent)
    bundle = Bundle(copied.name)
    monkeypatch.chdir("/")
    assert len(bundle.predict("intent", ["x"])) == 1


class Failing:
    """A session that answers nothing."""

    def run(self, names: object, feed: object) -> None:
        raise RuntimeError("out of memory")


def test_a_session_that_fails(small_run: Path) -> None:
    bundle = Bundle(small_run / "export")
    bundle._sessions["intent"] = Failing()
    told = f"'intent' of '{bundle.path}' should answer any text. Found: out of memory"
    assert refused(bundle.path, "intent", bundle) == told


def test_answers_are_cut_by_what_the_manifest_says_of_them(small_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by their names: a task of one's own may call the scores of its tokens `scores`."""
    bundle = Bundle(small_run / "export")
    labels = bundle.labels("slots")
    outputs = {"lengths": ["B"], "scores": ["B", "T", len(labels)], "whole": ["B", len(labels)], "pair": ["B", 2]}
    monkeypatch.setitem(bundle.manifest["tasks"], "slots", {**bundle.manifest["tasks"]["slots"], "outputs": {}})
    bundle.manifest["tasks"]["slots"]["outputs"] = {name: {"shape": shape} for name, shape in outputs.items()}
    row = np.arange(len(labels), dtype=np.float32)

    class Scores:
        def run(self, names: object, feed: object) -> list[np.ndarray]:
            return [np.array([1]), np.stack([row, row])[None], row[None], np.array([[8, 9]])]

    bundle._sessions["slots"] = Scores()
    assert bundle.predict("slots", ["x"]) == [
        {"scores": [row.tolist()], "whole": dict(zip(labels, row.tolist(), strict=True)), "pair": [8, 9]}
    ]


def test_several_threads_ask_one_bundle(small_run: Path, bundle: Bundle) -> None:
    wanted = bundle.predict("slots", TEXTS)
    fresh = Bundle(small_run / "export")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: fresh.predict("slots", TEXTS, batch_size=3), range(32)))
    assert all(nearly(answers, wanted) for answers in found)


# Only these may be imported beside the standard library: what a machine that serves has installed.
GUARD = """
import sys
ALLOWED = {"numpy", "onnxruntime", ALLOWED_TOO}
class Guard:
    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        if top in sys.stdlib_module_names or top in ALLOWED:
            return None
        raise ModuleNotFoundError("not on this machine: " + name)
sys.meta_path.insert(0, Guard())
"""


def alone(code: str, allowed: str, folder: Path) -> str:
    script = GUARD.replace("ALLOWED_TOO", repr(allowed)) + code
    environment = {**os.environ, "PYTHONPATH": str(Path(mtl.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_bundle_needs_numpy_and_onnxruntime_only(small_run: Path) -> None:
    code = """
import mtl
bundle = mtl.Bundle(sys.argv[1])
print([bundle.predict(task, ["play some music"]) for task in bundle.tasks])
assert not {"torch", "pydantic", "yaml", "networkx", "onnx"} & set(sys.modules)
"""
    assert "'tags'" in alone(code, "mtl", small_run / "export")


def test_six_lines_without_the_library(small_run: Path, bundle: Bundle) -> None:
    tagger = next(task for task in bundle.tasks if "tags" in bundle.predict(task, ["x"])[0])
    code = f"""
import numpy, onnxruntime
text = numpy.array(["play some music"], dtype=object)
head = onnxruntime.InferenceSession(sys.argv[1] + "/{tagger}.onnx")
tags, lengths = head.run(["tags", "lengths"], {{"text": text}})
print(tags[0, : lengths[0]].tolist())
assert "torch" not in sys.modules and "mtl" not in sys.modules
"""
    assert alone(code, "numpy", small_run / "export").strip() == str(
        bundle.predict(tagger, ["play some music"])[0]["tags"]
    )
