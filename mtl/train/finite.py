"""Finding where a number stopped being finite."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..base.errors import TrainingError
from ..model.module import PaddedSequence
from .row_gradients import numbers

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..model.multi_task import MultiTaskModel

SHOWN = 32  # rows of a batch that a message names


def finite(value: Any) -> bool:
    """Return whether a module's value has only finite numbers where there is no padding."""
    if isinstance(value, PaddedSequence):
        return bool(torch.isfinite(value.values[value.mask()]).all())
    return not isinstance(value, Tensor) or bool(torch.isfinite(value).all())


def all_finite(tensors: Sequence[Tensor]) -> bool:
    """Return whether tensors hold only finite numbers; they are read once, which takes half as long as their norm."""
    total = torch.stack([tensor.sum() for tensor in tensors]).sum()
    return math.isfinite(total.item()) or all(finite(tensor) for tensor in tensors)  # large ones may add up to infinity


def first_culprit(model: MultiTaskModel, batch: Batch, tasks: Iterable[str], task: str) -> str:
    """Return what goes wrong first on a task's way through the model, as the end of a sentence.

    Runs the batch again for all its tasks, without gradients; the caller sets the random generator back first.
    """
    path = model.sharing_graph.path(task)
    for name, module in model.components.items():
        if name in path and not all(finite(tensor) for tensor in module.parameters()):
            return f"component '{name}' has parameters that are not finite"
    found: list[str] = []
    handles = [_watch(module, name, found) for name, module in model.components.items() if name in path]
    try:
        with torch.no_grad():
            model.losses(batch, tasks)
    finally:
        for handle in handles:
            handle.remove()
    if found:
        return f"the first component with an output that is not finite is '{found[0]}'"
    return f"every output is finite up to the loss of '{model.sharing_graph.output(task).component}'"


def _watch(module: nn.Module, name: str, found: list[str]) -> torch.utils.hooks.RemovableHandle:
    def look(module: nn.Module, inputs: Any, output: Any) -> None:
        if not finite(output):
            found.append(name)

    return module.register_forward_hook(look)


def bad_loss(
    model: MultiTaskModel, batch: Batch, tasks: Iterable[str], task: str, value: float, step: int
) -> TrainingError:
    """Return the error for a loss that is not finite."""
    culprit = first_culprit(model, batch, tasks, task)
    return TrainingError(
        f"the loss of task '{task}' should be finite. Found {value} at step {step} ({_rows(batch)}): {culprit}. "
        "Nothing was updated; a lower learning rate or 'train.clip' may help."
    )


def bad_gradient(
    owned: Mapping[str, Mapping[str, Tensor]], batches: Sequence[Batch], tasks: Iterable[str], value: float, step: int
) -> TrainingError:
    """Return the error for gradients whose norm is not finite though the losses are."""
    names = [
        name
        for name, tensors in owned.items()
        if any(tensor.grad is not None and not finite(numbers(tensor.grad)) for tensor in tensors.values())
    ]
    listed = ", ".join(f"'{task}'" for task in tasks)
    where = f"not finite in component{'s' if len(names) > 1 else ''} " + ", ".join(f"'{name}'" for name in names)
    if not names:  # then the sum of their squares is beyond what a float32 holds
        squares = {name: _square(tensors.values()) for name, tensors in owned.items()}
        where = f"largest in component '{max(squares, key=squares.__getitem__)}'"
    return TrainingError(
        f"the gradients of {listed} should be finite. Found a norm of {value} at step {step} ({_rows(*batches)}): "
        f"{where}. Nothing was updated; a lower learning rate may help."
    )


def _square(tensors: Iterable[Tensor]) -> float:
    """Return the squared norm of the gradients of tensors, added up with twice the usual precision."""
    return sum(float(numbers(tensor.grad).double().square().sum()) for tensor in tensors if tensor.grad is not None)


def _rows(*batches: Batch) -> str:
    rows = [str(row) for batch in batches for row in batch.rows.tolist()]
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"source '{batches[0].source}', rows {', '.join(rows[:SHOWN])}{more}"
