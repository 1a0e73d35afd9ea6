"""What answers: a trained model, an export in onnxruntime, an ensemble. Evaluation takes any of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.device import device_of
from ..base.errors import UsageError
from ..data.batching import batches
from ..data.carried import CarriedStates
from ..data.running import in_one
from .metrics import Scored
from .scoring import pair_scores

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..data.fitted import Fitted
    from ..data.judgements import Pairs
    from ..data.split import Split
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel

BATCH_TOKENS = 4000


@runtime_checkable
class Answerer(Protocol):
    """What evaluation calls."""

    def predictions(self, split: Split, tasks: Sequence[str]) -> dict[str, list[Any]]:
        """Return, by task, one prediction per unit of a split, in its order, as the task's target gives them."""
        ...

    def predictions_and_scores(
        self, split: Split, tasks: Sequence[str], scored: Collection[str]
    ) -> tuple[dict[str, list[Any]], dict[str, Scored]]:
        """Return what `predictions` does, and of the tasks in `scored` the scores of all labels."""
        ...

    def scores(self, split: Split, task: str, pairs: Pairs) -> NDArray[np.float32]:
        """Return the score of each pair, [P], in their order."""
        ...


@runtime_checkable
class ReadsTexts(Protocol):
    """What answers raw texts: a bundle, a predictor, or anything with this method (see `mtl.Bundle.predict`)."""

    def predict(self, task: str, texts: Any, /) -> list[dict[str, Any]]:
        """Return one answer per text; `texts` are a list, or lists by the name of the input."""
        ...


class ModelAnswerer:
    """A model in torch, on batches of encoded units; it should be in evaluation mode."""

    def __init__(self, model: MultiTaskModel, batch_tokens: int = BATCH_TOKENS) -> None:
        self.model = model
        self.batch_tokens = batch_tokens

    def predictions(self, split: Split, tasks: Sequence[str]) -> dict[str, list[Any]]:
        """Return the predictions of all tasks, each batch computed once; batches are made by length alone."""
        return self.predictions_and_scores(split, tasks, ())[0]

    def predictions_and_scores(
        self, split: Split, tasks: Sequence[str], scored: Collection[str]
    ) -> tuple[dict[str, list[Any]], dict[str, Scored]]:
        """Return the predictions of all tasks and the scores of some, each batch computed once."""
        if split.running:
            return self._of_running_text(split, tasks), {}
        model = self.model
        names = {task: model.fitted.targets[task].names() for task in scored}
        scores = {task: np.empty((len(split), len(names[task])), np.float32) for task in scored}
        found: dict[str, list[Any]] = {task: [None] * len(split) for task in tasks}
        with torch.inference_mode():
            for rows in batches(split.lengths, tokens=self.batch_tokens, seed=0, epoch=0, shuffle=False):
                masks = None if split.masks is None else split.masks.fixed
                batch = split.batch(rows, change=masks).to(device_of(model))
                for task, host, predicted in self._answered(batch, tasks):
                    for row, value in zip(rows.tolist(), predicted, strict=True):
                        found[task][row] = value
                    if task in scores:
                        scores[task][rows] = host["scores"].numpy()
        return found, {task: Scored(scores[task], names[task]) for task in scored}

    def _of_running_text(self, split: Split, tasks: Sequence[str]) -> dict[str, list[Any]]:
        """Return the predictions of a text that is read from its beginning to its end, by the rows that it is in."""
        segments, carried = split.segments(in_one(split.tokens, self.batch_tokens)), CarriedStates()
        found: dict[str, list[Any]] = {task: [] for task in tasks}
        with torch.inference_mode():
            for number in range(len(segments)):
                batch = segments.batch(np.array([number]), carried).to(device_of(self.model))
                for task, _, (predicted,) in self._answered(batch, tasks):
                    found[task] += predicted
                carried.go_on()
        rows = list(pairwise(segments.rows.tolist()))
        return {task: [values[begin:end] for begin, end in rows] for task, values in found.items()}

    def _answered(self, batch: Batch, tasks: Sequence[str]) -> Iterator[tuple[str, dict[str, torch.Tensor], list[Any]]]:
        """Yield what figures of each task are made of, for a batch, and the predictions."""
        model = self.model
        for task, answer in model.measured(batch, tasks).items():
            host = {name: value.cpu() for name, value in answer.items()}
            yield task, host, model.fitted.targets[task].predicted(host, unit_lengths(model, batch, task))

    def scores(self, split: Split, task: str, pairs: Pairs) -> NDArray[np.float32]:
        """Return the scores of pairs, every text encoded once."""
        return pair_scores(self.model, split, task, pairs, batch_tokens=self.batch_tokens)


