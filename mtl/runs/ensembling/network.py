"""The network of an ensemble: the components of its members, and what makes one answer of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...base.device import device_of
from ...data.fitted import Fitted
from ...data.targets import Target
from ...model.module import Module
from ...model.multi_task import MultiTaskModel
from ...model.output import Output
from ...train.checkpoint import load_model
from .answering import AveragedLabel, AveragedLabels, AveragedNumber, By, VotedLabel, VotedLabels
from .member_graph import DECIDED, ENTERING, PROBABILITIES, EnsembleGraph, member_name
from .members import Members
from .near_ties import Voter


def asked_of_members(target: Target, by: By) -> tuple[str, ...]:
    """Return what a task's joining output layer takes: methods of its members', `ENTERING` for what flows in there."""
    if target.element == "number":
        return (DECIDED,)
    if by == "average":
        return (PROBABILITIES,)
    return (PROBABILITIES, DECIDED) if target.axes == ("C",) else (PROBABILITIES, DECIDED, ENTERING)


class EnsembleModel(MultiTaskModel):
    """All components of several trained models as one, in evaluation mode; nothing of it is trained further."""

    def __init__(self, members: Sequence[MultiTaskModel], tasks: Sequence[str], by: By) -> None:
        nn.Module.__init__(self)
        first = members[0]
        targets = {task: first.fitted.targets[task] for task in tasks}
        asked = {task: asked_of_members(target, by) for task, target in targets.items()}
        graph = EnsembleGraph([member.sharing_graph for member in members], asked)
        features = {
            member_name(number, name): found
            for number, member in enumerate(members, 1)
            for name, found in member.fitted.features.items()
        }
        built: dict[str, Module] = {
            member_name(number, name): module
            for number, member in enumerate(members, 1)
            for name, module in member.components.items()
            if member_name(number, name) in graph.components
        }
        for task, target in targets.items():
            voters = [Voter(member.output(task), len(member.entering(task))) for member in members]
            built[graph.recipe.tasks[task].output] = joined(target, voters, by)
        self._hold(graph, Fitted(features, targets), built)
        self.eval().to(device_of(first))


def load_ensemble(members: Members) -> EnsembleModel:
    """Return the best models of all members as one network; raises `CheckpointError` where one cannot be loaded."""
    return EnsembleModel([load_model(run) for run in members.runs], members.tasks, members.by)


def joined(target: Target, voters: Sequence[Voter], by: By) -> Output:
    """Return the output layer that makes one answer of what those of the members say."""
    if target.element == "number" or target.labels is None:
        return AveragedNumber()
    labels = target.labels
    found = [output.threshold_of_answers() for output, _ in voters]
    some = any(one is not None for one in found)  # a member without one rejects nothing
    thresholds = [_each(0.0 if one is None else one, len(labels)) for one in found] if some else []
    if target.axes == ("C",):
        return AveragedLabels(labels, thresholds) if by == "average" else VotedLabels(labels, thresholds)
    if by == "vote":
        return VotedLabel(labels, voters, scoped=target.out_of_scope is not None)
    return AveragedLabel(labels, [threshold[0] for threshold in thresholds])


def _each(threshold: Tensor | float, count: int) -> Tensor:
    """Return a threshold for each label, [C]."""
    return torch.as_tensor(threshold, dtype=torch.float32, device="cpu").expand(count)
