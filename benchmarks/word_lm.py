"""A word language model against a stacked LSTM in plain PyTorch. `python -m benchmarks.word_lm --data DIR`.

Both read `recipes/zoo/word_lm.yaml`'s rows of War and Peace as the same ids, in the same batches and for as many steps;
both have the same sizes, dropout, optimizer, rate and clipping, and one table of vectors for input and output. What is
compared is the perplexity of the test rows after the last step. `plain` is the model as it is usually written: a table
whose numbers begin between -0.1 and 0.1, a word for the beginning of a row, `nn.LSTM`, and the cross-entropy of all
words. In `plain, prior` the bias of its output begins at the words' log frequencies, as the library's does, which is
most of what differs after few steps. `--set` changes the recipe, as with `mtl run`; both follow it. With `bptt` both
read the text on; the plain one reads the last word of a segment again as the first of the next, so that gradients of
each word go into the layers.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.compile.loading import load_recipe
from mtl.data.batch import Batch
from mtl.data.carried import CarriedStates
from mtl.data.prepare import prepare
from mtl.data.prepared import Prepared
from mtl.data.running import in_one
from mtl.data.split import Split
from mtl.evaluate.evaluation import evaluate
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources import open_sources
from mtl.train.parts import build_feeds
from mtl.train.trainer import Trainer

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "zoo" / "word_lm.yaml"
TASK = "words"
State = tuple[Tensor, tuple[Tensor, ...] | None]
BEGIN = 0  # the row of the table that no word has


class Plain(nn.Module):
    """A stacked LSTM over words, its table tied to the output."""

    def __init__(self, size: int, dim: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(size, dim)
        nn.init.uniform_(self.table.weight, -0.1, 0.1)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(dim, dim, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.bias = nn.Parameter(torch.zeros(size))

    def losses(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Return the cross-entropy of each word that is there, for ids [B, T], 0 where there is padding.

        The rows go on from a state: the last words before them [B] and what the layers had made of those before these.
        """
        last, layers = (torch.full_like(ids[:, 0], BEGIN), None) if state is None else state
        before = torch.cat([last[:, None], ids[:, :-1]], 1)
        found, layers = self.lstm(self.dropout(self.table(before)), layers)
        states, there = self.dropout(found), ids > 0
        scores = F.linear(states[there], self.table.weight, self.bias)
        after = ids[:, -1], tuple(values.detach() for values in layers)
        return F.cross_entropy(scores, ids[there], reduction="none"), after


def ids_of(graph: SharingGraph, batch: Batch) -> Tensor:
    """Return the ids of a batch's words."""
    key = graph.target_input(TASK)
    words = graph.predicted_words(TASK)
    if words is None:
        raise SystemExit(f"the task '{TASK}' should predict words.")
    return batch.features[words, 0, key]


def train_plain(graph: SharingGraph, prepared: Prepared, size: int, steps: int, *, prior: bool) -> Iterator[Plain]:
    """Yield the model after every step; with `prior` its bias begins at the words' log frequencies."""
    model, config = graph.recipe.tasks[TASK].model, graph.recipe.train
    embedding, lstm = model["embedding"], model["representation"]
    if embedding is None or lstm is None:
        raise SystemExit("the recipe should have an embedding and an lstm.")
    torch.manual_seed(graph.recipe.seed)
    values = lstm.values
    plain = Plain(size, embedding.values["dim"], values["layers"], values["dropout"]).train()
    if prior:
        train = prepared.splits[graph.recipe.tasks[TASK].source, "train"]
        ids = torch.cat([ids_of(graph, batch).flatten() for batch in whole(train)])
        counts = torch.bincount(ids[ids > 0], minlength=size)
        plain.bias.data.copy_((counts / counts.sum()).clamp(min=1e-6).log())
    optimizer = torch.optim.Adam(plain.parameters(), lr=config.optimizer.values["lr"])
    (batches,) = build_feeds(graph, prepared).values()
    state = None
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        batch = batches.next()
        begins = batch.carried is None or batches.index == 1
        losses, state = plain.losses(ids_of(graph, batch), None if begins else state)
        losses.mean().backward()  # type: ignore[no-untyped-call]
        if config.clip:
            nn.utils.clip_grad_norm_(plain.parameters(), config.clip)
        optimizer.step()
        yield plain


def whole(split: Split) -> Iterator[Batch]:
    """Yield all rows of a split, those of a running text as segments of it."""
    if split.running:
        segments = split.segments(in_one(split.tokens, 4000))
        yield from (segments.batch(np.array([number]), CarriedStates()) for number in range(len(segments)))
        return
    for rows in split.batches(tokens=4000, seed=0, epoch=0, shuffle=False):
        yield split.batch(rows)


@torch.inference_mode()
def perplexity(graph: SharingGraph, plain: Plain, test: Split) -> float:
    """Return the plain model's perplexity of all words of a split."""
    plain.eval()
    found, state = [], None
    for batch in whole(test):
        losses, state = plain.losses(ids_of(graph, batch), state if test.running else None)
        found.append(losses)
    return math.exp(torch.cat(found).double().mean())


def main() -> None:
    """Print both perplexities, and the seconds that each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    given = parser.parse_args()
    overrides = [*given.overrides, f"train.max_steps={given.steps}"]
    graph = build_graph(load_recipe(RECIPE, data=given.data, overrides=overrides))
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare(graph, open_sources(graph.recipe), Path(folder) / "cache")
        (source,) = graph.recipe.sources
        train, test = prepared.splits[source, "train"], prepared.splits[source, "test"]
        size = len(prepared.fitted.targets[TASK].names())
        print(f"{train.tokens:,} tokens of training, {test.tokens:,} of test, {size:,} words; {given.steps} steps")
        begin = time.monotonic()
        trainer = Trainer(graph, prepared, Path(folder) / "run")
        for _ in trainer.train():
            pass
        ours = evaluate(trainer.model, graph, prepared, "test").metrics[TASK]["perplexity"]
        print(f"mtl           perplexity {ours:8.2f}  {time.monotonic() - begin:6.1f} s", flush=True)
        for prior in (False, True):
            begin = time.monotonic()
            *_, plain = train_plain(graph, prepared, size, given.steps, prior=prior)
            theirs = perplexity(graph, plain, test)
            seconds = time.monotonic() - begin
            print(f"{'plain, prior' if prior else 'plain':<12}  perplexity {theirs:8.2f}  {seconds:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
