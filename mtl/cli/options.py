"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from .numbers import whole

# typer reads these annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.
RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="Recipe (YAML).", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder.", show_default=False)]
AnyFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RUN_OR_EXPORT", help="Folder of a run, an ensemble or an export (export/).", show_default=False
    ),
]
Out = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--out", metavar="DIR", help="Run folder. Without it: a new folder runs/NAME/N."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue from the last checkpoint in --out.")]
Seed = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--seed", parser=whole("--seed"), metavar="N", help="In place of the recipe's seed."),
]
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--data", metavar="DIR", help="What relative paths of sources start from, in place of the recipe's folder."
    ),
]
Verify = Annotated[
    str,
    typer.Option(
        "--verify",
        metavar="full|sample|none",
        help="What is compared with torch. full: every row, in batches and alone. sample: every row in batches, a few "
        "alone. none: nothing. The manifest says which.",
    ),
]
Overrides = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--set",
        metavar="A.B.C=VALUE",
        help="Override one value of the recipe. May be repeated. A step '**' is any number of whole steps, and reaches "
        "keys that the recipe writes: '**.path=DIR'.",
    ),
]
