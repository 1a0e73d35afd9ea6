"""Adversarial training: losses also at vectors of words that were moved to where the losses are higher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..model.module import PaddedSequence, Pieces
from ..recipe.training import AdversarialConfig
from ..text.gazetteer import NameFlags
from ..text.lexical_features import InverseDocumentFrequency, WordHash
from ..text.numbers import IsNumber, ScaledNumber
from ..text.positions import Positions

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel

# A hash is no place in a space of words, though a word has it: what compares hashes reads them exactly. That a token is
# in a name of a list is a fact about it, which nearby vectors do not change.
_NOT_OF_WORDS = (Positions, ScaledNumber, IsNumber, WordHash, InverseDocumentFrequency, NameFlags)
Hook = Callable[[nn.Module, Any, Any], Any]


class Adversary:
    """The fast gradient method on embeddings; without a `config` it watches nothing and moves nothing.

    All vectors that an embedding gives for a text are moved together, by a distance of `epsilon` along the gradient of
    the step's loss, the sum over the tasks of a batch as they are weighed. What is moved are values, not parameters, so
    it makes no difference which tasks share an embedding. Embeddings are the leaves: each part of a `concat` is moved
    by `epsilon` of its own. Those of values, of positions, of numbers, of hashes of words and of names in lists
    are not moved.

    Source: Miyato et al. (2017), "Adversarial Training Methods for Semi-Supervised Text Classification", section 3.
    """

    def __init__(self, config: AdversarialConfig | None, model: MultiTaskModel) -> None:
        self.epsilon = 0.0 if config is None else config.epsilon
        self.weight = 0.0 if config is None else config.weight
        names = () if config is None else model.sharing_graph.embeddings()
        self._embeddings = [model.components[name] for name in names if of_words(model.sharing_graph, name)]

    @contextmanager
    def watching(self) -> Iterator[list[PaddedSequence]]:
        """Yield a list that gets the sequence of every call of an embedding, in their order."""
        found: list[PaddedSequence] = []

        def watch(module: nn.Module, inputs: Any, output: PaddedSequence | Pieces) -> PaddedSequence | Pieces:
            sequence = _sequence(output)
            values = sequence.values
            # Of a frozen embedding there is no gradient, of its vectors there is.
            found.append(
                PaddedSequence(values if values.requires_grad else values.detach().requires_grad_(), sequence[1])
            )
            return _with(output, found[-1].values)

        with self._hooked(watch):
            yield found

    def moves(self, loss: Tensor | None, found: Sequence[PaddedSequence]) -> list[Tensor | None]:
        """Return how far each of the sequences is to be moved, [B, T, D]; None where the loss does not depend on it.

        The loss can still be differentiated. Nothing is returned where there is nothing to move.
        """
        if loss is None or not found:
            return []
        values = [sequence.values for sequence in found]
        gradients = torch.autograd.grad(loss, values, retain_graph=True, allow_unused=True)
        return [None if g is None else self._move(g, s) for g, s in zip(gradients, found, strict=True)]

    def _move(self, gradient: Tensor, sequence: PaddedSequence) -> Tensor:
        inside = gradient.float() * sequence.mask()[:, :, None]
        norms = inside.flatten(1).norm(dim=1)[:, None, None]
        scaled = inside * torch.where(norms > 0, self.epsilon / norms, 0.0)
        return scaled.to(sequence.values.dtype)

    @contextmanager
    def moved(self, moves: Sequence[Tensor | None]) -> Iterator[None]:
        """Let embeddings give moved vectors; they are called as they were while they were watched."""
        left = iter(moves)

        def move(module: nn.Module, inputs: Any, output: PaddedSequence | Pieces) -> PaddedSequence | Pieces:
            by = next(left)
            return output if by is None else _with(output, _sequence(output).values + by)

        with self._hooked(move):
            yield

    @contextmanager
    def _hooked(self, hook: Hook) -> Iterator[None]:
        with ExitStack() as stack:
            for module in self._embeddings:
                stack.callback(module.register_forward_hook(hook).remove)
            yield


def of_words(graph: SharingGraph, name: str) -> bool:
    """Return whether a leaf embedding gives vectors of words of texts: not of values, and by features of words."""
    if any(key.front_end.of_value for key in graph.inputs_of(name)):
        return False
    return not all(isinstance(feature, _NOT_OF_WORDS) for feature in graph.features_of(name))


def _sequence(output: PaddedSequence | Pieces) -> PaddedSequence:
    return output.sequence if isinstance(output, Pieces) else output


def _with(output: PaddedSequence | Pieces, values: Tensor) -> PaddedSequence | Pieces:
    if isinstance(output, Pieces):
        return output._replace(sequence=output.sequence._replace(values=values))
    return output._replace(values=values)
