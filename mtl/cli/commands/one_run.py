"""The commands on one recipe, or on one run of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..guard import guarded
from ..numbers import number, whole
from ..options import AnyFolder, Data, Out, Overrides, RecipeFile, Resume, RunFolder, Seed, Verify

# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.


def run(
    recipe: RecipeFile,
    out: Out = None,
    resume: Resume = False,
    seed: Seed = None,
    data: Data = None,
    overrides: Overrides = None,
    verify: Verify = "full",
) -> None:
    """Check, train, test, export and verify; one table at the end."""
    with guarded():
        from ..training import run_command

        settings = tuple(overrides or ())
        run_command(recipe, out=out, resume=resume, seed=seed, data=data, overrides=settings, verify=verify)


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
        from ..training import train_command

        train_command(recipe, out=out, resume=resume, seed=seed, data=data, overrides=tuple(overrides or ()))


def check(
    recipe: RecipeFile,
    data: Data = None,
    sources: Annotated[bool, typer.Option("--sources", help="Read the sources at the recipe's own paths.")] = False,
    seed: Seed = None,
    overrides: Overrides = None,
    run: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--from", metavar="RUN", help="Say what of a finished run the recipe could start from, and how."),
    ] = None,
) -> None:
    """Find every fault of a recipe without training it.

    Builds the model on the meta device and pushes one fake batch through every task. With --data DIR (or with
    --sources, where the recipe's own paths hold) the sources are read as well: columns, labels, vocabularies,
    overlaps of training and test rows.
    """
    with guarded():
        from ..checking import check_command

        check_command(
            recipe,
            data=data,
            sources=sources or data is not None,
            seed=seed,
            overrides=tuple(overrides or ()),
            run=run,
        )


def graph(
    recipe: RecipeFile,
    format: Annotated[str, typer.Option("--format", metavar="text|mermaid", help="How to draw.")] = "text",
    overrides: Overrides = None,
) -> None:
    """Draw what is shared."""
    with guarded():
        from ..checking import graph_command

        graph_command(recipe, format=format, overrides=tuple(overrides or ()))


def extend(
    run: RunFolder,
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="Recipe of the new tasks.", show_default=False)],
    out: Out = None,
    unfreeze: Annotated[
        bool, typer.Option("--unfreeze", help="Let what is shared learn from the new tasks; show what is lost.")
    ] = False,
    resume: Resume = False,
    seed: Seed = None,
    data: Data = None,
    overrides: Overrides = None,
    verify: Verify = "full",
) -> None:
    """Train new tasks on a finished run, whose own tasks go on to answer as they do.

    RECIPE has new tasks. Under `share` it names components of RUN, and the new modules that are one with them
    (`encoder: topic.representation`). DIR gets all tasks, tested and exported. At the end, every row of test and dev is
    answered by RUN and by DIR, and the answers are compared bit by bit. With --unfreeze a table shows the figures of
    RUN's tasks before and after.
    """
    with guarded():
        from ..extending import extend_command

        extend_command(
            run,
            recipe,
            out=out,
            unfreeze=unfreeze,
            resume=resume,
            seed=seed,
            data=data,
            overrides=tuple(overrides or ()),
            verify=verify,
        )


def test(
    folder: AnyFolder,
    split: Annotated[str, typer.Option("--split", metavar="train|dev|test", help="What to test on.")] = "test",
    task: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--task", metavar="T", help="A task to test. May be repeated. Without it: all tasks."),
    ] = None,
    data: Data = None,
) -> None:
    """Measure a run, an ensemble or an export on a split.

    An export is measured on the data of its run, wherever the export is: at the recipe's own paths, or under --data.
    """
    with guarded():
        from ..finished import test_command

        test_command(folder, split=split, data=data, tasks=tuple(task or ()))


def export(
    run: RunFolder,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="DIR", help="Folder of the graphs. Without it: RUN/export."),
    ] = None,
    data: Data = None,
    verify: Verify = "full",
    int8: Annotated[
        bool,
        typer.Option(
            "--int8", help="Write a variant with weights of eight bits, too, into RUN/export.int8 (or DIR.int8)."
        ),
    ] = False,
    at_most: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--at-most",
            parser=number("--at-most", least=0),
            metavar="POINTS",
            help="What a selected figure may lose by --int8 on dev or test: hundredths of a share (0.5).",
        ),
    ] = None,
) -> None:
    """Write the ONNX heads of a trained run and verify them on the test split."""
    with guarded():
        from ..finished import export_command

        export_command(run, out=out, data=data, verify=verify, int8=int8, at_most=at_most)


def errors(
    folder: AnyFolder,
    task: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--task", metavar="T", help="Task that is looked at. Optional where there is only one."),
    ] = None,
    split: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--split", metavar="train|dev|test", help="Rows to look at. Without it: test, or dev."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", parser=whole("--top", least=1), metavar="N", help="Rows that are shown.")
    ] = 20,
    data: Data = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out", metavar="FILE", help="Table of all rows. Without it: errors/T.SPLIT.tsv in the run's folder."
        ),
    ] = None,
) -> None:
    """Show the rows that are answered wrongly, the most certain first, and what is taken for what.

    A part of a text that answers a question is right where its exact match is 1. Of a ranking: the queries whose first
    relevant document is ranked lowest; of a regression: all rows, the farthest off first. All of them go into a table;
    those of an export, which stays as it is, of a ranking and of a regression with --out FILE alone.
    """
    with guarded():
        from ..wrong_answers import errors_command

        errors_command(folder, task=task, split=split, top=top, data=data, out=out)


def labels(
    run: RunFolder,
    action: Annotated[Optional[str], typer.Argument(metavar="[rename", show_default=False)] = None,  # noqa: UP045
    names: Annotated[Optional[list[str]], typer.Argument(metavar="OLD NEW]", show_default=False)] = None,  # noqa: UP045
    task: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--task", metavar="T", help="Task of the label. Optional where no other has it."),
    ] = None,
) -> None:
    """List the labels of a trained run, or give one another name.

    The run and its later exports answer NEW; rows of data may have either name. The label of a span is that of all its
    tags. Weights stay as they are; labels.json in the run's folder says what was renamed.
    """
    with guarded():
        from ..labels import labels_command

        labels_command(run, action=action, names=tuple(names or ()), task=task)


def report(
    run: RunFolder,
    task: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--task", metavar="T", help="A task to report. May be repeated. Without it: all tasks."),
    ] = None,
    split: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--split", metavar="train|dev|test", help="A split that was measured. Without it: test, or dev."),
    ] = None,
    top: Annotated[
        int, typer.Option("--top", parser=whole("--top", least=1), metavar="N", help="Rows of each table.")
    ] = 20,
) -> None:
    """Show what the test of a run found: figures, each label, the worst confusions and mistakes.

    Reads what `mtl run` and `mtl test` have kept, and of mistakes the table that `mtl errors` has written: neither
    model nor data.
    """
    with guarded():
        from ..reporting import report_command

        report_command(run, tasks=tuple(task or ()), split=split, top=top)
