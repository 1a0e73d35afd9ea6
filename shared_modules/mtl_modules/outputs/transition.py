"""The actions that build a tree: their loss, and the search for the most probable ones."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.errors import UsageError, WrongKeyError
from mtl.base.registry import register
from mtl.data.labels import MISSING
from mtl.data.targets import Answer, TreeOfTokens
from mtl.data.targets.tree import END
from mtl.model.beam import Beam
from mtl.model.module import PaddedSequence
from mtl.model.output import Losses, Output
from mtl.model.search import UNLIKELY, Greedy, Stepped
from mtl.text.transitions import SHIFT

from ..decoders.tree_decoder import Taught, TreeDecoder
from ..layers.limits import Count

_MISFIT = "'transition' should get what the decoder 'transition' or 'rnng' makes. Found {}."


@register("output", "transition")
class TransitionOutput(Output):
    """Cross-entropy of each action of the gold tree, given those before it; answers are found by search.

    `beam` is how many sequences of actions are followed side by side; with 1 it is the best action at every step.
    `nbest` is how many trees are answered, the most probable first: with 2 and more a head has `trees` and `scores` [B,
    nbest] beside `tree` and `score`, `""` and 0 where the beam has found fewer. With `action_scores` it has the
    probability of each of the `actions`, given those before it, [B, S], negative after the last one.
    """

    elements = ("tree",)
    axes = (("S",),)

    def __init__(self, target: TreeOfTokens, *, beam: Count = 1, nbest: Count = 1, action_scores: bool = False) -> None:
        super().__init__()
        self.size = target.size
        self.actions = () if target.labels is None else target.labels.names  # another name since is no other action
        self.action_scores = action_scores
        self.follow(beam, nbest)

    def follow(self, beam: int, nbest: int = 1) -> None:
        """Search with another beam from now on: no weight depends on it. Raises `UsageError` for an `nbest` above."""
        if nbest > beam:
            raise WrongKeyError(
                "nbest", f"'nbest' should be at most 'beam', which is {beam}. Found {nbest}. Make the beam wider."
            )
        self.nbest = nbest
        each = self.action_scores
        self.search: Greedy | Beam = (
            Greedy(self.size, each=each) if beam == 1 else Beam(self.size, beam, nbest, each=each)
        )

    @property
    def output_dim(self) -> int:
        """Number of actions."""
        return self.size

    @property
    def more_answers(self) -> tuple[Answer, ...]:
        """Scores of actions, then the n best trees: of a text without tokens there is one, which is certain."""
        actions = Answer("action_scores", "action_scores", dims=("S",), without_tokens=END)
        certain = (1.0, *[0.0] * (self.nbest - 1))
        best = (
            Answer("trees", "trees", dims=("N",), tree=True, without_tokens=END),
            Answer("scores", "scores", dims=("N",), without_tokens=certain),
        )
        return (*((actions,) if self.action_scores else ()), *(best if self.nbest > 1 else ()))

    def count(self, targets: Tensor, answered: Tensor, lengths: Tensor, ids: Any = None) -> Tensor:
        """Return the number of actions of the trees whose words are all read."""
        shift = self.actions.index(SHIFT) if SHIFT in self.actions else MISSING
        whole = (targets == shift).sum(1) == lengths
        return (targets >= 0)[whole].sum()

    def loss(self, *scores_and_targets: Any) -> Losses:
        """Return a loss for each action of the batch."""
        taught, actions = scores_and_targets
        if not isinstance(taught, Taught):
            raise UsageError(_MISFIT.format(_name(taught)))
        scores, counted = taught
        steps = F.cross_entropy(scores.flatten(0, 1).float(), actions.clamp(min=0).flatten(), reduction="none")
        return Losses(steps, counted.flatten())

    def answer(self, *scores: Any) -> dict[str, Tensor]:
        """Return `actions` [B, S], ids, -1 after the last one, and `score` [B]: the probability of all of them.

        With `action_scores` those [B, S], -1 after the last one; with an `nbest` of 2 and more also `trees` [B, N, S]
        and `scores` [B, N].
        """
        (stepped,) = scores
        if not isinstance(stepped, Stepped) or not isinstance(stepped.decoder, TreeDecoder):
            raise UsageError(_MISFIT.format(_name(stepped)))
        most = stepped.decoder.system.most(stepped.values[0].values.shape[1])
        found = self.search.ranked(stepped, most)
        none = found.choices == self.size
        if self.nbest > 1:
            none = none | (found.scores < UNLIKELY)[:, :, None]
        trees, likely = torch.where(none, END, found.choices), found.scores.exp()
        answer = {"actions": trees[:, 0], "score": likely[:, 0]}
        if found.each is not None:
            answer["action_scores"] = torch.where(none, float(END), found.each.exp())[:, 0]
        return answer if self.nbest == 1 else {**answer, "trees": trees, "scores": likely}

    def gap(self, scores: tuple[Any, ...], answer: str, row: int, wanted: Any, given: Any) -> float:
        """Return how much more probable one tree is than another or, of greedy answers, its first other action.

        `wanted` and `given` are ids of actions [S], of trees that may differ in length.
        """
        (stepped,) = scores
        rows = PaddedSequence(*(value[row : row + 1] for value in stepped.values[0]))
        alone = Stepped(stepped.decoder, (rows, *stepped.values[1:]))
        one, other = (self._steps(alone, [*ids.tolist(), self.size]) for ids in (wanted, given))
        if isinstance(self.search, Greedy):
            pairs = zip([*wanted.tolist(), self.size], [*given.tolist(), self.size], strict=False)
            place = next(number for number, (mine, its) in enumerate(pairs) if mine != its)
            return float(one[place] - other[place])
        return float(one.sum() - other.sum())

    def _steps(self, stepped: Stepped, actions: list[int]) -> Tensor:
        """Return the log-probability of each of one text's actions, given those before it."""
        (read, state), before, found = stepped.decoder.start(*stepped.values), -1, []
        for action in actions:
            scores, state = stepped.decoder.step(read, state, torch.tensor([before]))
            found.append(scores.log_softmax(-1)[0, action])
            before = action
        return torch.stack(found)


def _name(value: Any) -> str:
    return "scores of another decoder" if not isinstance(value, Stepped) else f"'{type(value.decoder).__name__}'"
