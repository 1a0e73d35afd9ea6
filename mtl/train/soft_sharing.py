"""Soft sharing: the parameters of components alike are pulled together while they learn.

Source: Duong, Cohn, Bird and Cook (2015), "Low Resource Dependency Parsing: Cross-lingual Parameter Sharing in a Neural
Network Parser": squared distances of one parser's parameters to another's are penalised. There one of two is pulled to
the other, which is trained already; here any number of components, trained at once, are pulled to their mean.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from ..graph.pulls import pulls
from ..graph.sharing_graph import SharingGraph
from ..model.module import Module
from ..model.pulled import pulled
from .row_gradients import numbers


class SoftSharing:
    """Adds the gradient of the penalty `strength / 2 * (squared distances of the members to their mean)`.

    That is `strength * (member - mean)`, exactly: what the mean's own dependence on a member adds is a sum of all
    distances, which is zero. It is added to gradients that are there already, as coupled weight decay is, so it is
    clipped with them and an adaptive optimizer scales it. A member without a gradient in the step (idle or frozen)
    takes part in the mean and is not moved: it stays as it is, bit for bit, and others are pulled to where it is. Every
    member so goes down its own gradient whenever one of its tasks has a turn, rather than all whenever any has.
    """

    def __init__(self, graph: SharingGraph, modules: Mapping[str, Module]) -> None:
        self.pulled = pulled(pulls(graph), modules)

    def add(self) -> None:
        """Add the pull to the gradients of the members that have one."""
        with torch.no_grad():
            for strength, members in self.pulled:
                if any(member.grad is not None for member in members):
                    mean = torch.stack(list(members)).mean(0)
                    for member in members:
                        if member.grad is not None:
                            away = member - mean
                            if member.grad.is_sparse:  # as a member, a row without a gradient is not moved
                                away = away[member.grad.indices()[0]]
                            numbers(member.grad).add_(away, alpha=strength)
