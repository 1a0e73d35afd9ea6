"""Training that goes on from a finished run: `python -m benchmarks.warm_start --data DIR`.

Three things that change in intents and slots of SNIPS: an intent that is new, one that has another name, and a
vocabulary that grows (a run on a quarter of the rows learns from all). Each is trained in a quarter of the steps from
the run, and beside it from scratch, in as many and in all steps. Before the first step, all rows of test are answered
by the run and by the model that begins from it: of those whose words the run knows, how many have equal answers among
the labels that it has, and how far scores are apart. `DIR` holds `snips/` (see recipes/README.md).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtl.runs.runner import Run
from mtl.train.trainer import Trainer

Rows = list[dict[str, Any]]
Splits = dict[str, Rows]
SLOTS = ("embedding", "representation")
NEW = "RateBook"  # an intent that a first run lacks, or that is renamed
NAME = "RateABook"  # its other name
FIGURES = (("intent", "accuracy"), ("slots", "f1"))


def read(folder: Path) -> Splits:
    """Return the rows of SNIPS."""
    splits: Splits = {}
    for split in ("train", "dev", "test"):
        columns = [(folder / split / name).read_text("utf-8").splitlines() for name in ("seq.in", "seq.out", "label")]
        splits[split] = [
            {"text": text, "slots": slots, "intent": intent.strip()}
            for text, slots, intent in zip(*columns, strict=True)
            if text.strip()
        ]
    return splits


def recipe(steps: int, seed: int, origin: Path | None = None) -> dict[str, Any]:
    """Return intents and slots over one encoder, from scratch or from a run."""
    inputs = {"text": {"column": "text", "tokenizer": "whitespace", "lowercase": True}}
    start = {} if origin is None else {"from": str(origin)}
    grown = {} if origin is None else {"from": str(origin), "extend": True}
    written = origin is None
    intent = {
        "embedding": {"type": "word", "dim": 100, "word_dropout": 0.1, "initial": 0.1} if written else grown,
        "representation": {"type": "bilstm", "hidden": 100, "dropout": 0.3} if written else start,
        "pooling": {"type": "max"} if written else start,
        "decoder": {"type": "mlp", "dropout": 0.3} if written else grown,
        "output": {"type": "softmax"} if written else grown,
    }
    slots = {
        "decoder": {"type": "mlp", "dropout": 0.3} if written else grown,
        "output": {"type": "crf"} if written else grown,
    }
    types = {"intent": "text_classification", "slots": "word_tagging"}
    return {
        "name": "warm_start",
        "seed": seed,
        "sources": {"snips": {"format": "python"}},
        "tasks": {
            task: {"type": types[task], "source": "snips", "inputs": inputs, "target": task, "model": model}
            for task, model in (("intent", intent), ("slots", slots))
        },
        "share": {slot: [f"intent.{slot}", f"slots.{slot}"] for slot in SLOTS},
        "train": {
            "optimizer": {"type": "adamw", "lr": 2e-3},
            "schedule": {"type": "linear", "warmup": min(50, steps // 10)},
            "batch": {"size": 32},
            "max_steps": steps,
            "epochs": 100,
            "evaluate_every": max(1, steps // 4),
            "threads": 1,
        },
    }


def trained(splits: Splits, out: Path, steps: int, seed: int, origin: Path | None = None) -> Run:
    """Return a finished run."""
    run = Run.start(recipe(steps, seed, origin), out, sources={"snips": splits}, splits=tuple(splits))
    for _ in run.train():
        pass
    return run


def shown(run: Run) -> str:
    """Return a run's figures on test."""
    found = run.evaluate("test").metrics
    return " / ".join(f"{found[task][figure]:.3f}" for task, figure in FIGURES)


def beginning(old: Run, splits: Splits, out: Path, seed: int) -> str:
    """Return how the model that begins from a run answers, beside that run, before its first step."""
    new = Run.start(recipe(4, seed, old.out), out, sources={"snips": splits}, splits=tuple(splits))
    models = Trainer(new.graph, new.prepared, new.out).model.eval(), old.model.eval()
    labels = len(old.prepared.fitted.targets["intent"].names())
    words = len(dict(models[1].components["embedding"].named_parameters())["table.weight"])  # that the run knows
    split = new.prepared.splits["snips", "test"]
    equal, rows, apart = 0, 0, 0.0
    for first in range(0, len(split), 64):
        batch = split.batch(np.arange(first, min(first + 64, len(split))))
        ((key, ids),) = batch.features.items()
        known = (ids < words).all(1)
        batch.features[key] = torch.where(ids < words, ids, 0)
        with torch.no_grad():
            mine, theirs = (model.scores(batch, ["intent"])["intent"][0][known] for model in models)
        equal += int((mine[:, :labels].argmax(1) == theirs.argmax(1)).sum())
        rows += len(theirs)
        apart = max(apart, float((mine[:, :labels] - theirs).abs().max()))
    return f"{equal} of {rows} equal, scores within {apart:.1g}"


def cases(splits: Splits) -> Mapping[str, tuple[Splits, Splits]]:
    """Return the rows of each first run, and those of the one that goes on."""
    without = {split: [row for row in rows if row["intent"] != NEW] for split, rows in splits.items()}
    renamed = {
        split: [{**row, "intent": NAME if row["intent"] == NEW else row["intent"]} for row in rows]
        for split, rows in splits.items()
    }
    fewer = {**splits, "train": splits["train"][::4]}
    return {"a new intent": (without, splits), "a new name": (splits, renamed), "new words": (fewer, splits)}


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1200, help="of a training from scratch (default 1200)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.steps < 8:
        parser.error(f"--steps should be at least 8. Found {given.steps}.")
    quarter = given.steps // 4
    splits = read(given.data / "snips")
    few, all_ = f"{quarter:,} steps", f"{given.steps:,} steps"
    print(f"| change | from the run, {few} | from scratch, {few} | from scratch, {all_} | before the first step |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MTL_CACHE"] = f"{folder}/cache"
        place = Path(folder)
        for name, (first, then) in cases(splits).items():
            where = place / name.replace(" ", "-")
            old = trained(first, where / "old", given.steps, given.seed)
            if any(row["intent"] == NAME for row in then["train"]):
                old.rename(NEW, NAME)
            runs = [
                trained(then, where / "warm", quarter, given.seed, old.out),
                trained(then, where / "quarter", quarter, given.seed),
                trained(then, where / "scratch", given.steps, given.seed),
            ]
            begun = beginning(old, then, where / "begun", given.seed)
            print(f"| {name} | {' | '.join(shown(run) for run in runs)} | {begun} |", flush=True)


if __name__ == "__main__":
    main()
