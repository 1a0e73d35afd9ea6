"""How fast is a collection encoded, and a query answered from it?

    python -m benchmarks.ranking BUNDLE --documents FILE [--queries FILE]

BUNDLE is the export of a run with a separable scorer, FILE the documents (see `mtl rank --help`). Queries are texts of
the documents' own words unless --queries names a file of them. Documents are encoded into a temporary file, one query
at a time is answered on as many threads as onnxruntime takes by itself. The two sides of the ratio, the query's encoder
alone and text to top K, take turns query by query.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path

import numpy as np

from mtl.serve.bundle import Bundle
from mtl.serve.ranker import Ranker

WORDS = 8  # of a made-up query


def queries_of(ranker: Ranker, count: int) -> list[str]:
    """Return queries of a few consecutive words of documents drawn at random."""
    generator = random.Random(0)
    found: list[str] = []
    while len(found) < count:
        words = ranker.collection.text(generator.randrange(len(ranker.collection))).split()
        start = generator.randrange(max(1, len(words) - WORDS))
        found.append(" ".join(words[start : start + WORDS]))
    return found


def main() -> None:
    """Print both rates as a table."""
    parser = argparse.ArgumentParser(description="documents a second, and a query's latency", prog="benchmarks.ranking")
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="export folder of a run with a separable scorer")
    parser.add_argument("--documents", type=Path, required=True, metavar="FILE", help="documents, one per line")
    parser.add_argument("--task", help="which ranks, where several can")
    parser.add_argument("--queries", type=Path, metavar="FILE", help="queries, one per line")
    parser.add_argument("--count", type=int, default=500, help="queries that are timed (500)")
    parser.add_argument("--top", type=int, default=10, metavar="K", help="documents per query (10)")
    given = parser.parse_args()
    asked = given.queries.read_text("utf-8").splitlines() if given.queries else []
    if given.queries and not asked:
        parser.error(f"--queries {given.queries} should have lines. There are none.")
    with tempfile.TemporaryDirectory() as folder:
        ranker = Ranker(Bundle(given.bundle), given.documents, task=given.task, vectors=Path(folder) / "vectors")
        start = time.perf_counter()
        for _ in ranker.encode():
            pass
        seconds = time.perf_counter() - start
        size = len(ranker.collection)
        print(f"{size} documents of {given.documents.name} encoded in {seconds:.1f} s: {size / seconds:,.0f} a second")
        queries = asked or queries_of(ranker, given.count)
        taken: dict[str, list[float]] = {"encoder alone": [], f"text to top {given.top}": []}

        def encode(query: str) -> object:
            return ranker.encoder.encode(ranker.task, ranker.query, [query])

        def rank(query: str) -> object:
            return ranker.rank([query], given.top)

        warm = queries[:20]  # which are not counted
        for query in [*warm, *queries[: given.count]]:
            for side, times in zip((encode, rank), taken.values(), strict=True):
                start = time.perf_counter()
                side(query)
                times.append(time.perf_counter() - start)
    print(f"{'one query':16}{'P50 ms':>10}{'P90 ms':>10}{'P99 ms':>10}{'ratio of P50':>14}")
    first = None
    for name, times in taken.items():
        p50, p90, p99 = np.percentile(np.array(times[len(warm) :]) * 1e3, (50, 90, 99))
        first = first or p50
        print(f"{name:16}{p50:10.3f}{p90:10.3f}{p99:10.3f}{p50 / first:14.2f}")


if __name__ == "__main__":
    main()
