"""Do exported heads answer in JavaScript as they do in Python? `python -m benchmarks.node RUN`.

    python -m benchmarks.node RUN [--data DIR] [--task TASK] [--texts N] [--package onnxruntime-node onnxruntime-web]

RUN is the folder of a finished run. The first N texts of its test split are answered by each head that reads one text,
in `onnxruntime` and, on Node.js, in npm's packages `onnxruntime-node` and `onnxruntime-web` (WebAssembly), in batches
of 1 and of 32. Labels, tokens and trees have to be equal; the largest difference of scores is printed. Needs `node` and
`npm`, which installs the packages into a temporary folder or into `--packages DIR`, without GPU libraries.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.latency import head
from mtl.runs.runner import Run

PACKAGES = ("onnxruntime-node", "onnxruntime-web")
VERSION = "1.30.0"
BATCHES = (1, 32)
SCRIPT = Path(__file__).with_name("node_answers.mjs")


def install(folder: Path, packages: Sequence[str]) -> None:
    """Install npm packages that are not in a folder yet; scripts, which would fetch GPU libraries, do not run."""
    wanted = [name for name in packages if not (folder / "node_modules" / name).is_dir()]
    if not wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    names = [f"{name}@{VERSION}" for name in wanted]
    done = subprocess.run(["npm", "install", "--ignore-scripts", *names], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"npm install {' '.join(names)}\n{done.stdout}{done.stderr}")


def in_javascript(package: str, graph: Path, batches: Sequence[Sequence[str]], folder: Path) -> list[dict[str, Any]]:
    """Return a graph's outputs for each batch, as arrays by name."""
    command = ["node", str(SCRIPT.resolve()), package, str(graph.resolve())]
    command.append(str((graph.parent / "weights.safetensors").resolve()))
    done = subprocess.run(command, cwd=folder, input=json.dumps(batches), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return [
        {name: np.array(of["data"]).reshape(of["dims"]) for name, of in answers.items()}
        for answers in json.loads(done.stdout)
    ]


def compared(here: dict[str, Any], there: dict[str, Any], rows: int) -> tuple[int, float]:
    """Return how many rows of a batch have equal answers, and the largest gap of floating-point numbers in them.

    A floating-point output has to have the shape of the other one, and NaN where that has it.
    """
    equal, largest = np.ones(rows, bool), 0.0
    for name, wanted in here.items():
        found = there[name]
        if found.shape != wanted.shape:
            equal[:] = False
        elif wanted.dtype.kind == "f":
            gap = np.abs(found - wanted)
            equal &= ~(np.isnan(gap) ^ np.isnan(wanted)).reshape(rows, -1).any(1)
            largest = max(largest, float(np.nanmax(gap, initial=0.0)))
        else:
            equal &= (found == wanted).reshape(rows, -1).all(1)
    return int(equal.sum()), largest


def measure(graph: Path, texts: Sequence[str], packages: Sequence[str], folder: Path, task: str) -> bool:
    """Print a line for each package and batch size; return whether every row is equal."""
    session = head(graph)
    outputs = [output.name for output in session.get_outputs()]
    right = True
    for size in BATCHES:
        batches = [list(texts[first : first + size]) for first in range(0, len(texts), size)]
        wanted = [
            dict(zip(outputs, session.run(outputs, {"text": np.array(batch, dtype=object)}), strict=True))
            for batch in batches
        ]
        for package in packages:
            found = in_javascript(package, graph, batches, folder)
            pairs = [compared(w, f, len(b)) for w, f, b in zip(wanted, found, batches, strict=True)]
            equal, gap = sum(count for count, _ in pairs), max(gap for _, gap in pairs)
            right &= equal == len(texts)
            print(f"{task:<12} {package:<18} {size:>5} {equal:>5}/{len(texts)} {gap:>12.1e}", flush=True)
    return right


def main() -> None:
    """Read the arguments and compare; ends 1 where an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], prog="benchmarks.node")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    parser.add_argument("--task", help="one task only, on one text")
    parser.add_argument("--texts", type=int, default=200, help="texts of the test split (200)")
    parser.add_argument("--package", nargs="+", choices=PACKAGES, default=list(PACKAGES), help="npm's, both by default")
    parser.add_argument("--packages", type=Path, metavar="DIR", help="folder in which npm has or gets the packages")
    given = parser.parse_args()
    run = Run.open(given.run, data=given.data)
    alone = [task for task in run.recipe.tasks if len(run.graph.inputs(task)) == 1]
    if given.task and given.task not in alone:
        parser.error(f"--task should be a task on one text: {', '.join(alone)}. Found '{given.task}'.")
    right = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.packages or Path(temporary)
        install(folder, given.package)
        print(f"{'task':<12} {'package':<18} {'batch':>5} {'equal':>9} {'scores differ by':>12}")
        for task in [given.task] if given.task else alone:
            (key,) = run.graph.inputs(task).values()
            split = run.prepared.split(key.source, "test")
            if split is None:
                print(f"{task:<12} the source '{key.source}' has no test split")
                continue
            texts = split.texts(key, range(min(given.texts, len(split))))
            right &= measure(run.out / "export" / f"{task}.onnx", texts, given.package, folder, task)
    print(f"npm's packages {VERSION}")
    if not right:
        sys.exit(1)


if __name__ == "__main__":
    main()
