"""Every registered representation in one recipe: size, speed and dev figures. `python -m benchmarks.zoo [RECIPE]`.

    python -m benchmarks.zoo [RECIPE] [--data DIR] [--only NAME ...] [--steps N] [--rounds N] [--out DIR]

RECIPE is `recipes/intent_slot.yaml` or, where `--data DIR` names the folder of the data sets, `recipes/snips.yaml`. All
of its tasks get the representation, with its default keys, as one module; parts of composite ones are those of `FORMS`.
Each model begins with the recipe's seed, makes as many steps on the same batches, and is evaluated on dev, exported
and verified. `none` is the recipe without a representation.

Training counts tokens a second over all steps but the first ones. Latency is the P50 of one dev text from raw text to
answer, for each task's exported head, in onnxruntime on one thread; all heads take turns of 50 texts (see
`benchmarks.latency`), so that what else the machine does meets all of them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from benchmarks.latency import head, measure
from mtl.base.errors import RecipeError, near_miss
from mtl.base.progress import EvalReport, StepReport
from mtl.base.registry import load_plugins, lookup, names, recipe_keys
from mtl.recipe.yaml_core import read
from mtl.runs.runner import Run

NONE = "none"
WARM = 10  # steps that are not timed, or a half of fewer than twice as many
TEXTS = 200  # of dev, for latency
RECIPES = Path(__file__).resolve().parent.parent / "recipes"
BILSTM = {"type": "bilstm", "hidden": 100}
TWO = {"one": BILSTM, "two": BILSTM}
# Keys of representations that need some: of those that are made of others, a small form.
FORMS: dict[str, dict[str, Any]] = {
    "bottleneck": {"encoder": {"type": "self_attention"}},
    "concat": {"parts": {"one": {"type": "cnn"}, "two": BILSTM}},
    "lora": {"encoder": {"type": "self_attention"}},
    "mmoe": {"experts": {"type": "concat", "parts": TWO}, "per": "token"},
    "residual": {"part": BILSTM},
    "stack": {"parts": {"low": {"type": "cnn"}, "high": BILSTM}},
}
PRETRAINED = ("transformer",)  # not comparable with what begins at random
# What tasks share, and how, where it is not the whole representation.
SHARED: dict[str, Any] = {
    "cross_stitch": {"kind": "cross_stitch", "members": ["*.representation"]},
    "mmoe": ["*.representation.experts"],
}


@dataclass(frozen=True)
class Measured:
    """What training with one representation gave; `heads` are the exported graphs, by task."""

    name: str
    size: int
    speed: float
    figures: Mapping[str, float]
    heads: Mapping[str, Path]
    texts: Mapping[str, Sequence[str]]


def lacking(name: str) -> str:
    """Return why a representation cannot be measured, or nothing: it needs keys that `FORMS` does not have."""
    if name in PRETRAINED:
        return "needs the folder of a pretrained encoder"
    if name in FORMS or name in SHARED or name == NONE:
        return ""
    keys = recipe_keys(lookup("representation", name))
    needed = [key for key, parameter in keys.items() if parameter.default is parameter.empty]
    return f"needs {' and '.join(needed)}, which FORMS in benchmarks/zoo.py does not have" if needed else ""


def representation(name: str) -> dict[str, Any]:
    """Return what a recipe says of a task's representation."""
    return BILSTM if name == "cross_stitch" else {"type": name, **FORMS.get(name, {})}


def raw_recipe(path: Path) -> Mapping[str, Any]:
    """Return a recipe's values as the library reads them; raises `RecipeError` where there is no recipe."""
    document = read(path)
    if document.faults:
        raise RecipeError(document.faults, document.name)
    found: Mapping[str, Any] = document.tree
    return found


def recipe_with(raw: Mapping[str, Any], name: str, steps: int) -> dict[str, Any]:
    """Return a recipe in which all tasks have one representation, and are trained for so many steps."""
    main_task, *others = raw["tasks"]
    tasks = {task: {**said, "model": dict(said.get("model", {}))} for task, said in raw["tasks"].items()}
    whole = name != NONE and name not in SHARED
    for task, said in tasks.items():
        if name == NONE or (whole and task != main_task):
            said["model"].pop("representation", None)  # filled from the group's first member
        else:
            said["model"]["representation"] = representation(name)
    if name == "mmoe":
        for task in others:
            tasks[task]["model"]["representation"] = {**representation(name), "experts": {}}
    share = {group: members for group, members in raw.get("share", {}).items() if "representation" not in str(members)}
    if name != NONE and others:
        share["encoder"] = SHARED.get(name, ["*.representation"])
    train = {key: value for key, value in raw.get("train", {}).items() if key not in ("patience", "minutes")}
    train |= {"max_steps": steps, "epochs": 1_000_000, "evaluate_every": steps, "checkpoint_every": steps}
    train |= {"gradients_every": 0, "threads": 1, "select": None}
    return {**raw, "tasks": tasks, "share": share, "train": train}


