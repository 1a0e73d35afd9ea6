"""Sums and maxima over all label sequences of a linear chain, in time linear in the sequence's length.

Shapes: scores [B, T, C], lengths [B], transitions [C, C] (from, to), start and end [C]. The sums (Lafferty et al.,
2001; Rabiner, 1989, section V.A on scaling) run in the probability domain, where a step is one matrix product
[B, C] x [C, C], and are rescaled at every step; float64 keeps apart what lies up to e^700 apart.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

TINY = 1e-300  # keeps a row whose paths all underflow finite; below any sum of a row that is not


class Chain(NamedTuple):
    """A batch of chains: what every function of this file takes."""

    scores: Tensor
    lengths: Tensor
    transitions: Tensor
    start: Tensor
    end: Tensor


class _Forward(NamedTuple):
    potentials: Tensor  # [B, T, C]: exp of the scores, the largest of a token is 1
    moves: Tensor  # [C, C]: exp of the transitions, the largest is 1
    alphas: Tensor  # [B, T, C]: each token's sums to 1
    log_partition: Tensor  # [B]
    final: Tensor  # [B, C]: exp of the end scores, the largest is 1


def _forward(chain: Chain) -> _Forward:
    scores, lengths = chain.scores.double(), chain.lengths
    peaks = scores.amax(-1, keepdim=True)
    potentials = (scores - peaks).exp()
    start, end, transitions = chain.start.double(), chain.end.double(), chain.transitions.double()
    start_peak, end_peak, peak = start.amax(), end.amax(), transitions.amax()
    moves, final = (transitions - peak).exp(), (end - end_peak).exp()
    alpha = (start - start_peak).exp() * potentials[:, 0]
    alphas, scales = [], []
    for t in range(scores.shape[1]):
        if t:
            alpha = (alpha @ moves) * potentials[:, t]
        scale = alpha.sum(-1, keepdim=True).clamp_min(TINY)
        alpha = alpha / scale
        alphas.append(alpha)
        scales.append(scale)
    stacked = torch.stack(alphas, 1)
    last = stacked[torch.arange(len(lengths), device=lengths.device), lengths - 1]
    ended = (last * final).sum(-1).clamp_min(TINY).log()
    steps = (torch.cat(scales, -1).log() + peaks.squeeze(-1)) * _mask(chain)
    log_partition = steps.sum(-1) + ended + start_peak + end_peak + peak * (lengths - 1)
    return _Forward(potentials, moves, stacked, log_partition, final)


def _betas(chain: Chain, forward: _Forward) -> Tensor:
    """Return [B, T, C]: sums over what follows each token, rescaled; the end scores at a row's last token."""
    last = chain.lengths - 1
    steps = chain.scores.shape[1]
    beta = forward.final.expand(len(last), -1)
    betas = [beta]
    back = forward.moves.t()
    for t in range(steps - 2, -1, -1):
        beta = (beta * forward.potentials[:, t + 1]) @ back
        beta = beta / beta.amax(-1, keepdim=True).clamp_min(TINY)
        beta = torch.where((last <= t)[:, None], forward.final, beta)
        betas.append(beta)
    return torch.stack(betas[::-1], 1)


def _mask(chain: Chain) -> Tensor:
    positions = torch.arange(chain.scores.shape[1], device=chain.scores.device)
    return positions[None, :] < chain.lengths[:, None]


def marginals(chain: Chain) -> Tensor:
    """Return [B, T, C]: the probability of each label at each token, zeros where there is padding."""
    forward = _forward(chain)
    products = forward.alphas * _betas(chain, forward)
    normal = products / products.sum(-1, keepdim=True).clamp_min(TINY)
    return (normal * _mask(chain)[:, :, None]).to(chain.scores.dtype)


def log_partition(chain: Chain) -> Tensor:
    """Return [B]: the logarithm of the sum over all label sequences; its gradients are the marginals."""
    return _LogPartition.apply(*chain)  # type: ignore[no-any-return, no-untyped-call]  # torch leaves it untyped


class _LogPartition(torch.autograd.Function):
    """Forward-backward as the gradient of the forward algorithm: a third of what recording each step costs."""

    @staticmethod
    def forward(
        ctx: Any, scores: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor
    ) -> Tensor:
        chain = Chain(scores, lengths, transitions, start, end)
        forward = _forward(chain)
        ctx.save_for_backward(*chain, *forward)
        return forward.log_partition.to(scores.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]  # torch leaves it untyped
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        chain = Chain(*ctx.saved_tensors[:5])
        forward = _Forward(*ctx.saved_tensors[5:])
        betas = _betas(chain, forward)
        mask = _mask(chain)
        products = forward.alphas * betas
        unary = products * (mask * grad.double()[:, None] / products.sum(-1).clamp_min(TINY))[:, :, None]
        rows = torch.arange(len(chain.lengths), device=grad.device)
        # A pair's marginal is alpha_t(i) moves(i, j) potential_{t+1}(j) beta_{t+1}(j) over the row's total.
        ahead = (forward.potentials * betas)[:, 1:]
        totals = ((forward.alphas[:, :-1] @ forward.moves) * ahead).sum(-1).clamp_min(TINY)
        ahead = ahead * (mask[:, 1:] * grad.double()[:, None] / totals)[:, :, None]
        labels = forward.moves.shape[0]
        pairs = forward.alphas[:, :-1].reshape(-1, labels).t() @ ahead.reshape(-1, labels)
        dtype = chain.scores.dtype
        ends = unary[rows, chain.lengths - 1].sum(0)
        grads = (unary, pairs * forward.moves, unary[:, 0].sum(0), ends)
        scores, transitions, start, end = (g.to(dtype) for g in grads)
        return scores, None, transitions, start, end


def path_score(chain: Chain, path: Tensor) -> Tensor:
    """Return [B]: the score of one label sequence a row, `path` [B, T]; what stands in padding is ignored."""
    mask = _mask(chain)
    path = torch.where(mask, path, 0)
    emitted = (chain.scores.gather(2, path[:, :, None]).squeeze(2) * mask).sum(1)
    pairs = path[:, :-1] * chain.transitions.shape[0] + path[:, 1:]
    moved = chain.transitions.flatten().gather(0, pairs.flatten()).view(pairs.shape)
    last = path.gather(1, chain.lengths[:, None] - 1).squeeze(1)
    return emitted + (moved * mask[:, 1:]).sum(1) + chain.start.gather(0, path[:, 0]) + chain.end.gather(0, last)


def best_path(chain: Chain) -> Tensor:
    """Return [B, T]: the label sequence of the highest score (Viterbi, 1967), 0 where there is padding.

    Of equal scores the lowest label id wins: at the last token first, then at each token before it.
    """
    scores, lengths, transitions, start, end = chain
    steps = scores.shape[1]
    into = transitions.t().contiguous()
    delta = start + scores[:, 0]
    deltas, pointers = [delta], []
    for t in range(1, steps):
        best, pointer = (delta[:, None, :] + into).max(-1)
        delta = best + scores[:, t]
        deltas.append(delta)
        pointers.append(pointer)
    label = (torch.stack(deltas, 1)[torch.arange(len(lengths), device=lengths.device), lengths - 1] + end).argmax(-1)
    path = [label]
    for t in range(steps - 2, -1, -1):
        before = pointers[t].gather(1, label[:, None]).squeeze(1)
        label = torch.where(lengths - 1 > t, before, label)
        path.append(label)
    return torch.stack(path[::-1], 1) * _mask(chain)
