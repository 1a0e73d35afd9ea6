"""What is carried: states by place, of the first reading of a batch, without their gradients."""

from __future__ import annotations

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.data.carried import CarriedStates


def test_the_next_batch_begins_where_this_one_has_ended() -> None:
    carried = CarriedStates()
    first = carried.at("encoder/1")
    assert first.before is None
    first.after = (torch.ones(2, requires_grad=True) * 3,)
    again = carried.at("encoder/1")  # the same batch, read once more
    assert again.before is None
    again.after = (torch.zeros(2),)
    carried.go_on()
    (state,) = carried.at("encoder/1").before or ()
    assert state.tolist() == [3, 3]
    assert not state.requires_grad
    assert carried.at("encoder/2").before is None


def test_tensors_are_all_that_is_carried() -> None:
    carried, other = CarriedStates(), CarriedStates()
    states = tuple(torch.tensor([float(number)]) for number in range(12))
    carried.at("a/0").after = states
    carried.at("a/output").after = (torch.tensor([7.0]),)
    carried.go_on()
    found = carried.tensors()
    assert list(found) == [*(f"a/0/{number}" for number in range(12)), "a/output/0"]
    other.load(dict(sorted(found.items())))  # as a file has them: 10 before 2
    assert other.states == carried.states


def test_a_module_says_what_it_ends_with() -> None:
    carried = CarriedStates()
    carried.at("lm.representation/1")
    with pytest.raises(UsageError) as raised:
        carried.go_on()
    assert str(raised.value) == (
        "the module at 'lm.representation/1' carries a state, and should set 'carry.after'. It does not."
    )
