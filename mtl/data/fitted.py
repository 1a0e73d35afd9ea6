"""What is learned from the training texts before training: vocabularies and label sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..text.featurizer import tokenize
from .labels import Labels

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..text.features import Feature


class Fitted:
    """The fitted features of every leaf embedding, by component, and the labels of every task.

    Tied embeddings are one component, so their features are fitted to the texts of all that share them.
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
        """Make each task's labels from how often they occur in training, in the order of their names.

        A tied output layer weighs by the counts of all its tasks.
        """
        totals: dict[str, Counter[str]] = {}
        for task, found in counts.items():
            totals.setdefault(graph.output(task).component, Counter()).update(found)
        for task, found in counts.items():
            names = tuple(sorted(found))
            self.labels[task] = Labels(names, tuple(totals[graph.output(task).component][name] for name in names))

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