class TextAnswerer:
    """An answerer of raw texts, such as an export: it is given the texts of a split, not their ids."""

    def __init__(self, reader: ReadsTexts, graph: SharingGraph, fitted: Fitted) -> None:
        self.reader = reader
        self.graph = graph
        self.fitted = fitted

    def predictions(self, split: Split, tasks: Sequence[str]) -> dict[str, list[Any]]:
        """Return the predictions of all tasks, one after another."""
        return self.predictions_and_scores(split, tasks, ())[0]

    def predictions_and_scores(
        self, split: Split, tasks: Sequence[str], scored: Collection[str]
    ) -> tuple[dict[str, list[Any]], dict[str, Scored]]:
        """Return the predictions of all tasks, one after another, and the scores of some."""
        found, scores = {}, {}
        for task in tasks:
            texts = {name: split.texts(key) for name, key in self.graph.inputs(task).items()}
            answers = self._answers(task, texts)
            found[task] = [self.fitted.targets[task].from_answer(answer) for answer in answers]
            if task in scored:
                names = self.fitted.targets[task].names()
                values = [[answer["scores"][name] for name in names] for answer in answers]
                scores[task] = Scored(np.array(values, np.float32).reshape(len(answers), len(names)), names)
        return found, scores

    def scores(self, split: Split, task: str, pairs: Pairs) -> NDArray[np.float32]:
        """Return the scores of pairs, each pair's texts read anew."""
        numbers = (pairs.query, pairs.document)
        keys = self.graph.inputs(task)
        texts = {name: split.items(key, chosen) for (name, key), chosen in zip(keys.items(), numbers, strict=True)}
        return np.array([answer["score"] for answer in self._answers(task, texts)], np.float32)

    def _answers(self, task: str, texts: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
        only = next(iter(texts.values())) if len(texts) == 1 else None  # a graph calls its only input `text`
        return self.reader.predict(task, texts if only is None else only)


def answerer_of(answerer: Answerer | ReadsTexts, graph: SharingGraph, fitted: Fitted) -> Answerer:
    """Return an answerer of splits: the one that is given, or one that lets what reads raw texts answer them.

    Raises `UsageError` for anything else.
    """
    if isinstance(answerer, Answerer):
        return answerer
    if isinstance(answerer, ReadsTexts):
        return TextAnswerer(answerer, graph, fitted)
    raise UsageError(
        "an answerer should have a method 'predict', as mtl.Bundle has, or those of mtl.evaluate.answerers.Answerer. "
        f"Found {type(answerer).__name__}."
    )


def known(answerer: Answerer | ReadsTexts) -> Sequence[str] | None:
    """Return the tasks that an answerer says it has; None where it does not say."""
    found: Sequence[str] | None = getattr(answerer, "tasks", None)
    return found


def unit_lengths(model: MultiTaskModel, batch: Batch, task: str) -> list[int] | None:
    """Return how long each unit of a batch is along the first axis of a task's target, if that is one of the input."""
    axes = model.fitted.targets[task].axes
    if axes[:1] not in (("T",), ("U",)):
        return None
    found: list[int] = batch.counts(axes[0], model.sharing_graph.target_input(task)).tolist()
    return found
