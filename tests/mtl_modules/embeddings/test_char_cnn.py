from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.base.tensors import read_tensors, write_tensors
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle
from mtl.text.features import CharacterIds
from mtl.text.featurizer import tokenize
from mtl.text.vocabulary import PADDING
from mtl.train.checkpoint import Checkpoints
from mtl_modules import CharCNN
from mtl_modules.embeddings import char_cnn
from mtl_modules.embeddings.char_cnn import distinct_rows

WORDS = torch.tensor([[[2, 3, 4, 0], [5, 0, 0, 0]], [[2, 3, 4, 0], [0, 0, 0, 0]]])
LENGTHS = torch.tensor([2, 1])


@pytest.fixture
def characters() -> Any:
    (feature,) = CharCNN.features(min_count=1)
    feature.count(tokenize(["abcdefgh"], "whitespace"))
    feature.fit()
    return (feature,)


def test_features_take_the_limits_of_the_alphabet() -> None:
    (feature,) = CharCNN.features(min_count=3, max_length=20)
    assert isinstance(feature, CharacterIds)
    assert (feature.min_count, feature.max_length) == (3, 20)


def test_a_filter_is_the_largest_value_of_its_windows(characters: Any) -> None:
    module = CharCNN(characters, dim=2, widths=[2], char_dim=3)
    (filters,) = module._filters()
    a, b, c = module.characters.weight[2:5]
    windows = [torch.stack([a, b]), torch.stack([b, c]), torch.stack([c, torch.zeros(3)])]
    values = [(filters.weight * window.t()).sum((1, 2)) + filters.bias for window in windows]
    torch.testing.assert_close(module(LENGTHS, WORDS).values[0, 0], torch.stack(values).amax(0))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7])
def test_computing_every_window_gives_the_same(characters: Any, width: int) -> None:
    module = CharCNN(characters, dim=4, widths=[width, 3], char_dim=3)
    words = WORDS.flatten(0, 1)
    torch.testing.assert_close(module._every_window(words), module._windows_of_words(words))


@torch.no_grad()
@pytest.mark.parametrize("padding", [0.0, 1.5])
@pytest.mark.parametrize("tables", [2**20, 0])
@pytest.mark.parametrize(("widths", "highway"), [([3], 0), ([1], 1), ([2, 7, 3], 0), ([4, 4], 2), ([8, 1], 0)])
def test_sums_of_tables_or_of_products_give_the_same(
    characters: Any, widths: list[int], highway: int, tables: int, padding: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(char_cnn, "TABLES", tables)
    module = CharCNN(characters, dim=5, widths=widths, char_dim=3, highway=highway)
    module.characters.weight[PADDING] = padding  # as weights may have it that are loaded
    found = module.exportable()(LENGTHS, WORDS)
    torch.testing.assert_close(found.values, module(LENGTHS, WORDS).values)
    assert found.lengths is LENGTHS


def test_a_padding_row_of_loaded_weights_that_is_not_zero_is_exported(small_run: Path, tmp_path: Path) -> None:
    shutil.copytree(small_run, tmp_path / "lm", ignore=shutil.ignore_patterns("export"))
    file = Checkpoints(tmp_path / "lm").path("best") / "components/words.char.safetensors"
    tensors, description = read_tensors(file)
    weight = tensors["characters.weight"].clone()
    assert not bool(weight[PADDING].any())
    weight[PADDING] = torch.linspace(-3, 3, weight.shape[1])
    write_tensors(file, {**tensors, "characters.weight": weight}, description)
    run = Run.open(tmp_path / "lm")
    run.export(tmp_path / "export")  # which compares what the graphs answer to all rows
    texts = ["wake me at noon", "put on x", "a"]
    scores = [
        [list(answer["scores"].values()) for answer in one.predict("intent", texts)]
        for one in (Bundle(tmp_path / "export"), run, Run.open(small_run))
    ]
    torch.testing.assert_close(torch.tensor(scores[0]), torch.tensor(scores[1]), atol=1e-5, rtol=1e-4)
    assert not torch.allclose(torch.tensor(scores[1]), torch.tensor(scores[2]), atol=1e-4)


def test_equal_words_get_equal_vectors_and_none_gets_zeros(characters: Any) -> None:
    values = CharCNN(characters, dim=4)(LENGTHS, WORDS).values
    assert torch.equal(values[0, 0], values[1, 0])
    assert values[1, 1].tolist() == [0.0] * 4


def test_a_batch_of_padding_alone(characters: Any) -> None:
    module = CharCNN(characters, dim=4)
    values = module(torch.tensor([1, 1]), torch.zeros(2, 1, 1, dtype=torch.int64)).values
    values.sum().backward()
    assert values.abs().sum() == 0


def test_filters_are_shared_out_over_widths(characters: Any) -> None:
    module = CharCNN(characters, dim=7, widths=[2, 3, 4])
    assert [filters.out_channels for filters in module._filters()] == [3, 2, 2]
    assert module.output_dim == 7


@pytest.mark.parametrize("widths", [[], [1, 2, 3]])
def test_every_width_needs_a_filter(characters: Any, widths: list[int]) -> None:
    with pytest.raises(UsageError) as error:
        CharCNN(characters, dim=2, widths=widths)
    wanted = f"'widths' should have 1 to 2 numbers, which share out 'dim'. Found {len(widths)}."
    assert str(error.value) == wanted


def test_distinct_rows_and_where_they_are() -> None:
    rows = torch.randint(0, 3, (200, 3), generator=torch.Generator().manual_seed(0))
    distinct, places = distinct_rows(rows)
    assert torch.equal(distinct[places], rows)
    assert len(distinct) == 27 == len({tuple(row) for row in distinct.tolist()})


def test_rows_whose_hashes_collide_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtl_modules.embeddings.char_cnn._factors", lambda count: torch.ones(count, dtype=torch.int64))
    rows = torch.tensor([[1, 2], [2, 1], [1, 2]])
    distinct, places = distinct_rows(rows)
    assert torch.equal(distinct[places], rows)
    assert len(distinct) == 3


def test_ids_are_tensors(characters: Any) -> None:
    module = CharCNN(characters)
    with pytest.raises(TypeError, match=r"^a character embedding takes ids\. Found PaddedSequence\.$"):
        module(LENGTHS, module(LENGTHS, WORDS))
