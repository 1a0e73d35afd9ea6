"""Whether all processes of a training have equal parameters, bit for bit: sums of their bits are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from ..base.errors import TrainingError
from ..base.processes import Processes

INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes of a number


def fault_if_others(processes: Processes, owned: Mapping[str, Mapping[str, Tensor]], step: int) -> None:
    """Raise `TrainingError` in all processes where one has other parameters than the first; names a component."""
    if processes.count == 1:
        return
    first, *others = processes.from_each({name: checksum(tensors.values()) for name, tensors in owned.items()})
    for number, found in enumerate(others, 1):
        odd = [name for name in first if first[name] != found[name]]
        if odd:
            raise TrainingError(
                f"component '{odd[0]}' should have equal parameters in all {processes.count} processes. Found others "
                f"in process {number} than in process 0 at step {step}. No checkpoint was written; those before are "
                "unharmed. A module should draw from torch's generators alone, and keep no statistics of its batches."
            )


def checksum(tensors: Iterable[Tensor]) -> int:
    """Return the sums of the bits of tensors, taken as integers, as one number of 63 bits."""
    total = 0
    for tensor in tensors:
        flat = tensor.detach().contiguous().reshape(-1)
        total = (31 * total + int(flat.view(INTEGERS[flat.element_size()]).sum(dtype=torch.int64))) % 2**63
    return total
