"""Scorers and the matching over two texts' vectors, by their formulas; what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence, Scorer
from mtl_modules import Bilinear, Comparison, Cosine, Dot, Interaction, MLPScorer
from mtl_modules.pairs.comparison import compared

Q = torch.tensor([[1.0, 2.0, -1.0], [0.0, 0.0, 0.0], [3.0, 4.0, 0.0]])
D = torch.tensor([[2.0, 0.5, 1.0], [1.0, 1.0, 1.0], [3.0, 4.0, 0.0]])
SIDE = PaddedSequence(torch.zeros(3, 1, 3), torch.ones(3, dtype=torch.int64))


def test_dot() -> None:
    assert Dot((3, 3))(Q, D).tolist() == [2.0, 0.0, 25.0]


def test_cosine() -> None:
    scores = Cosine((3, 3))(Q, D)
    torch.testing.assert_close(scores, torch.tensor([2 / (6**0.5 * 5.25**0.5), 0.0, 1.0]))
    assert Cosine((3, 3))(Q, -100 * Q).tolist() == pytest.approx([-1.0, 0.0, -1.0])


def test_gradients_of_a_cosine_are_bounded() -> None:
    zeros = torch.zeros(1, 3, requires_grad=True)
    Cosine((3, 3))(zeros, D[:1]).sum().backward()
    assert zeros.grad is not None
    assert float(zeros.grad.abs().max()) <= 1e4


def test_bilinear() -> None:
    scorer = Bilinear((3, 3))
    assert torch.equal(scorer(Q, D), Dot((3, 3))(Q, D))  # the identity at first
    torch.manual_seed(1)
    scorer = Bilinear((3, 2))
    assert scorer.weight.tolist() == [[1, 0], [0, 1], [0, 0]]
    with torch.no_grad():
        scorer.weight.normal_()
    torch.testing.assert_close(scorer(Q, D[:, :2]), torch.einsum("bi,ij,bj->b", Q, scorer.weight, D[:, :2]))


@pytest.mark.parametrize("scorer", [Dot((3, 3)), Cosine((3, 3)), Bilinear((3, 3))], ids=lambda s: type(s).__name__)
def test_scores_of_separable_scorers_are_inner_products(scorer: Scorer) -> None:
    assert scorer.separable
    if isinstance(scorer, Bilinear):
        torch.nn.init.normal_(scorer.weight)
    inner = scorer.encode(Q, 0) @ scorer.encode(D, 1).t()
    torch.testing.assert_close(inner.diagonal(), scorer(Q, D), rtol=0, atol=1e-5)
    every = torch.stack([scorer(q.expand(3, 3), D) for q in Q])
    torch.testing.assert_close(inner, every, rtol=0, atol=1e-5)


def test_others_are_not_separable() -> None:
    assert not MLPScorer.separable
    assert not Interaction.separable


def test_comparison() -> None:
    found = Comparison((3, 3))(Q, D)
    assert found[0].tolist() == [1, 2, -1, 2, 0.5, 1, 2, 1, -1, 1, 1.5, 2]
    assert Comparison((3, 3)).output_dim == 12


def test_an_mlp_is_a_network_over_the_comparison() -> None:
    scorer = MLPScorer((3, 3), hidden=[5], activation="tanh").eval()
    first, _ = scorer.layers
    wanted = torch.tanh(compared(Q, D) @ first.weight.t() + first.bias)
    torch.testing.assert_close(scorer(Q, D), (wanted @ scorer.last.linear.weight.t() + scorer.last.linear.bias)[:, 0])
    assert MLPScorer((3, 3), hidden=[]).last.linear.in_features == 12


def test_an_mlp_drops_out_before_every_layer() -> None:
    scorer = MLPScorer((3, 3), hidden=[5, 4], dropout=0.5)
    names = [type(layer).__name__ for layer in scorer.layers]
    assert names == ["DroppedLinear", "ReLU", "DroppedLinear", "ReLU", "Dropout"]
    assert not torch.equal(scorer(Q, D), scorer(Q, D))
    assert torch.equal(scorer.eval()(Q, D), scorer(Q, D))


@pytest.mark.parametrize("scorer", [MLPScorer((3, 3, 3, 3)), Interaction((3, 3, 3, 3), match="attention")])
def test_the_first_scores_with_words_are_bm25_and_the_rest(scorer: Any) -> None:
    words = torch.tensor([[[5.0, 1.0, 2.0], [9.0, 0.0, 0.5]], [[5.0, 1.0, 2.0], [7.0, 0.0, 0.5]]])
    query = PaddedSequence(words, torch.tensor([2, 2]))
    document = PaddedSequence(words[:1].expand(2, -1, -1), torch.tensor([2, 2]))
    texts: list[Any] = [Q[:2], D[:2]]
    if isinstance(scorer, Interaction):
        texts = [PaddedSequence(text[:, None, :], torch.ones(2, dtype=torch.int64)) for text in texts]
    with torch.no_grad():
        scorer.last.linear.weight[:, -16:] = 0  # the hidden units
    saturated = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 100))
    nothing = PaddedSequence(torch.zeros(2, 1, 3), torch.tensor([1, 1]))
    difference = scorer.eval()(*texts, query, document) - scorer(*texts, nothing, nothing)
    torch.testing.assert_close(difference, torch.tensor([2.5 * saturated, 2.0 * saturated]))


def test_what_words_share_enters_twice() -> None:
    scorer = MLPScorer((3, 3, 3, 3), hidden=[])
    last = scorer.last
    words = PaddedSequence(torch.rand(3, 4, 3).mul(3).round(), torch.tensor([4, 2, 3]))
    assert last.overlap is not None
    shared = last.overlap(words, words)
    hidden = torch.tanh((shared * torch.tensor([1, 1, 0.1, 1, 0.2])) @ last.hidden[0].weight.t() + last.hidden[0].bias)
    wanted = last.linear(torch.cat([compared(Q, D), hidden], 1))[:, 0] + shared @ last.lexical
    torch.testing.assert_close(scorer(Q, D, words, words), wanted)


REFUSED: list[tuple[Callable[[], object], str]] = [
    (
        lambda: Dot((3, 4)),
        "should take two texts with vectors of the same size, as they are compared number by number. Found 3 and 4.",
    ),
    (
        lambda: Cosine((3, 4)),
        "should take two texts with vectors of the same size, as they are compared number by number. Found 3 and 4.",
    ),
    (
        lambda: Comparison((2, 5)),
        "should take two texts with vectors of the same size, as they are compared number by number. Found 2 and 5.",
    ),
    (
        lambda: MLPScorer((3, 4, 3, 3)),
        "should take two texts with vectors of the same size, as they are compared number by number. Found 3 and 4.",
    ),
    (lambda: Dot((3, 3, 3, 3)), "should take two texts and nothing else. Found 4 inputs."),
    (lambda: Bilinear((3,)), "should take two texts and nothing else. Found 1 input."),
    (
        lambda: Interaction((3, 3, 3)),
        "should take two texts, and the side branches of both or of neither. Found 3 inputs.",
    ),
    (
        lambda: MLPScorer((3, 3, 3, 50)),
        "the side branches should be lexical embeddings, of 3 numbers per word. Found 3 and 50.",
    ),
    (
        lambda: Dot((3, 3))(SIDE, SIDE),
        "should take one vector per text: a pooling is missing. Found a sequence",
    ),
    (
        lambda: Interaction((3, 3))(Q, D),
        "should take a text's tokens: no pooling should come before it. Found one vector per text",
    ),
]


@pytest.mark.parametrize(("what", "sentence"), REFUSED)
def test_what_is_refused(what: Callable[[], object], sentence: str) -> None:
    with pytest.raises((UsageError, TypeError)) as caught:
        what()
    assert str(caught.value) == sentence
