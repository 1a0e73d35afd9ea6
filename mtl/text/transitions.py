"""Actions that build a tree from left to right, as a stack machine takes them one after another.

`[IN:A` opens a bracket, `shift` takes the next word into it, `]` closes the bracket that was opened last. A tree has
one sequence of actions, and a sequence that no mask forbids (`mtl_modules.layers.transition_system`) builds one tree.

Source: Dyer, Kuncoro, Ballesteros and Smith (2016), "Recurrent Neural Network Grammars", section 3; for trees of
intents and slots Gupta et al. (2018), section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .trees import Bracket, Tree

SHIFT, REDUCE, OPEN = "shift", "]", "["  # an opening action is OPEN and the label


class StackBounds(NamedTuple):
    """What keeps sequences of actions finite: the brackets open at once, and those opened without a shift between."""

    depth: int
    opens: int


def oracle(tree: Tree) -> Iterator[str]:
    """Yield the actions that build a tree whose first bracket holds all words.

    >>> list(oracle((Bracket("IN:A", 0, 2), Bracket("SL:B", 1, 2))))
    ['[IN:A', 'shift', '[SL:B', 'shift', ']', ']']
    """
    opened: list[int] = []  # where each ends
    rest = list(reversed(tree))
    for place in range(tree[0].end + 1):
        while opened and opened[-1] == place:
            opened.pop()
            yield REDUCE
        while rest and rest[-1].start == place:
            bracket = rest.pop()
            opened.append(bracket.end)
            yield OPEN + bracket.label
        if place < tree[0].end:
            yield SHIFT


def tree_of(actions: Iterable[str]) -> Tree:
    """Return the tree that actions build; brackets that they leave open end at the last word.

    >>> tree_of(["[IN:A", "shift", "[SL:B", "shift", "]", "]"])
    (Bracket(label='IN:A', start=0, end=2), Bracket(label='SL:B', start=1, end=2))
    """
    opened: list[int] = []
    found: list[Bracket] = []
    words = 0
    for action in actions:
        if action == SHIFT:
            words += 1
        elif action == REDUCE:
            place = opened.pop()
            found[place] = found[place]._replace(end=words)
        else:
            opened.append(len(found))
            found.append(Bracket(action.removeprefix(OPEN), words, words))
    for place in opened:
        found[place] = found[place]._replace(end=words)
    return tuple(found)


def bounds_of(actions: Iterable[str]) -> StackBounds:
    """Return the narrowest bounds that allow these actions.

    >>> bounds_of(["[IN:A", "[SL:B", "shift", "]", "shift", "]"])
    StackBounds(depth=2, opens=2)
    """
    depth = opens = deepest = most = 0
    for action in actions:
        if action == SHIFT:
            opens = 0
        elif action == REDUCE:
            depth -= 1
        else:
            depth, opens = depth + 1, opens + 1
        deepest, most = max(deepest, depth), max(most, opens)
    return StackBounds(deepest, most)
