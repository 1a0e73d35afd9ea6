"""Where torch computes: the device that `train.device` names, its random generators, and what is slow on it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from .errors import UsageError

CPU = torch.device("cpu")
CPUINFO = Path("/proc/cpuinfo")
BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # x86: AVX-512, AMX; ARM. torch has no public function for all of them


def resolve(name: str, cuda: int | None = None) -> torch.device:
    """Return the device that a recipe names, `cuda` being how many CUDA devices there are (None: as torch finds).

    Raises `UsageError` where it is not there.
    """
    fault = missing(name, cuda)
    if fault is not None:
        raise UsageError(f"train.device: {fault}")
    return _device(name, _count(cuda))


def missing(name: str, cuda: int | None = None) -> str | None:
    """Return what is wrong with a device that is not there, as a sentence without its place; None for one that is."""
    count = _count(cuda)
    device = _device(name, count)
    if device.type == "cpu" or (device.index or 0) < count:
        return None
    listed = "no CUDA device" if not count else "cuda:0 alone" if count == 1 else f"cuda:0 to cuda:{count - 1}"
    return f"should be a device that is there. Found '{name}', where torch finds {listed}. Write 'auto' or 'cpu'."


def present(name: str, cuda: int | None = None) -> torch.device:
    """Return the device that a recipe names or, where it is not there, the CPU: what is trained runs on either."""
    return CPU if missing(name, cuda) is not None else resolve(name, cuda)


def _count(cuda: int | None) -> int:
    return torch.cuda.device_count() if cuda is None else cuda


def _device(name: str, count: int) -> torch.device:
    if name == "auto":
        name = "cuda" if count else "cpu"
    return torch.device("cuda", 0) if name == "cuda" else torch.device(name)


def device_of(model: nn.Module) -> torch.device:
    """Return where a model's parameters are; the CPU for one without any."""
    parameter = next(model.parameters(), None)
    return CPU if parameter is None else parameter.device


def seed_generators(device: torch.device, seed: int) -> None:
    """Seed the generators that modules on a device draw from: torch's own and, on CUDA, that of the device."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]  # before it there are no generators
        torch.cuda.default_generators[device.index or 0].manual_seed(seed)


def no_device_memory(error: Exception) -> str | None:
    """Return the sentence for an error that says a device has no memory left, None for any other."""
    if not isinstance(error, torch.OutOfMemoryError):
        return None
    said = " ".join(str(error).split()).partition(". GPU")[0].rstrip(".")
    return f"not enough memory on the device. Found: {said}."


def described(device: torch.device) -> str:
    """Return what kind a device is; two of one kind compute alike: `cpu`, `cuda (…)`."""
    if device.type != "cuda":
        return device.type
    return f"cuda ({torch.cuda.get_device_name(device)})"


def lacks_bf16(device: torch.device, cpuinfo: Path = CPUINFO) -> str | None:
    """Return what has no instructions for bf16, `processor` or `GPU`; None where there are some or nothing says."""
    if device.type == "cuda":
        return None if torch.cuda.is_bf16_supported(including_emulation=False) else "GPU"
    if not cpuinfo.is_file():
        return None  # a system that does not say
    words = set(cpuinfo.read_text("utf-8", "replace").split())
    return None if words & BF16_FLAGS else "processor"
