"""A recipe trained with every balance: dev figures and time. `python -m benchmarks.balances RECIPE --data DIR`.

Every balance is trained with steps of one stream, and with steps of all streams (`train.step: all`). Those that compare
the gradients of a step (aggregators, GradNorm) have the second kind alone. Both kinds draw as many batches of every
stream where streams take turns. Figures are those of the checkpoint that is best on dev; a batch's time is the median
over the steps of training, divided by the batches of a step. Runs that have ended are not repeated. With `--jobs N`, so
many runs share the machine: a batch's time is then comparable within such a table alone, and only while all N are busy.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mtl.base.registry import lookup, names

Variant = tuple[str, str]  # balance, step


def variants() -> Iterator[Variant]:
    """Yield every balance with the kinds of steps that it has a meaning in."""
    for name in names("balance"):
        found: Any = lookup("balance", name)
        if not found.compares_rows:
            yield name, "stream"
        yield name, "all"


def train(recipe: Path, variant: Variant, seed: int, out: Path, data: Path | None, settings: list[str]) -> None:
    """Train one variant with one seed, or go on where it was."""
    balance, step = variant
    said = [f"train.balance.type={balance}", f"train.step={step}", f"seed={seed}", "train.gradients_every=0", *settings]
    command = [sys.executable, "-m", "mtl", "train", str(recipe), "--out", str(out), "--resume"]
    command += [part for setting in said for part in ("--set", setting)]
    command += ["--data", str(data)] if data is not None else []
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def measured(out: Path) -> tuple[dict[str, float], float]:
    """Return each task's first figure at the best evaluation, and the median milliseconds of a batch."""
    events: list[dict[str, Any]] = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    best = [event for event in events if event["event"] == "evaluation" and event["best"]][-1]
    figures = {task: next(iter(found.values())) for task, found in best["metrics"].items()}
    steps = [event["seconds"] / len(event["rows_of"]) for event in events if event["event"] == "step"]
    return figures, 1000 * statistics.median(steps)


def shown(values: list[float], digits: int) -> str:
    """Return the mean of some values, with their standard deviation where there are several."""
    mean = f"{statistics.fmean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def main() -> None:
    """Train what is not trained yet, and print the table row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="folder of all runs")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--only", nargs="*", help="balances, in place of all of them")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="A.B.C=VALUE")
    given = parser.parse_args()
    if given.jobs < 1:
        parser.error(f"--jobs should be at least 1. Found {given.jobs}.")
    chosen = [variant for variant in variants() if not given.only or variant[0] in given.only]
    folders = {
        variant: [given.out / "-".join(variant) / f"seed-{n + 1}" for n in range(given.seeds)] for variant in chosen
    }
    with ThreadPoolExecutor(given.jobs) as pool:
        runs = {
            out: pool.submit(train, given.recipe, variant, seed, out, given.data, given.settings)
            for variant, outs in folders.items()
            for seed, out in enumerate(outs, 1)
        }
        try:
            show(folders, runs)
        except BaseException as error:
            pool.shutdown(cancel_futures=True)  # those that have begun end first
            if isinstance(error, RuntimeError):
                sys.exit(str(error))
            raise


def show(folders: dict[Variant, list[Path]], runs: dict[Path, Future[None]]) -> None:
    """Print the table, each row as soon as its runs have ended."""
    for number, ((balance, step), outs) in enumerate(folders.items()):
        for out in outs:
            runs[out].result()
        found = [measured(out) for out in outs]
        tasks = list(found[0][0])
        if number == 0:
            print("|", " | ".join(["balance", "step", *tasks, "mean", "ms a batch"]), "|")
            print("|", " | ".join(["---"] * (len(tasks) + 4)), "|")
        cells = [shown([figures[task] for figures, _ in found], 3) for task in tasks]
        mean = shown([statistics.fmean(figures.values()) for figures, _ in found], 3)
        print("|", " | ".join([balance, step, *cells, mean, shown([ms for _, ms in found], 1)]), "|", flush=True)


if __name__ == "__main__":
    main()
