"""The next action of a stack machine that builds a tree, from its stack, its buffer and all that it has done."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.base.registry import register
from mtl.data.targets import TreeOfTokens
from mtl.model.loop import State
from mtl.model.module import PaddedSequence

from ..layers.composition import Composition
from ..layers.dropout import Dropout
from ..layers.limits import Count, Rate
from ..layers.lstm_step import lstm_step
from ..layers.pushes import Pushes
from ..layers.stack_lstm import StackLSTM
from ..layers.transition_system import INTENTS, REDUCES, SHIFTS, SLOTS, Stacks
from ..representations.one_way_lstm import OneWayLSTM
from .tree_decoder import TreeDecoder, at_places, attended, masked, widened

MACHINES = len(Stacks._fields)
_LABELS = 0.1  # deviation of their vectors at first, about that of words' on a stack


@register("decoder", "rnng")
class RNNG(TreeDecoder):
    """A recurrent neural network grammar: three LSTMs over the stack, the words that are left and the actions so far.

    On the stack there are words, labels of open brackets, and brackets that were closed, each of which is one vector
    made of its label and of what it holds. What the LSTMs end in, the word in front and the words that stack and
    actions attend to make the scores, through a hidden layer. `hidden` is the size of the vectors on the stack, of the
    three LSTMs and of the hidden layer; `dim` is that of an action's vector. `dropout` is the rate on words, labels,
    closed brackets and actions, and around the hidden layer.

    Source: Dyer, Kuncoro, Ballesteros and Smith (2016), "Recurrent Neural Network Grammars", in the discriminative
    form of section 4.4; for trees of intents and slots Gupta et al. (2018), section 4; attention as in Luong et al.
    (2015), section 3.1.
    """

    def __init__(
        self, input_dim: int, target: TreeOfTokens, *, dim: Count = 32, hidden: Count = 128, dropout: Rate = 0.0
    ) -> None:
        super().__init__(target)
        self.hidden = hidden
        self.words = nn.Linear(input_dim, hidden)
        self.labels = nn.Embedding(self.system.size, hidden)
        nn.init.normal_(self.labels.weight, std=_LABELS)
        self.actions = nn.Embedding(self.system.size, dim)
        self.composition = Composition(hidden, dropout)
        self.stack = StackLSTM(hidden, hidden)
        self.buffer = OneWayLSTM(hidden, hidden=hidden, direction="backward")
        self.history = nn.LSTM(dim, hidden, batch_first=True)
        self.asks = nn.Linear(2 * hidden, input_dim, bias=False)
        self.layer = nn.Linear(3 * hidden + 2 * input_dim, hidden)
        self.scores = nn.Linear(hidden, self.system.end)
        self.dropout = Dropout(dropout)

    def taught(self, inputs: PaddedSequence, actions: Tensor) -> Tensor:
        """Return the scores [B, S, A] of what comes at each of the gold actions [B, S]."""
        at = self.system.along(actions)
        # A text of fewer words than its tree has, because it is not read to the end, has no word for each place.
        words, left = self._read(inputs).chunk(2, -1)
        whole = PaddedSequence(widened(inputs), inputs.lengths)
        front = at.front.clamp(max=words.shape[1] - 1)
        before = F.pad(actions[:, :-1], (1, 0), value=-1) % self.system.size  # -1 is the end's
        pushes = Pushes(self.system, actions)
        shifted = at_places(words, (front - 1).clamp(min=0))
        elements = torch.where(pushes.shifts[:, :, None], shifted, self.dropout(self.labels(before)))
        elements = self.composition.along(elements.flatten(0, 1), pushes)
        stack = self.stack.along(elements, pushes).view(*actions.shape, -1)
        history, _ = self.history(self.dropout(self.actions(before)))
        allowed = self.system.allowed(at, inputs.lengths[:, None].expand_as(actions))
        return self._scores(stack, at_places(left, front), history, at_places(whole.values, front), whole, allowed)

    def _read(self, inputs: PaddedSequence) -> Tensor:
        """Return [B, T + 1, 2 hidden]: of each word its vector on the stack, and what is left from it on."""
        words = PaddedSequence(self.dropout(self.words(inputs.values)), inputs.lengths)
        return torch.cat([widened(words), widened(self.buffer(words))], -1)

    def _scores(
        self, stack: Tensor, left: Tensor, history: Tensor, front: Tensor, words: PaddedSequence, allowed: Tensor
    ) -> Tensor:
        """Return [B, S, A] for outputs of the three LSTMs and the words in front, [B, S, …]."""
        asked = self.asks(torch.cat([stack, history], -1))
        read = self.dropout(torch.cat([stack, left, history, front, attended(asked, words)], -1))
        return masked(self.scores(self.dropout(self.layer(read).tanh())), allowed)

    # -- one action after another

    def start(self, *values: Any) -> tuple[State, State]:
        """Return what every step reads, and the state before the first action: ten tensors, which a loop carries.

        Read are the words, their vectors [B, T + 1, D] and what is made of them [B, T + 1, 2 hidden], and their number
        [B]. The state is `front`, `depth`, `opens` [B] and
        `stack` [B, depth + 1] of the stack machines; how high their stacks are, [B], and were when the bracket at each
        depth was opened, [B, depth + 1]; for each place of a stack, from the bottom, the vector of what is there,
        [B, T + 1 + depth, hidden], and the LSTM's output and cell; output and cell of the history [B, hidden].
        """
        words, lengths = self._read(values[0]), values[0].lengths
        machines = self.system.start(lengths)
        nothing = [words.new_zeros(words.shape[0], self.hidden) for _ in range(2)]
        # No bracket is empty, so there are never more words and closed brackets on a stack than words were shifted.
        high = words.shape[1] + self.system.bounds.depth
        elements, states = (words.new_zeros(words.shape[0], high, size * self.hidden) for size in (1, 2))
        height, begins = torch.zeros_like(lengths), torch.zeros_like(machines.stack)
        return (widened(values[0]), words, lengths), (*machines, height, begins, elements, states, *nothing)

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        """Return scores [B, A] of what comes after an action [B], and the state that it leads to."""
        before = Stacks(*state[:MACHINES])
        height, begins, elements, states, hidden, cell = state[MACHINES:]
        vectors, words, lengths = read
        action = choice % self.system.size  # before the first, the end
        stacks, at = self.system.after(before, action, lengths)
        kind = self.system.kinds[action]
        opens, closes = (kind == INTENTS) | (kind == SLOTS), kind == REDUCES
        pushes = opens | closes | (kind == SHIFTS)
        rows = torch.arange(choice.shape[0], device=choice.device)
        numbers = torch.arange(elements.shape[1], device=choice.device)
        begun = begins[rows, before.depth]
        inside = elements[rows[:, None], (height[:, None] - numbers).clamp(min=0)]
        closed = self.composition(
            self.labels(before.stack[rows, before.depth]), PaddedSequence(inside, (height - begun).clamp(min=1))
        )
        element = torch.where(closes[:, None], closed, self.labels(action))
        element = torch.where((kind == SHIFTS)[:, None], words[rows, before.front].chunk(2, -1)[0], element)
        # A beam may have to follow what is forbidden: nothing runs over the stack, or under its bottom.
        height = torch.where(closes, begun.clamp(min=1), (height + pushes.long()).clamp(max=elements.shape[1] - 1))
        depths = torch.arange(begins.shape[1], device=choice.device)
        begins = torch.where(opens[:, None] & (depths == stacks.depth[:, None]), height[:, None], begins)
        reached = self.stack(element, *states[rows, (height - 1).clamp(min=0)].chunk(2, -1))
        pushed = (pushes[:, None] & (numbers == height[:, None]))[:, :, None]
        elements = torch.where(pushed, element[:, None], elements)
        states = torch.where(pushed, torch.cat(reached, -1)[:, None], states)
        hidden, cell = lstm_step(self.history, self.actions(action), hidden, cell)
        top = states[rows, height].chunk(2, -1)[0]
        left = words[rows, stacks.front].chunk(2, -1)[1]
        allowed = self.system.allowed(at, lengths)[:, None]
        front = at_places(vectors, stacks.front[:, None])
        within = PaddedSequence(vectors, lengths)
        scores = self._scores(top[:, None], left[:, None], hidden[:, None], front, within, allowed)[:, 0]
        return scores, (*stacks, height, begins, elements, states, hidden, cell)

    def exportable(self) -> nn.Module:
        """Return the same with ONNX `LSTM` nodes for the buffer and for closed brackets."""
        found = copy.copy(self)  # which has the same parameters
        stand_ins = {"buffer": self.buffer.exportable(), "composition": self.composition.exportable()}
        found._modules = {**self._modules, **stand_ins}
        return found
