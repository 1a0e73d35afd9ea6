"""Classifiers against a linear one: `python -m benchmarks.linear --data DIR --seeds 3`.

Intents of SNIPS, the 50 classes of TREC's questions and the topics of R8, at ten examples a class and at all of train.
Rows are scikit-learn's LinearSVC on words' 1-2-grams and characters' 2-4-grams (inside words) by tf-idf; the classifier
of a recipe that says nothing of its model; an encoder; it with a wide module of n-grams; and the wide module alone. All
read the first 400 words of a text. Of ten examples a class all learn from all ten, and what the last step leaves is
measured. At all of train every row learns from train, and models choose their checkpoint by dev, which the SVM does not
see; where there is no dev file, a tenth of each class of train is dev. Figures are test accuracies, mean and standard
deviation over the seeds, which also draw the examples. `--split dev` measures dev: for choosing settings.
`DIR` holds `snips/`, `trec_qc/` and `reuters_r8/` (see recipes/README.md).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from mtl.runs.runner import Run

Rows = list[dict[str, str]]
Splits = dict[str, Rows]
FEW = 10  # examples a class
MOST_WORDS = 400  # of a text
HELD_OUT = 10  # of so many rows of a class, one is dev where there is no file of it

ENCODER: dict[str, Any] = {
    "embedding": {
        "type": "concat",
        "parts": {
            "word": {"type": "word", "dim": 100, "word_dropout": 0.1},
            "char": {"type": "char_cnn", "dim": 50},
        },
    },
    "representation": {"type": "bilstm", "hidden": 150, "dropout": 0.5},
    "pooling": {"type": "concat", "parts": {"max": {"type": "max"}, "attention": {"type": "self_attention"}}},
    "decoder": {"type": "mlp", "hidden": [100], "dropout": 0.5},
}
WIDE: dict[str, Any] = {"wide": {"type": "ngrams"}}
NONE: dict[str, Any] = {"embedding": None, "pooling": None, "decoder": None}
MODELS = {
    "nothing said": {},
    "encoder": ENCODER,
    "encoder and n-grams": {**ENCODER, **WIDE},
    "n-grams alone": {**NONE, **WIDE},
}


def snips(folder: Path) -> Splits:
    """Return texts and intents of SNIPS."""
    return {
        split: [
            {"text": " ".join(text.split()), "label": label.strip()}
            for text, label in zip(_lines(folder / split / "seq.in"), _lines(folder / split / "label"), strict=True)
        ]
        for split in ("train", "dev", "test")
    }


def trec(folder: Path) -> Splits:
    """Return questions and the finer ones of TREC's classes."""
    return _labelled_lines(folder, " ", "latin-1")


def r8(folder: Path) -> Splits:
    """Return news and topics of R8."""
    return _labelled_lines(folder, "\t", "utf-8")


def _labelled_lines(folder: Path, separator: str, encoding: str) -> Splits:
    splits: Splits = {}
    for split in ("train", "test"):
        parted = [line.partition(separator) for line in _lines(folder / f"{split}.txt", encoding)]
        splits[split] = [{"text": text.strip(), "label": label} for label, _, text in parted]
    dev: Rows = []
    train: Rows = []
    seen: dict[str, int] = {}
    for row in splits["train"]:
        seen[row["label"]] = number = seen.get(row["label"], 0) + 1
        (dev if number % HELD_OUT == 0 else train).append(row)
    return {"train": train, "dev": dev, "test": splits["test"]}


def _lines(path: Path, encoding: str = "utf-8") -> list[str]:
    return [line for line in path.read_text(encoding).split("\n") if line.strip()]


SETS: dict[str, tuple[str, Callable[[Path], Splits]]] = {
    "snips": ("snips", snips),
    "trec": ("trec_qc", trec),
    "r8": ("reuters_r8", r8),
}


def read(name: str, data: Path) -> Splits:
    """Return the rows of a data set, texts cut to the words that all classifiers read."""
    folder, rows_of = SETS[name]
    return {
        split: [{**row, "text": " ".join(row["text"].split()[:MOST_WORDS])} for row in rows]
        for split, rows in rows_of(data / folder).items()
    }


