"""`mtl rank`: a collection encoded once, then the best documents of each query from standard input."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from ..base.errors import counted
from .answer_lines import stopped_at
from .decoding import decoded
from .input_lines import StreamLines, opened
from .input_rows import batched, parsed_rows
from .predicting import load
from .progress import line

if TYPE_CHECKING:
    from ..serve.ranker import Hit, Ranker


def rank_command(
    folder: Path,
    *,
    documents: Path,
    task: str | None,
    vectors: Path | None,
    queries: str,
    top: int,
    batch_size: int,
    index: str,
    text: bool,
) -> None:
    """Encode what is not encoded yet, then answer every query: a JSON line each, in order, none waiting for others."""
    from ..serve.ranker import Ranker

    ranker = Ranker(load(folder), documents, task=task, vectors=vectors, index=index)
    name, ranked = "standard input" if queries == "-" else queries, 0
    with opened(queries, "--queries") as stream:
        encode(ranker, Console(stderr=True))  # standard output is for answers
        lines = StreamLines(stream, f"--queries '{queries}'")
        rows = parsed_rows(decoded(lines, name), [ranker.query], name)
        with stopped_at(name, lambda: ranked, "query"):
            for batch in batched(rows, batch_size, lines.waiting):
                asked = [row[ranker.query] for row in batch]
                for query, hits in zip(asked, ranker.rank(asked, top), strict=True):
                    answer = {ranker.query: query, ranker.document: [hit_fields(ranker, hit, text) for hit in hits]}
                    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                sys.stdout.buffer.flush()  # a reader waits for no more than a batch
                ranked += len(batch)


def hit_fields(ranker: Ranker, hit: Hit, text: bool) -> dict[str, Any]:
    """Return a document as an answer has it, with its `text` where asked."""
    found = {"id": hit.id, "score": hit.score}
    return {**found, "text": ranker.collection.text(hit.position)} if text else found


def encode(ranker: Ranker, console: Console) -> None:
    """Encode the documents that are not yet, with a bar on a terminal, and say how fast."""
    from rich.progress import Progress

    total, begun = len(ranker.collection), ranker.vectors.done
    if begun == total:
        line(console, f"{ranker.vectors.file}: {counted(total, 'document')}, encoded before")
        return
    start = time.perf_counter()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("encoding", total=total, completed=begun)
        for done in ranker.encode():
            progress.update(bar, completed=done)
    seconds = time.perf_counter() - start
    speed = (
        f"{counted(total - begun, 'document')} encoded in {seconds:.1f} s, {(total - begun) / seconds:,.0f} a second"
    )
    line(console, f"{ranker.vectors.file}: {speed}{f', {begun} before' if begun else ''}")
