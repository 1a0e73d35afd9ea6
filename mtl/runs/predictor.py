"""Answers from raw text with the trained model itself, in torch: what an exported bundle gives, without exporting."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..base.device import device_of
from ..base.errors import UsageError, listing, near_miss
from ..data.batch import raw_batch, token_counts
from ..data.plan import read_by
from ..evaluate.answerers import unit_lengths
from ..graph.calls import Call
from ..model.module import Scorer
from ..model.multi_task import MultiTaskModel
from ..serve.arrays import Texts, add_quotes, joined, valid
from ..text.batch_spans import batch_spans
from ..text.cells import NO_VALUES, value_texts
from ..train.checkpoint import Which, fingerprint, load_model

Prediction = dict[str, Any]


class Predictor:
    """Predicts with a model that is in memory; `load` takes one from a run folder.

    The model is put into evaluation mode. Answers are JSON-able: `{"label", "score", "scores": {label: score}}` for
    a task on rows, `{"tokens", "tags", "score"}`, one value per token, for one on tokens, `{"score"}` for a ranking.
    """

    def __init__(self, model: MultiTaskModel, title: str = "the model") -> None:
        self.model = model.eval()
        self.title = title  # what messages call it
        self.graph = model.sharing_graph
        self.tasks: tuple[str, ...] = tuple(self.graph.recipe.tasks)

    @classmethod
    def load(cls, run: str | Path, which: Which = "best") -> Predictor:
        """Load the best (or last) checkpoint of a run folder; raises `CheckpointError` where there is none."""
        return cls(load_model(run, which), str(run))

    def inputs(self, task: str) -> tuple[str, ...]:
        """Return the names of a task's inputs; raises `UsageError` for a task that does not exist."""
        if task not in self.tasks:
            raise UsageError(f"no task named '{task}'.{near_miss(task, self.tasks)} Tasks: {listing(self.tasks)}.")
        return tuple(self.graph.recipe.tasks[task].inputs)

    def columns(self, task: str) -> dict[str, str]:
        """Return the column that each of a task's inputs had in training."""
        return {name: self.graph.recipe.tasks[task].inputs[name].column for name in self.inputs(task)}

    def reads_lists(self, task: str) -> bool:
        """Say whether a row of a task's input is a list of texts, not one."""
        return task in self.tasks and self.graph.recipe.tasks[task].task.units == "lists"

    def values(self, task: str) -> dict[str, str]:
        """Return the inputs of a task that are values, not texts, with their tokenizers."""
        read = {name: key.front_end for name, key in self.graph.inputs(task).items()} if task in self.tasks else {}
        return {name: front_end.tokenizer for name, front_end in read.items() if front_end.of_value}

    def labels(self, task: str) -> tuple[str, ...]:
        """Return the labels that a task answers with, in the order of their ids; none where its answer is a score."""
        self.inputs(task)
        return self.model.fitted.targets[task].names()

    def predict(self, task: str, texts: Texts | Mapping[str, Texts], *, batch_size: int = 64) -> list[Prediction]:
        """Return one answer per text, in their order.

        `texts` is a list, or lists of equal length by the name of the input; `batch_size` are answered at a time, fewer
        where they are long. Raises `UsageError` for an unknown task, texts that do not fit it, or a batch size below 1.
        """
        columns = by_input(texts, task, self.inputs(task), listed=self.reads_lists(task), values=self.values(task))
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise UsageError(f"'batch_size' should be 1 or more. Found {batch_size!r}.")
        count = len(next(iter(columns.values())))
        answers: list[Prediction] = []
        with torch.inference_mode():
            for rows in batch_spans(count, batch_size, lambda some: self._lengths(task, columns, some)):
                answers += self._batch(task, {name: column[rows] for name, column in columns.items()})
        return answers

    def _lengths(self, task: str, columns: Mapping[str, Texts], rows: slice) -> list[list[int]]:
        """Return how many tokens some rows have in each input; pieces, where a feature has more of them."""
        keys, read = self.graph.inputs(task), read_by(self.graph, [task])
        features = {key: [f for name in names for f in self.model.fitted.features[name]] for key, names in read.items()}
        return [
            token_counts(column[rows], keys[name], features[keys[name]]).tolist() for name, column in columns.items()
        ]

    def encode(self, task: str, input: str, texts: Texts, *, batch_size: int = 64) -> NDArray[np.float32]:
        """Return the vector of each text of one input, [B, E]; the inner product of a pair's vectors is its score.

        Only a task whose scorer is separable has them. Raises `UsageError` where it is not, or texts do not fit.
        """
        scorer = self._separable(task, input)
        position = self.inputs(task).index(input)
        column = checked_texts(texts, task, input)
        if not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise UsageError(f"'batch_size' should be 1 or more. Found {batch_size!r}.")
        vectors = []
        with torch.inference_mode():
            given = column or [""]  # of no texts the vectors have a size, too
            for rows in batch_spans(len(given), batch_size, lambda some: self._lengths(task, {input: given}, some)):
                batch = raw_batch(self.graph, self.model.fitted, [task], {input: given[rows]})
                batch = batch.to(device_of(self.model))
                value = self.model.encoded(batch, task, self.graph.inputs(task)[input])[position]
                vectors.append(scorer.encode(value, position).cpu().numpy())
        found: NDArray[np.float32] = np.concatenate(vectors)[: len(column)]
        return found

    @property
    def separable(self) -> tuple[str, ...]:
        """Names of the tasks whose scorer is separable: each text has a vector."""
        return tuple(task for task in self.tasks if (scorer := self._scorer(task)) is not None and scorer.separable)

    def size(self, task: str, input: str) -> int:
        """Return how many numbers the vector of a text has; raises as `encode` does."""
        return int(self.encode(task, input, [""]).shape[1])

    def version(self, task: str, input: str) -> str:
        """Return a digest of the weights that a task needs, and of how it reads texts."""
        digest = hashlib.sha256(fingerprint(self.model.fitted.state()).encode())
        digest.update(str(self.graph.inputs(task)[input]).encode())
        for component in sorted(self.graph.path(task)):
            for name, tensor in self.model.components[component].state_dict().items():
                digest.update(f"{component}/{name} {tensor.dtype} {list(tensor.shape)}".encode())
                digest.update(tensor.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()

    def _scorer(self, task: str) -> Scorer | None:
        """Return the scorer of a task; None where it has none."""
        entering = self.model.entering(task)
        scores = entering[0] if entering else None
        found = self.model.components[scores.component] if isinstance(scores, Call) else None
        return found if isinstance(found, Scorer) else None

    def _separable(self, task: str, input: str) -> Scorer:
        """Return the scorer of a task, where it encodes one text alone."""
        inputs = self.inputs(task)
        if input not in inputs:
            hint = near_miss(input, inputs)
            raise UsageError(f"'{input}' is not an input of '{task}'.{hint} Inputs: {', '.join(inputs)}.")
        scorer = self._scorer(task)
        if scorer is None or not scorer.separable:
            found = "no scorer" if scorer is None else "one that reads both texts together"
            raise UsageError(f"'{task}' should have a separable scorer, to encode one text alone. Found {found}.")
        return scorer

    def _batch(self, task: str, texts: Mapping[str, Texts]) -> list[Prediction]:
        batch = raw_batch(self.graph, self.model.fitted, [task], texts).to(device_of(self.model))
        target = self.model.fitted.targets[task]
        rows: list[Prediction] = [{} for _ in batch.rows]
        lengths = unit_lengths(self.model, batch, task)
        tokens: list[list[str]] = []
        if target.shows_tokens:
            tokens = [[] if row == [""] else row for row in batch.surface[self.graph.target_input(task)].strings()]
            for answer, row in zip(rows, tokens, strict=True):
                answer["tokens"] = row
        outputs = self.model.declared(task)
        values = target.answered(self.model.answers(batch, [task])[task], tokens, outputs)
        if target.axes[:1] == ("T",):
            lengths = [len(answer["tokens"]) for answer in rows]
        elif lengths is not None:
            listed = texts[self.graph.recipe.tasks[task].task.target_input(self.inputs(task))]
            lengths = [len(found) for found in listed]  # a list without texts was read as one empty text
        for declared in outputs:
            for number, answer in enumerate(rows):
                value = values[declared.value][number]
                if lengths and declared.dims[:1] == target.axes[:1]:
                    value = value[: lengths[number]]
                answer[declared.name] = target.shown(declared, value, answer.get("tokens", ()))
        if target.quotes:
            key = self.graph.recipe.tasks[task].task.target_input(self.inputs(task))
            add_quotes(rows, [valid(text) for text in texts[key]])
        return rows


def by_input(
    texts: Texts | Mapping[str, Texts],
    task: str,
    inputs: Sequence[str],
    *,
    listed: bool = False,
    values: Mapping[str, str] = NO_VALUES,
) -> dict[str, list[Any]]:
    """Return lists of texts by the name of the input; raises `UsageError`, as a bundle does, where they do not fit.

    `values` are the inputs that are values, not texts, with their tokenizers.
    """
    if not isinstance(texts, Mapping):
        if len(inputs) != 1:
            raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found one list.")
        texts = {inputs[0]: texts}
    if set(texts) != set(inputs):
        raise UsageError(f"'{task}' should get texts for its inputs: {listing(inputs)}. Found {listing(texts)}.")
    columns = {
        name: checked_texts(column, task, name, listed=listed, value=values.get(name)) for name, column in texts.items()
    }
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) != 1:
        sizes_found = ", ".join(f"{size} of '{name}'" for name, size in sizes.items())
        raise UsageError(f"the inputs of '{task}' should have as many texts each. Found {sizes_found}.")
    return columns


