"""Words and vectors that the real torchtext 0.6.0 has saved, and other files of torch."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.base.errors import DataError
from mtl.text.word_lists import read_words
from mtl_modules.embeddings.pretrained import dimension, read_vectors

IDS = {"play": 2, "opera": 3, "jude": 4}
SAVED = [{}, {"_use_new_zipfile_serialization": False}]  # as since torch 1.6, and as before


@pytest.fixture
def vectors(tmp_path: Path) -> Any:
    """Return torchtext's `Vectors` of three words, whose cache is `v.vec.pt`."""
    vocab = pytest.importorskip("torchtext.vocab")
    (tmp_path / "v.vec").write_text("play 1 2 3\nthe 3 4 5\njude 5 6 7\n")
    return vocab.Vectors(str(tmp_path / "v.vec"), cache=str(tmp_path))


def test_its_cache_of_vectors(vectors: Any, tmp_path: Path) -> None:
    path = tmp_path / "v.vec.pt"
    rows, found = read_vectors(path, IDS)
    assert (dimension(path), rows.tolist()) == (3, [2, 4])
    assert torch.equal(torch.from_numpy(found), vectors.get_vecs_by_tokens(["play", "jude"]))


@pytest.mark.parametrize("how", SAVED)
def test_a_vocab_with_vectors(vectors: Any, tmp_path: Path, how: dict[str, Any]) -> None:
    vocab = importlib.import_module("torchtext.vocab").Vocab(Counter(["jude", "play", "opera"]), vectors=vectors)
    torch.save(vocab, tmp_path / "vocab.pt", **how)
    rows, found = read_vectors(tmp_path / "vocab.pt", IDS)
    assert dict(zip(rows.tolist(), found.tolist(), strict=True)) == {2: [1, 2, 3], 4: [5, 6, 7]}  # 'opera' has none
    assert dimension(tmp_path / "vocab.pt") == 3


OTHERS: dict[str, tuple[Any, str]] = {
    "weights": (
        {"table.weight": torch.zeros(2, 3)},
        "should be Vectors or a Vocab of torchtext. Found an object of dict.",
    ),
    "sizes": (
        (["a"], {"a": 0}, torch.zeros(2, 3), 3),
        "should hold words and a vector of each. Found others.",
    ),
    "numbers for words": (
        ([1], {1: 0}, torch.zeros(1, 3), 3),
        "should hold words and a vector of each. Found others.",
    ),
    "a number for a vector": (
        (["a"], {"a": 0}, torch.zeros(1), 3),
        "should hold words and a vector of each. Found others.",
    ),
    "a list of vectors": (
        (["a"], {"a": 0}, [[0.0, 1.0]], 3),
        "should hold words and a vector of each. Found others.",
    ),
    "class": (
        Fraction(1, 2),
        "should be Vectors or a Vocab that torchtext has saved. Found an object of fractions.Fraction.",
    ),
}


@pytest.mark.parametrize("how", SAVED)
@pytest.mark.parametrize("case", OTHERS)
def test_what_else_torch_has_saved_is_named(tmp_path: Path, case: str, how: dict[str, Any]) -> None:
    value, message = OTHERS[case]
    path = tmp_path / "saved.pt"
    torch.save(value, path, **how)
    with pytest.raises(DataError) as error:
        read_vectors(path, IDS)
    assert str(error.value) == f"{path}: {message}"


def test_the_words_are_those_of_both(vectors: Any, tmp_path: Path) -> None:
    kind = importlib.import_module("torchtext.vocab").Vocab
    counts = Counter(["jude", "jude", "play"])
    for vocab in (kind(counts), kind(counts, vectors=vectors)):
        torch.save(vocab, tmp_path / "vocab.pt")
        assert read_words(tmp_path / "vocab.pt") == ["<unk>", "<pad>", "jude", "play"]
    assert read_words(tmp_path / "v.vec.pt") == ["play", "the", "jude"]


def test_a_vocab_without_vectors_is_told(tmp_path: Path) -> None:
    path = tmp_path / "vocab.pt"
    torch.save(pytest.importorskip("torchtext.vocab").Vocab(Counter(["play"])), path)
    with pytest.raises(DataError) as error:
        dimension(path)
    assert str(error.value) == (
        f"{path}: should be a Vocab with vectors. Found one without. Load them (load_vectors), and save it again."
    )


def test_a_vocab_where_torchtext_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vocab.pt"
    torch.save(pytest.importorskip("torchtext.vocab").Vocab(Counter(["play"])), path)
    monkeypatch.setitem(sys.modules, "torchtext.vocab", None)
    with pytest.raises(DataError) as error:
        dimension(path)
    assert str(error.value) == (
        f"{path}: should be read with torchtext 0.6.0, as it holds a Vocab (pip install 'mtl-nlp[torchtext]'). "
        "Found: import of torchtext.vocab halted; None in sys.modules."
    )


@pytest.mark.parametrize("how", SAVED)
def test_a_damaged_file(vectors: Any, tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "cut.pt"
    torch.save((vectors.itos, vectors.stoi, vectors.vectors, 3), path, **how)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError) as error:
        dimension(path)
    assert str(error.value) == (
        f"{path}: should be Vectors or a Vocab that torchtext has saved. Found a file that torch cannot read."
    )
