"""The judged pairs of a split, and the pairs that are drawn beside them: negatives to train on, candidates to rank.

G queries, D documents (distinct texts), N judgements. A drawn pair is an unjudged one: no row holds the
document for a query of equal text.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .judgements import Judgements

Integers = NDArray[np.int64]
SEED = 20  # of the candidates: every measurement of a model uses the same ones


class Drawn(NamedTuple):
    """Pairs of a query's number and a document's."""

    groups: Integers
    documents: Integers


class Negatives:
    """Draws pairs beside the judged ones of a split.

    These are by number: `query`, `document`, `group` and `pool` (-1: none), all [N].
    """

    def __init__(self, query: Integers, document: Integers, group: Integers, pool: Integers, documents: int) -> None:
        self.query, self.document, self.group, self.pool = query, document, group, pool
        self.documents = documents

    @cached_property
    def texts(self) -> Integers:
        """[G]: the number of each query's text."""
        first = np.unique(self.group, return_index=True)[1]
        return self.query[first]

    @cached_property
    def units(self) -> Integers:
        """[N]: rows of equal number stay in one batch: a query's, or those of all queries whose first pool is one."""
        first = np.unique(self.group, return_index=True)[1]
        pool = self.pool[first]
        return np.where(pool < 0, pool.max(initial=-1) + 1 + np.arange(len(first)), pool)[self.group]

    @cached_property
    def _known(self) -> Integers:
        return np.unique(self.query * self.documents + self.document)

    @cached_property
    def _pooled(self) -> tuple[Integers, Integers]:
        """The documents of all pools, one pool after another, and the bounds of each pool in them."""
        inside = self.pool >= 0
        pairs = np.unique(self.pool[inside] * self.documents + self.document[inside])
        bounds = np.searchsorted(pairs, np.arange(self.pool.max(initial=-1) + 2) * self.documents)
        return pairs % max(1, self.documents), bounds

    @cached_property
    def _by_group(self) -> tuple[Integers, Integers]:
        """The rows in the order of their queries, and the bounds of each query in them."""
        order = np.argsort(self.group, kind="stable")
        return order, np.searchsorted(self.group[order], np.arange(len(self.texts) + 1))

    @cached_property
    def _by_text(self) -> tuple[Integers, Integers]:
        """The judged documents of all query texts, one text after another, and the bounds of each text in them."""
        bounds = np.searchsorted(self._known, np.arange(self.query.max(initial=-1) + 2) * self.documents)
        return self._known % max(1, self.documents), bounds

    def is_judged(self, texts: Integers, documents: Integers) -> NDArray[np.bool_]:
        """Say which pairs of a query's text and a document a row holds; the arguments are broadcast."""
        wanted = texts * self.documents + documents
        at = np.minimum(np.searchsorted(self._known, wanted), len(self._known) - 1)
        found: NDArray[np.bool_] = self._known[at] == wanted
        return found

    def pool_documents(self, group: int) -> Integers:
        """Return the documents of all pools that a query's rows are in."""
        order, bounds = self._by_group
        pools = np.unique(self.pool[order[bounds[group] : bounds[group + 1]]])
        documents, limits = self._pooled
        parts = [documents[limits[pool] : limits[pool + 1]] for pool in pools.tolist() if pool >= 0]
        return np.unique(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def draw(self, rows: Integers, judgements: Judgements, generator: np.random.Generator) -> Drawn:
        """Draw unjudged documents for the queries of some rows, as the recipe's `negatives` say."""
        groups = np.unique(self.group[rows])
        if judgements.negatives == "judged":
            return Drawn(groups[:0], groups[:0])
        if judgements.negatives == "batch":
            documents = np.unique(self.document[rows])
            allowed = np.ones((len(groups), len(documents)), bool)
        else:
            pools = [self.pool_documents(group) for group in groups.tolist()]
            documents = np.unique(np.concatenate(pools))
            allowed = np.array([np.isin(documents, pool) for pool in pools])
        if documents.size == 0:
            return Drawn(groups[:0], groups[:0])
        allowed &= ~self.is_judged(self.texts[groups][:, None], documents[None, :])
        count = judgements.negative_count
        if count is not None and count < len(documents):
            chances = generator.random(allowed.shape)
            chances[~allowed] = 2.0  # after everything that may be drawn
            drawn = np.argpartition(chances, count - 1, axis=1)[:, :count]
            chosen = np.zeros_like(allowed)
            np.put_along_axis(chosen, drawn, True, axis=1)
            allowed &= chosen
        query, document = np.nonzero(allowed)
        return Drawn(groups[query], documents[document])

    def candidates(self, count: int) -> Drawn:
        """Draw `count` documents for every query (or as many as there are) from those of other queries and pools."""
        judged, bounds = self._by_text
        groups, documents = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for group, text in enumerate(self.texts.tolist()):
            near = np.union1d(judged[bounds[text] : bounds[text + 1]], self.pool_documents(group))
            # As many more as could have to be left out again: then enough are left however they fall.
            generator = np.random.default_rng([SEED, group])
            drawn = generator.choice(self.documents, min(self.documents, count + len(near)), replace=False)
            drawn = drawn[~np.isin(drawn, near)][:count]
            groups.append(np.full(len(drawn), group, np.int64))
            documents.append(drawn.astype(np.int64))
        return Drawn(np.concatenate(groups), np.concatenate(documents))
