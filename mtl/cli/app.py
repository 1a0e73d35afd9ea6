"""The commands and their options; each body is imported when its command runs, so that `--help` is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

from .arguments import arguments
from .guard import guarded, settings
from .options import Data, Out, Overrides, RecipeFile, Resume, RunFolder, Seed

app = typer.Typer(
    name="mtl",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich takes longer to import than all the rest of --help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        from ..base.version import VERSION

        print(f"mtl {VERSION}")
        raise typer.Exit


# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.
@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Single-task models in a YAML recipe, tied into one network, exported as text-in ONNX heads."""
    settings.debug = debug


@app.command()
def run(
    recipe: RecipeFile,
    out: Out = None,
    resume: Resume = False,
    seed: Seed = None,
    data: Data = None,
    overrides: Overrides = None,
) -> None:
    """Check, train, test, export and verify; one table at the end."""
    with guarded():
        from .training import run_command

        run_command(recipe, out=out, resume=resume, seed=seed, data=data, overrides=tuple(overrides or ()))


@app.command()
def train(
    recipe: RecipeFile,
    out: Out = None,
    resume: Resume = False,
    seed: Seed = None,
    data: Data = None,
    overrides: Overrides = None,
) -> None:
    """Train only; `mtl test` and `mtl export` continue from the run folder."""
    with guarded():
        from .training import train_command

        train_command(recipe, out=out, resume=resume, seed=seed, data=data, overrides=tuple(overrides or ()))


@app.command()
def check(
    recipe: RecipeFile,
    data: Data = None,
    sources: Annotated[bool, typer.Option("--sources", help="Read the sources at the recipe's own paths.")] = False,
    seed: Seed = None,
    overrides: Overrides = None,
) -> None:
    """Find every fault of a recipe without training it.

    Builds the model on the meta device and pushes one fake batch through every task. With --data DIR (or with
    --sources, where the recipe's own paths hold) the sources are read as well: columns, labels, vocabularies,
    overlaps of training and test rows.
    """
    with guarded():
        from .checking import check_command

        check_command(
            recipe, data=data, sources=sources or data is not None, seed=seed, overrides=tuple(overrides or ())
        )


@app.command()
def graph(
    recipe: RecipeFile,
    format: Annotated[str, typer.Option("--format", metavar="text|mermaid", help="How to draw.")] = "text",
    overrides: Overrides = None,
) -> None:
    """Draw what is shared."""
    with guarded():
        from .checking import graph_command

        graph_command(recipe, format=format, overrides=tuple(overrides or ()))


@app.command()
def test(
    folder: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_EXPORT", help="Run folder, or the export/ folder in it.", show_default=False),
    ],
    split: Annotated[str, typer.Option("--split", metavar="train|dev|test", help="What to test on.")] = "test",
    task: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--task", metavar="T", help="A task to test. May be repeated. Without it: all tasks."),
    ] = None,
    data: Data = None,
) -> None:
    """Measure a trained run, or what was exported of it, on a split."""
    with guarded():
        from .finished import test_command

        test_command(folder, split=split, data=data, tasks=tuple(task or ()))


@app.command()
def predict(
    folder: Annotated[
        Path,
        typer.Argument(metavar="RUN_OR_BUNDLE", help="Run folder, or the export/ folder of one.", show_default=False),
    ],
    task: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--task", metavar="T", help="Task that answers. Optional where there is only one."),
    ] = None,
    input: Annotated[
        str, typer.Option("--input", metavar="FILE", help="Lines of text, or JSON lines; - is standard input.")
    ] = "-",
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Rows predicted together, at most.")] = 64,
    format: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--format", metavar="text|json", help="What the lines are. Without it: judged by the first line."),
    ] = None,
) -> None:
    """Answer text: one JSON line per row, in the order of the rows.

    Where the first line begins with {, every line is a JSON object with the task's inputs ({"text": "..."});
    otherwise every line is the text itself. A stream that mixes both is an error; --format text reads all of it as
    text. Rows are answered as they come, and memory does not grow with the input.
    """
    with guarded():
        from .predicting import predict_command

        predict_command(folder, task=task, input=input, batch_size=batch_size, format=format)


@app.command()
def export(
    run: RunFolder,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="DIR", help="Folder of the graphs. Without it: RUN/export."),
    ] = None,
    data: Data = None,
) -> None:
    """Write the ONNX heads of a trained run and verify them on the test split."""
    with guarded():
        from .finished import export_command

        export_command(run, out=out, data=data)


