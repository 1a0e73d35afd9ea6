"""Adversarial training: how far vectors are moved and where to, what a step learns from it, what a resumed run does."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl.base.errors import RecipeError
from mtl.compile.loading import recipe_from_dict
from mtl.graph.build import build_graph
from mtl.model.module import PaddedSequence, Pieces
from mtl.recipe.training import AdversarialConfig
from mtl.train.adversarial import Adversary
from mtl.train.trainer import Trainer
from tests.mtl.small_run import parameters, same, small_graph, small_prepared, small_trainer, update
from tests.mtl.train.test_resume import optimizer_tensors

STILL: dict[str, Any] = {  # without dropout, so that a step can be computed again
    "embedding": {"type": "word", "dim": 8},
    "representation": {"type": "bilstm", "hidden": 6},
    "pooling": {"type": "max"},
}
PLAIN: dict[str, Any] = {"optimizer": {"type": "sgd", "lr": 0.1}, "clip": None}
FGM: dict[str, Any] = {"adversarial": {"epsilon": 0.7, "weight": 0.5}}


def still(folder: Path, train: dict[str, Any], **more: Any) -> Trainer:
    trainer = small_trainer(folder, {**PLAIN, **train}, tasks={"intent": {"model": STILL, "weight": 2.0}}, **more)
    trainer.model.train()
    return trainer


def gradients(trainer: Trainer) -> dict[str, Tensor]:
    return {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}


def by_hand(trainer: Trainer, batch: Any, tasks: tuple[str, ...]) -> dict[str, Tensor]:
    """Return the gradients of a step with one embedding, computed with a tensor that is added to its vectors."""
    (name,) = trainer.graph.embeddings()
    module, model = trainer.model.components[name], trainer.model
    plain, added = module.forward, torch.zeros(len(batch.rows), 1, 1)

    def forward(*arguments: Any) -> PaddedSequence:
        values, lengths = plain(*arguments)
        return PaddedSequence(values + added, lengths)

    module.forward = forward
    weights = {"intent": 2.0, "slots": 1.0, "pos": 1.0}
    (first,) = {values.shape for values in batch.features.values()}
    added = torch.zeros(*first, 8, requires_grad=True)
    model.zero_grad(set_to_none=True)
    clean = torch.stack([weights[task] * loss for task, loss in model.losses(batch, tasks).items()]).sum()
    (gradient,) = torch.autograd.grad(clean, [added], retain_graph=True)
    clean.backward()  # type: ignore[no-untyped-call]
    norms = gradient.reshape(len(gradient), -1).norm(dim=1)
    assert (norms > 0).all()
    added = 0.7 * gradient / norms[:, None, None]
    moved = torch.stack([weights[task] * loss for task, loss in model.losses(batch, tasks).items()]).sum()
    assert moved > clean
    (0.5 * moved).backward()  # type: ignore[no-untyped-call]
    found = gradients(trainer)
    model.zero_grad(set_to_none=True)
    module.forward = plain
    return found


def test_a_step_learns_from_vectors_as_they_are_and_from_moved_ones(tmp_path: Path) -> None:
    trainer = still(tmp_path, FGM)
    feed = trainer.draws.feeds["utterances"]
    batch = feed.next()
    wanted = by_hand(trainer, batch, feed.tasks)
    plain = {task: float(loss.detach()) for task, loss in trainer.model.losses(batch, feed.tasks).items()}
    losses, _ = update(trainer, feed, batch)
    found = gradients(trainer)
    assert losses == pytest.approx(plain)  # reported as they are where nothing is moved
    assert found.keys() == wanted.keys()
    assert any("slots" in name for name in found) and any("intent" in name for name in found)
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-4, atol=1e-6)


def test_rows_of_a_balance_hold_both(tmp_path: Path) -> None:
    one = still(tmp_path, {**FGM, "step": "all", "balance": "sum"}, out="one")
    other = still(tmp_path, {**FGM, "step": "all", "balance": {"type": "mgda"}}, out="other")
    other.balance.combine = lambda component, names, rows: rows.sum(0)  # type: ignore[method-assign]
    for trainer in (one, other):
        trainer.update(trainer.draws.next(), 0)
    found, wanted = gradients(other), gradients(one)
    assert found.keys() == wanted.keys()
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-4, atol=1e-6)


def test_looks_at_gradients_see_both(tmp_path: Path) -> None:
    trainer = still(tmp_path, {**FGM, "step": "all", "balance": "sum", "gradients_every": 1})
    trainer.update(trainer.draws.next(), 0)
    assert trainer.facts is not None
    for component, own in trainer.facts.shared.items():
        found = trainer.facts.rows.matrix(component)
        assert found is not None and len(found[0]) == 3
        wanted = torch.cat([p.grad.reshape(-1) for p in own if p.grad is not None])
        torch.testing.assert_close(found[1].sum(0), wanted, rtol=1e-4, atol=1e-6)


BESIDE: dict[str, Any] = {
    "name": "beside",
    "sources": {"rows": {"format": "tsv", "train": "train.tsv"}},
    "tasks": {
        "kind": {
            "type": "text_classification",
            "source": "rows",
            "inputs": {
                "text": {"column": "text"},
                "age": {"column": "age", "tokenizer": "number"},
                "city": {"column": "city", "tokenizer": "value"},
            },
            "target": "kind",
            "model": {
                "embedding": {
                    "type": "concat",
                    "parts": {
                        "word": {"type": "word", "dim": 4},
                        "char": {"type": "char_cnn", "dim": 4, "char_dim": 4},
                        "shape": {"type": "shape"},
                        "place": {"type": "positional", "dim": 4},
                        "hash": {"type": "lexical"},
                        "names": {"type": "gazetteer", "lists": {"song": "songs.txt"}},
                        "number": {"type": "dense", "missing": "indicator"},
                    },
                },
                "representation": {"type": "bilstm", "hidden": 4},
            },
        }
    },
    "train": {**FGM, "batch": {"size": 4}, "epochs": 1, "gradients_every": 0},
}


def test_vectors_of_values_of_positions_and_of_names_in_lists_stay(tmp_path: Path) -> None:
    lines = [f"play song {i}\t{i}\tRome\t{'ab'[i % 2]}" for i in range(8)]
    (tmp_path / "train.tsv").write_text("\n".join(["text\tage\tcity\tkind", *lines]) + "\n", "utf-8")
    (tmp_path / "songs.txt").write_text("song 1\nsong 2\n", "utf-8")
    graph = build_graph(recipe_from_dict(BESIDE, data=tmp_path))
    trainer = Trainer(graph, small_prepared(graph), tmp_path / "run")
    watched = trainer.update.adversary._embeddings
    assert [name for name in graph.embeddings() if trainer.model.components[name] in watched] == [
        f"kind.embedding.{part}" for part in ("word", "char", "shape")
    ]
    assert len(graph.embeddings()) == 9
    trainer.update(trainer.draws.next(), 0)


def test_accumulated_batches_are_as_one(tmp_path: Path) -> None:
    small, large = (still(tmp_path, {**FGM, "batch": {"size": size}}, out=f"{size}") for size in (8, 16))
    feed = small.draws.feeds["utterances"]
    batches = feed.group(2)
    whole = feed.split.batch(np.concatenate([batch.rows for batch in batches]))
    update(small, feed, *batches)
    update(large, large.draws.feeds["utterances"], whole)
    found, wanted = gradients(small), gradients(large)
    assert found.keys() == wanted.keys()
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, wanted[name], rtol=1e-4, atol=1e-6)


def test_a_text_is_moved_by_epsilon_and_its_padding_is_not() -> None:
    adversary = Adversary.__new__(Adversary)
    adversary.epsilon = 0.25
    values = torch.randn(3, 4, 2, requires_grad=True)
    unused = torch.randn(3, 4, 2, requires_grad=True)
    lengths = torch.tensor([4, 2, 3])
    weights = torch.randn(3, 4, 2)
    weights[2] = 0  # of this text no loss depends
    loss = (values * weights).sum()
    moved, none = adversary.moves(loss, [PaddedSequence(values, lengths), PaddedSequence(unused, lengths)])
    assert none is None and moved is not None
    assert moved.flatten(1).norm(dim=1).tolist() == pytest.approx([0.25, 0.25, 0.0])
    assert moved[1, 2:].abs().sum() == 0
    inside = weights[1, :2]
    torch.testing.assert_close(moved[1, :2], 0.25 * inside / inside.norm())
    assert adversary.moves(None, [PaddedSequence(values, lengths)]) == []


class _Pieces(torch.nn.Module):
    def forward(self, values: Tensor) -> Pieces:
        lengths = torch.tensor([2])
        return Pieces(PaddedSequence(values, lengths), torch.tensor([[1, 1]]), lengths)


def test_pieces_are_moved_as_pieces() -> None:
    adversary = Adversary.__new__(Adversary)
    adversary.epsilon, module = 1.0, _Pieces()
    adversary._embeddings = [module]  # type: ignore[list-item]
    values = torch.zeros(1, 2, 1)
    with adversary.watching() as found:
        output = module(values)
    moves = adversary.moves(output.sequence.values.sum(), found)
    with adversary.moved(moves):
        torch.testing.assert_close(module(values).sequence.values, torch.full((1, 2, 1), 0.5**0.5))
    assert torch.equal(module(values).sequence.values, values)
    assert not module._forward_hooks


def test_vectors_of_a_frozen_embedding_are_moved(tmp_path: Path) -> None:
    frozen = {"components": {"words_": {"freeze": True}}}
    found = []
    for number, train in enumerate((frozen, {**frozen, **FGM})):
        trainer = still(tmp_path, train, out=f"run{number}")
        feed = trainer.draws.feeds["utterances"]
        update(trainer, feed, feed.next())
        assert not any("words_" in name for name in gradients(trainer))
        found.append(gradients(trainer))
    assert found[0].keys() == found[1].keys()
    assert not any(torch.equal(found[0][name], found[1][name]) for name in found[0])


RESUMED: dict[str, dict[str, Any]] = {
    "sum": {},
    "accumulate": {"accumulate": 3, "batch": {"size": 3}},
    "rows": {"balance": {"type": "pcgrad"}, "step": "all"},
    "bf16": {"precision": "bf16"},
}


@pytest.mark.parametrize("case", RESUMED)
def test_stopped_it_ends_the_same(case: str, tmp_path: Path) -> None:
    train = {"checkpoint_every": 3, **FGM, **RESUMED[case]}
    whole = small_trainer(tmp_path, train, out="whole")
    for _ in whole.train():
        pass
    for _ in islice(small_trainer(tmp_path, train, out="stopped").train(), 5):
        pass
    resumed = small_trainer(tmp_path, train, out="stopped", resume=True)
    assert resumed.step > 0
    for _ in resumed.train():
        pass
    assert same(parameters(resumed.model), parameters(whole.model))
    assert same(optimizer_tensors(tmp_path / "stopped"), optimizer_tensors(tmp_path / "whole"))


@pytest.mark.parametrize(
    ("adversarial", "message"),
    [
        ({"type": "pgd"}, "train.adversarial.type: should be 'fgm'. Found 'pgd'."),
        ({"epsilon": 0}, "train.adversarial.epsilon: should be a number greater than 0. Found 0."),
        ({"weight": -1}, "train.adversarial.weight: should be a number greater than 0. Found -1."),
        (
            {"epsilom": 1},
            "train.adversarial: 'train.adversarial' has no key 'epsilom'. Did you mean 'epsilon'?",
        ),
        ("fgm", "train.adversarial: should be a mapping. Found 'fgm'. Its keys: epsilon, type, weight."),
    ],
)
def test_faults(tmp_path: Path, adversarial: Any, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        small_graph(tmp_path, {"adversarial": adversarial})
    assert [f"{fault.path}: {fault.message}" for fault in caught.value.faults] == [message]


def test_an_empty_section_has_the_defaults(tmp_path: Path) -> None:
    assert small_graph(tmp_path, {"adversarial": {}}).recipe.train.adversarial == AdversarialConfig("fgm", 1.0, 1.0)
