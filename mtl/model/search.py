"""Search: finding the best answer among more than can be listed, eager and in an exported graph.

A search is a module that an output layer holds. Its `forward` is the eager side; `exportable()` returns the side that
is traced into the graph, an operator of its own (a `Scan`: Viterbi) or a loop (`mtl.model.loop`).

How a decoder that is taught with its own history fits. Its slot takes the target: in training it gets the gold answers
and makes all scores in one pass, as any component does, and other tasks may tie it. At inference there is no history
yet, so the graph hands the output layer a `Stepped`: the decoder with all that flows into it but the target. The search
asks it for what each row reads at every step and for a first state (`start`), then for scores and the next state, one
choice after another (`step`). Both are tuples of tensors whose first axis is the batch. An ONNX `Loop` carries the
state, which a beam reorders with `index_select`; what is only read lies outside of it, and is neither copied nor moved:

- a sequence-to-sequence decoder reads the projected source and its lengths; its state is the recurrent one; a step
  embeds the choice before, attends, and scores the vocabulary; the search stops when every row has chosen the end;
- a stack parser reads the words; its state is the stack as a tensor [B, depth, D] with a pointer [B], the buffer's
  pointer, the action history's state and the mask of open labels; a step scores actions, forbidden ones at
  `FORBIDDEN`, and composing is a gather and a scatter at the pointer; depth and steps are bounded by the length of the
  text, known before the loop.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from .loop import State, repeat

FORBIDDEN = -1e9  # the score of what may not be chosen: finite, so that where nothing may be there is no NaN
UNLIKELY = FORBIDDEN / 2  # a log-probability below it is that of a sequence with something forbidden


class Steppable(Protocol):
    """A decoder that is taught with its own history, seen by a search: an `nn.Module`."""

    def start(self, *values: Any) -> tuple[State, State]:
        """Return what every step reads, and the state before the first choice; first axes are the batch."""
        ...

    def step(self, read: State, state: State, choice: Tensor) -> tuple[Tensor, State]:
        """Return scores [B, C] of what comes next, and the state after a choice [B] (int64, -1 before the first).

        It computes with its arguments, parameters and buffers alone: an exported loop has no other tensors.
        """
        ...


class Stepped(NamedTuple):
    """A decoder that takes the target, outside training: the module and what flows into it but the target."""

    decoder: Steppable
    values: tuple[Any, ...]


class BestPaths(NamedTuple):
    """What a search has found: the N best sequences of choices [B, N, S] and their log-probabilities [B, N].

    `each` [B, N, S] are those of every choice, given the ones before it; None where the search does not keep them.
    """

    choices: Tensor
    scores: Tensor
    each: Tensor | None


class Search(nn.Module):
    """Finds the best answer; `forward` takes what the output layer hands it and is the eager side."""

    def exportable(self) -> nn.Module:
        """Return the module that takes this one's place in the exported graph: itself, unless it says otherwise."""
        return self


class Greedy(Search):
    """The best choice at every step, until every row has chosen `end`, or after `most` steps."""

    def __init__(self, end: int, *, each: bool = False) -> None:
        super().__init__()
        self.end = end
        self.each = each

    def forward(self, stepped: Stepped, most: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return choices [B, most] (`end` after the first `end`), their lengths [B], and log-probabilities [B].

        A choice of `end` is no part of a length.
        """
        return first_of(self.ranked(stepped, most), self.end)

    def ranked(self, stepped: Stepped, most: int) -> BestPaths:
        """Return the one sequence of choices [B, 1, most]; of equal scores the lowest id wins."""
        read, state = stepped.decoder.start(*stepped.values)
        rows, device = state[0].shape[0], state[0].device
        choice = torch.full((rows,), -1, dtype=torch.int64, device=device)
        done = torch.zeros(rows, dtype=torch.bool, device=device)
        score = torch.zeros(rows, dtype=torch.float32, device=device)
        chosen = torch.full((rows, most), self.end, dtype=torch.int64, device=device)
        each = (score.new_zeros(rows, most),) * self.each
        number = torch.zeros((), dtype=torch.int64, device=device)
        limit = torch.full_like(number, most)  # outside of the loop, into which torch takes no sizes

        def going(carried: State, read: State) -> Tensor:
            (number, _, done, *_), (limit, *_) = carried, read
            return (number < limit) & ~done.all()

        def step(carried: State, read: State) -> State:
            (number, choice, done, score, chosen, *more), (_, *rest) = carried, read
            each, state = more[: self.each], more[self.each :]
            scores, following = stepped.decoder.step(tuple(rest), tuple(state), choice)
            likely = scores.log_softmax(-1)
            best = torch.where(done, self.end, likely.argmax(-1))
            gained = torch.where(done, 0.0, likely.gather(1, best[:, None])[:, 0])
            place = number.expand_as(best)[:, None]
            chosen = chosen.scatter(1, place, best[:, None])
            each = [value.scatter(1, place, gained[:, None]) for value in each]
            return number + 1, best, done | (best == self.end), score + gained, chosen, *each, *following

        carried = (number, choice, done, score, chosen, *each, *state)
        _, _, _, score, chosen, *more = repeat(going, step, carried, (limit, *read), stepped.decoder)
        return BestPaths(chosen[:, None], score[:, None], more[0][:, None] if self.each else None)


def first_of(found: BestPaths, end: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the best sequences of choices [B, S], how many choices but `end` each has, [B], and their scores [B]."""
    first = found.choices[:, 0]
    return first, (first != end).sum(1), found.scores[:, 0]
