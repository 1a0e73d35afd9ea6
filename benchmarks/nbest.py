"""Does an exported parser find the n best trees that eager torch finds? `python -m benchmarks.nbest RUN`.

    python -m benchmarks.nbest RUN [--data DIR] [--beams 1 5] [--rows N]

RUN is the folder of a finished run with a task that predicts trees. For each beam B the trained model, in which no
weight depends on the beam, is exported with `beam: B` and `nbest: B`. Then every text of the test split is answered by
eager torch in batches of 32, and by the exported head in batches of 1 and of 32. A row is equal if all of its n best
trees are, in their order; it is a near tie if they differ, but two neighbours in eager torch's ranking do so by less
than 1e-5 of their probability. Ends with 1 if a row differs otherwise, or scores do by more than 1e-4.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.parsing import parser_of
from mtl.base.errors import MtlError
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run
from mtl.serve.bundle import Bundle
from mtl_modules import TransitionOutput

BATCHES = (1, 32)
TIE = 1e-5
TOLERANCE = 1e-4

Answers = Sequence[Mapping[str, Any]]


def ranked(answer: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the n best trees of an answer with their probabilities, the one where there are no more."""
    if "trees" not in answer:
        return [(answer["tree"], answer["score"])]
    return list(zip(answer["trees"], answer["scores"], strict=True))


def tied(wanted: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Say whether two rankings have the same trees, and where they differ those that are about equally probable."""
    known = dict(ranked(wanted))
    apart = [
        (score, known.get(its, 0.0))
        for (tree, score), (its, _) in zip(ranked(wanted), ranked(given), strict=True)
        if tree != its
    ]
    return all(one > 0 and other > 0 and abs(math.log(one) - math.log(other)) < TIE for one, other in apart)


def compare(wanted: Answers, given: Answers) -> tuple[list[int], list[int], float]:
    """Return the rows that differ, those of them that are no near ties, and the largest distance of scores."""
    odd, largest = [], 0.0
    for row, (one, other) in enumerate(zip(wanted, given, strict=True)):
        mine, its = ranked(one), ranked(other)
        if [tree for tree, _ in mine] != [tree for tree, _ in its]:
            odd.append(row)
        else:
            largest = max(largest, *(abs(here - there) for (_, here), (_, there) in zip(mine, its, strict=True)))
    return odd, [row for row in odd if not tied(wanted[row], given[row])], largest


def check(run: Run, task: str, beam: int, texts: Sequence[str]) -> bool:
    """Export with a beam, compare and print; return whether all is equal but near ties."""
    output = run.model.output(task)
    if not isinstance(output, TransitionOutput):
        sys.exit(f"{run.out}: '{task}' should have the output layer 'transition'. Found {type(output).__name__}.")
    output.follow(beam, beam)
    wanted = Predictor(run.model).predict(task, texts, batch_size=max(BATCHES))
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        run.export(Path(folder) / "export", verify="none")
        bundle = Bundle(Path(folder) / "export")
        for size in BATCHES:
            odd, wrong, largest = compare(wanted, bundle.predict(task, texts, batch_size=size))
            what = "greedy" if beam == 1 else f"beam {beam}, {beam} best"
            print(
                f"{task}: {what}, batch {size}: {len(texts) - len(odd):,} of {len(texts):,} texts have the same trees, "
                f"{len(odd) - len(wrong)} near ties; scores within {largest:.1e}",
                flush=True,
            )
            for row in odd:
                print(f"{'differs' if row in wrong else 'near tie'}: row {row} ({texts[row]!r}): {ranked(wanted[row])}")
            fine &= not wrong and largest <= TOLERANCE
    return fine


def main() -> int:
    """Read the arguments, compare, and return 1 where something differs."""
    parser = argparse.ArgumentParser(description="n best trees, exported against eager")
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a finished run")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5], metavar="B", help="widths of the beam")
    parser.add_argument("--rows", type=int, metavar="N", help="the first N rows of the test split alone")
    arguments = parser.parse_args()
    if min(arguments.beams) < 1:
        parser.error(f"--beams should be 1 or more. Found {min(arguments.beams)}.")
    torch.set_num_threads(1)
    try:
        run = Run.open(arguments.run, data=arguments.data)
        task = parser_of(run)
        if task is None:
            sys.exit(f"{run.out}: should have a task that predicts trees. There is none.")
        (key,) = run.graph.inputs(task).values()
        split = run.prepared.split(key.source, "test")
        if split is None:
            sys.exit(f"{run.out}: the source '{key.source}' should have a test split. There is none.")
        texts = split.texts(key)[: arguments.rows]
        fine = [check(run, task, beam, texts) for beam in arguments.beams]
        return 0 if all(fine) else 1
    except MtlError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    sys.exit(main())
