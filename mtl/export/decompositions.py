"""Decompositions that change nothing, left out: `torch.onnx.export` traces a whole program again for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import ExportedProgram
from torch.fx import GraphModule, Node

_PATCHED = threading.RLock()  # held while torch is patched: of two exports at once, one would restore the other's patch
Table = Mapping[Any, Callable[..., Any]]  # from an operator to the function that it is replaced by

# What decomposing makes of some composite operators, which is done here instead: a cast, and `&` and `|` of tensors.
CAST = torch.ops.aten.to.dtype
REWRITTEN = {
    torch.ops.aten.__and__.Tensor: torch.ops.aten.bitwise_and.Tensor,
    torch.ops.aten.__or__.Tensor: torch.ops.aten.bitwise_or.Tensor,
}
# Composite operators that may return a view. Kept as they are: ONNX has a translation. The modules of the library that
# are exported are written so that none of their operators has to be decomposed: `view` for `flatten`.
KEPT = frozenset({torch.ops.aten.expand_as.default, torch.ops.aten.reshape.default, CAST, *REWRITTEN})
LOOP = torch.ops.higher_order.while_loop  # its functions are graphs of the program, whose nodes are looked at as well


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
        graphs = [module for module in program.graph_module.modules() if isinstance(module, GraphModule)]
        nodes = (node for module in graphs for node in module.graph.nodes)
        if decomp_table is not None and not any(decomposed(node, decomp_table) for node in nodes):
            for module in graphs:
                _rewrite(module)
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
    if node.op in ("placeholder", "output", "get_attr") or operator is LOOP or operator in REWRITTEN:
        return False
    if getattr(operator, "__module__", "") == "_operator":
        return False  # Python's own arithmetic on sizes
    if operator is torch.sym_not:
        return False  # in what torch asserts of sizes
    if not isinstance(operator, torch._ops.OpOverload) or operator in table or operator._schema.is_mutable:
        return True
    if operator in KEPT or not any(value.alias_info for value in operator._schema.returns):
        return False
    return operator.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd)


def _rewrite(module: GraphModule) -> None:
    """Let nodes of a graph be what decomposing makes of them."""
    for node in module.graph.nodes:
        if node.target is CAST:
            value, dtype, *_ = node.args
            node.target, node.args, node.kwargs = torch.ops.aten._to_copy.default, (value,), {"dtype": dtype}
        elif node.target in REWRITTEN:
            node.target = REWRITTEN[node.target]
    module.recompile()
