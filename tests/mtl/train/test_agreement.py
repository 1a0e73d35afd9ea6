from __future__ import annotations

from typing import Any

import pytest
import torch

from mtl.base.errors import TrainingError
from mtl.base.processes import Processes
from mtl.train.agreement import checksum, fault_if_others


class Two(Processes):
    """Two processes, the other of which has other values."""

    count = 2

    def __init__(self, other: dict[str, torch.Tensor]) -> None:
        self.other = other

    def from_each(self, value: Any) -> list[Any]:
        return [value, {name: checksum([tensor]) for name, tensor in self.other.items()}]


def test_a_last_bit_is_seen() -> None:
    one = {"words": torch.ones(3), "encoder": torch.tensor([1.0, 2.0])}
    other = {**one, "encoder": torch.tensor([1.0, 2.0 + 2**-22])}
    owned = {name: {"weight": tensor} for name, tensor in one.items()}
    fault_if_others(Two(one), owned, 4)
    with pytest.raises(TrainingError) as caught:
        fault_if_others(Two(other), owned, 4)
    assert str(caught.value) == (
        "component 'encoder' should have equal parameters in all 2 processes. Found others in process 1 than in "
        "process 0 at step 4. No checkpoint was written; those before are unharmed. A module should draw from torch's "
        "generators alone, and keep no statistics of its batches."
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.bool])
def test_every_type_has_a_sum(dtype: torch.dtype) -> None:
    some = torch.tensor([0, 1, 1]).to(dtype)
    assert checksum([some]) == checksum([some.clone()]) != checksum([torch.zeros(3, dtype=dtype)])
    assert checksum([some, torch.zeros((), dtype=dtype)]) != checksum([torch.zeros((), dtype=dtype), some])
