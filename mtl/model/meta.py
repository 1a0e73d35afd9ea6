"""Building and running modules without memory, on torch's meta device, and without torch's compiler."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch._compile import _disable_dynamo

HIDDEN = "__dynamo_disable"  # where torch keeps what the compiler has made of a function that is hidden from it
HIDING = _disable_dynamo(lambda: None).__code__  # of the wrappers that hide functions


@contextmanager
def on_meta() -> Iterator[None]:
    """Make tensors without memory."""
    with torch.device("meta"), without_compiler():
        yield


@contextmanager
def without_compiler() -> Iterator[None]:
    """Compute the shapes of tensors on meta without importing torch's compiler.

    torch computes many shapes by functions in Python that are hidden from its compiler. The first call of each asks the
    compiler to hide it, and the import of the compiler takes half as long as that of torch.
    """
    marked = {} if "torch._dynamo" in sys.modules else {id(function): function for function in hidden_functions()}
    marked = {number: function for number, function in marked.items() if not hasattr(function, HIDDEN)}
    for function in marked.values():
        setattr(function, HIDDEN, function)
    try:
        yield
    finally:
        for function in marked.values():
            delattr(function, HIDDEN)


def hidden_functions() -> Iterator[Any]:
    """Yield the functions that torch computes shapes by and hides from its compiler."""
    seen: set[int] = set()
    tables: list[Mapping[Any, Any]] = list(torch._decomp.global_decomposition_table.values())
    tables += [vars(module) for name, module in list(sys.modules.items()) if name.startswith("torch._refs")]
    for table in tables:
        for found in list(table.values()):
            wrapper = found
            while (code := getattr(wrapper, "__code__", None)) is not None and id(wrapper) not in seen:
                seen.add(id(wrapper))
                inside = dict(zip(code.co_freevars, wrapper.__closure__ or (), strict=True)).get("fn")
                if inside is not None and code is HIDING:
                    yield inside.cell_contents
                wrapper = inside.cell_contents if inside is not None else getattr(wrapper, "__wrapped__", None)
