"""Decompositions that change nothing, left out: `torch.onnx.export` traces a whole program again for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx import Node

_PATCHED = threading.RLock()  # held while torch is patched: of two exports at once, one would restore the other's patch
Table = Mapping[Any, Callable[..., Any]]  # from an operator to the function that it is replaced by

# Composite operators that may return a view. Kept as they are: ONNX has a translation. A cast is rewritten by `_cast`
# as decomposing would. The modules of the library that are exported are written so that none of their operators has to
# be decomposed: `bitwise_and` for `&`, `view` for `flatten`.
CAST = torch.ops.aten.to.dtype
KEPT = frozenset({torch.ops.aten.expand_as.default, CAST})


@contextmanager
def no_idle_decomposition() -> Iterator[None]:
    """Let `ExportedProgram.run_decompositions` return a program as it is where there is nothing to decompose.

    It takes a third of the time of `torch.onnx.export`, which has no option to leave it out. torch is patched for the
    whole process, so one thread exports at a time.
    """
    with _PATCHED:
        yield from _patched()


def _patched() -> Iterator[None]:
    decompose = ExportedProgram.run_decompositions

    def run_decompositions(program: ExportedProgram, decomp_table: Table | None = None, **more: Any) -> ExportedProgram:
        if decomp_table is not None and not any(decomposed(node, decomp_table) for node in program.graph.nodes):
            _cast(program)
            return program
        found: ExportedProgram = decompose(program, decomp_table, **more)
        return found

    ExportedProgram.run_decompositions = run_decompositions  # type: ignore[method-assign]
    try:
        yield
    finally:
        ExportedProgram.run_decompositions = decompose  # type: ignore[method-assign]


def decomposed(node: Node, table: Table) -> bool:
    """Say whether decomposing a program may replace a node: one with a rule, that writes in place, or holds graphs."""
    operator = node.target
    if node.op in ("placeholder", "output") or getattr(operator, "__module__", "") == "_operator":
        return False  # with `_operator`, Python's own arithmetic on sizes
    if operator is torch.sym_not:
        return False  # in what torch asserts of sizes
    if not isinstance(operator, torch._ops.OpOverload) or operator in table or operator._schema.is_mutable:
        return True
    if operator in KEPT or not any(value.alias_info for value in operator._schema.returns):
        return False
    return operator.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd)


def _cast(program: ExportedProgram) -> None:
    """Let casts be what decomposing makes of them."""
    for node in program.graph.nodes:
        if node.target is CAST:
            value, dtype, *_ = node.args
            node.target, node.args, node.kwargs = torch.ops.aten._to_copy.default, (value,), {"dtype": dtype}
    program.graph_module.recompile()
