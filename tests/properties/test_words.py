"""What every output layer over words must do: rows are output layers, columns are properties."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from mtl.base import registry
from mtl.base.registry import name_of
from mtl.data.targets import NextToken, NextTokenOfStream, PreviousToken, PreviousTokenOfStream
from mtl.model.module import PaddedSequence
from mtl.text.features import WordIds
from mtl.text.featurizer import tokenize
from mtl_modules import AdaptiveSoftmax, LanguageModelOutput, MaskedLanguageModelOutput, WordEmbedding
from mtl_modules.outputs.word_prediction import WordPrediction
from tests import library

LENGTHS = (5, 1, 3, 8, 2)
WORDS = 11  # and two more ids
Build = Callable[[], WordPrediction]


def words() -> WordEmbedding:
    feature = WordIds()
    feature.count(tokenize([" ".join(f"w{n}" * (WORDS - n) for n in range(WORDS))], "whitespace"))
    feature.fit()
    return WordEmbedding((feature,), dim=6)


def built(cls: Any, size: int, target: Any, **keys: Any) -> WordPrediction:
    torch.manual_seed(1)
    found: WordPrediction = cls((6, size), target(), words=words(), **keys).eval()
    return found


CASES: dict[str, Build] = {
    "language_model": partial(built, LanguageModelOutput, 6, NextToken),
    "language_model of vectors of another size": partial(built, LanguageModelOutput, 5, NextToken, top=2),
    "language_model of streams": partial(built, LanguageModelOutput, 4, NextTokenOfStream),
    "language_model backwards": partial(built, LanguageModelOutput, 6, PreviousToken),
    "adaptive_softmax": partial(built, AdaptiveSoftmax, 16, NextToken),
    "adaptive_softmax of streams backwards": partial(
        built, AdaptiveSoftmax, 8, PreviousTokenOfStream, cutoffs=[2, 5], div_value=2
    ),
    "adaptive_softmax of streams": partial(built, AdaptiveSoftmax, 8, NextTokenOfStream, cutoffs=[2, 5], div_value=2),
}
every_case = pytest.mark.parametrize("build", CASES.values(), ids=list(CASES))


def rows(size: int) -> list[tuple[Tensor, Tensor]]:
    """Return ids and states of each text."""
    generator = torch.Generator().manual_seed(5)
    return [
        (torch.randint(1, WORDS + 2, (n,), generator=generator), torch.randn(n, size, generator=generator))
        for n in LENGTHS
    ]


def batch(texts: Sequence[tuple[Tensor, Tensor]], extra: int = 0) -> tuple[PaddedSequence, PaddedSequence, Tensor]:
    """Return ids, states with garbage where there is padding, and which positions are tokens."""
    lengths = torch.tensor([len(ids) for ids, _ in texts])
    steps = int(lengths.max()) + extra
    ids = torch.zeros(len(texts), steps, 1, dtype=torch.int64)
    states = torch.full((len(texts), steps, texts[0][1].shape[1]), 37.0)
    for row, (own, values) in enumerate(texts):
        ids[row, : len(own), 0], states[row, : len(own)] = own, values
    return PaddedSequence(ids, lengths), PaddedSequence(states, lengths), ids[:, :, 0] > 0


def answers(module: WordPrediction, texts: Sequence[tuple[Tensor, Tensor]], extra: int = 0) -> list[dict[str, Tensor]]:
    """Return all that the module says of each text, cut to its length, and its losses."""
    ids, states, there = batch(texts, extra)
    said = {**module.answer(ids, states), "forward": module(ids, states).values}
    losses = iter(module.loss(ids, states, there).values)
    found = []
    for row, (own, _) in enumerate(texts):
        cut = {name: value[row] for name, value in said.items()}
        cut |= {name: cut[name][: len(own)] for name in ("log_probability", "forward")}
        found.append({**cut, "loss": torch.stack([next(losses) for _ in range(len(own) + module.ends)])})
    assert next(losses, None) is None
    return found


def assert_same(found: list[dict[str, Tensor]], wanted: list[dict[str, Tensor]]) -> None:
    for some, others in zip(found, wanted, strict=True):
        for name in some:
            torch.testing.assert_close(some[name], others[name], atol=1e-5, rtol=1e-5)


def test_the_table_holds_every_output_layer_over_words() -> None:
    own = {name for name in library.names("output") if issubclass(registry.lookup("output", name), WordPrediction)}
    own -= {name_of(MaskedLanguageModelOutput)}  # which predicts none of what comes next: it has a test of its own
    assert {name.split()[0] for name in CASES} == own
    assert {name_of(type(build())) for build in CASES.values()} == own


@every_case
@torch.no_grad()
def test_probabilities_of_all_words_are_those_of_answers_and_losses(build: Build) -> None:
    module = build()
    size = module.start.shape[0]
    for (ids, _), said in zip(rows(size), answers(module, rows(size)), strict=True):
        torch.testing.assert_close(said["forward"].sum(1), torch.ones(len(ids)))
        chosen = said["forward"].gather(1, ids[:, None])[:, 0].log()
        torch.testing.assert_close(said["log_probability"], chosen)
        torch.testing.assert_close(said["loss"][: len(ids)], -(chosen.flip(0) if module.backward else chosen))
        torch.testing.assert_close(said["total"], -said["loss"].sum())
        assert module.ends == bool((said["forward"][:, 0] > 0).all())
        assert (said["next_probability"].diff() <= 0).all()


@every_case
@torch.no_grad()
def test_a_word_does_not_see_its_own_state_or_later_ones(build: Build) -> None:
    module = build()
    ((ids, states),) = rows(module.start.shape[0])[3:4]
    changed = states.clone()
    changed[slice(None, 4) if module.backward else slice(4, None)] += 1
    before, after = (answers(module, [(ids, values)])[0]["log_probability"] for values in (states, changed))
    seen, others = (slice(None, 3), slice(3, None)) if module.backward else (slice(5, None), slice(None, 5))
    torch.testing.assert_close(before[others], after[others])
    assert not torch.isclose(before[seen], after[seen]).any()


@every_case
@torch.no_grad()
def test_padding_order_and_size_of_a_batch_change_no_answer(build: Build) -> None:
    module = build()
    texts = rows(module.start.shape[0])
    wanted, order = answers(module, texts), [3, 0, 4, 2, 1]
    assert_same(answers(module, texts, extra=4), wanted)
    assert_same(answers(module, [texts[i] for i in order]), [wanted[i] for i in order])
    assert_same([answers(module, [text])[0] for text in texts], wanted)


@every_case
def test_gradients_reach_every_parameter_and_the_states(build: Build) -> None:
    module = build()
    ids, states, there = batch(rows(module.start.shape[0]))
    states.values.requires_grad_()
    module.loss(ids, states, there).values.sum().backward()
    held = dict(module.named_parameters())
    if isinstance(module, LanguageModelOutput):
        held["table"] = module.table
    for name, parameter in held.items():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert states.values.grad is not None
    assert (states.values.grad[states.mask()].abs().sum(1) > 0).sum() >= sum(LENGTHS) - len(LENGTHS)
    assert not states.values.grad[~states.mask()].any()


@every_case
def test_shapes_are_the_same_on_the_meta_device(build: Build) -> None:
    wanted = build().answer(*batch(rows(build().start.shape[0]))[:2])
    with torch.device("meta"):
        module = build()
    ids, states, _ = batch(rows(module.start.shape[0]))
    found = module.answer(*(PaddedSequence(x.values.to("meta"), x.lengths.to("meta")) for x in (ids, states)))
    assert {name: value.shape for name, value in found.items()} == {name: value.shape for name, value in wanted.items()}


def test_an_empty_text_has_an_end_alone() -> None:
    module = CASES["language_model"]()
    empty = (torch.zeros(1, dtype=torch.int64), torch.randn(1, 6))
    said = module.answer(*batch([empty, *rows(6)[:1]])[:2])
    assert said["log_probability"][0].tolist() == [0.0] * 5
    assert said["total"][0] == said["end"][0]


@every_case
@torch.no_grad()
def test_a_gap_is_the_largest_difference_of_logarithms(build: Build) -> None:
    module = build()
    ids, states, _ = batch(rows(module.start.shape[0]))
    said = module.answer(ids, states)
    best, logarithms = said["next"][2].numpy(), said["next_probability"][2].log().numpy()
    swapped = best.copy()
    swapped[:2] = best[[1, 0]]
    found = module.gap((ids, states), "next", 2, best, swapped)
    assert found == pytest.approx(float(logarithms[0] - logarithms[1]), rel=1e-4)
