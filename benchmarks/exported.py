"""Does the export of a finished run say what its model says, and how large is it?

    python -m benchmarks.exported OUT [--data DIR]

OUT is the folder of a finished run. Nothing of the export's own verification is used: texts of the test split go
through `Predictor` on one side and `mtl.Bundle` on the other, and every graph of the folder is run by a bare
onnxruntime on no text, on empty texts, and on texts of every length from 1 to 300 tokens. Exits with 1 if any check
fails.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors import safe_open

from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle

TOLERANCE = 1e-4  # how far scores may be apart
SIZES = (1, 64)
LENGTHS = range(1, 301)
MOST = 5000  # rows of a split
LARGEST = 64  # numbers in a constant: the shapes and masks that an exporter writes, but no weight


def weights(run: Run, predictor: Predictor) -> Iterator[tuple[str, bool]]:
    """Compare the bytes of the weights file with those of the components; vocabularies are inside the graphs."""
    folder = run.out / "export"
    with safe_open(folder / "weights.safetensors", framework="np") as file:
        stored = {name: file.get_tensor(name).nbytes for name in file.keys()}  # noqa: SIM118  # not a dict
    sizes = {
        name: sum(tensor.nbytes for tensor in module.state_dict().values())
        for name, module in predictor.model.components.items()
    }
    for name, size in sizes.items():
        yield f"{name:<30} {size:>12,} bytes", True
    whole = sum(sizes.values())
    same = sum(stored.values()) == whole
    yield f"weights.safetensors holds {sum(stored.values()):,} bytes, the components {whole:,}", same
    for path in sorted(folder.glob("*.onnx")):
        graph = onnx.load(path, load_external_data=False).graph
        outside = {t.name for t in graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL}
        inside = max(constants(graph), default=0)
        line = (
            f"{path.name} refers to {len(outside)} of {len(stored)} weights, its largest constant has {inside} numbers"
        )
        yield line, outside <= set(stored) and inside <= LARGEST


def constants(graph: onnx.GraphProto) -> Iterator[int]:
    """Yield how many numbers each tensor has that a graph holds itself; vocabularies are lists, not tensors."""
    for tensor in graph.initializer:
        if tensor.data_location != onnx.TensorProto.EXTERNAL:
            yield math.prod(tensor.dims)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield math.prod(attribute.t.dims)
            if attribute.HasField("g"):
                yield from constants(attribute.g)


def agreement(run: Run, predictor: Predictor, bundle: Bundle, task: str) -> Iterator[tuple[str, bool]]:
    """Compare the answers to the texts of the test split, at every batch size."""
    keys = run.graph.inputs(task)
    split = run.prepared.split(next(iter(keys.values())).source, "test")
    if split is None:
        return
    count = min(len(split), MOST)
    texts = {name: split.texts(key, range(count)) for name, key in keys.items()}
    for size in SIZES:
        eager = predictor.predict(task, texts, batch_size=size)
        exported = bundle.predict(task, texts, batch_size=size)
        alike = sum(itertools.starmap(nearly, zip(eager, exported, strict=True)))
        yield f"{task}: {alike}/{count} rows of the test split have the same answer, batch {size}", alike == count


def nearly(found: Any, wanted: Any) -> bool:
    """Compare answers: everything equal, but numbers only nearly."""
    if isinstance(wanted, float):
        return isinstance(found, float) and abs(found - wanted) <= TOLERANCE
    if isinstance(wanted, Mapping):
        return list(found) == list(wanted) and all(nearly(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(nearly, found, wanted))
    return bool(found == wanted)


def survival(path: Path, words: Sequence[str]) -> tuple[str, bool]:
    """Run a graph on no text, on empty texts and on texts of every length; every output has a row per text."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    inputs = [value.name for value in session.get_inputs()]
    batches: list[list[list[str]]] = [[], [[]], [[], []], [[], [words[0]], []]]
    batches += [[list(words[:length])] for length in LENGTHS]
    batches.append([list(words[:length]) for length in LENGTHS])
    survived = 0
    for batch in batches:
        answers = session.run(None, {name: given(name, batch) for name in inputs})
        survived += all(len(answer) == len(batch) for answer in answers)
    line = f"{path.name} answers {survived}/{len(batches)} batches: none, empty, {LENGTHS[0]} to {LENGTHS[-1]} tokens"
    return line, survived == len(batches)


def given(name: str, rows: Sequence[Sequence[str]]) -> Any:
    """Return what a graph's input gets for rows of words: texts, or tokens and how many each row has."""
    last = name.split(".")[-1]
    if last == "lengths":
        return np.array([len(row) for row in rows], np.int64)
    if last != "tokens":
        return np.array([" ".join(row) for row in rows], dtype=object)
    width = max(map(len, rows), default=0)
    return np.array([[*row, *[""] * (width - len(row))] for row in rows], dtype=object).reshape(len(rows), width)


def main() -> int:
    """Check a run and print a line for everything that was compared."""
    parser = argparse.ArgumentParser(description="an export against its model")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of a finished run")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    run = Run.open(arguments.out, data=arguments.data)
    predictor, bundle = Predictor.load(arguments.out), Bundle(arguments.out / "export", threads=1)
    task = bundle.tasks[0]
    key = next(iter(run.graph.inputs(task).values()))
    split = next(s for name in ("test", "dev", "train") if (s := run.prepared.split(key.source, name)) is not None)
    words = list(itertools.islice(itertools.cycle(" ".join(split.texts(key)[:200]).split()), LENGTHS[-1]))
    lines = itertools.chain(
        weights(run, predictor),
        *(agreement(run, predictor, bundle, task) for task in bundle.tasks),
        (survival(path, words) for path in sorted((run.out / "export").glob("*.onnx"))),
    )
    good = True
    for line, fine in lines:
        print(line if fine else f"wrong: {line}")
        good = good and fine
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
