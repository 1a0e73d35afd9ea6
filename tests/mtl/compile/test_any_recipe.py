"""Whatever stands in a recipe, reading it ends with a recipe or with faults, never with another exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_dict, recipe_from_text
from mtl.graph import drawing
from mtl.graph.build import build_graph
from mtl.recipe.filling import filled
from mtl.recipe.yaml_core import parse
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, changed

TRAIN = """\
train:
  mixture: {type: weighted, rates: {utterances: 1}}
  optimizer: {type: adamw, lr: 1e-3}
  batch: {tokens: 2000}
  components: {encoder: {lr: 1e-4}, words.char: {freeze: true}}
  select: {slots.f1: 1, joint.exact_match: 1}
"""
SOFTLY = changed(
    INTENT_SLOT,
    ("  words: [intent", "  decoders: {kind: soft, strength: 0.1, members: ['*.decoder']}\n  words: [intent"),
    (
        "encoder: [intent.representation, slots.representation]",
        "encoder: {kind: cross_stitch, members: '*.representation'}",
    ),
)
EXPERTS = "      representation: {type: mmoe, experts: {type: concat, parts: {a: {type: bilstm}, b: {type: bilstm}}}}"
STACK = "      representation: {type: stack, parts: {low: {type: bilstm}, mixed: {type: mmoe, experts: {}}}}"
MIXED = changed(
    ALTERNATING,
    ("      representation: {type: bilstm, hidden: 8}", EXPERTS),
    ("    model:\nshare", f"    model:\n{STACK}\nshare"),
    ('encoder: ["*.representation"]', "experts: [slots.representation.experts, chunks.representation.mixed.experts]"),
)  # fmt: skip
TREES = [parse(text, "r").tree for text in (INTENT_SLOT + TRAIN, ALTERNATING, SOFTLY, MIXED)]
NAMES = (
    "word concat bilstm crf tsv conll utterances words intent text joint type parts members embedding kind soft stack"
)
ADDRESSES = "intent.output slots.output *.embedding * *.* intent.embedding.word a.b"
WORDS = ["", *NAMES.split(), *ADDRESSES.split()]
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-1, 2) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


def places(tree: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield (*steps, key)
        yield from places(tree[key], (*steps, key))


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    tree = copy.deepcopy(draw(st.sampled_from(TREES)))
    for _ in range(draw(st.integers(1, 4))):
        steps = draw(st.sampled_from(list(places(tree))))
        around = tree
        for step in steps[:-1]:
            around = around[step]
        what = draw(st.sampled_from(["replace", "drop", "rename", "move"]))
        if what == "replace":
            around[steps[-1]] = draw(values)
        elif what == "drop" and len(tree) > 1:
            del around[steps[-1]]
        elif what == "rename" and isinstance(around, dict):
            around[draw(st.sampled_from(WORDS))] = around.pop(steps[-1])
        elif what == "move" and isinstance(around, dict):
            around[draw(st.sampled_from(WORDS))] = copy.deepcopy(around[steps[-1]])
    return tree


@settings(max_examples=150)
@given(tree=spoilt())
def test_faults_or_a_recipe(tree: Any) -> None:
    try:
        recipe = recipe_from_dict(tree)
        graph = build_graph(recipe)
    except RecipeError as error:
        assert error.faults
        return
    assert recipe_from_text(filled(recipe)) == recipe
    assert drawing.text(graph)
    assert drawing.mermaid(graph)
