"""A loop over tensors that ends when they say so: in Python, and as one ONNX `Loop` where it is exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch._higher_order_ops.while_loop import while_loop_op

State = tuple[Tensor, ...]
Going = Callable[[State, State], Tensor]
Step = Callable[[State, State], State]


def repeat(going: Going, step: Step, carried: State, read: State, module: Any) -> State:
    """Apply `step` to what is carried as long as `going` says so, and return what is carried last.

    Both get what is carried and what is only `read`; they compute with these and the weights of `module` alone. `going`
    returns a bool tensor []; shapes and types of what is carried stay the same from step to step.
    """
    if torch.compiler.is_exporting():
        return _traced(going, step, carried, read, module)
    if carried[0].is_meta:  # no values to go by: one step proves that shapes fit
        return step(carried, read)
    while bool(going(carried, read)):
        carried = step(carried, read)
    return carried


def _traced(going: Going, step: Step, carried: State, read: State, module: nn.Module) -> State:
    """Hand the loop to torch's operator, which wants every tensor that its functions use as an argument.

    `torch.while_loop` would look for these tensors itself, and trace both functions one more time to do so.
    """
    held = {**dict(module.named_parameters(prefix="module")), **dict(module.named_buffers(prefix="module"))}

    def flat(function: Callable[[State, State], Any]) -> Callable[..., Any]:
        applied = _Applied(function, module)

        def call(*tensors: Tensor) -> Any:
            own, rest = tensors[: len(carried)], tensors[len(carried) :]
            weights = dict(zip(held, rest[len(read) :], strict=True))
            return torch.func.functional_call(applied, weights, (own, rest[: len(read)]))

        return call

    def copied(carried: State, read: State) -> State:
        return tuple(value.clone() for value in step(carried, read))  # what goes in may not come out as it is

    run: Any = while_loop_op
    found: State = run(flat(going), flat(copied), carried, (*read, *held.values()))
    return found


class _Applied(nn.Module):
    """A function that computes with a module, as one whose weights may be given in the call."""

    def __init__(self, function: Callable[[State, State], Any], module: nn.Module) -> None:
        super().__init__()
        self.function, self.module = function, module

    def forward(self, carried: State, read: State) -> Any:
        return self.function(carried, read)
