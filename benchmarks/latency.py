"""How long does one sentence take, from raw text to answer: the trained model in torch against its exported head?

    python -m benchmarks.latency OUT [--data DIR] [--task TASK] [--rounds N] [--int8]

OUT is the folder of a finished run; with --int8 the head is that of the export with weights of eight bits. Texts are
those of its test split, one at a time, one thread on either side. The torch side is the library's own
`Predictor.predict`; the exported one is a bare `onnxruntime.InferenceSession` of the head. They take turns of 50 texts:
whatever else the machine does meets both, and each finds the processor's caches as it left them itself, as it does
where it serves alone. The percentiles are those of all calls; beside them, those of every text's fastest call, which
another process's load does not reach.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run

PERCENTILES = (50, 90, 99)
TURN = 50  # texts that one side reads before it is the other's turn
WARM_UP = 3  # calls at the beginning of a turn that do not count: the other side's data is in the caches

Times = NDArray[np.float64]


def head(file: Path) -> onnxruntime.InferenceSession:
    """Load a head to run on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def measure(sides: Sequence[Callable[[str], Any]], texts: Sequence[str], rounds: int) -> list[Times]:
    """Return the seconds that every call took, [round, text] a side; sides take turns."""
    taken: list[list[float]] = [[] for _ in sides]
    for side in sides:
        for text in texts[:TURN]:
            side(text)
    for _ in range(rounds):
        for first in range(0, len(texts), TURN):
            turn = texts[first : first + TURN]
            for side, times in zip(sides, taken, strict=True):
                for text in turn[:WARM_UP]:
                    side(text)
                for text in turn:
                    start = time.perf_counter()
                    side(text)
                    times.append(time.perf_counter() - start)
    return [np.array(times).reshape(rounds, len(texts)) for times in taken]


def compare(run: Run, predictor: Predictor, task: str, rounds: int, export: str) -> int:
    """Measure one task, print its rows and return how many texts it read."""
    (name,) = run.graph.inputs(task)
    key = run.graph.inputs(task)[name]
    split = run.prepared.split(key.source, "test")
    if split is None:
        print(f"{task:<12} the source '{key.source}' has no test split")
        return 0
    session = head(run.out / export / f"{task}.onnx")
    outputs = [output.name for output in session.get_outputs()]

    def exported(text: str) -> Any:
        return session.run(outputs, {"text": np.array([text], dtype=object)})

    def eager(text: str) -> Any:
        return predictor.predict(task, [text])

    texts = split.texts(key)
    slow, fast = measure([eager, exported], texts, rounds)
    last = run.graph.components[run.graph.output(task).component].config.type
    for percentile in PERCENTILES:
        cells = []
        for of in (np.ravel, fastest):
            theirs, ours = (float(np.percentile(of(side), percentile)) * 1e3 for side in (slow, fast))
            cells.append(f"{theirs:>9.3f} {ours:>12.3f} {theirs / ours:>7.2f}")
        print(f"{task:<12} {last:<10} P{percentile:<4} {cells[0]}   {cells[1]}")
    return len(texts)


def fastest(times: Times) -> Times:
    """Return the fastest call of each text, [text], from [round, text]."""
    return np.asarray(times.min(axis=0))


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="eager torch against exported heads, batch 1, one thread")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder of a finished run")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    parser.add_argument("--task", help="one task only, on one text")
    parser.add_argument("--rounds", type=int, default=3, help="how often each text is read")
    parser.add_argument("--int8", action="store_true", help="the head of `mtl export --int8`")
    arguments = parser.parse_args()
    export = "export.int8" if arguments.int8 else "export"
    if not (arguments.out / export).is_dir():
        parser.error(f"{arguments.out / export} should be an export of the run. Run `mtl export` first.")
    torch.set_num_threads(1)
    run = Run.open(arguments.out, data=arguments.data)
    predictor = Predictor.load(arguments.out)
    alone = [task for task in run.recipe.tasks if len(run.graph.inputs(task)) == 1]
    if arguments.task and arguments.task not in alone:
        parser.error(f"--task should be a task on one text: {', '.join(alone)}. Found '{arguments.task}'.")
    columns = f"{'eager ms':>9} {'exported ms':>12} {'ratio':>7}"
    print(f"{'':<29} {'all calls':>30}   {'fastest call of each text':>30}")
    print(f"{'task':<12} {'output':<10} {'':<5} {columns}   {columns}")
    tasks = [arguments.task] if arguments.task else alone
    read = {task: compare(run, predictor, task, arguments.rounds, export) for task in tasks}
    texts = ", ".join(f"{task} {count}" for task, count in read.items())
    print(
        f"texts of the test split: {texts}; each read {arguments.rounds} times by either side, one at a time on one "
        f"thread; the sides take turns of {TURN} texts, before each of which {WARM_UP} calls do not count; "
        f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}"
    )


if __name__ == "__main__":
    main()
