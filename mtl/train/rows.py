"""The gradients of a step apart: for every component a row for each task (or stream) whose gradient reaches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .row_gradients import by_rows, dense

if TYPE_CHECKING:
    from .division import Division

Combine = Callable[[str, Sequence[str], Tensor], Tensor]


class Rows:
    """Rows of gradients by component, and by the name of the task or stream that they are of.

    `owned` are the components' own tensors, `parameters` those that are trained. A component that a gradient does not
    reach has no row of it: an idle task counts for nothing, not for zeros.
    """

    def __init__(self, owned: Mapping[str, Mapping[str, Tensor]], parameters: Sequence[nn.Parameter]) -> None:
        trained = {id(parameter) for parameter in parameters}
        self.parameters = {
            name: [tensor for tensor in tensors.values() if isinstance(tensor, nn.Parameter) and id(tensor) in trained]
            for name, tensors in owned.items()
        }
        self._flat = [parameter for of_one in self.parameters.values() for parameter in of_one]
        self._found: dict[str, list[Tensor | None]] = {}

    def clear(self) -> None:
        """Forget the rows of the step before."""
        self._found.clear()

    def add(self, terms: Mapping[str, Tensor | None], *, keep: bool = False) -> None:
        """Add the gradients of losses of one graph, each to its own row; `keep` leaves the graph for a further pass."""
        left = [(name, term) for name, term in terms.items() if term is not None]
        for number, (name, term) in enumerate(left, 1):
            retain = keep or number < len(left)
            new = torch.autograd.grad(term, self._flat, retain_graph=retain, allow_unused=True)
            old = self._found.get(name)
            self._found[name] = list(new) if old is None else [_added(a, b) for a, b in zip(old, new, strict=True)]

    def join(self, division: Division, names: Sequence[str]) -> None:
        """Add up the rows of all processes; `names` are those that any may have, in the order that rows get."""
        if division.alone:
            return
        none: list[Tensor | None] = [None] * len(self._flat)
        own = [gradient for name in names for gradient in self._found.get(name, none)]
        found = division.summed(own, self._flat * len(names))
        self._found = {
            name: found[first : first + len(none)]
            for name, first in zip(names, range(0, len(found), max(1, len(none))), strict=False)
        }

    def take(self, name: str) -> None:
        """Copy the gradients that the parameters have, as a row of their own."""
        found = [parameter.grad for parameter in self._flat]
        self._found[name] = [None if gradient is None else gradient.clone() for gradient in found]

    def of(self, component: str) -> dict[str, list[Tensor | None]]:
        """Return the rows that reach a component: by name the gradient of each of its parameters, None for zeros."""
        first = 0
        for name, own in self.parameters.items():
            if name == component:
                rows = {row: every[first : first + len(own)] for row, every in self._found.items()}
                return {row: of for row, of in rows.items() if any(gradient is not None for gradient in of)}
            first += len(own)
        raise KeyError(component)

    def matrix(self, component: str) -> tuple[tuple[str, ...], Tensor] | None:
        """Return the names of the rows that reach a component, and the rows, [N, P]; None where there is none."""
        rows = self.of(component)
        if not rows:
            return None
        own = self.parameters[component]
        return tuple(rows), torch.stack([_flat(gradients, own) for gradients in rows.values()])

    def combine(self, combined: Combine) -> None:
        """Give every parameter its gradient: `combined` makes one of several rows, a row alone is taken as it is.

        Gradients are changed in place afterwards, so that no memory is given out twice: autograd has one tensor for
        the two terms of a sum, and one whose values are all in one place where a parameter is summed up.
        """
        given: set[int] = set()
        for component, own in self.parameters.items():
            rows = self.of(component)
            if len(rows) == 1:
                for parameter, gradient in zip(own, next(iter(rows.values())), strict=True):
                    parameter.grad = None if gradient is None else _own(gradient, given)
            elif rows:
                matrix = torch.stack([_flat(gradients, own) for gradients in rows.values()])
                parts = torch.split(combined(component, tuple(rows), matrix), [parameter.numel() for parameter in own])
                for position, (parameter, part) in enumerate(zip(own, parts, strict=True)):
                    gradient = part.view_as(parameter)
                    of_rows = any(_is_sparse(of_row[position]) for of_row in rows.values())
                    parameter.grad = by_rows(gradient) if of_rows else gradient


def _is_sparse(gradient: Tensor | None) -> bool:
    return gradient is not None and gradient.is_sparse


def _added(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def _own(gradient: Tensor, given: set[int]) -> Tensor:
    """Return a gradient in memory of its own: a copy where its storage is among those `given`, or one place is many.

    A storage that is new is added to `given`; a sparse gradient has memory of its own.
    """
    if gradient.is_sparse:
        return gradient
    storage = gradient.untyped_storage().data_ptr()
    repeated = any(step == 0 and size > 1 for step, size in zip(gradient.stride(), gradient.shape, strict=True))
    if storage in given or repeated:
        return gradient.clone(memory_format=torch.contiguous_format)
    given.add(storage)
    return gradient


def _flat(gradients: Sequence[Tensor | None], parameters: Sequence[nn.Parameter]) -> Tensor:
    """Return gradients as one vector, zeros where a parameter has none."""
    return torch.cat(
        [
            torch.zeros(parameter.numel(), dtype=parameter.dtype, device=parameter.device)
            if gradient is None
            else dense(gradient).reshape(-1)
            for gradient, parameter in zip(gradients, parameters, strict=True)
        ]
    )
