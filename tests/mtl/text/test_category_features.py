from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fuzz import padded, random_texts, text_session
from mtl.text.category_features import CategoryIds, CategoryWeights
from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd

PARTS = (
    *("a", "b:2", "12:30", "c : 4.5", ":2", "x::1e-7", "y:-3", "::", " ", "d:1e50", "q:+1", "z:.5", "w:5."),
    *("\u00e9:\uff11", "e\uff1a", "\uff1a", "Tab\t:\u00a02", "line\nbreak:3"),
)


def test_ids_and_weights() -> None:
    tokens = tokenize(["rock:2|pop", "pop:0.5", "", "folk"], FrontEnd("categories"))
    ids, weights = CategoryIds(min_count=2), CategoryWeights()
    ids.count(tokens)
    ids.fit()
    assert ids.vocabulary.entries == ("pop",)
    assert ids.compute(tokens).values.tolist() == [1, 2, 2, 0, 1]
    assert weights.compute(tokens).values.tolist() == [2.0, 1.0, 0.5, 0.0, 1.0]
    assert weights.compute(tokens).offsets[0].tolist() == [0, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "front_end",
    [
        FrontEnd("categories"),
        FrontEnd("categories", lowercase=True, strip_accents=True, nfkc=True),
        FrontEnd("categories", max_tokens=2),
    ],
    ids=str,
)
def test_both_faces_are_equal(front_end: FrontEnd) -> None:
    generator = np.random.default_rng(3)
    texts = []
    for number, random in enumerate(random_texts(1200, generator)):
        chosen = [PARTS[i] for i in generator.integers(0, len(PARTS), number % 5)]
        texts.append("|".join([random, *chosen] if number % 2 else chosen))
    tokens = tokenize(texts, front_end)
    ids, weights = CategoryIds(), CategoryWeights()
    ids.count(tokens)
    ids.fit()
    session = text_session(front_end, (ids, weights))
    names = [output.name for output in session.get_outputs()]
    found = dict(zip(names, session.run(None, {"text": np.array(texts, object)}), strict=True))
    for row, own in zip(found["tokens"].tolist(), tokens.strings(), strict=True):
        assert row[: len(own)] == own
    for number, feature in enumerate((ids, weights)):
        assert np.array_equal(padded(feature.compute(tokens)), found[f"feature_{number}"])
