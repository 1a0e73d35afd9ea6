"""The network of an ensemble: the components of its members, and what makes one answer of theirs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ...base.device import device_of
from ...data.fitted import Fitted
from ...data.targets import Target
from ...model.module import Module, Output
from ...model.multi_task import MultiTaskModel
from ...train.checkpoint import load_model
from .answering import AveragedLabel, AveragedLabels, AveragedNumber, By, VotedLabel, VotedLabels
from .member_graph import DECIDED, PROBABILITIES, EnsembleGraph, member_name
from .members import Members


def asked_of_members(target: Target, by: By) -> tuple[str, ...]:
    """Return which methods of its members' output layers a task's joining one takes the values of."""
    if target.element == "number":
        return (DECIDED,)
    return (PROBABILITIES,) if by == "average" else (PROBABILITIES, DECIDED)


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
            built[graph.recipe.tasks[task].output] = joined(target, [member.output(task) for member in members], by)
        self._hold(graph, Fitted(features, targets), built)
        self.eval().to(device_of(first))


def load_ensemble(members: Members) -> EnsembleModel:
    """Return the best models of all members as one network; raises `CheckpointError` where one cannot be loaded."""
    return EnsembleModel([load_model(run) for run in members.runs], members.tasks, members.by)


def joined(target: Target, outputs: Sequence[Output], by: By) -> Output:
    """Return the output layer that makes one answer of what those of the members say."""
    if target.element == "number" or target.labels is None:
        return AveragedNumber()
    labels = target.labels
    found = [output.threshold_of_answers() for output in outputs]
    some = any(one is not None for one in found)  # a member without one rejects nothing
    thresholds = [_each(0.0 if one is None else one, len(labels)) for one in found] if some else []
    if target.axes == ("C",):
        return AveragedLabels(labels, thresholds) if by == "average" else VotedLabels(labels, thresholds)
    if by == "vote":
        return VotedLabel(labels, scoped=target.out_of_scope is not None)
    return AveragedLabel(labels, [threshold[0] for threshold in thresholds])


def _each(threshold: Tensor | float, count: int) -> Tensor:
    """Return a threshold for each label, [C]."""
    return torch.as_tensor(threshold, dtype=torch.float32, device="cpu").expand(count)
