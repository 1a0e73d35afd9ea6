"""Does the export say what the model says? Every graph on the whole test split, and on texts that nobody wrote.

Raw text goes into onnxruntime on one side, and through the featurizer into torch on the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from .compare import Comparison, Tie
from .graphs import Graphs, from_tokens, groups, split_to_verify
from .head import Head, Texts

if TYPE_CHECKING:
    from ..dataset import Prepared
    from ..model import MultiTaskModel
    from ..sharing_graph import SharingGraph

BATCH_SIZES = (1, 64)
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 100, 150, 200, 299, 300)


@dataclass(frozen=True)
class Verification:
    """What was compared and found equal: `rows` of which split by task, at `batch_sizes`; `ties` are listed."""

    split: Mapping[str, str]
    rows: Mapping[str, int]
    batch_sizes: tuple[int, ...]
    largest_difference: float
    ties: tuple[Tie, ...]

    @property
    def summary(self) -> str:
        """What was verified, in a few words."""
        told = ", ".join(f"{task} {rows}/{rows} {self.split[task]} rows" for task, rows in self.rows.items())
        sizes = " and ".join(map(str, self.batch_sizes))
        ties = f"{len(self.ties)} tie{'' if len(self.ties) == 1 else 's'}"
        return f"{told} as eager, batch {sizes}; scores within {self.largest_difference:.1e}; {ties}"

    def facts(self) -> dict[str, Any]:
        """Return the same as JSON-able values."""
        return {
            "split": dict(self.split),
            "rows": dict(self.rows),
            "batch_sizes": list(self.batch_sizes),
            "largest_difference": self.largest_difference,
            "ties": [vars(tie) for tie in self.ties],
        }


def verify(
    model: MultiTaskModel, graph: SharingGraph, prepared: Prepared, graphs: Graphs, tasks: Sequence[str], folder: Path
) -> Verification:
    """Compare every graph in a folder with the model, which should be in evaluation mode.

    Each answers the whole test split (or dev, or train, where there is no other) at batch 1 and 64, texts of 1 to 300
    tokens, empty texts and no text. Raises `ExportError` naming head, stage, component and example of the first answer
    that differs.
    """
    with _one_thread():
        return _verify(Comparison(model, graph, prepared.fitted, graphs), graph, prepared, tasks, folder)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute on one thread: at batch 1, threads that wait for each other take most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _verify(
    comparison: Comparison, graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], folder: Path
) -> Verification:
    splits: dict[str, str] = {}
    rows: dict[str, int] = {}
    for task in tasks:
        splits[task], encoded = split_to_verify(graph, prepared, task)
        rows[task] = len(encoded)
        texts = {name: encoded.texts(key) for name, key in graph.inputs(task).items()}
        heads = _heads(graph, prepared, tasks, task, folder)
        for size in BATCH_SIZES:
            comparison.rows(heads, texts, size)
        for made in synthetic(texts):
            comparison.compare(heads, made)
    return Verification(splits, rows, BATCH_SIZES, comparison.largest, tuple(comparison.ties))


def _heads(graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], task: str, folder: Path) -> list[Head]:
    """Load every graph of a folder that answers a task."""
    heads = [Head.load(folder / f"{task}.onnx", task)]
    if from_tokens(graph, prepared, task):
        heads.append(Head.load(folder / f"{task}.tokens.onnx", task, form="tokens"))
    joint = next(file for file, group in groups(graph, tasks).items() if task in group)
    return [*heads, Head.load(folder / joint, task, prefix=f"{task}.")]


def synthetic(texts: Texts) -> Iterator[Texts]:
    """Yield batches that no data set has: texts of many lengths alone and together, empty texts, no text at all.

    Their words are those of `texts` in turn, so that they are known and unknown, short and long.
    """
    words = {name: _words(column) for name, column in texts.items()}
    for length in LENGTHS:
        yield {name: [" ".join(own[:length])] for name, own in words.items()}
    yield {name: [" ".join(own[-length:]) for length in LENGTHS] for name, own in words.items()}
    for batch in (("",), ("", ""), ("", "words", ""), (" \t\r\n", "a\0b", "e\u0301 \U0001f600 \u05d0")):
        yield {name: list(batch) for name in texts}
    yield {name: [] for name in texts}


def _words(column: Sequence[str]) -> list[str]:
    """Return as many words as the longest text needs: those of a column, over and over."""
    found: list[str] = []
    for text in column:
        found += text.split()
        if len(found) >= max(LENGTHS):
            break
    found = found or ["word"]
    return (found * (max(LENGTHS) // len(found) + 1))[: max(LENGTHS)]
