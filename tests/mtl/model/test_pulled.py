# ruff: noqa: E501  # messages and recipes stand in one piece
"""Members of a soft group: parameters of equal shapes, and some at all."""

from __future__ import annotations

import pytest

from mtl.base.errors import RecipeError
from mtl.runs.meta_model import build_on_meta
from tests.mtl.recipe.texts import ALTERNATING, changed, graph

SOFT = changed(
    ALTERNATING,
    ('  words: "*.embedding"\n', ""),
    ('  encoder: ["*.representation"]', '  encoder: {kind: soft, strength: 0.1, members: ["*.representation"]}'),
    ("    model:\nshare", "    model: {embedding: {type: word, dim: 12}}\nshare"),
)


def test_shapes_are_equal() -> None:
    with pytest.raises(RecipeError) as raised:
        build_on_meta(graph(SOFT))
    assert [str(fault) for fault in raised.value.faults] == [
        "r.yaml:21: share.encoder: members of a soft group should have parameters of equal shapes. Found 'lstm.weight_ih_l0' [32, 10] in 'slots.representation' and [32, 12] in 'chunks.representation'."
    ]


def test_there_is_something_to_pull() -> None:
    text = changed(ALTERNATING, ("encoder:", "ends: {kind: soft, strength: 1, members: ['*.output']}\n  encoder:"))
    with pytest.raises(RecipeError) as raised:
        build_on_meta(graph(text))
    assert [str(fault) for fault in raised.value.faults] == [
        "r.yaml:22: share.ends: members of a soft group should have parameters of their own. There are none in chunks.output, slots.output."
    ]
