"""The commands that answer texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..guard import guarded

# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.


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
        from ..predicting import predict_command

        predict_command(folder, task=task, input=input, batch_size=batch_size, format=format)


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
        from ..ranking import rank_command

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