def measured(raw: Mapping[str, Any], name: str, steps: int, data: Path, out: Path) -> Measured:
    """Train, evaluate and export with one representation."""
    run = Run.start(recipe_with(raw, name, steps), out, data=data)
    reports = list(run.train())
    timed = [report for report in reports if isinstance(report, StepReport)]
    timed = timed[min(WARM, len(timed) // 2) :]
    (last,) = (report for report in reports if isinstance(report, EvalReport))
    run.export()
    addresses = run.graph.members()
    size = sum(
        parameter.numel()
        for component, module in run.model.components.items()
        if any(".representation" in address for address in addresses[component])
        for parameter in module.parameters()
    )
    texts: dict[str, Sequence[str]] = {}
    for task in run.recipe.tasks:
        (key,) = run.graph.inputs(task).values()
        dev = run.prepared.split(key.source, "dev")
        assert dev is not None
        texts[task] = dev.texts(key)[:TEXTS]
    return Measured(
        name,
        size,
        sum(report.tokens for report in timed) / sum(report.seconds for report in timed),
        {f"{task} {figure}": value for task, all_of in last.metrics.items() for figure, value in first(all_of)},
        {task: out / "export" / f"{task}.onnx" for task in run.recipe.tasks},
        texts,
    )


def first(figures: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return a task's first figure with its name, or nothing where it has none."""
    return list(figures.items())[:1]


def answering(file: Path) -> Callable[[str], Any]:
    """Return a function that gives a head's answers to one text."""
    session = head(file)
    return lambda text: session.run(None, {"text": np.array([text], dtype=object)})


def latencies(all_of: Sequence[Measured], rounds: int) -> list[list[float]]:
    """Return the P50 milliseconds of each head, [representation][task]; all heads of a task take turns."""
    found: list[list[float]] = [[] for _ in all_of]
    for task in all_of[0].heads:
        times = measure([answering(one.heads[task]) for one in all_of], all_of[0].texts[task], rounds)
        for row, taken in zip(found, times, strict=True):
            row.append(float(np.percentile(taken, 50)) * 1e3)
    return found


def show(all_of: Sequence[Measured], rounds: int, left_out: Mapping[str, str]) -> None:
    """Print the table, and what it lacks."""
    figures, tasks = list(all_of[0].figures), list(all_of[0].heads)
    titles = ["representation", "parameters", "training, tokens/s", *(f"{task} P50, ms" for task in tasks), *figures]
    print("|", " | ".join(titles), "|")
    print("|---|", "|".join(["---:"] * (len(titles) - 1)), "|", sep="")
    for one, times in zip(all_of, latencies(all_of, rounds), strict=True):
        cells = [one.name, f"{one.size:,}", f"{one.speed:,.0f}", *(f"{time:.3f}" for time in times)]
        print("|", " | ".join([*cells, *(f"{one.figures[figure]:.3f}" for figure in figures)]), "|")
    print()
    for name, why in left_out.items():
        print(f"{name} is left out: it {why}.")
    print(f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, one thread")


def main() -> None:
    """Measure one representation after the other, then all heads in turns, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path, nargs="?", help="its tasks read one text each and have a dev split")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not from the recipe")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="representations, in place of all of them")
    parser.add_argument("--steps", type=int, default=600, help="steps of each training (600)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each text is read (3)")
    parser.add_argument("--out", type=Path, help="new folder that keeps the runs; without it, they are not kept")
    given = parser.parse_args()
    for option in ("steps", "rounds"):
        if getattr(given, option) < 1:
            parser.error(f"--{option} should be at least 1. Found {getattr(given, option)}.")
    load_plugins()
    known = [NONE, *names("representation")]
    for name in given.only or ():
        if name not in known:
            parser.error(f"--only should name representations. Found '{name}'.{near_miss(name, known)}")
    chosen = [name for name in known if not given.only or name in given.only]
    left_out = {name: lacking(name) for name in chosen if lacking(name)}
    recipe = given.recipe or RECIPES / ("snips.yaml" if given.data else "intent_slot.yaml")
    raw = raw_recipe(recipe)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.out or Path(scratch)
        rows = []
        for name in chosen:
            if name not in left_out:
                print(f"{name} …", file=sys.stderr, flush=True)
                rows.append(measured(raw, name, given.steps, given.data or recipe.parent, folder / name))
        show(rows, given.rounds, left_out)


if __name__ == "__main__":
    main()
