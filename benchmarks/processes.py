"""Training in two processes of one thread each against one process of one thread. `python -m benchmarks.processes`.

The model and data of `benchmarks.training`. What two processes save grows with the batch: sums of gradients and the
optimizer's step take as long for few rows as for many. The two ways take turns, each a training of its own from start
to end; the best turn of each counts, as other work on the machine only slows. Tokens a second are those of the steps
after the first few, evaluation and checkpoints apart.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.training import RECIPE, Data

WARM = 10  # steps that are not measured


def speed(recipe: Path, out: Path, count: int) -> float:
    """Train in so many processes; return tokens a second."""
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", str(count)] if count > 1 else []
    command = [sys.executable, *launch, "-m", "mtl", "train", str(recipe), "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MTL_CACHE": str(recipe.parent / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    reports = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    steps = [report for report in reports if report["event"] == "step"][WARM:]
    return float(sum(step["tokens"] for step in steps) / sum(step["seconds"] for step in steps))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--turns", type=int, default=4, help="trainings of each way (4)")
    parser.add_argument("--steps", type=int, default=60, help="steps of a training (60)")
    rows = "rows of a batch, of all processes together (64 128 256)"
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 128, 256], metavar="ROWS", help=rows)
    arguments = parser.parse_args()
    print(f"{'rows':<8}{'one process':>14}{'two processes':>16}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Data().write(folder / "train.tsv")
        for rows in arguments.batch:
            train = {**RECIPE["train"], "batch": {"size": rows}, "max_steps": arguments.steps}
            train |= {"select": None, "gradients_every": 0, "checkpoint_every": arguments.steps}
            recipe = folder / "recipe.yaml"
            recipe.write_text(yaml.safe_dump({**RECIPE, "train": train}))
            best = {1: 0.0, 2: 0.0}
            for turn in range(arguments.turns):
                for count in best:
                    best[count] = max(best[count], speed(recipe, folder / f"run-{rows}-{turn}-{count}", count))
            print(f"{rows:<8}{best[1]:>14.0f}{best[2]:>16.0f}{best[2] / best[1]:>8.2f}", flush=True)
    print(f"rows of a batch, of all processes together; tokens a second; best of {arguments.turns} turns")


if __name__ == "__main__":
    main()
