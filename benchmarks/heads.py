"""What an export's graphs take of one sentence: the front end's part of a head, all heads at once, and eight bits.

    python -m benchmarks.heads OUT [--data DIR] [--rounds N]

OUT is the folder of a finished run. Texts are those of its test split, one at a time, on one thread: of every task the
model in torch, its head, its front end alone (from the text to what embeddings read) and, where the run has been
exported with --int8, the head of eight bits; then the joint graph beside each head whose text it reads. All of them
take turns of 50 texts, as in `benchmarks.latency`. Medians are those of every text's fastest call, which another
process's load does not reach. At the end, how large the weights are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from benchmarks.fuzz import text_session
from benchmarks.latency import fastest, head, measure
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run

Side = Callable[[str], Any]


def reading(session: onnxruntime.InferenceSession) -> Side:
    """Return what a graph of one text is asked."""
    outputs = [output.name for output in session.get_outputs()]
    return lambda text: session.run(outputs, {"text": np.array([text], dtype=object)})


def front_end(run: Run, task: str) -> Side:
    """Return the front end of a task alone, with the features of all that reads its text."""
    (key,) = run.graph.inputs(task).values()
    features = [
        feature
        for component, read in run.graph.leaves([task])
        if read == key
        for feature in run.prepared.fitted.features[component]
    ]
    return reading(text_session(key.front_end, features))


def sides_of(run: Run, predictor: Predictor, task: str) -> dict[str, Side]:
    """Return what is compared of a task, by name."""
    found: dict[str, Side] = {
        "eager": lambda text: predictor.predict(task, [text]),
        "head": reading(head(run.out / "export" / f"{task}.onnx")),
        "front end": front_end(run, task),
    }
    joint, small = run.out / "export/joint.onnx", run.out / "export.int8" / f"{task}.onnx"
    if small.is_file():
        found["int8"] = reading(head(small))
    session = head(joint) if joint.is_file() else None
    if session is not None and [given.name for given in session.get_inputs()] == ["text"]:
        found["joint"] = reading(session)
    return found


def medians(sides: dict[str, Side], texts: Sequence[str], rounds: int) -> dict[str, float]:
    """Return the median of every text's fastest call, in milliseconds, by side."""
    times = measure(list(sides.values()), texts, rounds)
    return {name: float(np.median(fastest(taken))) * 1e3 for name, taken in zip(sides, times, strict=True)}


def line(task: str, found: dict[str, float]) -> str:
    """Return what was measured of a task, as a line of the table."""
    eager, own, front = found["eager"], found["head"], found["front end"]
    cells = [f"{eager:>9.3f} {own:>9.3f} {eager / own:>7.2f} {front:>10.3f} {front / own:>7.1%}"]
    cells.append(f"{found['joint']:>9.3f} {found['joint'] / own:>7.2f}" if "joint" in found else f"{'-':>9} {'-':>7}")
    if "int8" in found:
        small = found["int8"]
        cells.append(f"{small:>9.3f} {own / small:>8.2f} {eager / small:>9.2f}")
    else:
        cells.append(f"{'-':>9} {'-':>8} {'-':>9}")
    return f"{task:<14} {' '.join(cells)}"


def main() -> None:
    """Read the arguments, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of a finished run")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    parser.add_argument("--rounds", type=int, default=3, help="how often each text is read")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    run, predictor = Run.open(arguments.out, data=arguments.data), Predictor.load(arguments.out)
    tasks = [task for task in run.recipe.tasks if len(run.graph.inputs(task)) == 1]
    columns = (
        f"{'eager ms':>9} {'head ms':>9} {'ratio':>7} {'front end':>10} {'share':>7} {'joint ms':>9} {'/ head':>7} "
        f"{'int8 ms':>9} {'vs. head':>8} {'vs. eager':>9}"
    )
    print(f"{'task':<14} {columns}")
    for task in tasks:
        (key,) = run.graph.inputs(task).values()
        split = run.prepared.split(key.source, "test")
        if split is None:
            print(f"{task:<14} the source '{key.source}' has no test split")
            continue
        print(line(task, medians(sides_of(run, predictor, task), split.texts(key), arguments.rounds)))
    for name in ("export", "export.int8"):
        file = arguments.out / name / "weights.safetensors"
        if file.is_file():
            print(f"weights of {name}: {file.stat().st_size:,} bytes")
    print(f"one text at a time on one thread; torch {torch.__version__}, onnxruntime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()
