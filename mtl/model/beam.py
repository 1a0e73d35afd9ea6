"""Beam search: the best ones of several sequences of choices that are followed side by side."""

from __future__ import annotations

import torch
from torch import Tensor

from .loop import State, repeat
from .search import UNLIKELY, BestPaths, Search, Stepped, first_of


class Beam(Search):
    """At every step the `width` most probable sequences, until the `best` first have chosen `end`, or for `most` steps.

    None that goes on can overtake one that has ended, since no choice makes a sequence more probable. With a width of 1
    it is the greedy search. Source: Lowerre (1976), "The HARPY Speech Recognition System".
    """

    def __init__(self, end: int, width: int, best: int = 1, *, each: bool = False) -> None:
        super().__init__()
        self.end = end
        self.width = width
        self.best = best
        self.each = each

    def forward(self, stepped: Stepped, most: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return choices [B, most] (`end` after the first `end`), their lengths [B], and log-probabilities [B].

        A choice of `end` is no part of a length. These are the first of what `ranked` returns.
        """
        return first_of(self.ranked(stepped, most), self.end)

    def ranked(self, stepped: Stepped, most: int) -> BestPaths:
        """Return the `best` sequences of choices [B, N, most], the most probable first.

        Where there are fewer, the others are less than `UNLIKELY`, and their choices mean nothing. A loop carries the
        number of the step [], the last choices [B x W], the scores [B, W], all choices [B x W, most], the scores of
        each if they are kept, and the decoder's state, each row W times.
        """
        width = self.width
        given, first = stepped.decoder.start(*stepped.values)
        rows, device = first[0].shape[0], first[0].device
        read, state = (tuple(tensor.repeat_interleave(width, 0) for tensor in tensors) for tensors in (given, first))
        choice = torch.full((rows * width,), -1, dtype=torch.int64, device=device)
        score = torch.where(torch.arange(width, device=device) == 0, 0.0, -torch.inf).expand(rows, -1).contiguous()
        chosen = torch.full((rows * width, most), self.end, dtype=torch.int64, device=device)
        each = (score.new_zeros(rows * width, most),) * self.each
        number = torch.zeros((), dtype=torch.int64, device=device)
        limit = torch.full_like(number, most)  # outside of the loop, into which torch takes no sizes
        firsts = width * torch.arange(rows, device=device)[:, None]

        def going(carried: State, read: State) -> Tensor:
            (number, choice, score, *_), (limit, *_) = carried, read
            ended = (choice.view(-1, width) == self.end) | (score < UNLIKELY)
            return (number < limit) & ~ended[:, : self.best].all()

        def step(carried: State, read: State) -> State:
            (number, choice, score, chosen, *more), (_, firsts, *rest) = carried, read
            each, state = more[: self.each], more[self.each :]
            scores, following = stepped.decoder.step(tuple(rest), tuple(state), choice)
            size = scores.shape[1]
            ends = torch.where(torch.arange(size, device=device) == self.end, 0.0, -torch.inf)
            likely = torch.where((choice == self.end)[:, None], ends, scores.log_softmax(-1))
            total = (score[:, :, None] + likely.view(-1, width, size)).view(-1, width * size)
            best, places = total.topk(width)
            parents = (places // size + firsts).view(-1)
            choice = (places % size).view(-1)
            place = number.expand_as(choice)[:, None]
            chosen = chosen.index_select(0, parents).scatter(1, place, choice[:, None])
            if each:
                gained = likely.view(-1, width * size).gather(1, places).view(-1, 1)
                each = [value.index_select(0, parents).scatter(1, place, gained) for value in each]
            kept = (tensor.index_select(0, parents) for tensor in following)
            return number + 1, choice, best, chosen, *each, *kept

        carried = (number, choice, score, chosen, *each, *state)
        _, _, score, chosen, *more = repeat(going, step, carried, (limit, firsts, *read), stepped.decoder)
        best = slice(self.best)
        gained = more[0].view(rows, width, most)[:, best] if self.each else None
        return BestPaths(chosen.view(rows, width, most)[:, best], score[:, best], gained)
