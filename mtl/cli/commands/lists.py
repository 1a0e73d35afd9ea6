"""The command that lists what a recipe can name."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from ..guard import guarded

# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.


def components(
    kind: Annotated[Optional[str], typer.Argument(metavar="KIND", show_default=False)] = None,  # noqa: UP045
    name: Annotated[Optional[str], typer.Argument(metavar="NAME", show_default=False)] = None,  # noqa: UP045
    plugins: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--plugin", metavar="FILE_OR_MODULE", help="List what this script or module adds, too. May be repeated."
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Show each with its shapes, source, keys and defaults.")] = False,
) -> None:
    """List what a recipe can name: kinds, names of a kind, or the keys of one component.

    `mtl components recipe` lists the keys that belong to no component: of a recipe, a task, an input, of training.
    `mtl components bilstm` shows the component of that name, whatever its kind: what it is, shapes, source, keys with
    their defaults. `mtl components --full` shows all of them so, `mtl components embedding --full` all embeddings.
    """
    with guarded():
        from ..components import components_command

        components_command(kind, name, plugins=tuple(plugins or ()), full=full)
