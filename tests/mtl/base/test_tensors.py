"""Tensors on the disk: what is read is what was written, byte for byte twice alike, and other files are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mtl.base.errors import CheckpointError
from mtl.base.tensors import read_tensors, renumbered, serialized, shapes, write_tensors

TENSORS = {
    "b": torch.arange(6.0).reshape(2, 3).T,  # not contiguous
    "a": torch.tensor([True, False]),
    "none": torch.empty(0, 3, dtype=torch.bfloat16),
}


@pytest.mark.parametrize("description", [{}, {"kind": "embedding", "words": "é"}])
def test_what_is_read_is_what_was_written(tmp_path: Path, description: dict[str, str]) -> None:
    write_tensors(tmp_path / "a", TENSORS, description)
    found, said = read_tensors(tmp_path / "a")
    assert said == description
    assert found.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)
    turned = dict(reversed(description.items()))
    assert serialized(TENSORS, turned) == (tmp_path / "a").read_bytes()


def test_what_holds_no_tensors_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"{}")
    for name in ("a", "none"):
        with pytest.raises(CheckpointError) as error:
            read_tensors(tmp_path / name)
        assert str(error.value).startswith(f"{tmp_path / name}: should be a readable safetensors file. Found: ")


def test_shapes_are_those_of_the_tensors(tmp_path: Path) -> None:
    write_tensors(tmp_path / "a.safetensors", {"x": torch.zeros(2, 3), "y": torch.tensor(1.0)}, {"kind": "decoder"})
    assert shapes(tmp_path / "a.safetensors") == {"x": (2, 3), "y": ()}


def test_a_file_without_tensors(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{]")
    with pytest.raises(CheckpointError) as caught:
        shapes(tmp_path / "a.safetensors")
    assert str(caught.value).startswith(f"{tmp_path / 'a.safetensors'}: should be a readable safetensors file. Found: ")


@pytest.mark.parametrize(
    ("found", "names", "wanted"),
    [
        ("layers.1.weight layers.4.weight", "layers.0.weight layers.2.weight", "layers.0.weight layers.2.weight"),
        (
            "layers.4.bias layers.10.bias",
            "layers.2.bias layers.0.bias",
            "layers.0.bias layers.2.bias",
        ),  # by number
        ("a.1.b.3.x a.2.b.0.x", "a.0.b.0.x a.1.b.0.x", "a.0.b.0.x a.1.b.0.x"),
        ("layers.1.weight", "layers.0.weight layers.2.weight", "layers.1.weight"),  # one fewer: not the same row
        ("layers.1.bias", "layers.0.weight", "layers.1.bias"),
        ("layers.0.x layers.2.x", "layers.2.x layers.0.x", "layers.0.x layers.2.x"),
        ("layers.01.x layers.2.x", "layers.0.x layers.1.x", "layers.0.x layers.1.x"),
        ("experts.2019.x experts.2020.x", "experts.2021.x experts.2022.x", "experts.2019.x experts.2020.x"),  # names
    ],
)
def test_what_differs_in_numbers_alone_is_renumbered(found: str, names: str, wanted: str) -> None:
    values = {name: place for place, name in enumerate(found.split())}
    assert renumbered(values, names.split()) == {name: place for place, name in enumerate(wanted.split())}