def drawn(rows: Rows, each: int | None, seed: int) -> Rows:
    """Return so many rows of each class (all of a class that has fewer), or all rows."""
    if each is None:
        return rows
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    kept: dict[str, Rows] = {}
    for row in shuffled:
        if len(of_class := kept.setdefault(row["label"], [])) < each:
            of_class.append(row)
    return [row for of_class in kept.values() for row in of_class]


def of_svm(splits: Mapping[str, Rows]) -> float:
    """Return the accuracy of a linear SVM on n-grams of words and characters."""
    ngrams = make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
    )
    svm = make_pipeline(ngrams, LinearSVC())
    svm.fit([row["text"] for row in splits["train"]], [row["label"] for row in splits["train"]])
    answers = svm.predict([row["text"] for row in splits["test"]])
    return statistics.fmean(row["label"] == answer for row, answer in zip(splits["test"], answers, strict=True))


def of_model(splits: Mapping[str, Rows], model: Mapping[str, Any], seed: int, few: bool, settings: list[str]) -> float:
    """Return the accuracy of a classifier of this library, by the checkpoint that is best on dev.

    Where there are few examples, there are none for a dev split: it is that of the last checkpoint.
    """
    if few:
        splits = {split: rows for split, rows in splits.items() if split != "dev"}
    recipe = {
        "name": "linear",
        "seed": seed,
        "sources": {"texts": {"format": "python"}},
        "tasks": {
            "label": {
                "type": "text_classification",
                "source": "texts",
                "inputs": {"text": {"column": "text", "tokenizer": "whitespace", "lowercase": True}},
                "target": "label",
                "model": dict(model),
            }
        },
        "train": {
            "optimizer": {"type": "adamw", "lr": 2e-3},
            "schedule": {"type": "linear", "warmup": 20 if few else 100},
            "batch": {"size": 16 if few else 32},
            "epochs": 40 if few else 12,
            "threads": 1,
        },
    }
    overrides = [one for one in settings if ".wide." not in one or "wide" in model]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MTL_CACHE"] = str(Path(folder) / "cache")
        run = Run.start(
            recipe, Path(folder) / "run", overrides=overrides, sources={"texts": splits}, splits=tuple(splits)
        )
        for _ in run.train():
            pass
        return float(run.evaluate("test").metrics["label"]["accuracy"])


def figures(
    splits: Splits, each: int | None, seeds: int, split: str, only: list[str] | None, settings: list[str]
) -> Iterator[tuple[str, list[float]]]:
    """Yield the name of each classifier with its accuracy under each seed on the rows of a split."""
    samples = [
        {"train": drawn(splits["train"], each, seed), "dev": splits["dev"], "test": splits[split]}
        for seed in range(1, seeds + 1)
    ]
    for name, model in {"SVM": None, **MODELS}.items():
        if only and name not in only:
            continue
        if model is None:
            yield name, [of_svm(sample) for sample in (samples if each else samples[:1])]
        else:
            yield name, [of_model(s, model, seed, each is not None, settings) for seed, s in enumerate(samples, 1)]


def shown(values: list[float]) -> str:
    """Return the mean of some accuracies, with their standard deviation where there are several."""
    mean = f"{statistics.fmean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.3f}"


def main() -> None:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=SETS, help="data sets, in place of all of them")
    parser.add_argument("--models", nargs="*", choices=["SVM", *MODELS], help="rows, in place of all of them")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--examples", choices=["few", "all"], help=f"{FEW} a class or all; by default both")
    parser.add_argument("--split", choices=["dev", "test"], default="test")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="A.B.C=VALUE")
    given = parser.parse_args()
    if given.seeds < 1:
        parser.error(f"--seeds should be at least 1. Found {given.seeds}.")
    print(f"| data | examples | classifier | {given.split} accuracy |\n| --- | --- | --- | --- |", flush=True)
    for name in given.only or SETS:
        splits = read(name, given.data)
        sizes: dict[str | None, list[int | None]] = {"few": [FEW], "all": [None], None: [FEW, None]}
        for each in sizes[given.examples]:
            examples = f"{each} a class" if each else f"{len(splits['train']):,}"
            for row, values in figures(splits, each, given.seeds, given.split, given.models, given.settings):
                print(f"| {name} | {examples} | {row} | {shown(values)} |", flush=True)


if __name__ == "__main__":
    main()
