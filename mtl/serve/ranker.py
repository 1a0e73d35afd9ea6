"""A collection of documents ranked for queries, with the two encoders of a separable scorer.

Documents are encoded once; a query costs its own encoding and one matrix product. Of an export, onnxruntime and numpy
do all of it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..base.errors import UsageError, listing
from ..base.files import UNFINISHED
from .bundle import Bundle
from .collection import Collection
from .encoder import MakesVectors
from .exact_search import ExactSearch, Found, Vectors
from .vectors import VectorFile

CHUNK = 1024  # documents whose texts are in memory at a time
CHUNK_BYTES = 16 << 20  # of their texts; a longer document is one by itself
CHARACTERS = 100_000  # of a batch of documents, padding included: what bounds the memory of the encoder
LINKS = 32  # of a document in faiss' graph


class Hit(NamedTuple):
    """A document that answers a query: its place in the collection, its identifier, its score."""

    position: int
    id: str
    score: float


class Ranker:
    """Ranks the documents of a file by a task whose scorer is separable.

    `encoder` is an export's folder, a `Bundle`, a run's `predictor`, or anything else that makes vectors of texts.
    `vectors` is where the documents' vectors are kept (without it: beside the documents, `FILE.TASK.vectors`);
    `encode` writes what is missing. `index="faiss"` searches a graph of the vectors (HNSW, Malkov and Yashunin 2018),
    approximately, where a collection is too large for all inner products. Raises `UsageError` for a task that cannot
    rank a collection, and where faiss is asked for and not installed.
    """

    def __init__(
        self,
        encoder: MakesVectors | str | Path,
        documents: str | Path,
        *,
        task: str | None = None,
        vectors: str | Path | None = None,
        index: str = "exact",
    ) -> None:
        self.encoder = Bundle(encoder) if isinstance(encoder, str | Path) else encoder
        self.task = self._choose(task)
        self.query, self.document = self.encoder.inputs(self.task)
        if index not in ("exact", "faiss"):
            raise UsageError(f"index should be 'exact' or 'faiss'. Found '{index}'.")
        self._faiss: Any = _faiss() if index == "faiss" else None
        self.collection = Collection(documents)
        of = {"documents": self.collection.sha256, "encoder": self.encoder.version(self.task, self.document)}
        file = Path(vectors) if vectors is not None else Path(f"{documents}.{self.task}.vectors")
        self.vectors = VectorFile(file, len(self.collection), self.encoder.size(self.task, self.document), of)
        self._index: Any = None

    def _choose(self, task: str | None) -> str:
        """Return the task that ranks: the one that is named, or the only one that can."""
        able = list(self.encoder.separable)
        if task is None and len(able) == 1:
            return able[0]
        if task in able:
            return task
        if task is not None and task in self.encoder.tasks:
            raise UsageError(
                f"'{task}' should have a separable scorer (dot, cosine, bilinear) to rank a collection. "
                f"Found {listing(able) if able else 'no such task'} in '{self.encoder.title}'."
            )
        if task is not None:
            self.encoder.inputs(task)  # which says that there is no such task
        raise UsageError(
            f"'{self.encoder.title}' should have one task with a separable scorer, or --task should name it. "
            f"Found {listing(able) if able else 'no such task'}."
        )

    def encode(self, *, batch_size: int = 64) -> Iterator[int]:
        """Encode the documents that are not yet, yielding how many are done after each chunk; can be interrupted."""
        while (done := self.vectors.done) < len(self.collection):
            chunk = self.collection.chunk(done, documents=CHUNK, size=CHUNK_BYTES)
            texts = list(self.collection.texts(chunk.start, chunk.stop))
            made = np.empty((len(texts), self.vectors.dim), np.float32)
            for rows in batches_of_like_length([len(text) for text in texts], batch_size):
                made[rows] = self.encoder.encode(
                    self.task, self.document, [texts[i] for i in rows], batch_size=len(rows)
                )
            self.vectors.write(made, done)
            yield chunk.stop

    def rank(self, queries: Sequence[str], k: int = 10) -> list[list[Hit]]:
        """Return the best `k` documents of each query, best first; of equal scores the earlier document.

        Raises `UsageError` where documents are not encoded yet, and for `k` below 1.
        """
        if k < 1:
            raise UsageError(f"k should be at least 1. Found {k}.")
        if not self.vectors.complete:
            raise UsageError(
                f"the documents of '{self.collection.file}' should be encoded first. Found vectors missing."
            )
        if self._index is None:
            vectors = self.vectors.read()
            self._index = ExactSearch(vectors) if self._faiss is None else self._graph(vectors)
        encoded = self.encoder.encode(self.task, self.query, queries)
        found = self._search(encoded, min(k, len(self.collection)))
        return [[Hit(i, self.collection.ids[i], score) for i, score in hits] for hits in found]

    def _search(self, queries: Vectors, k: int) -> Iterable[Found]:
        if isinstance(self._index, ExactSearch):
            return self._index.best(queries, k)
        scores, positions = self._index.search(np.ascontiguousarray(queries), k)
        pairs = zip(positions.tolist(), scores.tolist(), strict=True)
        return [[(i, score) for i, score in zip(*row, strict=True) if i >= 0] for row in pairs]

    def _graph(self, vectors: Vectors) -> Any:
        """Return faiss' index, read from beside the vectors or made and kept there."""
        file = self.vectors.file.with_name(self.vectors.file.name + ".faiss")
        faiss = self._faiss
        with contextlib.suppress(RuntimeError):  # of faiss: no such file, or one that cannot be read
            kept = faiss.read_index(str(file))
            if (kept.ntotal, kept.d) == vectors.shape and _holds(kept, vectors):
                return kept
        index = faiss.IndexHNSWFlat(self.vectors.dim, LINKS, faiss.METRIC_INNER_PRODUCT)
        for start in range(0, len(vectors), CHUNK):
            index.add(np.ascontiguousarray(vectors[start : start + CHUNK]))
        unfinished = file.with_name(f"{file.name}.{os.getpid()}{UNFINISHED}")  # several processes may make one
        faiss.write_index(index, str(unfinished))
        unfinished.replace(file)  # in one step: half an index could not be read
        return index


def batches_of_like_length(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield row numbers of batches of texts of similar length: up to `size`, and to a number of characters."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == size or (len(batch) + 1) * lengths[i] > CHARACTERS):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _holds(index: Any, vectors: Vectors) -> bool:
    """Return whether an index of faiss is of these vectors; it keeps them as they are."""
    return all(
        np.array_equal(index.reconstruct_n(start, len(part)), part)
        for start in range(0, len(vectors), CHUNK)
        for part in [vectors[start : start + CHUNK]]
    )


def _faiss() -> Any:
    try:
        return importlib.import_module("faiss")
    except ImportError as error:
        raise UsageError(
            "the index 'faiss' should have the package 'faiss-cpu'. Found no such package. "
            "Install it: pip install 'mtl-nlp[faiss]'."
        ) from error
