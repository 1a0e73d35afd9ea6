"""A second device for machines without one: tensors that compute on the CPU and refuse whatever is not where they are.

torch sees tensors of its meta device, so that autograd and `nn.Module.to` treat them as another device's; their values
are inside. What a real accelerator would refuse is an error here too: operands on two devices (CPU numbers of no
dimension apart), and `numpy()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

ELSEWHERE = torch.device("privateuseone", 0)  # a type that fused optimizers accept
TYPES = ("privateuseone", "meta")
MOVING = ("aten::_to_copy", "aten::copy_")
PACKED = ("aten::_pack_padded_sequence", "aten::_pad_packed_sequence", "aten::lstm.data")  # have lengths on the CPU


class There(Tensor):
    """A tensor of the second device."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> There:
        found: There = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls, inner.size(), strides=inner.stride(), dtype=inner.dtype, device="meta"
        )
        found.inner = inner
        return found

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]
    device = property(lambda self: ELSEWHERE)  # type: ignore[assignment]
    is_meta = property(lambda self: False)  # type: ignore[assignment]

    def tolist(self) -> Any:
        """Return the values, as tensors of real devices do."""
        return self.inner.tolist()

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(function, args, kwargs or {})


def computed(function: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operator on the values inside; what comes out is there if anything that went in was."""
    if torch.is_inference_mode_enabled():  # of wrapped tensors that are made there no views can be made
        with torch.inference_mode(False), torch.no_grad():
            return computed(function, args, kwargs)
    name = function.name()
    tensors = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
    there = {id(value.inner): value for value in tensors if isinstance(value, There)}
    here = [value for value in tensors if not isinstance(value, There) and value.dim()]
    if there and here and name not in (*MOVING, *PACKED):
        raise RuntimeError(f"{name}: operands on two devices")
    devices = [value for value in tree_leaves((args, kwargs)) if isinstance(value, torch.device)]
    found = function(*tree_map(_inside, args), **tree_map(_inside, kwargs))
    if name == "aten::copy_":
        return args[0]
    if name in PACKED[:2]:
        return (There(found[0]) if there else found[0]), found[1]
    outside = any(device.type in TYPES for device in devices) if devices else bool(there)
    return tree_map(lambda value: _outside(value, there), found) if outside else found


def _inside(value: Any) -> Any:
    if isinstance(value, torch.device):
        return torch.device("cpu")
    return value.inner if isinstance(value, There) else value


def _outside(value: Any, known: dict[int, There]) -> Any:
    if not isinstance(value, Tensor):
        return value
    return known[id(value)] if id(value) in known else There(value)


class _Mode(TorchDispatchMode):
    """Sees the operators that no tensor of the device takes part in: those that make or move one."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return computed(function, args, kwargs or {})


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """Provide the device, for a while."""
    if not hasattr(torch, TYPES[0]):
        module: Any = ModuleType(f"torch.{TYPES[0]}")  # torch asks for one before it makes anything on the device
        never: Callable[[], bool] = lambda: False  # noqa: E731
        module._is_in_bad_fork, module.manual_seed_all = never, lambda seed: None
        torch._register_device_module(TYPES[0], module)
    # As a parameter of another class cannot take over a wrapped tensor's place, a model gets new ones when it is moved.
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with _Mode():
            yield ELSEWHERE
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(False)
