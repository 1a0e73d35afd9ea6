"""The gradient that a row alone gives its parameters."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from mtl.train.rows import Rows


def refused(component: str, names: Sequence[str], rows: Tensor) -> Tensor:
    """Fail where a row alone is combined with others."""
    pytest.fail(f"{component} has rows of {names}")


class Added(nn.Module):
    """The sum of two vectors, of which the second may be in two halves."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.ones(4))
        self.others = nn.ParameterList(nn.Parameter(torch.ones(size)) for size in sizes)

    def forward(self, values: Tensor) -> Tensor:
        return ((self.first + torch.cat(list(self.others))) * values).sum()


class Alone(Added):
    """The sum of two vectors that are whole."""

    def forward(self, values: Tensor) -> Tensor:
        return ((self.first + self.others[0]) * values).sum()


@pytest.mark.parametrize("module", [Alone([4]), Added([2, 2])])
@pytest.mark.parametrize("apart", [False, True])
def test_parameters_that_are_added_have_gradients_of_their_own(module: Added, apart: bool) -> None:
    values = torch.tensor([1.0, 2.0, 3.0, 4.0])
    parameters = dict(module.named_parameters())
    owned = {name: {name: parameter} for name, parameter in parameters.items()} if apart else {"all": parameters}
    found = torch.autograd.grad(module(values), list(parameters.values()))
    assert len({gradient.untyped_storage().data_ptr() for gradient in found}) == 1  # as autograd gives them
    rows = Rows(owned, list(parameters.values()))
    rows.add({"task": module(values)})
    rows.combine(refused)
    for parameter, gradient in zip(parameters.values(), found, strict=True):
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, gradient)
    nn.utils.clip_grads_with_norm_(list(parameters.values()), 1.0, torch.tensor(2.0))
    for parameter, gradient in zip(parameters.values(), found, strict=True):
        torch.testing.assert_close(parameter.grad, gradient / 2)


def test_a_gradient_of_one_number_has_room_for_all_its_values() -> None:
    parameter = nn.Parameter(torch.ones(3))
    rows = Rows({"all": {"weight": parameter}}, [parameter])
    rows.add({"task": parameter.sum()})
    rows.combine(refused)
    nn.utils.clip_grads_with_norm_([parameter], 1.0, torch.tensor(2.0))
    torch.testing.assert_close(parameter.grad, torch.full((3,), 0.5))
