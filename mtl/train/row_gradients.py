"""Gradients of single rows of a table, and updates of these rows alone.

A parameter's gradient may be sparse, as that of a table of which a step's texts have a few rows: rows whose gradient is
not zero. What a component is to a step that does not need it, a row is to a step whose texts do not have it: it is
skipped by the optimizer, with no decay, no momentum, and no change of what is kept of it. Counts that an optimizer
keeps of a whole parameter, such as that of its steps, count every step that updates any row. An optimizer that goes by
the norm of a whole parameter can ask whether it has rows alone (`some_rows`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from ..base.errors import WrongValueError

_SOME_ROWS = "some_rows_of_a_table"  # an attribute: torch's kernels for many parameters take no class of their own


def by_rows(gradient: Tensor) -> Tensor:
    """Return a gradient [V, C], sparse or not, as its rows that are not zero: sparse, each row once, in order."""
    if gradient.is_sparse:
        found = gradient.coalesce()
        rows, values = found.indices()[0], found.values()
    else:
        rows, values = torch.arange(len(gradient), device=gradient.device), gradient
    there = (values != 0).any(1)
    return torch.sparse_coo_tensor(
        rows[there][None], values[there], gradient.shape, is_coalesced=True, check_invariants=False
    )


def numbers(gradient: Tensor) -> Tensor:
    """Return the numbers of a gradient: all of it, or those of its rows, which share its memory."""
    return gradient.values() if gradient.is_sparse else gradient


def dense(gradient: Tensor) -> Tensor:
    """Return a gradient with zeros in rows that it does not have."""
    return gradient.to_dense() if gradient.is_sparse else gradient


def settle(parameters: Iterable[Tensor]) -> None:
    """Give parameters with sparse gradients their rows, each once."""
    for parameter in parameters:
        if parameter.grad is not None and parameter.grad.is_sparse:
            parameter.grad = by_rows(parameter.grad)


@torch.no_grad()
def step(optimizer: torch.optim.Optimizer) -> None:
    """Let any optimizer make its step: of tables with sparse gradients it gets rows, with what it keeps of these."""
    taken: list[_Taken] = []
    for group in optimizer.param_groups:
        for place, parameter in enumerate(group["params"]):
            if parameter.grad is not None and parameter.grad.is_sparse:
                taken.append(_Taken(optimizer, group["params"], place))
    try:
        optimizer.step()
    finally:
        for one in taken:
            one.give_back()


def some_rows(parameter: Tensor) -> bool:
    """Return whether a parameter that an optimizer has in its step is not whole: some rows of a table."""
    return bool(getattr(parameter, _SOME_ROWS, False))


def taken_rows(values: Tensor) -> nn.Parameter:
    """Return some rows of a table as a parameter of which `some_rows` is true."""
    parameter = nn.Parameter(values)
    setattr(parameter, _SOME_ROWS, True)
    return parameter


class _Taken:
    """Some rows of a table, a parameter of their own in the table's place while an optimizer makes its step."""

    def __init__(self, optimizer: torch.optim.Optimizer, parameters: list[Tensor], place: int) -> None:
        self.optimizer, self.parameters, self.place = optimizer, parameters, place
        self.table = parameters[place]
        gradient = self.table.grad
        if gradient is None:
            raise WrongValueError("a table should have a gradient", None)
        self.rows = gradient.indices()[0]
        self.taken = taken_rows(self.table.detach()[self.rows])
        if len(self.rows):
            self.taken.grad = gradient.values()
        self.kept: dict[str, Any] = optimizer.state.pop(self.table, {})
        of_rows = {
            key: value[self.rows] if self._by_row(value, self.table) else value for key, value in self.kept.items()
        }
        if of_rows:
            optimizer.state[self.taken] = of_rows
        parameters[place] = self.taken

    @staticmethod
    def _by_row(value: Any, parameter: Tensor) -> bool:
        return isinstance(value, Tensor) and value.dim() > 0 and value.shape == parameter.shape

    def give_back(self) -> None:
        """Write the rows, and what the optimizer keeps of them, back into the table's."""
        self.parameters[self.place] = self.table
        self.table.detach().index_copy_(0, self.rows, self.taken.detach())
        for key, value in self.optimizer.state.pop(self.taken, {}).items():
            if self._by_row(value, self.taken):
                whole = self.kept.setdefault(key, torch.zeros_like(self.table))
                whole.index_copy_(0, self.rows, value)
            else:
                self.kept[key] = value
        if self.kept:
            self.optimizer.state[self.table] = self.kept
