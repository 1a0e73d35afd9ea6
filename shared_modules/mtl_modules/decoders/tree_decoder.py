"""What decoders have in common that build trees action by action."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.base.errors import UsageError
from mtl.base.registry import name_of
from mtl.data.targets import TreeOfTokens
from mtl.model.loop import State
from mtl.model.module import Decoder, PaddedSequence
from mtl.model.precision import in_float32
from mtl.model.search import FORBIDDEN

from ..layers.transition_system import TransitionSystem


class Taught(NamedTuple):
    """Scores of every action at every step of the gold actions, [B, S, A], and which steps count, [B, S] bool."""

    scores: Tensor
    counted: Tensor


class TreeDecoder(Decoder):
    """Scores the next action of a stack machine; the masks of its `system` let only trees over the words come out.

    In training all steps are computed at once from the gold actions (`taught`), otherwise a search asks for one after
    another (`start`, `step`; see `mtl.model.search`).
    """

    beside = False

    def __init__(self, target: TreeOfTokens) -> None:
        super().__init__()
        if not isinstance(target, TreeOfTokens):
            raise UsageError(
                f"'{name_of(type(self))}' should be the decoder of a task that predicts trees. Found {target.shape()}."
            )
        names = () if target.labels is None else target.labels.names  # another name since is no other kind of action
        self.system = TransitionSystem(names, target.bounds)

    def forward(self, inputs: Any, *given: Any) -> Any:
        """Return `Taught` for vectors [B, T, D] and gold actions [B, S]; texts that are not read whole do not count."""
        if not isinstance(inputs, PaddedSequence):
            raise UsageError(
                f"'{name_of(type(self))}' should get the tokens of a text, not pooled. Found one vector a text."
            )
        actions = given[0].clamp(min=-1)
        whole = self.system.shifts(actions) == inputs.lengths
        return Taught(in_float32(self.taught, inputs, actions), (actions >= 0) & whole[:, None])

    def taught(self, inputs: PaddedSequence, actions: Tensor) -> Tensor:
        """Return the scores [B, S, A] of what comes at each of the gold actions [B, S], -1 after the last one."""
        raise NotImplementedError

    def start(self, *values: Any) -> tuple[State, State]:
        """Return what every step reads, and the state before the first action."""
        raise NotImplementedError

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        """Return scores [B, A] of what comes after an action [B], and the state that it leads to."""
        raise NotImplementedError

    @property
    def output_dim(self) -> int:
        """Scores per step."""
        return self.system.size


def masked(scores: Tensor, allowed: Tensor) -> Tensor:
    """Return scores [..., A] for those [..., A - 1] of all actions but the end, which is allowed only by itself."""
    return torch.where(allowed, F.pad(scores, (0, 1)), FORBIDDEN)


def widened(inputs: PaddedSequence) -> Tensor:
    """Return [B, T + 1, D]: the words, and zeros for what is in front once all are shifted."""
    return F.pad(torch.where(inputs.mask()[:, :, None], inputs.values, 0.0), (0, 0, 0, 1))


def at_places(values: Tensor, places: Tensor) -> Tensor:
    """Return the vectors [B, S, D] of [B, T, D] at some places [B, S]."""
    rows, length, size = values.shape
    first = length * torch.arange(rows, device=values.device)
    flat = (places + first[:, None]).view(-1)
    return values.reshape(-1, size).index_select(0, flat).view(rows, places.shape[1], size)


def attended(asked: Tensor, words: PaddedSequence) -> Tensor:
    """Return means [B, S, D] of words, by their products with what is asked [B, S, D] (Luong et al., 2015)."""
    alike = torch.bmm(asked, words.values.transpose(1, 2))
    weights = alike.masked_fill(~words.mask()[:, None, :], float("-inf")).softmax(2)
    return torch.bmm(weights, words.values)
