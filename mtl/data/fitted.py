"""What is learned from the training rows before training: vocabularies, label sets, scales."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import CheckpointError, DataError, Fault, listing, sentences
from ..base.files import read_json
from ..text.featurizer import RULES, tokenize
from .labels import Labels
from .targets import Target

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..recipe.config import TaskConfig
    from ..text.features import Feature

RENAMED = "labels.json"  # beside the file of what was fitted: labels that have another name since, by task
Renamed = Mapping[str, Mapping[str, str]]  # task -> label of training -> what it is called now
NOT_RENAMED: Renamed = {}
AGAIN = "Train again in a new folder, from the run's recipe.yaml"


class Fitted:
    """The fitted features of every leaf embedding, by component, and the fitted target of every task.

    Tied embeddings are one component, so their features are fitted to the texts of all that share them.
    """

    def __init__(self, features: Mapping[str, tuple[Feature, ...]], targets: Mapping[str, Target]) -> None:
        self.features = dict(features)
        self.targets = dict(targets)

    @classmethod
    def unfitted(cls, graph: SharingGraph) -> Fitted:
        """Return new features, as the embeddings declare them, and new targets."""
        targets = {name: unfitted_target(task) for name, task in graph.recipe.tasks.items()}
        features = {name: graph.features_of(name) for name in graph.readers()}
        for name, target in targets.items():
            component = graph.predicted_words(name)
            target.words = None if component is None else features[component][0]
        return cls(features, targets)

    @classmethod
    def placeholder(cls, graph: SharingGraph) -> Fitted:
        """Return features and targets fitted to a few words, to build a model before any data is read."""
        fitted = cls.unfitted(graph)
        for component, features in fitted.features.items():
            for key in graph.inputs_of(component)[:1]:
                tokens = tokenize(["a few words", "b"], key.front_end.whole)
                for feature in features:
                    feature.count(tokens)
            for feature in features:
                feature.fit()
        for target in fitted.targets.values():
            target.placeholder()
        return fitted

    def read_files(
        self, base: Path, settled: Callable[[str, int], bool] = lambda component, number: False
    ) -> dict[str, str]:
        """Read the files that features name, relative to `base`; return the SHA-256 of what they say, by component.

        Those of a feature that is `settled`, by its component and number, are left alone. Raises `DataError` with
        everything that is wrong with the others.
        """
        found: dict[str, str] = {}
        faults: dict[Fault, None] = {}
        for component, features in self.features.items():
            for number, feature in enumerate(features):
                if settled(component, number):
                    continue
                try:
                    found |= {f"{component}: {name}": digest for name, digest in feature.read_files(base).items()}
                except DataError as error:
                    faults |= dict.fromkeys(error.faults)
        if faults:
            raise DataError(*faults)
        return found

    @property
    def labels(self) -> dict[str, Labels]:
        """The label sets of the tasks that predict labels."""
        return {task: target.labels for task, target in self.targets.items() if target.labels is not None}

    def state(self) -> dict[str, Any]:
        """Return everything as JSON-able values, to be kept in checkpoints and run folders."""
        return {
            "rules": RULES,
            "features": {name: [f.state() for f in features] for name, features in self.features.items()},
            "targets": {task: target.state() for task, target in self.targets.items()},
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned, into the features and targets that this object holds."""
        for name, features in self.features.items():
            for feature, kept in zip(features, state["features"][name], strict=True):
                feature.load_state(kept)
        for task, target in self.targets.items():
            target.load_state(state["targets"][task])

    @classmethod
    def load(cls, graph: SharingGraph, file: Path) -> Fitted:
        """Return what a run folder's file keeps, labels as they are called now.

        Raises `CheckpointError` where it lacks something of this graph, or was fitted under other rules of the
        featurizer: this one would give its texts other ids.
        """
        state, fitted = read_json(file), cls.unfitted(graph)
        for section, names in (("features", fitted.features), ("targets", fitted.targets)):
            kept = state.get(section) if isinstance(state, Mapping) else None
            lacking = [name for name in names if not isinstance(kept, Mapping) or name not in kept]
            if lacking:
                raise CheckpointError(
                    Fault(
                        f"should hold fitted '{section}' of {listing(lacking)}. There are none, as in runs of an "
                        f"earlier version. {AGAIN}.",
                        file=str(file),
                    )
                )
        fault_if_other_rules(file, state)
        try:
            fitted.load_state(state)
        except (KeyError, TypeError, ValueError) as error:
            should = "should hold what was fitted as this version of mtl keeps it"
            raise CheckpointError(
                *(Fault(f"{sentence} {AGAIN}.", file=str(file)) for sentence in sentences(error, should))
            ) from error
        fitted.rename(renamed_in(file.parent))
        return fitted

    def rename(self, renamed: Renamed) -> None:
        """Let labels have other names in answers; rows may have either."""
        for task, names in renamed.items():
            self.targets[task].renamed = dict(names)

    @classmethod
    def from_state(cls, graph: SharingGraph, state: Mapping[str, Any]) -> Fitted:
        """Return what was fitted before, for the graph of the same recipe."""
        fitted = cls.unfitted(graph)
        fitted.load_state(state)
        return fitted


def unfitted_target(task: TaskConfig) -> Target:
    """Return a new target of a task."""
    target: Target = task.task.target()
    target.measured_by([config.cls(**config.values) for config in task.metrics])
    return target


def renamed_in(run: Path) -> Renamed:
    """Return the labels of a run's tasks that have another name since."""
    found: Renamed = read_json(run / RENAMED) if (run / RENAMED).is_file() else NOT_RENAMED
    return found


def fault_if_other_rules(file: Path, state: Any) -> None:
    """Raise `CheckpointError` where a file's vocabularies were fitted under other rules than these."""
    found = state.get("rules") if isinstance(state, Mapping) else None
    if found != RULES:
        raise CheckpointError(
            Fault(
                f"should be fitted to texts as this version of mtl reads them, {_rules(RULES)}. Found {_rules(found)}: "
                f"the run's texts would become other ids than in its training. {AGAIN}, or use the version of mtl "
                "that trained it.",
                file=str(file),
            )
        )


def _rules(rules: Any) -> str:
    """Return in words which rules these are."""
    if not isinstance(rules, Mapping):
        return "none noted, as in runs of an earlier version"
    return f"featurizer {rules.get('featurizer')} with Unicode {rules.get('unicode')}"
