"""The next action of a stack machine that builds a tree, from all that it has done and from the words."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.data.targets import TreeOfTokens
from mtl.model.module import Decoder, PaddedSequence
from mtl.model.precision import in_float32
from mtl.model.search import State

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.transition_system import Places, Stacks, TransitionSystem

FORBIDDEN = -1e9  # finite, so that a row in which nothing is allowed has no NaN


class Taught(NamedTuple):
    """Scores of every action at every step of the gold actions, [B, S, A], and which steps count, [B, S] bool."""

    scores: Tensor
    counted: Tensor


@register("decoder", "transition")
class Transition(Decoder):
    """An LSTM over the actions that build a tree, which also reads the word in front of it and the open brackets.

    At each step it reads the action before, the vector of the next word and the labels of the two innermost brackets;
    its output, the next word and the words that it attends to make the scores, through a hidden layer. `dim` is the
    size of an action's vector, `hidden` that of the LSTM and of the hidden layer, `dropout` the rate before both.
    In training all steps are computed at once, from the gold actions.

    Source: Dyer et al. (2015), "Transition-Based Dependency Parsing with Stack Long Short-Term Memory", in a form
    without a stack of LSTM states; attention as in Luong et al. (2015), section 3.1.
    """

    beside = False

    def __init__(
        self, input_dim: int, target: TreeOfTokens, *, dim: Count = 32, hidden: Count = 128, dropout: Rate = 0.0
    ) -> None:
        super().__init__()
        if not isinstance(target, TreeOfTokens):
            raise UsageError(
                f"'transition' should be the decoder of a task that predicts trees. Found {target.shape()}."
            )
        names = () if target.labels is None else target.labels.names  # another name since is no other kind of action
        self.system = TransitionSystem(names, target.bounds)
        self.actions = nn.Embedding(self.system.size, dim)
        self.lstm = nn.LSTM(3 * dim + input_dim, hidden, batch_first=True)
        self.asks = nn.Linear(hidden, input_dim, bias=False)
        self.layer = nn.Linear(hidden + 2 * input_dim, hidden)
        self.scores = nn.Linear(hidden, self.system.end)
        self.dropout = Dropout(dropout)

    def forward(self, inputs: Any, *given: Any) -> Any:
        """Return `Taught` for vectors [B, T, D] and gold actions [B, S]; texts that are not read whole do not count."""
        if not isinstance(inputs, PaddedSequence):
            raise UsageError("'transition' should get the tokens of a text, not pooled. Found one vector a text.")
        (actions,) = given
        return Taught(*in_float32(self._taught, inputs, actions))

    def _taught(self, inputs: PaddedSequence, actions: Tensor) -> tuple[Tensor, Tensor]:
        actions = actions.clamp(min=-1)
        at = self.system.along(actions)
        shifts = self.system.shifts(actions)
        words = self._words(inputs)
        # A text of fewer words than its tree has, because it is not read to the end, has no word for each place.
        front = _at(words.values, at.front.clamp(max=words.values.shape[1] - 1))
        outputs, _ = self.lstm(self._read(F.pad(actions[:, :-1], (1, 0), value=-1), at, front))
        allowed = self.system.allowed(at, inputs.lengths[:, None].expand_as(actions))
        return self._scores(outputs, front, words, allowed), (actions >= 0) & (shifts == inputs.lengths)[:, None]

    def _words(self, inputs: PaddedSequence) -> PaddedSequence:
        """Return [B, T + 1, D]: the words, and zeros for what is in front once all are shifted."""
        values = torch.where(inputs.mask()[:, :, None], inputs.values, 0.0)
        return PaddedSequence(F.pad(values, (0, 0, 0, 1)), inputs.lengths)

    def _read(self, before: Tensor, at: Places, front: Tensor) -> Tensor:
        """Return what the LSTM reads, [..., 3 dim + D]."""
        labels = [self.actions(ids % self.system.size) for ids in (before, at.top, at.below)]  # -1 is the end's
        read: Tensor = self.dropout(torch.cat([*labels, front], -1))
        return read

    def _scores(self, outputs: Tensor, front: Tensor, words: PaddedSequence, allowed: Tensor) -> Tensor:
        """Return [B, S, A] for outputs of the LSTM and the words in front, [B, S, …]."""
        alike = torch.bmm(self.asks(outputs), words.values.transpose(1, 2))
        weights = alike.masked_fill(~words.mask()[:, None, :], float("-inf")).softmax(2)
        found = torch.cat([outputs, front, torch.bmm(weights, words.values)], -1)
        scores = self.scores(self.dropout(self.layer(self.dropout(found)).tanh()))
        return torch.where(allowed, F.pad(scores, (0, 1)), FORBIDDEN)

    # -- one action after another

    def start(self, *values: Any) -> State:
        """Return the state before the first action: eight tensors, which a loop carries.

        `front`, `depth`, `opens` [B] and `stack` [B, depth + 1] of the stack machines, the LSTM's output and cell
        [B, hidden], and the words: vectors [B, T + 1, D] and lengths [B].
        """
        words = self._words(values[0])
        nothing = [words.values.new_zeros(words.values.shape[0], self.lstm.hidden_size) for _ in range(2)]
        return (*self.system.start(words.lengths), *nothing, *words)

    def step(self, state: State, choice: Tensor) -> tuple[Tensor, State]:
        """Return scores [B, A] of what comes after an action [B], and the state that it leads to."""
        *machines, hidden, cell, values, lengths = state
        stacks = self.system.after(Stacks(*machines), choice, lengths)
        at = self.system.places(stacks, choice)
        front = _at(values, at.front[:, None])
        hidden, cell = self._cell(self._read(choice, at, front[:, 0]), hidden, cell)
        allowed = self.system.allowed(at, lengths)[:, None]
        scores = self._scores(hidden[:, None], front, PaddedSequence(values, lengths), allowed)[:, 0]
        return scores, (*stacks, hidden, cell, values, lengths)

    def _cell(self, read: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output and the cell of one step of the LSTM."""
        of_read, of_hidden, bias_read, bias_hidden = self.lstm.all_weights[0]
        gates = F.linear(read, of_read, bias_read) + F.linear(hidden, of_hidden, bias_hidden)
        let_in, keep, new, out = gates.chunk(4, -1)
        cell = keep.sigmoid() * cell + let_in.sigmoid() * new.tanh()
        return out.sigmoid() * cell.tanh(), cell

    @property
    def output_dim(self) -> int:
        """Scores per step."""
        return self.system.size


def _at(words: Tensor, places: Tensor) -> Tensor:
    """Return the vectors [B, S, D] of the words [B, T + 1, D] at some places [B, S]."""
    return words.gather(1, places[:, :, None].expand(-1, -1, words.shape[2]))
