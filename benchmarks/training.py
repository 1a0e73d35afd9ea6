"""Training speed: `mtl`'s trainer against hand-written loops of the same model. `python -m benchmarks.training`.

Two tasks, text classification and softmax tagging, over one word embedding and one two-layer BiLSTM. Four ways to
train them take turns in segments of a few steps, on the same batches, in one process on one torch thread, so that
what else the machine does slows all alike; a ratio is the median over the rounds.

- `mtl`: the library's `Trainer`, from the feature cache to the report of every step.
- `bare`: a loop as one would write it for this one model, in its best form: data in memory, length-bucketed and
  sorted batches, packed sequences, both heads on one pass of the encoder, fused AdamW, `zero_grad(set_to_none=True)`.
- `bare, mtl's BiLSTM`: the same loop with the library's encoder, which runs on padded rows where that is faster; what
  is left of the difference is the price of the library around it.
- `bare, encoder once per task`: the same loop, but each task's loss comes from an encoder pass of its own.

Nothing is left out of `bare` that `mtl` does to the parameters: the same dropout, clipping, and weight decay.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from mtl.compile.loading import recipe_from_dict
from mtl.data.batching import batches
from mtl.graph.build import build_graph
from mtl.model.module import PaddedSequence
from mtl_modules import BiLSTM

ROWS, WORDS, INTENTS, SLOTS = 8000, 11000, 7, 36
BATCH, DIM, HIDDEN, LAYERS, DROPOUT, ATTENTION, CLIP = 32, 100, 200, 2, 0.3, 128, 5.0


class Data:
    """Utterances of made-up words with the sizes of SNIPS: 3 to 30 tokens, about 11 in the middle, Zipf's law."""

    def __init__(self, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        lengths = np.clip(generator.gamma(6.0, 1.8, ROWS).round(), 3, 30).astype(np.int64)
        ranks = generator.zipf(1.25, int(lengths.sum())) % WORDS
        self.tags = ["O", *(f"{prefix}-s{i}" for i in range(SLOTS) for prefix in "BI")]
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        self.words = ranks + 2
        self.slots = (ranks * 7 + generator.integers(0, 2, len(ranks))) % len(self.tags)
        self.intents = self.words[self.offsets[:-1]] % INTENTS

    def write(self, path: Path) -> None:
        """Write the rows as a TSV file with columns text, intent, slots."""
        with path.open("w", encoding="utf-8") as file:
            file.write("text\tintent\tslots\n")
            for row, (start, end) in enumerate(zip(self.offsets[:-1], self.offsets[1:], strict=True)):
                text = " ".join(f"w{word}" for word in self.words[start:end])
                slots = " ".join(self.tags[slot] for slot in self.slots[start:end])
                file.write(f"{text}\ti{self.intents[row]}\t{slots}\n")


class Bare(nn.Module):
    """The model, written by hand."""

    def __init__(self, words: int, tags: int, *, packed: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, DIM, padding_idx=0)
        self.packed = packed
        if not packed:
            self.padded = BiLSTM(DIM, hidden=HIDDEN, layers=LAYERS, dropout=DROPOUT)
        else:
            self.lstm = nn.LSTM(DIM, HIDDEN, LAYERS, batch_first=True, bidirectional=True, dropout=DROPOUT)
        self.project = nn.Linear(2 * HIDDEN, ATTENTION)
        self.query = nn.Linear(ATTENTION, 1, bias=False)
        self.intent = nn.Sequential(nn.Linear(2 * HIDDEN, 128), nn.ReLU(), nn.Linear(128, INTENTS))
        self.slots = nn.Linear(2 * HIDDEN, tags)

    def encode(self, ids: Tensor, lengths: Tensor) -> Tensor:
        if not self.packed:
            encoded: PaddedSequence = self.padded(PaddedSequence(self.embedding(ids), lengths))
            return encoded.values
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True)
        packed = PackedSequence(F.dropout(packed.data, DROPOUT), *packed[1:])
        return pad_packed_sequence(self.lstm(packed)[0], batch_first=True)[0]

    def intent_loss(self, encoded: Tensor, mask: Tensor, intents: Tensor) -> Tensor:
        scores = self.query(torch.tanh(self.project(encoded))).squeeze(-1)
        weights = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        pooled = torch.bmm(weights[:, None, :], encoded).squeeze(1)
        return F.cross_entropy(self.intent(pooled), intents)

    def slots_loss(self, encoded: Tensor, mask: Tensor, lengths: Tensor, slots: Tensor) -> Tensor:
        """Return the mean over rows of the mean over a row's tokens, which is what `mtl` optimizes."""
        losses = F.cross_entropy(self.slots(encoded[mask]), slots[mask], reduction="none")
        weights = (1 / lengths).repeat_interleave(lengths)
        return (losses * weights).sum() / len(lengths)


