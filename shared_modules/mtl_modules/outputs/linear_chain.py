"""Sums and maxima over all label sequences of a linear chain, in time linear in the sequence's length.

Shapes: scores [B, T, C], lengths [B], transitions [C, C] (from, to), start and end [C]. Sums (Lafferty et al., 2001;
Rabiner, 1989, section V.A on scaling) run in the probability domain, where a step is one matrix product
[B, C] x [C, C], and are rescaled at every step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

# A transition counts as at least e^-FLOOR times as likely as the likeliest one. So a message from any label reaches
# the best label of the next token with that factor at least, and no sum leaves the range of the numbers: 1e-38 = e^-87
# in float32, 1e-308 = e^-708 in float64.
FLOORS = {torch.float32: 70.0, torch.float64: 600.0}


class Chain(NamedTuple):
    """A batch of chains: what every function of this file takes."""

    scores: Tensor
    lengths: Tensor
    transitions: Tensor
    start: Tensor
    end: Tensor

    def mask(self) -> Tensor:
        """Return [B, T] bool: True where there is a token."""
        positions = torch.arange(self.scores.shape[1], device=self.scores.device)
        return positions[None, :] < self.lengths[:, None]

    def last(self, values: Tensor) -> Tensor:
        """Return [B, C]: what `values` [B, T, C] holds at each row's last token."""
        rows = torch.arange(len(self.lengths), device=self.lengths.device)
        return values[rows, self.lengths - 1]


class _Forward(NamedTuple):
    potentials: Tensor  # [B, T, C]: exp of the scores; the largest of a token is 1
    moves: Tensor  # [C, C]: exp of the transitions; the largest is 1
    final: Tensor  # [C]: exp of the end scores; the largest is 1
    alphas: Tensor  # [B, T, C]: sums over what leads to each label; each token's sum to 1
    scales: Tensor  # [B, T]: what each token's were divided by
    log_partition: Tensor  # [B]


def _exp(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return exp(values - largest), and the largest."""
    peak = values.amax()
    return (values - peak).clamp(min=-FLOORS[values.dtype]).exp(), peak


def _forward(chain: Chain) -> _Forward:
    peaks = chain.scores.amax(-1, keepdim=True)
    potentials = (chain.scores - peaks).exp()
    (moves, move_peak), (initial, start_peak), (final, end_peak) = map(_exp, chain[2:])
    alphas, scales = [], []
    alpha = initial * potentials[:, 0]
    for t, potential in enumerate(potentials.unbind(1)):
        if t:
            alpha = (alpha @ moves) * potential
        scale = alpha.sum(-1, keepdim=True)
        alpha = alpha / scale
        alphas.append(alpha)
        scales.append(scale)
    every, scaled = torch.stack(alphas, 1), torch.cat(scales, -1)
    steps = ((scaled.log() + peaks.squeeze(-1)) * chain.mask()).sum(-1)
    ended = (chain.last(every) @ final).log()
    constants = start_peak + end_peak + move_peak * (chain.lengths - 1)
    return _Forward(potentials, moves, final, every, scaled, steps + ended + constants)


def _betas(chain: Chain, forward: _Forward) -> Tensor:
    """Return [B, T, C]: sums over what follows each label, up to a factor a token; `final` at a row's last token."""
    last = (chain.lengths - 1)[:, None]
    back = forward.moves.t()
    potentials = forward.potentials.unbind(1)
    beta = forward.final.expand(len(last), -1)
    betas = [beta]
    for t in range(len(potentials) - 2, -1, -1):
        beta = beta * potentials[t + 1]
        beta = (beta / beta.amax(-1, keepdim=True)) @ back
        beta = torch.where(last <= t, forward.final, beta)
        betas.append(beta)
    return torch.stack(betas[::-1], 1)


def marginals(chain: Chain) -> Tensor:
    """Return [B, T, C]: the probability of each label at each token, zeros where there is padding.

    In float64: answers may be constrained by forbidden transitions, which scores of tokens must not outweigh.
    """
    scores, lengths, *others = chain
    precise = Chain(scores.double(), lengths, *(values.double() for values in others))
    forward = _forward(precise)
    products = forward.alphas * _betas(precise, forward)
    return (products * (chain.mask() / products.sum(-1))[:, :, None]).to(scores.dtype)


def log_partition(chain: Chain) -> Tensor:
    """Return [B]: the logarithm of the sum over all label sequences; differentiable once, by marginals."""
    return _LogPartition.apply(*chain)  # type: ignore[no-any-return, no-untyped-call]  # torch leaves it untyped


class _LogPartition(torch.autograd.Function):
    """The forward algorithm, and forward-backward as its gradient: cheaper than recording every step."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
        chain = Chain(scores, lengths, transitions, start, end)
        forward = _forward(chain)
        ctx.save_for_backward(*chain, *forward)
        return forward.log_partition

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        chain = Chain(*ctx.saved_tensors[:5])
        forward = _Forward(*ctx.saved_tensors[5:])
        betas = _betas(chain, forward)
        products = forward.alphas * betas
        totals = products.sum(-1)  # [B, T]
        weights = chain.mask() * grad[:, None]
        unary = products * (weights / totals)[:, :, None]
        # The marginal of a pair is alpha_t(i) moves(i, j) potential_t+1(j) beta_t+1(j) over its sum, which is that of
        # alpha_t+1 beta_t+1 times the scale of t+1. Each factor gets the root of it: the whole might overflow.
        roots = totals.rsqrt() * forward.scales.rsqrt()
        before = forward.alphas[:, :-1] * roots[:, 1:, None]
        after = (forward.potentials * betas * (roots * weights)[:, :, None])[:, 1:]
        labels = len(forward.final)
        pairs = before.reshape(-1, labels).t() @ after.reshape(-1, labels)
        return unary, None, pairs * forward.moves, unary[:, 0].sum(0), chain.last(unary).sum(0)


def path_score(chain: Chain, path: Tensor) -> Tensor:
    """Return [B]: the score of one label sequence per row, `path` [B, T]; labels in padding are ignored."""
    mask = chain.mask()
    path = path * mask
    emitted = (chain.scores.gather(2, path[:, :, None]).squeeze(2) * mask).sum(1)
    pairs = path[:, :-1] * len(chain.start) + path[:, 1:]
    moved = chain.transitions.flatten().gather(0, pairs.flatten()).view(pairs.shape)
    last = path.gather(1, chain.lengths[:, None] - 1).squeeze(1)
    return emitted + (moved * mask[:, 1:]).sum(1) + chain.start.gather(0, path[:, 0]) + chain.end.gather(0, last)


def best_path(chain: Chain) -> Tensor:
    """Return [B, T]: the label sequence of the highest score (Viterbi, 1967), 0 where there is padding.

    Of equal scores the lowest label id wins: at the last token first, then at each token before it.
    """
    scores, lengths, transitions, start, end = chain
    arriving = start.expand(len(lengths), -1)
    best_scores = []
    for score in scores.unbind(1):
        best_scores.append(arriving + score)
        arriving = (best_scores[-1][:, :, None] + transitions).amax(1)
    # Which label a maximum came from is found again on the way back, for one label per row instead of all.
    leaving = torch.cat([transitions.t(), end[None]])
    label = torch.full_like(lengths, len(end))
    path = []
    for t in range(len(best_scores) - 1, -1, -1):
        inside = t < lengths
        found = (best_scores[t] + leaving[label]).argmax(-1)
        path.append(torch.where(inside, found, 0))
        label = torch.where(inside, found, label)
    return torch.stack(path[::-1], 1)
