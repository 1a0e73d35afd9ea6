"""The commands that train a recipe many times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..guard import guarded
from ..numbers import number, whole
from ..options import Data, Overrides, RecipeFile, Seed, Verify

# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.


def compare(
    recipes: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECIPE...", help="Recipes (YAML), or folders of runs, ensembles, exports.", show_default=False
        ),
    ],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder of all runs and of compare.json. Without it: runs/NAME-compare, by the first recipe's name.",
        ),
    ] = None,
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--seeds",
            parser=whole("--seeds"),
            metavar="N",
            help="Number of seeds, counted from each recipe's own. Without it: 3.",
        ),
    ] = None,
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
            "--match: steps; minutes for a recipe with train.minutes, train.rest or an adaptive mixture.",
        ),
    ] = None,
    variants: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set",
            metavar="A.B.C=VALUE[;...]",
            help="A variant of each recipe that has such a key, to compare with it. May be repeated. Of several "
            "settings, a recipe that has some of the keys has a variant with these, and is told which are left out; "
            "equal variants, and those that are equal to the recipe as it is, are trained once.",
        ),
    ] = None,
    overrides: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--set-all",
            metavar="A.B.C=VALUE",
            help="Override one value in all runs. May be repeated. Of several recipes, a pattern ('**.path') or "
            "a key of a task, source or share group is set in those that have it: at least one.",
        ),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--jobs",
            parser=whole("--jobs"),
            metavar="N",
            help="Runs at a time, each in a process of its own; minutes are then such runs'.",
        ),
    ] = None,
    split: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--split", metavar="train|dev|test", help="With folders: what is answered. Without it: test."),
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

    Of one recipe without a variant or --single there are means and spreads alone.

    Better and worse are said where the 95 % interval of the mean difference over the seeds leaves out 0.

    Finished runs are not repeated, and interrupted ones continue: give the same command again.

    Folders of runs, ensembles and exports are compared as they are, on the rows of one split: figures of each, how many
    rows another answers otherwise than the first, and a sign test of those that only one of the two has right.
    """
    with guarded():
        from ..comparing import are_folders, compare_command

        if are_folders(recipes):
            from ..comparing_finished import compare_finished_command

            of_recipes = {"--seeds": seeds, "--single": single, "--match": match, "--set": variants}
            more = {"--set-all": overrides, "--jobs": jobs, "--report": reports}
            compare_finished_command(recipes, split=split, out=out, data=data, of_recipes={**of_recipes, **more})
            return
        compare_command(
            tuple(recipes),
            split=split,
            seeds=3 if seeds is None else seeds,
            out=out,
            data=data,
            variants=tuple(variants or ()),
            single=single,
            match=match,
            overrides=tuple(overrides or ()),
            reports=tuple(reports or ()),
            jobs=1 if jobs is None else jobs,
        )


def ensemble(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders, or with --runs one recipe.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the ensemble.", show_default=False)],
    by: Annotated[
        str,
        typer.Option("--by", metavar="average|vote", help="Whether probabilities are averaged or answers counted."),
    ] = "average",
    task: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--task", metavar="T", help="A task to combine. May be repeated. Without it: all that can be."),
    ] = None,
    count: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--runs",
            parser=whole("--runs"),
            metavar="N",
            help="Train so many runs of a recipe first, each with another seed.",
        ),
    ] = None,
    seed: Seed = None,
    data: Data = None,
    overrides: Overrides = None,
    verify: Verify = "full",
) -> None:
    """Let finished runs answer together: one graph per task, with all of them in it, and one table at the end.

    Every task is combined that all runs have with equal labels (classes, several labels, tags of tokens, numbers); it
    is measured on the data of the first run. With --runs N a recipe is trained N times, in DIR/runs, with seeds that
    count from its own; with --set train.bootstrap=true each learns from another draw of the rows. An interrupted
    training continues: give the same command again.
    """
    with guarded():
        from ..ensembling import EnsembleRequest, ensemble_command

        given = tuple(task or ()), count, seed, data, tuple(overrides or ()), verify
        ensemble_command(EnsembleRequest(tuple(runs), out, by, *given))


def tune(
    recipe: RecipeFile,
    space: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--space", metavar="FILE", help="What is searched, in place of the recipe's section tune."),
    ] = None,
    trials: Annotated[
        int,
        typer.Option("--trials", parser=whole("--trials"), metavar="N", help="Trials of the study, earlier ones too."),
    ] = 20,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="DIR", help="Folder of the study. Without it: runs/NAME-tune."),
    ] = None,
    seed: Seed = None,
    minutes: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--minutes",
            parser=number("--minutes"),
            metavar="M",
            help="Stop after so many; the same command goes on for as many more.",
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs", parser=whole("--jobs"), metavar="N", help="Trials at a time, each in a process of its own."
        ),
    ] = 1,
    data: Data = None,
    overrides: Overrides = None,
) -> None:
    """Search for a recipe's best values by their score on dev: the best trials, and a recipe with their values.

    What is searched is the recipe's section tune, or --space FILE. Trials that end are not repeated, and those that
    were cut off continue: give the same command again.
    """
    with guarded():
        from ..tuning import TuningRequest, tune_command

        tune_command(TuningRequest(recipe, space, trials, out, seed, minutes, jobs, data, tuple(overrides or ())))
