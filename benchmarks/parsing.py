"""How long does one sentence take a parser: trained model in torch against exported head, as in PyText's Table 2.

    python -m benchmarks.parsing [RUN ...] [--data DIR] [--rounds N] [--texts N]

PyText (Aly et al., 2018, section 4.1) sped up a joint model of intents and slots by exporting it, and its RNNG, which
it could not export, by writing it in C++ once more. RUN are folders of finished runs; without any, three models are
trained on embedded data: intents and slots over one BiLSTM (`recipes/intent_slot.yaml`), and the parser of
`recipes/semantic_parsing.yaml` with either decoder, `rnng` and `transition`.

Texts are those of a run's test split, one at a time, one thread on either side, from raw text to answer. A parser's
torch side is the library's own `Predictor.predict`. All tasks of a run that does not parse are answered in one call on
either side; torch stops at tensors there, before they are made strings. How sides take turns, and what the columns are,
is said in `benchmarks.latency`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

import mtl
from benchmarks.latency import PERCENTILES, TURN, WARM_UP, fastest, head, measure
from mtl.base.errors import MtlError
from mtl.data.batch import raw_batch
from mtl.data.targets import TreeOfTokens
from mtl.runs.predictor import Predictor
from mtl.runs.runner import Run

RECIPES = Path(__file__).resolve().parent.parent / "recipes"
TRAINED = (
    ("intent_slot.yaml", ()),
    ("semantic_parsing.yaml", ("tasks.parse.model.decoder.type=rnng",)),
    ("semantic_parsing.yaml", ("tasks.parse.model.decoder.type=transition",)),
)
REWRITTEN = {50: 1.05, 99: 1.11}  # PyText, Table 2: how many times as fast its RNNG was in C++


def trained(folder: Path) -> Iterator[Run]:
    """Train the models that are measured where no run is given."""
    for number, (recipe, overrides) in enumerate(TRAINED):
        print(f"training {recipe} {' '.join(overrides)}", file=sys.stderr, flush=True)
        yield mtl.run(RECIPES / recipe, folder / str(number), overrides=overrides)


def kind_of(run: Run) -> str:
    """Return the type of the decoder that parses; of a run that does not, its encoder's."""
    parser = parser_of(run)
    asked = parser or next(iter(run.recipe.tasks))
    config = run.recipe.tasks[asked].model.get("decoder" if parser else "representation")
    return "-" if config is None else config.type


def parser_of(run: Run) -> str | None:
    """Return the first task of a run that parses, None where there is none."""
    targets = run.prepared.fitted.targets.items()
    return next((task for task, target in targets if isinstance(target, TreeOfTokens)), None)


def sides(run: Run) -> tuple[str, list[Callable[[str], Any]]]:
    """Return what is asked of a run, and the two who answer a text: torch and onnxruntime."""
    predictor, task = Predictor.load(run.out), parser_of(run)
    session = head(run.out / "export" / f"{task or 'joint'}.onnx")
    outputs = [output.name for output in session.get_outputs()]

    def exported(text: str) -> Any:
        return session.run(outputs, {"text": np.array([text], dtype=object)})

    if task is not None:
        return task, [lambda text: predictor.predict(task, [text]), exported]
    model, tasks = predictor.model, list(run.recipe.tasks)
    (name,) = run.graph.inputs(tasks[0])

    @torch.inference_mode()
    def eager(text: str) -> Any:
        return model.answers(raw_batch(run.graph, model.fitted, tasks, {name: [text]}), tasks)

    return " + ".join(tasks), [eager, exported]


def compare(run: Run, rounds: int, most: int) -> int:
    """Measure a run, print its rows and return how many texts it read."""
    asked, both = sides(run)
    (key,) = run.graph.inputs(asked.split(" + ")[0]).values()
    split = run.prepared.split(key.source, "test")
    if split is None:
        sys.exit(f"{run.out}: the source '{key.source}' should have a test split. There is none.")
    texts = split.texts(key)[:most]
    slow, fast = measure(both, texts, rounds)
    kind = kind_of(run)
    for percentile in PERCENTILES:
        cells = []
        for of in (np.ravel, fastest):
            theirs, ours = (float(np.percentile(of(side), percentile)) * 1e3 for side in (slow, fast))
            cells.append(f"{theirs:>9.3f} {ours:>12.3f} {theirs / ours:>7.2f}")
        rewritten = f"{REWRITTEN[percentile]:.2f}" if kind == "rnng" and percentile in REWRITTEN else "-"
        print(f"{asked:<15} {kind:<11} P{percentile:<4} {cells[0]}   {cells[1]} {rewritten:>12}", flush=True)
    return len(texts)


def table(runs: Iterator[Run] | Sequence[Run], rounds: int, most: int) -> None:
    """Measure runs one after another."""
    columns = f"{'eager ms':>9} {'exported ms':>12} {'ratio':>7}"
    heading = f"{'tasks':<15} {'model':<11} {'':<5} {columns}   {columns} {'PyText, C++':>12}"
    print(f"{'':<33} {'all calls':>30}   {'fastest call of each text':>30}\n{heading}")
    counts = [compare(run, rounds, most) for run in runs]
    print(
        f"texts of the test split: {', '.join(map(str, counts))}; each read {rounds} times by either side, one at a "
        f"time on one thread; the sides take turns of {TURN} texts, before each of which {WARM_UP} calls do not count; "
        f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}; PyText, C++: how many times as fast as in "
        "Python its RNNG was, P50 and P99 (Aly et al., 2018, Table 2)"
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description="eager torch against exported parsers, batch 1, one thread")
    parser.add_argument("runs", type=Path, nargs="*", metavar="RUN", help="folders of finished runs")
    parser.add_argument("--data", type=Path, help="where relative data paths start from, if not where they did")
    parser.add_argument("--rounds", type=int, default=3, help="how often each text is read")
    parser.add_argument("--texts", type=int, default=1000, metavar="N", help="how many texts are read, at most")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        if arguments.runs:
            found = [Run.open(out, data=arguments.data) for out in arguments.runs]
            table(found, arguments.rounds, arguments.texts)
        else:
            with tempfile.TemporaryDirectory() as folder:
                table(trained(Path(folder)), arguments.rounds, arguments.texts)
    except MtlError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
