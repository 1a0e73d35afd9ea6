from __future__ import annotations

from typing import Any

import pytest
import torch

from mtl.text.category_features import CategoryIds, CategoryWeights
from mtl.text.features import WordIds
from mtl.text.featurizer import tokenize
from mtl_modules import Categorical

LENGTHS = torch.tensor([4])
IDS = torch.tensor([[2, 3, 1, 0]])


@pytest.fixture
def values() -> Any:
    (feature,) = Categorical.features(min_count=1)
    feature.count(tokenize(["New York", "New York", "Rome", ""], "value"))
    feature.fit()
    return (feature,)


def test_features_take_the_limits_of_the_vocabulary(values: Any) -> None:
    (feature,) = Categorical.features(min_count=3, max_size=20)
    assert isinstance(feature, WordIds)
    assert (feature.min_count, feature.max_size) == (3, 20)
    assert values[0].vocabulary.entries == ("New York", "Rome")


def test_a_row_a_value_and_a_missing_one_is_zero(values: Any) -> None:
    module = Categorical(values, dim=3)
    found = module(LENGTHS, IDS).values
    assert torch.equal(found[0, :3], module.table.weight[[2, 3, 1]])
    assert found[0, 3].tolist() == [0.0, 0.0, 0.0]
    assert module.table.num_embeddings == 4


def test_dropout_replaces_values_by_the_unknown_one(values: Any) -> None:
    module = Categorical(values, dim=3, dropout=0.5)
    ids = torch.randint(0, 4, (1, 2000), generator=torch.Generator().manual_seed(0))
    plain, unknown = module.table(ids), module.table(torch.tensor(1))
    torch.manual_seed(0)
    found = module.train()(torch.tensor([2000]), ids).values
    replaced = (found == unknown).all(-1) & (ids != 1)
    assert not bool(replaced[ids == 0].any())
    assert 0.4 < float(replaced[ids > 1].float().mean()) < 0.6
    assert torch.equal(found[~replaced], plain[~replaced])
    assert torch.equal(module.eval()(torch.tensor([2000]), ids).values, plain)


def test_ids_are_tensors(values: Any) -> None:
    module = Categorical(values)
    with pytest.raises(TypeError, match=r"^a categorical embedding takes ids\. Found PaddedSequence\.$"):
        module(LENGTHS, module(LENGTHS, IDS))


@pytest.fixture
def lists() -> Any:
    ids, weights = Categorical.features(lists="mean")
    ids.count(tokenize(["New York:3|Rome", "New York"], "categories"))
    ids.fit()
    return ids, weights


def test_lists_have_limits_of_the_vocabulary_too(lists: Any) -> None:
    ids, weights = Categorical.features(min_count=3, max_size=20, lists="sum")
    assert isinstance(ids, CategoryIds)
    assert (ids.min_count, ids.max_size) == (3, 20)
    assert isinstance(weights, CategoryWeights)
    assert lists[0].vocabulary.entries == ("New York", "Rome")


def test_a_list_is_one_vector(lists: Any) -> None:
    ids, lengths = torch.tensor([[2, 3, 1], [3, 0, 0], [2, 3, 0], [0, 0, 0]]), torch.tensor([3, 1, 2, 1])
    weights = torch.tensor([[2.0, 0.5, 1.5], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    for how, divided in (("mean", torch.tensor([4.0, 4.0, 1.0, 1.0])), ("sum", torch.ones(4))):
        module = Categorical(lists, dim=3, lists=how)  # type: ignore[arg-type]  # one of both
        new_york, rome, unknown = module.table.weight[[2, 3, 1]]
        found = module(lengths, ids, weights)
        assert found.lengths.tolist() == [1, 1, 1, 1]
        wanted = torch.stack([2 * new_york + 0.5 * rome + 1.5 * unknown, 4 * rome, 0 * rome, 0 * rome])
        assert torch.allclose(found.values[:, 0], wanted / divided[:, None], atol=1e-6)


def test_weights_are_tensors(lists: Any) -> None:
    module = Categorical(lists, lists="sum")
    with pytest.raises(TypeError, match=r"^a categorical embedding takes weights\. Found PaddedSequence\.$"):
        module(LENGTHS, IDS, module(LENGTHS, IDS, torch.ones(1, 4)))
