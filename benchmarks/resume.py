"""Runs killed with SIGKILL and resumed, against the run that was never killed. `python -m benchmarks.resume`.

Every run is a process of its own (`mtl train`), killed once: at a random moment between its start and the end of
the undisturbed run, or, every fourth one, while it writes a checkpoint. Then `--resume` finishes it. All files of its
last and its best checkpoint (parameters, optimizer, state) have to equal those of the undisturbed run, byte for byte.
A run that ends before it can be killed counts for nothing and is made again with an earlier moment. With
`--processes 2` torchrun starts each run in two processes of one thread each; all are killed at once, torchrun too.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mtl.base.files import read_json
from mtl.train.checkpoint import Checkpoints, Which

RECIPES = ("recipes/intent_slot.yaml", "recipes/alternating.yaml")
SETTINGS = ("train.max_steps=200", "train.checkpoint_every=15", "train.evaluate_every=80")
POINTERS: tuple[Which, Which] = ("last", "best")


def command(recipe: str, out: Path, given: argparse.Namespace, *more: str) -> list[str]:
    """Return the command that trains a recipe."""
    launch = ["torch.distributed.run", "--nproc-per-node", str(given.processes), "-m"] if given.processes > 1 else []
    found = [sys.executable, "-m", *launch, "mtl", "train", recipe, "--out", str(out), *more]
    if given.data is not None and recipe != "recipes/intent_slot.yaml":
        found += ["--data", str(given.data)]
    return found + [part for setting in given.set for part in ("--set", setting)]


def family(process: int) -> list[int]:
    """Return a process, its children, theirs and so on, by what Linux says in /proc."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
    found = [process]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found


def running(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "XZ"
    except OSError:
        return False


def finish(arguments: list[str]) -> float:
    """Run a command to its end and return its seconds; ends the experiment where it fails."""
    start = time.perf_counter()
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


def kill(arguments: list[str], out: Path, moment: float, *, writing: bool) -> bool:
    """Start a command and kill it at a moment (or while it writes the next checkpoint after).

    Return False where the training had ended by then: the process, or its last step.
    """
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.perf_counter() + moment
    while process.poll() is None and time.perf_counter() < end:
        time.sleep(0.001)
    while writing and process.poll() is None and not list(out.glob("checkpoints/*.writing")):
        time.sleep(0.0002)
    if process.poll() is not None:
        return False
    killed = family(process.pid)
    for each in killed:
        with contextlib.suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    found = process.wait() == -signal.SIGKILL
    while any(map(running, killed)):
        time.sleep(0.001)
    return found and not finished(out)


def finished(run: Path) -> bool:
    """Return whether the last checkpoint is that of the last step."""
    checkpoints = Checkpoints(run)
    return bool(checkpoints.pointer()) and bool(read_json(checkpoints.path("last") / "state.json")["finished"])


def difference(run: Path, reference: Path) -> str:
    """Return what differs first between two finished runs' checkpoints, or nothing."""
    for which in POINTERS:
        found, wanted = Checkpoints(run).path(which), Checkpoints(reference).path(which)
        if found.name != wanted.name:
            return f"{which} is {found.name}, not {wanted.name}"
        files = {path.relative_to(wanted) for path in wanted.rglob("*") if path.is_file()}
        if files != {path.relative_to(found) for path in found.rglob("*") if path.is_file()}:
            return f"{found.name} has other files"
        for file in sorted(files):
            if (found / file).read_bytes() != (wanted / file).read_bytes():
                return f"{found.name}/{file} differs"
    return ""


def one(recipe: str, reference: Path, out: Path, seconds: float, arguments: argparse.Namespace, number: int) -> bool:
    """Kill one run, resume it, print what came of it; return whether it ended as the reference."""
    generator = random.Random(f"{recipe} {number}")
    writing = number % 4 == 3
    moment = generator.uniform(0, seconds)
    started = command(recipe, out, arguments)
    while not kill(started, out, moment, writing=writing):
        shutil.rmtree(out, ignore_errors=True)
        moment *= 0.8
    pointer = Checkpoints(out).pointer() if out.is_dir() else {}
    finish(command(recipe, out, arguments, "--resume"))
    wrong = difference(out, reference)
    how = "while writing" if writing else "at random"
    state = pointer.get("last", "before the first checkpoint")
    print(
        f"{Path(recipe).stem:<14}{number:>4}  {moment:>6.1f} s  {how:<14}{state:<30}{wrong or 'identical'}", flush=True
    )
    return not wrong


def main() -> None:
    """Make the runs and print a line for each, and the count; ends 1 where one came out otherwise."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("recipes", nargs="*", default=list(RECIPES), help=f"recipes ({', '.join(RECIPES)})")
    parser.add_argument("--runs", type=int, default=20, help="killed runs in all, shared among the recipes (20)")
    parser.add_argument("--data", type=Path, help="folder of the real data sets, for recipes that read them")
    parser.add_argument("--processes", type=int, default=1, help="processes that train a run together (1)")
    parser.add_argument("--set", action="append", help=f"settings of the recipes ({', '.join(SETTINGS)})")
    arguments = parser.parse_args()
    arguments.set = arguments.set or list(SETTINGS)
    if arguments.processes > 1:
        os.environ["OMP_NUM_THREADS"] = "1"
    right = 0
    with tempfile.TemporaryDirectory() as folder:
        for position, recipe in enumerate(arguments.recipes):
            reference = Path(folder) / f"reference{position}"
            seconds = finish(command(recipe, reference, arguments))
            for number in range(position, arguments.runs, len(arguments.recipes)):
                out = Path(folder) / f"run{number}"
                right += one(recipe, reference, out, seconds, arguments, number // len(arguments.recipes))
    print(f"{right} of {arguments.runs} killed runs ended with the checkpoints of the run never killed, byte for byte")
    if right < arguments.runs:
        sys.exit(1)


if __name__ == "__main__":
    main()
