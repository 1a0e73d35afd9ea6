"""Embeddings that call themselves causal: the vectors of a text's first tokens depend on no later one.

Of anticausal ones, those of its last tokens depend on no earlier one.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.fuzz import padded
from mtl.base import registry
from mtl.model.module import Pieces
from mtl.text.featurizer import tokenize
from tests import library
from tests.properties import zoo

TEXT = "play hey jude at six thirty please and yesterday again"
COUNT = len(TEXT.split())
COMPOSITES = {"concat", "contextual", "mix", "sum"}  # what flows in are the vectors of their parts
TOKENIZED = {"transformer"}  # reads pieces of a tokenizer's own, and says that it is neither
EMBEDDINGS = library.names("embedding")


def keys_of(name: str) -> dict[str, Any]:
    """Return all keys of an embedding, those of the zoo's first configuration among them."""
    cls: Any = registry.lookup("embedding", name)
    keys = {key: parameter.default for key, parameter in registry.recipe_keys(cls).items()}
    return {**keys, **zoo.configurations("embedding", name)[0]}


def vectors(name: str, folder: Path, *, last: bool = False) -> list[Tensor]:
    """Return what the embedding makes of the first 1, 2, … tokens, each read alone; or of the last ones."""
    cls: Any = registry.lookup("embedding", name)
    keys = keys_of(name)
    features = cls.features(**{key: keys[key] for key in inspect.signature(cls.features).parameters})
    zoo.write_lists(folder)
    for feature in features:
        feature.read_files(folder)
        feature.count(tokenize([TEXT, "1 2 4"], "whitespace"))
        feature.fit()
    torch.manual_seed(1)
    module = cls(features, **keys).eval()
    found = []
    for count in range(1, COUNT + 1):
        words = TEXT.split()[-count:] if last else TEXT.split()[:count]
        tokens = tokenize([" ".join(words)], "whitespace")
        grids = (torch.from_numpy(padded(feature.of_rows(feature.compute(tokens)))) for feature in features)
        with torch.no_grad():
            value = module(torch.tensor([count]), *(g if g.is_floating_point() else g.long() for g in grids))
        found.append((value.of_tokens() if isinstance(value, Pieces) else value).values[0])
    return found


@pytest.mark.parametrize("name", [name for name in EMBEDDINGS if name not in COMPOSITES | TOKENIZED])
def test_vectors_of_a_prefix_are_those_of_the_whole_text(name: str, tmp_path: Path) -> None:
    found = vectors(name, tmp_path)
    cls: Any = registry.lookup("embedding", name)
    alike = all(torch.allclose(found[-1][: len(prefix)], prefix, atol=1e-6) for prefix in found)
    assert alike == cls.causal(keys_of(name))


@pytest.mark.parametrize("name", [name for name in EMBEDDINGS if name not in COMPOSITES | TOKENIZED])
def test_vectors_of_a_suffix_are_those_of_the_whole_text(name: str, tmp_path: Path) -> None:
    found = vectors(name, tmp_path, last=True)
    cls: Any = registry.lookup("embedding", name)
    alike = all(torch.allclose(found[-1][-len(suffix) :], suffix, atol=1e-6) for suffix in found)
    assert alike == cls.anticausal(keys_of(name))


def test_names_are_seen_ahead_and_places_count_what_came_before() -> None:
    causal = {name: bool(registry.lookup("embedding", name).causal(keys_of(name))) for name in EMBEDDINGS}  # type: ignore[attr-defined]
    ahead = ["contextual", "gazetteer", "transformer"]
    assert [name for name, is_so in causal.items() if not is_so] == ahead
    anticausal = {name: bool(registry.lookup("embedding", name).anticausal(keys_of(name))) for name in EMBEDDINGS}  # type: ignore[attr-defined]
    assert [name for name, is_so in anticausal.items() if not is_so] == [
        "contextual",
        "gazetteer",
        "positional",
        "transformer",
    ]
    assert set(causal) > COMPOSITES
