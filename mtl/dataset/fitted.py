"""What is learned from the training texts before training: vocabularies and label sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..featurizer import tokenize
from ..labels import Labels

if TYPE_CHECKING:
    from ..features import Feature
    from ..sharing_graph import SharingGraph


class Fitted:
    """The fitted features of every leaf embedding, by component, and the labels of every task.

    Tied embeddings are one component, so their features are fitted to the texts of all that share them; tasks that
    share a decoder or an output layer have the union of their labels.
    """

    def __init__(self, features: Mapping[str, tuple[Feature, ...]], labels: Mapping[str, Labels]) -> None:
        self.features = dict(features)
        self.labels = dict(labels)

    @classmethod
    def unfitted(cls, graph: SharingGraph) -> Fitted:
        """Return new features, as the embeddings declare them, and no labels yet."""
        return cls({name: graph.features_of(name) for name in graph.embeddings()}, {})

    @classmethod
    def placeholder(cls, graph: SharingGraph) -> Fitted:
        """Return features and labels fitted to a few words, to build a model before any data is read."""
        fitted = cls.unfitted(graph)
        for component, features in fitted.features.items():
            for key in graph.inputs_of(component)[:1]:
                tokens = tokenize(["a few words", "b"], key.tokenizer)
                for feature in features:
                    feature.count(tokens, key.lowercase)
            for feature in features:
                feature.fit()
        names = ("B-a", "I-a", "O")
        fitted.labels = {task: Labels(names, (1,) * len(names)) for task in graph.recipe.tasks}
        return fitted

    def fit_labels(self, graph: SharingGraph, counts: Mapping[str, Counter[str]]) -> None:
        """Make each task's labels from how often it bears them in training, in the order of their names."""
        for group in label_groups(graph):
            total: Counter[str] = Counter()
            for task in group:
                total.update(counts.get(task, Counter()))
            names = tuple(sorted(total))
            labels = Labels(names, tuple(total[name] for name in names))
            self.labels.update(dict.fromkeys(group, labels))

    def state(self) -> dict[str, Any]:
        """Return everything as JSON-able values, to be kept in checkpoints and run folders."""
        return {
            "features": {name: [f.state() for f in features] for name, features in self.features.items()},
            "labels": {
                task: {"names": list(labels.names), "counts": list(labels.counts)}
                for task, labels in self.labels.items()
            },
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned, into the features that this object holds."""
        for name, features in self.features.items():
            for feature, kept in zip(features, state["features"][name], strict=True):
                feature.load_state(kept)
        self.labels = {
            task: Labels(tuple(kept["names"]), tuple(kept["counts"])) for task, kept in state["labels"].items()
        }

    @classmethod
    def from_state(cls, graph: SharingGraph, state: Mapping[str, Any]) -> Fitted:
        """Return what was fitted before, for the graph of the same recipe."""
        fitted = cls.unfitted(graph)
        fitted.load_state(state)
        return fitted


def label_groups(graph: SharingGraph) -> list[tuple[str, ...]]:
    """Return the tasks in groups that must have one label set: those that share a decoder or an output layer."""
    groups: list[set[str]] = [{task} for task in graph.recipe.tasks]
    for component in graph.components.values():
        if component.kind in ("decoder", "output"):
            owners = {member.split(".")[0] for member in component.members}
            met = [group for group in groups if group & owners]
            groups = [group for group in groups if not group & owners] + [set().union(*met)]
    order = list(graph.recipe.tasks)
    return sorted((tuple(sorted(group, key=order.index)) for group in groups), key=lambda group: order.index(group[0]))