@app.command()
def compare(
    recipes: Annotated[list[Path], typer.Argument(metavar="RECIPE...", help="Recipes (YAML).", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of all runs and of compare.json.", show_default=False)
    ],
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="Number of seeds, counted from each recipe's own.")
    ] = 3,
    single: Annotated[
        bool, typer.Option("--single", help="Compare with each task of the recipe trained alone.")
    ] = False,
    match: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--match",
            metavar="steps|epochs|minutes",
            help="With --single: what each task alone has as much of as the joint run. steps: as many updates on its "
            "source as the joint run's mixture draws; evaluations, warm-up and decay in proportion. epochs: the "
            "recipe's epochs and max_steps, over the task's own source, however often the joint run reads it. minutes: "
            "the joint run's training time, times the source's part of its steps, divided by the tasks on it. Without "
            "--match: steps; minutes for a recipe with train.minutes.",
        ),
    ] = None,
    variants: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set", metavar="A.B.C=VALUE[;...]", help="A variant of each recipe, to compare with it. May be repeated."
        ),
    ] = None,
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set-all", metavar="A.B.C=VALUE", help="Override one value in all runs. May be repeated."),
    ] = None,
    data: Data = None,
    reports: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write the tables to FILE too, a page by itself: .html or .md. May be repeated.",
        ),
    ] = None,
) -> None:
    """Train recipes with several seeds; mean, spread and differences of every test figure, and which is better.

    Better and worse are said where the 95 % interval of the mean difference over the seeds leaves out 0.

    Finished runs are not repeated, and interrupted ones continue: give the same command again.
    """
    with guarded():
        from .comparing import compare_command

        compare_command(
            tuple(recipes),
            seeds=seeds,
            out=out,
            data=data,
            variants=tuple(variants or ()),
            single=single,
            match=match,
            overrides=tuple(overrides or ()),
            reports=tuple(reports or ()),
        )


@app.command()
def tune(
    recipe: RecipeFile,
    space: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--space", metavar="FILE", help="What is searched, in place of the recipe's section tune."),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", metavar="N", help="Trials of the study, earlier ones too.")] = 20,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="DIR", help="Folder of the study. Without it: runs/NAME-tune."),
    ] = None,
    seed: Seed = None,
    minutes: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--minutes", metavar="M", help="Stop after so many; the same command goes on for as many more."),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", metavar="N", help="Trials at a time, each in a process of its own.")
    ] = 1,
    data: Data = None,
    overrides: Overrides = None,
) -> None:
    """Search for a recipe's best values by their score on dev: the best trials, and a recipe with their values.

    What is searched is the recipe's section tune, or --space FILE. Trials that end are not repeated, and those that
    were cut off continue: give the same command again.
    """
    with guarded():
        from .tuning import Asked, tune_command

        tune_command(Asked(recipe, space, trials, out, seed, minutes, jobs, data, tuple(overrides or ())))


@app.command()
def rank(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The export/ folder of a run.", show_default=False)],
    documents: Annotated[
        Path,
        typer.Option(
            "--documents",
            metavar="FILE",
            help="One document a line: id<TAB>text (.tsv), JSON with _id, title, text (.jsonl), or texts.",
            show_default=False,
        ),
    ],
    task: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--task", metavar="T", help="Task that ranks. Optional where only one can."),
    ] = None,
    vectors: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--vectors", metavar="FILE", help="Where vectors are kept. Without it: DOCUMENTS.T.vectors."),
    ] = None,
    queries: Annotated[
        str, typer.Option("--queries", metavar="FILE", help="Lines of text, or JSON lines; - is standard input.")
    ] = "-",
    top: Annotated[int, typer.Option("--top", metavar="K", help="Documents per query.")] = 10,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Queries answered together.")] = 1,
    index: Annotated[
        str, typer.Option("--index", metavar="exact|faiss", help="All inner products, or faiss' graph (approximate).")
    ] = "exact",
    text: Annotated[bool, typer.Option("--text", help="Show the documents' texts too.")] = False,
) -> None:
    """Rank a collection for queries: one JSON line per query, the best documents first.

    Documents are encoded once, by a separable scorer's encoder; an interrupted encoding continues where it stopped.
    """
    with guarded():
        from .ranking import rank_command

        rank_command(
            bundle,
            documents=documents,
            task=task,
            vectors=vectors,
            queries=queries,
            top=top,
            batch_size=batch_size,
            index=index,
            text=text,
        )


@app.command()
def components(
    kind: Annotated[Optional[str], typer.Argument(metavar="KIND", show_default=False)] = None,  # noqa: UP045
    name: Annotated[Optional[str], typer.Argument(metavar="NAME", show_default=False)] = None,  # noqa: UP045
    plugins: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--plugin", metavar="FILE_OR_MODULE", help="List what this script or module adds, too. May be repeated."
        ),
    ] = None,
) -> None:
    """List what a recipe can name: kinds, names of a kind, or the keys of one component.

    `mtl components recipe` lists the keys that belong to no component: of a recipe, a task, an input, of training.
    """
    with guarded():
        from .components import components_command

        components_command(kind, name, plugins=tuple(plugins or ()))


def main() -> None:
    """Run the command that `sys.argv` asks for."""
    with guarded():
        try:
            app(arguments(sys.argv[1:]), prog_name="mtl")
        except SystemExit:
            sys.stdout.flush()  # of `--help` too, while a failure can still be reported
            raise
