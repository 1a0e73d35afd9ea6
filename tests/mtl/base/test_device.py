"""Devices by name: which there are, what is said of a missing one, whose processors lack bf16, whose seeds are set."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from mtl.base.device import CPU, described, device_of, lacks_bf16, missing, present, resolve, seed_generators
from mtl.base.errors import RecipeError, UsageError
from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from tests import small
from tests.commands import within

NO_CUDA = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


@pytest.mark.parametrize(
    ("name", "count", "wanted"),
    [
        ("auto", 0, "cpu"),
        ("auto", 2, "cuda:0"),
        ("cpu", 2, "cpu"),
        ("cuda", 1, "cuda:0"),
        ("cuda:1", 2, "cuda:1"),
    ],
)
def test_names(name: str, count: int, wanted: str) -> None:
    assert resolve(name, count) == present(name, count) == torch.device(wanted)
    assert missing(name, count) is None


@pytest.mark.parametrize(
    ("name", "count", "found"),
    [("cuda", 0, "no CUDA device"), ("cuda:1", 1, "cuda:0 alone"), ("cuda:3", 3, "cuda:0 to cuda:2")],
)
def test_a_device_that_is_not_there(name: str, count: int, found: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve(name, count)
    assert str(caught.value) == (
        f"train.device: should be a device that is there. Found '{name}', where torch finds {found}. "
        "Write 'auto' or 'cpu'."
    )
    assert present(name, count) == CPU


@NO_CUDA
@pytest.mark.parametrize("command", ["check", "train"])
def test_commands_name_the_line(tmp_path: Path, command: str) -> None:
    recipe = small.write(tmp_path, small.RECIPE + "  device: cuda\n")
    out = ["--out", tmp_path / "run"] if command == "train" else []
    done = within(command, recipe, *out)
    line = small.RECIPE.count("\n") + 1
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        f"{recipe}:{line}: train.device: should be a device that is there. Found 'cuda', where torch finds no CUDA "
        f"device. Write 'auto' or 'cpu'.\n1 error in {recipe}\n",
    )
    assert not (tmp_path / "run").exists()


@NO_CUDA
def test_a_setting_is_as_good_as_a_line(tmp_path: Path) -> None:
    recipe = small.write(tmp_path)
    with pytest.raises(RecipeError) as caught:
        check_recipe(load_recipe(recipe, overrides=["train.device=cuda:1"]))
    assert str(caught.value) == (
        "--set train.device=cuda:1: train.device: should be a device that is there. Found 'cuda:1', where torch finds "
        f"no CUDA device. Write 'auto' or 'cpu'.\n1 error in options given with {recipe}"
    )


def test_where_a_model_is() -> None:
    assert device_of(nn.Linear(1, 1)) == CPU
    assert device_of(nn.Linear(1, 1, device="meta")) == torch.device("meta")
    assert device_of(nn.Identity()) == CPU
    assert described(CPU) == "cpu"


def test_seeds() -> None:
    seed_generators(CPU, 5)
    first = torch.rand(3)
    seed_generators(CPU, 5)
    assert torch.equal(first, torch.rand(3))


@pytest.mark.parametrize(
    ("flags", "lacking"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512bw avx512_vnni", "processor"),
        ("flags\t\t: fpu avx2 avx512f avx512_bf16", None),
        ("flags\t\t: fpu amx_bf16 amx_tile", None),
        ("Features\t: fp asimd i8mm bf16", None),
        ("Features\t: fp asimd svebf16_not", "processor"),
    ],
)
def test_processors(tmp_path: Path, flags: str, lacking: str | None) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"model name\t: Some\n{flags}\n")
    assert lacks_bf16(CPU, cpuinfo) == lacking


def test_a_system_that_does_not_say(tmp_path: Path) -> None:
    assert lacks_bf16(CPU, tmp_path / "none") is None


def test_bf16_on_a_processor_without_it_is_a_warning(tmp_path: Path) -> None:
    recipe = small.write(tmp_path, small.RECIPE + "  precision: bf16\n")
    line = small.RECIPE.count("\n") + 1
    told = [str(fault) for fault in check_recipe(load_recipe(recipe)).warnings]
    wanted = (
        f"{recipe}:{line}: train.precision: 'bf16' works, but this processor has no instructions for it, so 'fp32' "
        "would be faster."
    )
    assert told == ([wanted] if lacks_bf16(CPU) else [])
