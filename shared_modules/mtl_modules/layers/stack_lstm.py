"""An LSTM over a stack: whoever puts something on top of it goes on from the state of what lies below."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .lstm_step import lstm_step
from .pushes import Pushes


class StackLSTM(nn.Module):
    """An LSTM whose output for an element depends on that element and those below it.

    Source: Dyer, Ballesteros, Ling, Matthews and Smith (2015), "Transition-Based Dependency Parsing with Stack Long
    Short-Term Memory", section 3.1.
    """

    def __init__(self, input_dim: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(input_dim, hidden, batch_first=True)

    def forward(self, read: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return output and cell [N, H] for elements [N, D] and those of what lies below them."""
        return lstm_step(self.lstm, read, hidden, cell)

    def along(self, elements: Tensor, pushes: Pushes) -> Tensor:
        """Return outputs [N, H] for elements of stacks [N, D], zeros for the empty stack.

        All elements with as many below them are computed at once, in as many steps as the highest stack is high.
        """
        levels = pushes.by_height()
        order = torch.cat(levels)
        number = torch.empty_like(order).scatter_(0, order, torch.arange(len(order), device=order.device))
        read = torch.split(elements.index_select(0, order), [len(level) for level in levels])
        hidden = cell = elements.new_zeros(len(levels[0]), self.lstm.hidden_size)
        found, first = [hidden], 0
        for before, level, values in zip(levels, levels[1:], read[1:], strict=False):
            below = number[pushes.below[level]] - first
            hidden, cell = self(values, hidden.index_select(0, below), cell.index_select(0, below))
            found.append(hidden)
            first += len(before)
        return torch.cat(found).index_select(0, number)
