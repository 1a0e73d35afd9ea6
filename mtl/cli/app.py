"""The command line as a whole: its commands in the order of `--help`, and the options before them."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from .arguments import arguments
from .commands.answers import predict, rank
from .commands.lists import components
from .commands.many_runs import compare, ensemble, tune
from .commands.one_run import check, errors, export, extend, graph, labels, report, run, test, train
from .guard import guarded, settings

SHARED = ("run", "train")  # commands whose work the processes of torchrun divide

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


@app.callback()
def root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Single-task models in a YAML recipe, tied into one network, exported as text-in ONNX heads."""
    settings.debug = debug
    settings.alone = None if context.invoked_subcommand in SHARED else context.invoked_subcommand


ONE_RUN = (run, train, check, graph, test, report, labels, errors, predict, export, extend)

for command in (*ONE_RUN, ensemble, compare, tune, rank, components):
    app.command()(command)


def main() -> None:
    """Run the command that `sys.argv` asks for."""
    with guarded():
        try:
            app(arguments(sys.argv[1:]), prog_name="mtl")
        except SystemExit:
            sys.stdout.flush()  # of `--help` too, while a failure can still be reported
            raise
        finally:
            gc.freeze()  # at the end of the process, what is there need not be searched for cycles