class BareLoop:
    """A training loop for `Bare` alone; every `next` is one step and gives its tokens."""

    def __init__(self, data: Data, *, encode_once: bool = True, packed: bool = True) -> None:
        torch.manual_seed(0)
        self.data = data
        self.encode_once = encode_once
        self.model = Bare(int(data.words.max()) + 1, len(data.tags), packed=packed).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
        self.lengths = np.diff(data.offsets)
        self.batches = self.endless()

    def endless(self) -> Iterator[NDArray[np.int64]]:
        """Yield the same batches as the library trains on, the longest row of each first, as packing wants it."""
        for epoch in itertools.count():
            for rows in batches(self.lengths, size=BATCH, seed=RECIPE["seed"], epoch=epoch):
                yield rows[::-1]

    def step(self) -> int:
        """Train on one batch and return its tokens."""
        rows = next(self.batches)
        lengths = self.lengths[rows]
        columns = np.arange(lengths[0])
        mask = columns < lengths[:, None]
        positions = np.where(mask, self.data.offsets[rows][:, None] + columns, 0)
        ids = torch.from_numpy(np.where(mask, self.data.words[positions], 0))
        slots = torch.from_numpy(self.data.slots[positions])
        intents = torch.from_numpy(self.data.intents[rows])
        lengths_B, mask_BT = torch.from_numpy(lengths), torch.from_numpy(mask)
        self.optimizer.zero_grad(set_to_none=True)
        encoded = self.model.encode(ids, lengths_B)
        again = encoded if self.encode_once else self.model.encode(ids, lengths_B)
        loss = self.model.intent_loss(encoded, mask_BT, intents)
        loss = loss + self.model.slots_loss(again, mask_BT, lengths_B, slots)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        loss.item()  # a loop looks at its loss
        return int(lengths.sum())


RECIPE: dict[str, Any] = {
    "name": "benchmark",
    "seed": 1,
    "sources": {"utterances": {"format": "tsv", "train": "train.tsv"}},
    "tasks": {
        "intent": {
            "type": "text_classification",
            "source": "utterances",
            "inputs": {"text": {"column": "text"}},
            "target": "intent",
            "model": {
                "embedding": {"type": "word", "dim": DIM},
                "representation": {"type": "bilstm", "hidden": HIDDEN, "layers": LAYERS, "dropout": DROPOUT},
                "pooling": {"type": "self_attention", "dim": ATTENTION},
                "decoder": {"type": "mlp", "hidden": [128]},
                "output": {"type": "softmax"},
            },
        },
        "slots": {
            "type": "word_tagging",
            "source": "utterances",
            "inputs": {"text": {"column": "text"}},
            "target": "slots",
            "model": {"decoder": {"type": "mlp"}, "output": {"type": "softmax"}},
        },
    },
    "share": {
        "words": ["intent.embedding", "slots.embedding"],
        "encoder": ["intent.representation", "slots.representation"],
    },
    "train": {
        "optimizer": {"type": "adamw", "lr": 1e-3, "weight_decay": 0.01},
        "batch": {"size": BATCH},
        "epochs": 1000,
        "clip": CLIP,
    },
}


class LibraryLoop:
    """The library's trainer on the same rows; every `next` is one step and gives its tokens."""

    def __init__(self, data: Data, folder: Path) -> None:
        from mtl.data.prepare import prepare
        from mtl.sources.opening import open_sources
        from mtl.train.trainer import StepReport, Trainer

        data.write(folder / "train.tsv")
        graph = build_graph(recipe_from_dict(RECIPE, data=folder))
        prepared = prepare(graph, open_sources(graph.recipe), folder / "cache")
        self.trainer = Trainer(graph, prepared, folder / "run")
        self.reports = (report for report in self.trainer.train() if isinstance(report, StepReport))

    def step(self) -> int:
        """Train on one batch and return its tokens."""
        return next(self.reports).tokens


def segment(loop: BareLoop | LibraryLoop, steps: int) -> float:
    """Run some steps and return tokens a second."""
    start = time.perf_counter()
    tokens = sum(loop.step() for _ in range(steps))
    return tokens / (time.perf_counter() - start)


def measure(rounds: int, steps: int) -> dict[str, list[float]]:
    """Return every way's tokens a second in each round; the ways take turns, and so does who begins."""
    data = Data()
    with tempfile.TemporaryDirectory() as folder:
        loops: dict[str, BareLoop | LibraryLoop] = {
            "mtl": LibraryLoop(data, Path(folder)),
            "bare": BareLoop(data),
            "bare, mtl's BiLSTM": BareLoop(data, packed=False),
            "bare, encoder once per task": BareLoop(data, encode_once=False),
        }
        for loop in loops.values():
            segment(loop, 10)
        speeds: dict[str, list[float]] = {name: [] for name in loops}
        names = list(loops)
        for number in range(rounds):
            random.Random(number).shuffle(names)
            for name in names:
                speeds[name].append(segment(loops[name], steps))
    return speeds


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="segments of each way (60)")
    parser.add_argument("--steps", type=int, default=8, help="steps of a segment (8)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    speeds = measure(arguments.rounds, arguments.steps)
    ours = speeds["mtl"]
    print(f"{'way':<30}{'tokens/s':>10}{'mtl / way':>12}{'quartiles':>18}")
    for name, found in speeds.items():
        ratios = [a / b for a, b in zip(ours, found, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        print(f"{name:<30}{statistics.median(found):>10.0f}{middle:>12.3f}{f'{low:.3f} to {high:.3f}':>18}")
    print(
        f"{ROWS} utterances, {BATCH} a batch, BiLSTM {LAYERS} x {HIDDEN}, one torch thread, torch {torch.__version__}; "
        f"{arguments.rounds} rounds of {arguments.steps} steps each, in turns"
    )


if __name__ == "__main__":
    main()
