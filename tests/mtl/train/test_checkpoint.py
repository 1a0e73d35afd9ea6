"""Checkpoints: whole or not there, one pointer, components apart, and messages."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import nn

from mtl.base.errors import CheckpointError, UsageError
from mtl.base.files import read_json, replace
from mtl.base.tensors import read_tensors, write_tensors
from mtl.train.checkpoint import Checkpoints, Snapshot, load_model, own_tensors
from mtl.train.first_weights import load_component
from tests.mtl.small_run import same, small_trainer


def snapshot(step: int) -> Snapshot:
    weights = {"weight": torch.full((2, 2), float(step))}
    return Snapshot(step, {"encoder": weights, "pooling": {}}, {"encoder": {"type": "bilstm"}}, weights, {"step": step})


def names(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "checkpoints").iterdir())


def test_the_last_and_the_best_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.pointer() == {}
    for step, best in ((1, True), (2, False), (3, True), (4, False), (5, False)):
        checkpoints.write(snapshot(step), best=best)
    assert checkpoints.pointer() == {"last": "step-00000005", "best": "step-00000003"}
    assert names(tmp_path) == ["pointer.json", "step-00000003", "step-00000005"]
    tensors, description = read_tensors(checkpoints.path("best") / "components" / "encoder.safetensors")
    assert tensors["weight"].tolist() == [[3, 3], [3, 3]]
    assert description == {"type": "bilstm"}
    assert read_json(checkpoints.path("last") / "state.json") == {"step": 5}


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.write(snapshot(1), best=True)
    for left in ("step-00000002.writing", "step-00000002"):  # killed while writing, killed before the pointer moved
        (tmp_path / "checkpoints" / left / "components").mkdir(parents=True)
        (tmp_path / "checkpoints" / left / "state.json").write_text("{")
    (tmp_path / "checkpoints" / "pointer.json.writing").write_text("{")
    assert checkpoints.pointer() == {"last": "step-00000001", "best": "step-00000001"}
    checkpoints.write(snapshot(2), best=False)
    assert names(tmp_path) == ["pointer.json", "step-00000001", "step-00000002"]
    assert read_json(checkpoints.path("last") / "state.json") == {"step": 2}


FULL_DISK = """
import resource, sys
from pathlib import Path
from mtl.train.checkpoint import Checkpoints
from mtl.base.errors import CheckpointError
from tests.mtl.train.test_checkpoint import snapshot
import torch
checkpoints = Checkpoints(Path(sys.argv[1]))
checkpoints.write(snapshot(1), best=True)
big = snapshot(2)
big.components["encoder"]["weight"] = torch.zeros(500, 500)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    checkpoints.write(big, best=True)
except CheckpointError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_checkpoints_before(tmp_path: Path, checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, cwd=checkout, check=True
    )
    folder = tmp_path / "checkpoints"
    assert done.stdout == (
        f"{folder}: the checkpoint of step 2 could not be written: File too large. Checkpoints before it are unharmed; "
        "make room and resume.\n"
    )
    assert names(tmp_path) == ["pointer.json", "step-00000001"]
    assert read_tensors(Checkpoints(tmp_path).path("best") / "components" / "encoder.safetensors")[0]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("")
    with pytest.raises(CheckpointError) as caught:
        Checkpoints(tmp_path).write(snapshot(1), best=True)
    assert str(caught.value) == (
        f"{tmp_path / 'checkpoints'}: the checkpoint of step 1 could not be written: File exists. Checkpoints before "
        "it are unharmed; make room and resume."
    )


