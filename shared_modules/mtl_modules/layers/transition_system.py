"""Which actions may build a tree on, as tensors: where a stack machine is, and a mask of what it may do next.

What no mask forbids is a tree over exactly the words of its text, in their order: an intent's bracket holds all of
them, brackets are not empty and alternate between intents and slots. At most `depth` of them are open at once, and at
most `opens` open without a shift between, so every sequence ends: after 2 N + T actions, of T words and N brackets,
of which there are at most `opens` times T. There is always something that is allowed.

Shapes: B texts, S steps, A actions, one of which is the end (the last id, allowed when the tree is whole).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mtl.text.transitions import OPEN, REDUCE, SHIFT, StackBounds
from mtl.text.trees import INTENT

# What kind of action it is, by its id.
SHIFTS, REDUCES, INTENTS, SLOTS, ENDS = range(5)


class Places(NamedTuple):
    """Where stack machines are, [B] each, or [B, S] before each of S actions.

    `front` is the number of words that are shifted, so that of the next one; `depth` how many brackets are open;
    `opens` how many have opened since the last shift; `opened` says whether the last action opened one; `around`,
    with an axis of 2 more, are the actions that opened the innermost bracket and the one around it, the id of the end
    where there is none.
    """

    front: Tensor
    depth: Tensor
    opens: Tensor
    opened: Tensor
    around: Tensor


class Stacks(NamedTuple):
    """The state of stack machines that take one action after another: `stack` [B, depth + 1], all else [B].

    Place 1 of a stack is its bottom; place 0 holds the id of the end.
    """

    front: Tensor
    depth: Tensor
    opens: Tensor
    stack: Tensor


class TransitionSystem(nn.Module):
    """The actions of `names` and one that ends; buffers only, so that it moves with its module."""

    kinds: Tensor
    shifted: Tensor  # [A] int64: how many words an action shifts
    deepened: Tensor  # [A] int64: how many more brackets are open after it

    def __init__(self, names: Sequence[str], bounds: StackBounds) -> None:
        super().__init__()
        self.bounds = bounds
        self.end = len(names)
        kinds = torch.tensor([*map(_kind, names), ENDS])
        deepened = ((kinds == INTENTS) | (kinds == SLOTS)).long() - (kinds == REDUCES).long()
        self.register_buffer("kinds", kinds, persistent=False)
        self.register_buffer("shifted", (kinds == SHIFTS).long(), persistent=False)
        self.register_buffer("deepened", deepened, persistent=False)

    @property
    def size(self) -> int:
        """The number of actions, the end among them."""
        return self.end + 1

    def most(self, words: int) -> int:
        """Return how many actions a tree over so many words has at most."""
        return (1 + 2 * self.bounds.opens) * words

    def start(self, lengths: Tensor) -> Stacks:
        """Return machines [B] before their first action."""
        front, depth, opens = (torch.zeros_like(lengths) for _ in range(3))  # apart: a loop carries each
        return Stacks(front, depth, opens, lengths.new_full((lengths.shape[0], self.bounds.depth + 1), self.end))

    def shifts(self, actions: Tensor) -> Tensor:
        """Return how many of the actions [B, S] shift a word, [B]."""
        return self.shifted[actions].sum(1)

    def after(self, stacks: Stacks, action: Tensor, lengths: Tensor) -> tuple[Stacks, Places]:
        """Return machines after one more action [B] each, and where they are; the end leaves them as they are.

        A beam may have to follow what is forbidden for want of anything else: nothing runs over the bounds.
        """
        shifted, deepened = (table.index_select(0, action) for table in (self.shifted, self.deepened))
        opened = deepened > 0
        front = torch.minimum(stacks.front + shifted, lengths)
        depth = (stacks.depth + deepened).clamp(0, self.bounds.depth)
        opens = torch.where(shifted > 0, 0, stacks.opens + opened.long())
        level = depth[:, None]
        pushed = opened[:, None] & (torch.arange(stacks.stack.shape[1], device=action.device) == level)
        stack = torch.where(pushed, action[:, None], stacks.stack)
        innermost = (level - torch.arange(2, device=action.device)).clamp(min=0)
        return Stacks(front, depth, opens, stack), Places(front, depth, opens, opened, stack.gather(1, innermost))

    def along(self, actions: Tensor) -> Places:
        """Return where machines are before each of the actions [B, S] of whole trees; -1 is padding."""
        kind = self.kinds[actions]
        opens = (kind == INTENTS) | (kind == SLOTS)
        shifts = kind == SHIFTS
        shifted, opened = shifts.long().cumsum(1), opens.long().cumsum(1)
        depth = opened - (kind == REDUCES).long().cumsum(1)
        since = opened - torch.where(shifts, opened, 0).cummax(1)[0]
        steps = torch.arange(actions.shape[1], device=actions.device)
        levels = torch.arange(int(depth.max()) + 1, device=actions.device)
        pushes = opens[:, :, None] & (depth[:, :, None] == levels)
        pushed = torch.where(pushes, steps[None, :, None], -1).cummax(1)[0]  # [B, S, levels]: the last push at each
        padded = torch.cat([actions, actions.new_full((len(actions), 1), self.end)], 1)

        def label(level: Tensor) -> Tensor:
            step = pushed.gather(2, level.clamp(min=0)[:, :, None])[:, :, 0]
            return padded.gather(1, torch.where((level > 0) & (step >= 0), step, actions.shape[1]))

        after = Places(shifted, depth, since, opens, torch.stack([label(depth), label(depth - 1)], -1))
        none = torch.full_like(after.around[:, :1], self.end)
        front, deep, opened_since, opening = (value.new_zeros(len(value), 1) for value in after[:4])
        first = Places(front, deep, opened_since, opening, none)
        return Places(*(torch.cat([f, a[:, :-1]], 1) for f, a in zip(first, after, strict=True)))

    def allowed(self, at: Places, lengths: Tensor) -> Tensor:
        """Return which actions may be next, [..., A] bool; `lengths` are words, in the shape of the places."""
        words = at.front < lengths
        within = at.depth > 0
        in_intent = self.kinds[at.around[..., 0]] == INTENTS
        opening = words & (at.depth < self.bounds.depth) & (at.opens < self.bounds.opens)
        by_kind = torch.stack(
            [
                words & within,
                within & ~at.opened & ((at.depth > 1) | ~words),
                opening & ~in_intent,
                opening & in_intent,
                ~(words | within),
            ],
            -1,
        )
        return by_kind.index_select(-1, self.kinds)


def _kind(action: str) -> int:
    if action in (SHIFT, REDUCE):
        return SHIFTS if action == SHIFT else REDUCES
    return INTENTS if action.startswith(OPEN + INTENT) else SLOTS