def checked_texts(
    column: Any, task: str, name: str, *, listed: bool = False, value: str | None = None, inside: bool = False
) -> list[Any]:
    """Return the texts of one input as a list (of lists, if `listed`); raises `UsageError` naming what is none.

    `value` is the tokenizer of an input that is values; `inside` says that the column is a list of a task on lists.
    """
    if isinstance(column, (str, bytes)):
        raise UsageError(f"the input '{name}' of '{task}' should be a list of texts. Found one text.")
    if isinstance(column, Mapping) or not (hasattr(column, "__len__") and hasattr(column, "__getitem__")):
        kind = type(column).__name__  # an iterator among them: it could not be read again
        raise UsageError(f"the input '{name}' of '{task}' should be a list of texts. Found {kind}.")
    if listed:
        for row, texts in enumerate(column):
            if not isinstance(texts, list | tuple):
                found = type(texts).__name__
                raise UsageError(
                    f"row {row} of the input '{name}' of '{task}' should be a list of texts. Found {found}."
                )
        return [checked_texts(texts, task, f"{name}[{row}]", inside=True) for row, texts in enumerate(column)]
    if value is not None:
        return value_texts(column, value, f"the input '{name}' of '{task}'")
    found_texts = list(column) if inside else [joined(text) for text in column]
    for row, text in enumerate(found_texts):
        if not isinstance(text, (str, bytes)):
            found = type(text).__name__
            raise UsageError(f"row {row} of the input '{name}' of '{task}' should be a text. Found {found}.")
    return found_texts