def test_messages_of_damaged_files(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    folder = tmp_path / "checkpoints"
    with pytest.raises(CheckpointError) as caught:
        checkpoints.path("best")
    assert str(caught.value) == f"{folder}: should hold a best checkpoint. There is none."
    folder.mkdir()
    pointer = folder / "pointer.json"
    for content in ('"x"', '{"last": 1}', "{}"):
        pointer.write_text(content)
        with pytest.raises(CheckpointError) as caught:
            checkpoints.pointer()
        assert str(caught.value) == f"{pointer}: should name the checkpoints 'last' and 'best'. Found something else."
    pointer.write_text("{")
    with pytest.raises(CheckpointError) as caught:
        checkpoints.pointer()
    assert str(caught.value) == (
        f"{pointer}: should be a readable JSON file. Found: Expecting property name enclosed in double quotes: line 1 "
        "column 2 (char 1)."
    )
    with pytest.raises(CheckpointError) as caught:
        read_json(folder)
    assert str(caught.value) == f"{folder}: should be a readable JSON file. Found: Is a directory."
    broken = folder / "x.safetensors"
    broken.write_bytes(b"\x01\x00\x00")
    with pytest.raises(CheckpointError) as caught:
        read_tensors(broken)
    assert str(caught.value) == (
        f"{broken}: should be a readable safetensors file. Found: Error while deserializing header: header too small."
    )


def test_replace_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    replace(path, b"one")
    replace(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [path]


def test_a_tensor_that_two_components_hold_is_stored_once() -> None:
    inner = nn.Linear(2, 3)
    outer = nn.Sequential(inner, nn.Linear(3, 4))
    own = own_tensors({"inner": inner, "outer": outer})
    assert {name: sorted(tensors) for name, tensors in own.items()} == {
        "inner": ["bias", "weight"],
        "outer": ["1.bias", "1.weight"],
    }


def test_a_component_from_a_run_a_checkpoint_and_a_file(tmp_path: Path) -> None:
    trained = small_trainer(tmp_path, {"epochs": 1})
    list(trained.train())
    checkpoint = Checkpoints(tmp_path / "run").path("best")
    folder = checkpoint / "components"
    for path in (tmp_path / "run", checkpoint, folder, folder / "encoder.safetensors"):
        fresh = small_trainer(tmp_path, {"epochs": 1}, out="fresh")
        assert not same(fresh.owned["encoder"], trained.owned["encoder"])
        load_component(fresh.model, "slots.representation", path)
        assert same(fresh.owned["encoder"], trained.owned["encoder"])
        assert not same(fresh.owned["words_"], trained.owned["words_"])


def test_a_component_of_another_kind_vocabulary_or_shape_is_refused(tmp_path: Path) -> None:
    trainer = small_trainer(tmp_path, {"checkpoint_every": 1})
    list(islice(trainer.train(), 2))
    components = Checkpoints(tmp_path / "run").path("last") / "components"
    before = trainer.owned["encoder"]["lstm.weight_ih_l0"].clone()

    def refusal(component: str, file: Path) -> str:
        with pytest.raises(CheckpointError) as caught:
            load_component(trainer.model, component, file)
        return str(caught.value)

    file = components / "intent.pooling.safetensors"
    assert refusal("encoder", file).splitlines()[:3] == [
        f"{file}: encoder: kind should be 'representation'. Found 'pooling'.",
        f"{file}: encoder: type should be 'bilstm'. Found 'max'.",
        f"{file}: encoder: tensor 'lstm.bias_hh_l0' should have shape (24,). Found none.",
    ]
    file = tmp_path / "words.safetensors"
    write_tensors(file, trainer.owned["words_"], {"vocabulary": "0" * 64})
    assert refusal("words_", file) == (
        f"{file}: words_: vocabulary should be the one that 'words_' has here. Found another."
    )
    write_tensors(file, {"table.weight": torch.zeros(3, 8)}, {})
    rows = len(trainer.owned["words_"]["table.weight"])
    assert refusal("words_", file) == (
        f"{file}: words_: tensor 'table.weight' should have shape ({rows}, 8). Found (3, 8)."
    )
    missing = tmp_path / "none"
    assert refusal("words_", missing) == (
        f"{missing / 'words_.safetensors'}: should be a readable safetensors file. Found: No such file or directory: "
        f"{missing / 'words_.safetensors'}."
    )
    assert torch.equal(before, trainer.owned["encoder"]["lstm.weight_ih_l0"])
    with pytest.raises(UsageError) as caught:
        load_component(trainer.model, "encodre", components)
    assert str(caught.value) == f"'encodre' is not a module of {trainer.recipe.title}. Did you mean 'encoder'?"


def test_load_model_wants_a_run_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_model(tmp_path)
    assert str(caught.value) == f"{tmp_path}: should be the folder of a run. Found an empty folder."


def test_nothing_is_pickled(tmp_path: Path) -> None:
    list(small_trainer(tmp_path, {"epochs": 1}).train())
    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".safetensors", ".json"}
    for path in files:
        if path.suffix == ".json":
            json.loads(path.read_text())
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
