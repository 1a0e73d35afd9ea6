from __future__ import annotations

from typing import Any

import pytest
import torch

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
