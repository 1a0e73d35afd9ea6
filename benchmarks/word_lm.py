"""A word language model against a stacked LSTM in plain PyTorch. `python -m benchmarks.word_lm --data DIR`.

Both read `recipes/zoo/word_lm.yaml`'s rows of War and Peace as the same ids, in the same batches and for as many steps;
both have the same sizes, dropout, optimizer, rate and clipping, and one table of vectors for input and output. What is
compared is the perplexity of the test rows after the last step. `plain` is the model as it is usually written: a table
whose numbers begin between -0.1 and 0.1, a word for the beginning of a row, `nn.LSTM`, and the cross-entropy of all
words. In `plain, prior` the bias of its output begins at the words' log frequencies, as the library's does, which is
most of what differs after few steps. `--set` changes the recipe, as with `mtl run`; both follow it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtl.compile.loading import load_recipe
from mtl.data.batch import Batch
from mtl.data.feed import Feed
from mtl.data.prepare import prepare
from mtl.data.split import Split
from mtl.evaluate.evaluation import evaluate
from mtl.graph.build import build_graph
from mtl.graph.sharing_graph import SharingGraph
from mtl.sources import open_sources
from mtl.train.trainer import Trainer

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "zoo" / "word_lm.yaml"
TASK = "words"
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

    def losses(self, ids: Tensor) -> Tensor:
        """Return the cross-entropy of each word that is there, for ids [B, T], 0 where there is padding."""
        before = F.pad(ids[:, :-1], (1, 0), value=BEGIN)
        states = self.dropout(self.lstm(self.dropout(self.table(before)))[0])
        there = ids > 0
        return F.cross_entropy(F.linear(states[there], self.table.weight, self.bias), ids[there], reduction="none")


def feed(graph: SharingGraph, split: Split) -> Feed:
    """Return the batches that the library trains on."""
    return Feed(split.source, [TASK], split, graph.recipe.train.batch, graph.recipe.seed)


def ids_of(graph: SharingGraph, batch: Batch) -> Tensor:
    """Return the ids of a batch's words."""
    key = graph.target_input(TASK)
    words = graph.predicted_words(TASK)
    if words is None:
        raise SystemExit(f"the task '{TASK}' should predict words.")
    return batch.features[words, 0, key]


def train_plain(graph: SharingGraph, train: Split, size: int, steps: int, *, prior: bool) -> Iterator[Plain]:
    """Yield the model after every step; with `prior` its bias begins at the words' log frequencies."""
    model, config = graph.recipe.tasks[TASK].model, graph.recipe.train
    embedding, lstm = model["embedding"], model["representation"]
    if embedding is None or lstm is None:
        raise SystemExit("the recipe should have an embedding and an lstm.")
    torch.manual_seed(graph.recipe.seed)
    values = lstm.values
    plain = Plain(size, embedding.values["dim"], values["layers"], values["dropout"]).train()
    if prior:
        ids = torch.cat([ids_of(graph, batch).flatten() for batch in whole(graph, train)])
        counts = torch.bincount(ids[ids > 0], minlength=size)
        plain.bias.data.copy_((counts / counts.sum()).clamp(min=1e-6).log())
    optimizer = torch.optim.Adam(plain.parameters(), lr=config.optimizer.values["lr"])
    batches = feed(graph, train)
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        plain.losses(ids_of(graph, batches.next())).mean().backward()  # type: ignore[no-untyped-call]
        if config.clip:
            nn.utils.clip_grad_norm_(plain.parameters(), config.clip)
        optimizer.step()
        yield plain


def whole(graph: SharingGraph, split: Split) -> Iterator[Batch]:
    """Yield all rows of a split."""
    for rows in split.batches(tokens=4000, seed=0, epoch=0, shuffle=False):
        yield split.batch(rows)


@torch.inference_mode()
def perplexity(graph: SharingGraph, plain: Plain, test: Split) -> float:
    """Return the plain model's perplexity of all words of a split."""
    plain.eval()
    found = [plain.losses(ids_of(graph, batch)) for batch in whole(graph, test)]
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
            *_, plain = train_plain(graph, train, size, given.steps, prior=prior)
            theirs = perplexity(graph, plain, test)
            seconds = time.monotonic() - begin
            print(f"{'plain, prior' if prior else 'plain':<12}  perplexity {theirs:8.2f}  {seconds:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
