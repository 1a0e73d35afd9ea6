"""The next action of a stack machine that builds a tree, from all that it has done and from the words."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.data.targets import TreeOfTokens
from mtl.model.loop import State
from mtl.model.module import PaddedSequence

from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.lstm_step import lstm_step
from ..layers.transition_system import Places, Stacks
from .tree_decoder import TreeDecoder, at_places, attended, masked, widened


@register("decoder", "transition")
class Transition(TreeDecoder):
    """An LSTM over the actions that build a tree, which also reads the word in front of it and the open brackets.

    At each step it reads the action before, the vector of the next word and the labels of the two innermost brackets;
    its output, the next word and the words that it attends to make the scores, through a hidden layer. `dim` is the
    size of an action's vector, `hidden` that of the LSTM and of the hidden layer, `dropout` the rate before both.

    Source: Dyer et al. (2015), "Transition-Based Dependency Parsing with Stack Long Short-Term Memory", in a form
    without a stack of LSTM states; attention as in Luong et al. (2015), section 3.1.
    """

    def __init__(
        self, input_dim: int, target: TreeOfTokens, *, dim: Count = 32, hidden: Count = 128, dropout: Rate = 0.0
    ) -> None:
        super().__init__(target)
        self.actions = nn.Embedding(self.system.size, dim)
        self.lstm = nn.LSTM(3 * dim + input_dim, hidden, batch_first=True)
        self.asks = nn.Linear(hidden, input_dim, bias=False)
        self.layer = nn.Linear(hidden + 2 * input_dim, hidden)
        self.scores = nn.Linear(hidden, self.system.end)
        self.dropout = Dropout(dropout)

    def taught(self, inputs: PaddedSequence, actions: Tensor) -> Tensor:
        """Return the scores [B, S, A] of what comes at each of the gold actions [B, S]."""
        at = self.system.along(actions)
        words = PaddedSequence(widened(inputs), inputs.lengths)
        # A text of fewer words than its tree has, because it is not read to the end, has no word for each place.
        front = at_places(words.values, at.front.clamp(max=words.values.shape[1] - 1))
        before = F.pad(actions[:, :-1], (1, 0), value=-1) % self.system.size  # -1 is the end's
        outputs, _ = self.lstm(self._read(before, at, front))
        allowed = self.system.allowed(at, inputs.lengths[:, None].expand_as(actions))
        return self._scores(outputs, front, words, allowed)

    def _read(self, before: Tensor, at: Places, front: Tensor) -> Tensor:
        """Return what the LSTM reads, [..., 3 dim + D]."""
        labels = self.actions(torch.cat([before[..., None], at.around], -1))
        read: Tensor = self.dropout(torch.cat([labels.view(*before.shape, -1), front], -1))
        return read

    def _scores(self, outputs: Tensor, front: Tensor, words: PaddedSequence, allowed: Tensor) -> Tensor:
        """Return [B, S, A] for outputs of the LSTM and the words in front, [B, S, …]."""
        found = torch.cat([outputs, front, attended(self.asks(outputs), words)], -1)
        return masked(self.scores(self.dropout(self.layer(self.dropout(found)).tanh())), allowed)

    def start(self, *values: Any) -> tuple[State, State]:
        """Return what every step reads, and the state before the first action: six tensors, which a loop carries.

        Read are the words: vectors [B, T + 1, D] and lengths [B]. The state is `front`, `depth`, `opens` [B] and
        `stack` [B, depth + 1] of the stack machines, and the LSTM's output and cell [B, hidden].
        """
        words, lengths = widened(values[0]), values[0].lengths
        nothing = [words.new_zeros(words.shape[0], self.lstm.hidden_size) for _ in range(2)]
        return (words, lengths), (*self.system.start(lengths), *nothing)

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        """Return scores [B, A] of what comes after an action [B], and the state that it leads to."""
        words, (*machines, hidden, cell) = PaddedSequence(*read), state
        action = choice % self.system.size  # before the first, the end
        stacks, at = self.system.after(Stacks(*machines), action, words.lengths)
        front = at_places(words.values, at.front[:, None])
        hidden, cell = lstm_step(self.lstm, self._read(action, at, front[:, 0]), hidden, cell)
        allowed = self.system.allowed(at, words.lengths)[:, None]
        scores = self._scores(hidden[:, None], front, words, allowed)[:, 0]
        return scores, (*stacks, hidden, cell)
