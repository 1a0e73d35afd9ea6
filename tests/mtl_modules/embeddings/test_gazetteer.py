import pytest
import torch

from mtl.base.errors import UsageError
from mtl.text.gazetteer import NameFlags
from mtl.text.shape_features import WordShapes
from mtl_modules import Gazetteer, Shape

LISTS = {"city": "a.txt", "artist": "b.txt"}
LENGTHS = torch.tensor([2])
FLAGS = torch.tensor([[[0, 5], [2, 8]]])  # begins an artist; inside a city, and an artist alone


def made(**keys):
    return Gazetteer((NameFlags(lists=LISTS),), lists=LISTS, **keys)


def test_vectors_are_summed_and_multiplied():
    module = made(dim=3, factors={"artist": 0.5})
    values = module(LENGTHS, FLAGS).values[0]
    table = module.table.weight
    torch.testing.assert_close(values[0], 0.5 * table[5])
    torch.testing.assert_close(values[1], table[2] + 0.5 * table[8])
    assert not module(LENGTHS, torch.zeros_like(FLAGS)).values.any()


def test_flags_as_numbers():
    module = made(dim=None, factors={"artist": 0.5})
    assert module.output_dim == 8
    assert list(module.parameters()) == []
    assert module(LENGTHS, FLAGS).values[0].tolist() == [
        [0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0],
        [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5],
    ]


def test_positions_say_how_many_vectors_a_list_has():
    assert made(dim=2).table.weight.shape == (9, 2)
    assert made(dim=2, positions="bi").table.weight.shape == (5, 2)
    assert Gazetteer.features(LISTS, positions="bi")[0].size == 5


def test_keys_about_no_list():
    with pytest.raises(UsageError) as caught:
        Gazetteer((NameFlags(lists={}),), lists={})
    assert str(caught.value) == "'lists' should name at least one file. It names none."
    with pytest.raises(UsageError) as caught:
        made(columns={"citi": "name"})
    assert str(caught.value) == ("'columns' should be about lists that 'lists' has. Found 'citi'. Did you mean 'city'?")


def test_features_are_tensors():
    with pytest.raises(TypeError) as caught:
        made()(LENGTHS, None)
    assert str(caught.value) == "a gazetteer embedding takes flags. Found a sequence."
    with pytest.raises(TypeError) as caught:
        Shape((WordShapes(),), prefixes=0, suffixes=0)(LENGTHS, None)
    assert str(caught.value) == "a shape embedding takes ids. Found a sequence."
