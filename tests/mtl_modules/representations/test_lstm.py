from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mtl.model.module import PaddedSequence
from mtl_modules import BiLSTM
from mtl_modules.layers.dropout import dropout
from mtl_modules.layers.padded_lstm import pays_off

INPUTS = PaddedSequence(torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)), torch.tensor([2, 5, 1]))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_row_is_read_from_both_of_its_ends(layers: int) -> None:
    module = BiLSTM(4, hidden=3, layers=layers).eval()
    values = module(INPUTS).values
    assert values.shape == (3, 5, 6)
    for row, length in enumerate(INPUTS.lengths.tolist()):
        alone, _ = module.lstm(INPUTS.values[row : row + 1, :length])
        torch.testing.assert_close(values[row, :length], alone[0])
        assert values[row, length:].abs().sum() == 0


LENGTHS = {"full": [5, 5, 5], "nearly full": [5, 4, 5], "mostly padding": [5, 1, 1]}


@pytest.mark.parametrize("lengths", list(LENGTHS.values()), ids=list(LENGTHS))
@pytest.mark.parametrize("training", [False, True])
def test_every_way_of_computing_gives_the_same(lengths: list[int], training: bool) -> None:
    """Values and gradients are those of packed sequences, whichever way is taken for its speed."""
    module = BiLSTM(4, hidden=3, layers=3).train(training)
    weights = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(1))
    found: list[Tensor] = []
    wanted: list[Tensor] = []
    for results, packed in ((found, False), (wanted, True)):
        values = INPUTS.values.clone().requires_grad_()
        module.zero_grad()
        if packed:
            packs = pack_padded_sequence(values, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            outputs = pad_packed_sequence(module.lstm(packs)[0], batch_first=True)[0]
        else:
            outputs = module(PaddedSequence(values, torch.tensor(lengths))).values
        (outputs * weights).sum().backward()
        assert values.grad is not None
        results += [outputs, values.grad, *(p.grad.clone() for p in module.parameters() if p.grad is not None)]
    assert len(found) == 2 + 24
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)


def test_padding_decides_the_way() -> None:
    values = torch.zeros(2, 8, 1)
    assert pays_off(values, torch.tensor([8, 1]))
    assert not pays_off(values, torch.tensor([6, 1]))
    assert not pays_off(values.double(), torch.tensor([8, 1]))


def test_dropout_between_layers_is_that_of_training() -> None:
    module = BiLSTM(4, hidden=3, layers=2, dropout=0.5)
    inputs = PaddedSequence(INPUTS.values, torch.tensor([5, 4, 5]))
    assert torch.equal(module.eval()(inputs).values, module(inputs).values)
    assert not torch.equal(module.train()(inputs).values, module(inputs).values)


@pytest.mark.parametrize("layers", [1, 2])
def test_the_exported_stand_in_computes_the_same(layers: int) -> None:
    module = BiLSTM(4, hidden=3, layers=layers).eval()
    stand_in = module.exportable()
    torch.testing.assert_close(stand_in(INPUTS).values, module(INPUTS).values)
    names = [f"layer{n}.{w}" for n in range(layers) for w in "WRB"]
    assert [name for name, _ in stand_in.named_parameters()] == names
    sizes = sum(p.numel() for p in stand_in.parameters()), sum(p.numel() for p in module.parameters())
    assert sizes[0] == sizes[1]


def test_dropout_is_for_training_only() -> None:
    module = BiLSTM(4, hidden=3, dropout=0.5)
    torch.manual_seed(0)
    assert not torch.equal(module.train()(INPUTS).values, module(INPUTS).values)
    assert torch.equal(module.eval()(INPUTS).values, module(INPUTS).values)


def test_variational_dropout_is_of_the_input_and_the_output_of_a_row() -> None:
    torch.manual_seed(3)
    module = BiLSTM(6, hidden=5, variational_dropout=0.4).train()
    inputs = PaddedSequence(torch.randn(4, 7, 6), torch.tensor([7, 3, 5, 1]))
    torch.manual_seed(8)
    found = module(inputs).values
    torch.manual_seed(8)
    entering, leaving = dropout(torch.ones(4, 1, 6), 0.4), dropout(torch.ones(4, 1, 10), 0.4)
    plain = module.eval()(PaddedSequence(inputs.values * entering, inputs.lengths)).values
    torch.testing.assert_close(found, plain * leaving)
    assert not torch.equal(found, plain)
    torch.testing.assert_close(module(inputs).values, module(inputs).values, rtol=0, atol=0)
