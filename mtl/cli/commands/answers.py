"""The commands that answer texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from ..guard import guarded
from ..numbers import whole
from ..options import AnyFolder

# typer reads annotations when the module is loaded, on Python 3.10 too: Optional, not `X | None`.


def predict(
    folder: AnyFolder,
    task: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--task", metavar="T", help="Task that answers. Optional where there is only one."),
    ] = None,
    input: Annotated[
        str,
        typer.Option(
            "--input", metavar="FILE", help="Lines of text, or a table, packed by gzip or not; - is standard input."
        ),
    ] = "-",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", metavar="FILE", help="Where answers go. Without it: standard output."),
    ] = None,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size", parser=whole("--batch-size", least=1), metavar="N", help="Rows predicted together, at most."
        ),
    ] = 64,
    format: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--format",
            metavar="text|json|tsv|csv|jsonl|conll|conllu",
            help="What the lines are. Without it: text, or json where the first line begins with {.",
        ),
    ] = None,
    column: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--column",
            metavar="INPUT=COLUMN",
            help="Column of an input. Without it: as in training; of an export, the input's name.",
        ),
    ] = None,
    columns: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--columns", metavar="A,B,...", help="Names of the columns, where no header line names them."),
    ] = None,
    top: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(
            "--top",
            parser=whole("--top", least=1),
            metavar="N",
            help="Scores a row, the highest first, and those of all chosen labels; trees, where a parser has an "
            "`nbest`; most probable words, where a language model answers with as many. Without it: 5.",
        ),
    ] = None,
    every_score: Annotated[bool, typer.Option("--all", help="All scores of a row.")] = False,
) -> None:
    """Answer text: one JSON line per row, in the order of the rows.

    Where the first line begins with {, every line is a JSON object with the task's inputs ({"text": "..."});
    otherwise every line is the text itself. A stream that mixes both is an error; --format text reads all of it as
    text. Of a table (tsv, csv, jsonl, conll, conllu) each answer comes with its row, under "row". JSON lines as json
    hold texts under the inputs' names, as jsonl under the columns of --column, and only jsonl gives each row back. Rows
    are answered as they come, and memory does not grow with the input.
    """
    with guarded():
        from ..predicting import PredictRequest, predict_command

        names = None if columns is None else columns.split(",")
        asked = PredictRequest(task, input, out, batch_size, format, names, tuple(column or ()), top, every_score)
        predict_command(folder, asked)


def rank(
    folder: AnyFolder,
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
        str,
        typer.Option(
            "--queries",
            metavar="FILE",
            help="Lines of text, or JSON lines, packed by gzip or not; - is standard input.",
        ),
    ] = "-",
    top: Annotated[
        int, typer.Option("--top", parser=whole("--top", least=1), metavar="K", help="Documents per query.")
    ] = 10,
    batch_size: Annotated[
        int,
        typer.Option(
            "--batch-size", parser=whole("--batch-size", least=1), metavar="N", help="Queries answered together."
        ),
    ] = 1,
    index: Annotated[
        str, typer.Option("--index", metavar="exact|faiss", help="All inner products, or faiss' graph (approximate).")
    ] = "exact",
    text: Annotated[bool, typer.Option("--text", help="Show the documents' texts too.")] = False,
) -> None:
    """Rank a collection for queries: one JSON line per query, the best documents first.

    Documents are encoded once, by a separable scorer's encoder, in torch or by an export's graph; an interrupted
    encoding continues where it stopped. A run and its export each need a file of vectors of their own (--vectors).
    """
    with guarded():
        from ..ranking import rank_command

        rank_command(
            folder,
            documents=documents,
            task=task,
            vectors=vectors,
            queries=queries,
            top=top,
            batch_size=batch_size,
            index=index,
            text=text,
        )
