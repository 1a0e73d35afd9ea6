"""What the model gets: the features and targets of some rows of one source, padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..text.featurizer import Tokens, tokenize
from .collate import grid, pad_at

if TYPE_CHECKING:
    from ..graph.sharing_graph import InputKey, SharingGraph
    from .fitted import Fitted

    FeatureKey = tuple[str, int, InputKey]


class FrontEnd(NamedTuple):
    """How a column becomes tokens: inputs that agree in this are split once; lower-casing comes later."""

    column: str
    tokenizer: str
    max_tokens: int


def front_end(key: InputKey) -> FrontEnd:
    """Return how an input becomes tokens."""
    return FrontEnd(key.column, key.tokenizer, key.max_tokens)


@dataclass
class Batch:
    """B rows of a source; T tokens of the longest row of an input, C values of its longest token.

    `lengths` [B] int64, at least 1. `features` [B, T] or [B, T, C], int64 or float32, 0 where padding, by
    (embedding component, position among its features, input). `targets` [B] or [B, T] label ids, `MISSING` where
    there is none, >= C for a label never seen in training; `labelled` [B] bool: the row has at least one label that
    a loss can use. `tokens` counts the batch's tokens, of a row's longest input, padding apart. `surface` holds the
    tokens themselves where the batch was made from raw texts.

    Where a ranking task is on the source, B differs between inputs: each text of the batch stands once. P pairs are
    made of them: `index` [P] int64 says which text of an input, by input; `targets` [P] float32 are grades, `labelled`
    [P] and `groups` [P] int64 (pairs of one query have one number) are by task.
    """

    source: str
    rows: NDArray[np.int64]
    lengths: dict[InputKey, Tensor]
    features: dict[FeatureKey, Tensor]
    targets: dict[str, Tensor] = field(default_factory=dict)
    labelled: dict[str, Tensor] = field(default_factory=dict)
    tokens: int = 0
    surface: dict[InputKey, Tokens] = field(default_factory=dict)
    index: dict[InputKey, Tensor] = field(default_factory=dict)
    groups: dict[str, Tensor] = field(default_factory=dict)

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch on another device (lengths too)."""
        return Batch(
            self.source,
            self.rows,
            {key: value.to(device) for key, value in self.lengths.items()},
            {key: value.to(device) for key, value in self.features.items()},
            {key: value.to(device) for key, value in self.targets.items()},
            {key: value.to(device) for key, value in self.labelled.items()},
            self.tokens,
            self.surface,
            {key: value.to(device) for key, value in self.index.items()},
            {task: value.to(device) for task, value in self.groups.items()},
        )


def leaves(graph: SharingGraph, tasks: Sequence[str]) -> dict[InputKey, tuple[str, ...]]:
    """Return the inputs that some tasks read, each with the leaf embeddings that it flows into."""
    embeddings = set(graph.embeddings())
    found: dict[InputKey, list[str]] = {}
    for task in tasks:
        for key in graph.inputs(task).values():
            found.setdefault(key, [])
    for call in graph.calls(tasks):
        if call.component in embeddings:
            found.setdefault(call.arguments[0], []).append(call.component)  # type: ignore[arg-type]  # a leaf's input
    return {key: tuple(dict.fromkeys(components)) for key, components in found.items()}


def raw_batch(
    graph: SharingGraph, fitted: Fitted, tasks: Sequence[str], texts: Mapping[str, Sequence[str | bytes]]
) -> Batch:
    """Return a batch of raw texts for tasks, without targets; `texts` are B texts by the name of the input.

    Texts are tokenized once for each tokenizer. The tokens are kept in `surface`. An input without texts is not in the
    batch.
    """
    inputs = [(name, key) for task in tasks for name, key in graph.inputs(task).items() if name in texts]
    columns = {(key.source, key.column): list(texts[name]) for name, key in inputs}
    tokenized: dict[tuple[str, str, str, int], Tokens] = {}
    lengths: dict[InputKey, Tensor] = {}
    features: dict[FeatureKey, Tensor] = {}
    surface: dict[InputKey, Tokens] = {}
    longest: NDArray[np.int64] | None = None
    for key, components in leaves(graph, tasks).items():
        if (key.source, key.column) not in columns:
            continue
        front = (key.source, key.column, key.tokenizer, key.max_tokens)
        if front not in tokenized:
            tokenized[front] = tokenize(columns[key.source, key.column], key.tokenizer, key.max_tokens)
        tokens = surface[key] = tokenized[front]
        at = grid(tokens.row_offsets, np.arange(len(tokens)))
        lengths[key] = torch.from_numpy(at.lengths)
        longest = at.lengths if longest is None else np.maximum(longest, at.lengths)
        for component in components:
            for index, feature in enumerate(fitted.features[component]):
                ragged = feature.compute(tokens, key.lowercase)
                features[component, index, key] = torch.from_numpy(pad_at(ragged, at))
    count = 0 if longest is None else len(longest)
    total = 0 if longest is None else int(longest.sum())
    source = graph.recipe.tasks[tasks[0]].source
    return Batch(source, np.arange(count), lengths, features, tokens=total, surface=surface)
