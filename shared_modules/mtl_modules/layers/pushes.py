"""What lies below what on the stacks of parsers, for all steps of their gold actions at once.

Every action leaves one new element on top of its stack: a word that is shifted, the label of a bracket that is opened,
or the bracket that is closed, in place of its label and of all above that. So an element is called by the step before
which it came to lie on top, and the stack before a step has that step's element on top. Step 0 is the empty stack.

Shapes: B texts, S steps; N of all B x S steps, which are counted text by text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .transition_system import INTENTS, REDUCES, SHIFTS, SLOTS, TransitionSystem


class Closed(NamedTuple):
    """Brackets that are closed at one depth: N of them, which hold at most M elements each.

    `steps` [N] are theirs, `labels` [N] those of their labels, `inside` [N, M] those of what they hold, the last one
    first; `counts` [N] says how many that are.
    """

    steps: Tensor
    labels: Tensor
    inside: Tensor
    counts: Tensor


class Pushes:
    """The elements of stacks, of which only those before a gold action count: the last action's is never looked at.

    `shifts`, `closes` [B, S] say what kind of action each element is from; `below` [N] is the element under it, itself
    for an empty stack, and `height` [N] how many there are on the stack, 0 where nothing counts.
    """

    def __init__(self, system: TransitionSystem, actions: Tensor) -> None:
        before = F.pad(actions, (1, 0), value=-1)[:, :-1]
        kinds = system.kinds[before]
        opens = (kinds == INTENTS) | (kinds == SLOTS)
        self.shifts, self.closes = kinds == SHIFTS, kinds == REDUCES
        self.depth = opens.long().cumsum(1) - self.closes.long().cumsum(1)
        steps = torch.arange(actions.shape[1], device=actions.device).expand_as(actions)
        openers = self._openers(opens, steps)
        first = actions.shape[1] * torch.arange(len(actions), device=actions.device)[:, None]
        self.openers = (openers + first).view(-1)
        self.below = ((torch.where(self.closes, openers, steps) - 1).clamp(min=0) + first).view(-1)
        self.height = self._height() * ((before >= 0) & (actions >= 0)).view(-1)

    def _openers(self, opens: Tensor, steps: Tensor) -> Tensor:
        """Return the step [B, S] of the label of each bracket that is closed; of other elements, any step."""
        levels = torch.arange(int(self.depth.max()) + 2, device=steps.device)
        opened = torch.where(opens[:, :, None] & (self.depth[:, :, None] == levels), steps[:, :, None], 0)
        return opened.cummax(1)[0].gather(2, (self.depth + 1)[:, :, None])[:, :, 0]

    def _height(self) -> Tensor:
        """Return how many elements there are down to the bottom, by jumps that double."""
        jump = self.below
        height = (jump != torch.arange(len(jump), device=jump.device)).long()
        while bool((jump != jump[jump]).any()):
            height, jump = height + height[jump], jump[jump]
        return height

    def by_height(self) -> list[Tensor]:
        """Return elements [N] by the height of their stacks, from 0: what lies below them is among those before."""
        return list(torch.split(self.height.argsort(stable=True), self.height.bincount().tolist()))

    def by_depth(self) -> Iterator[Closed]:
        """Yield the brackets that are closed, the deepest ones first: those inside them are among those before."""
        steps = (self.closes.view(-1) & (self.height > 0)).nonzero()[:, 0]
        if not len(steps):
            return
        depth = self.depth.view(-1)[steps]
        order = depth.argsort(descending=True, stable=True)
        steps, sizes = steps[order], depth.bincount().flip(0)
        labels = self.openers[steps]
        counts = self.height[steps - 1] - self.height[labels]
        inside = [steps - 1]
        for _ in range(int(counts.max()) - 1):
            inside.append(self.below[inside[-1]])
        parts = [torch.split(value, sizes.tolist()) for value in (steps, labels, torch.stack(inside, 1), counts)]
        for part in map(Closed._make, zip(*parts, strict=True)):
            if len(part.steps):
                yield part._replace(inside=part.inside[:, : int(part.counts.max())])
