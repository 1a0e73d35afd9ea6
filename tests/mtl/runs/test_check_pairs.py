# ruff: noqa: E501  # messages and recipes stand in one piece
"""`check_recipe` on tasks with two texts: what the fake batch of pairs is like, and what it finds."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.base import registry
from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_text
from mtl.model.module import Matching, PaddedSequence, Scorer
from mtl.recipe.config import Recipe
from mtl.runs.check import check_recipe
from tests.mtl.recipe.texts import ENTAILMENT, RANKING, changed

UNPOOLED = ((", pooling: max}", "}"), ("      document: {pooling: max}\n", ""))
LEXICAL = "  lexicon: {members: '*.*.lexical', type: lexical}\n"


class Seen(Scorer):
    """Keeps the shapes of what it gets."""

    pooled = None
    shapes: tuple[Any, ...] = ()

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        texts = [text.values if isinstance(text, PaddedSequence) else text for text in (first, second, *sides)]
        type(self).shapes = tuple(tuple(text.shape) for text in texts)
        return texts[0].flatten(1).sum(1)


class SameLength(Seen):
    """Takes two texts of one length for granted."""

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        assert isinstance(first, PaddedSequence)
        assert isinstance(second, PaddedSequence)
        return torch.bmm(first.values.transpose(1, 2), second.values).sum((1, 2))


class Beside(Matching):
    """Keeps the shapes of tokens that it gets."""

    pooled = False
    shapes: tuple[Any, ...] = ()

    def __init__(self, input_dims: tuple[int, ...]) -> None:
        super().__init__()
        self.size = sum(input_dims)

    def forward(
        self, first: Tensor | PaddedSequence, second: Tensor | PaddedSequence, *sides: PaddedSequence
    ) -> Tensor:
        assert isinstance(first, PaddedSequence)
        assert isinstance(second, PaddedSequence)
        type(self).shapes = (tuple(first.values.shape), tuple(second.values.shape))
        return torch.cat([first.values.amax(1), second.values.amax(1)], -1)

    @property
    def output_dim(self) -> int:
        return self.size


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes["scorer"], "fake_seen", Seen)
    monkeypatch.setitem(registry._classes["scorer"], "fake_same_length", SameLength)
    monkeypatch.setitem(registry._classes["matching"], "fake_beside", Beside)


def load(text: str) -> Recipe:
    return recipe_from_text(text, name="r.yaml")


def refused(text: str) -> list[str]:
    with pytest.raises(RecipeError) as error:
        check_recipe(load(text))
    return str(error.value).splitlines()


@pytest.mark.parametrize("scorer", ["dot", "cosine", "bilinear", "mlp"])
def test_scorers_of_vectors(scorer: str) -> None:
    report = check_recipe(load(changed(RANKING, ("scorer: cosine", f"scorer: {scorer}"))))
    assert set(report.parameters) == set(report.graph.components)


@pytest.mark.parametrize("match", ["kernel", "attention"])
def test_scorers_of_tokens(match: str) -> None:
    scorer = ("scorer: cosine", f"scorer: {{type: interaction, match: {match}}}")
    check_recipe(load(changed(RANKING, *UNPOOLED, scorer)))
    check_recipe(load(changed(RANKING, *UNPOOLED, scorer) + LEXICAL))


def test_a_scorer_with_side_branches() -> None:
    check_recipe(load(changed(RANKING, ("scorer: cosine", "scorer: mlp")) + LEXICAL))


def test_a_scorer_gets_every_pair_of_texts_that_are_computed_once() -> None:
    check_recipe(load(changed(RANKING, ("scorer: cosine", "scorer: fake_seen"))))
    assert Seen.shapes == ((5, 8), (5, 8))
    check_recipe(load(changed(RANKING, *UNPOOLED, ("scorer: cosine", "scorer: fake_seen"))))
    assert Seen.shapes == ((5, 3, 8), (5, 6, 8))


def test_a_scorer_that_no_pair_passes() -> None:
    rows = refused(changed(RANKING, *UNPOOLED, ("scorer: cosine", "scorer: fake_same_length")))
    assert rows[0].startswith(
        "r.yaml:15: tasks.relevance.model.scorer: should take a batch of 5 pairs of 2 texts, 3 and 6 tokens and 4 "
        "characters. Found RuntimeError: "
    )
    assert rows[1:] == ["1 error in r.yaml"]


def test_texts_with_vectors_of_different_sizes() -> None:
    text = changed(
        RANKING,
        ("document: {pooling: max}", "document: {representation: {type: bilstm, hidden: 3}, pooling: max}"),
        ("relevance.query.representation, relevance.document.representation", "relevance.query.representation"),
    )
    assert refused(text) == [
        "r.yaml:16: tasks.relevance.model.scorer: should take two texts with vectors of the same size, as they are compared "
        "number by number. Found 8 and 6.",
        "1 error in r.yaml",
    ]
    check_recipe(load(changed(text, ("scorer: cosine", "scorer: bilinear"))))


def test_a_pair_of_texts_with_one_label() -> None:
    report = check_recipe(load(ENTAILMENT))
    assert report.parameters["entailment.matching"] == 0
    assert report.warnings == ()


def test_a_matching_of_tokens() -> None:
    poolings = (
        "hidden: 4}}",
        "hidden: 4}, pooling: null}\n      hypothesis: {pooling: null}\n      matching: fake_beside",
    )
    check_recipe(load(changed(ENTAILMENT, poolings)))
    assert Beside.shapes == ((2, 3, 8), (2, 6, 8))


def test_a_pair_whose_label_stands_on_that_of_one_of_its_texts() -> None:
    report = check_recipe(load(changed(ENTAILMENT, ("{hidden: [16]}", "{hidden: [16], condition: genre.output}"))))
    assert report.graph.conditions("entailment") == ("genre",)


def test_tags_of_a_second_text_stand_for_the_tokens_of_that_text() -> None:
    tags = "  tags: {type: word_tagging, source: pairs, inputs: {text: {column: hypothesis}}, target: tags}\nshare:"
    text = changed(
        ENTAILMENT, ("share:", tags), ("{hidden: [16]}", "{hidden: [16], condition: tags.output}"), ("words: [", "words: [tags.embedding, ")
    )  # fmt: skip
    assert check_recipe(load(text)).graph.conditions("entailment") == ("tags",)
