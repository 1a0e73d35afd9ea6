"""How well a document answers a query: one score per pair, by which a query's documents are put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from mtl.base.errors import UsageError
from mtl.base.registry import register
from mtl.recipe.task import Slot, Task

from .text_slots import OnePass, both, one_row_slots, text_slots

Count = Annotated[int, Field(ge=1)]


@register("task", "text_pair_ranking")
class TextPairRanking(Task):
    """Put the documents of each query in order: relevance, answer selection, retrieval.

    The recipe names the two inputs: the query, then the document. The target column holds grades, numbers; those above
    0 are relevant. Without a `target` every row is a positive, of grade 1. Each text has an embedding, a
    representation and a pooling (both may be left out: a scorer of tokens has no pooling), and may have a `lexical`
    embedding that goes to the scorer beside it.

    `group` is the column whose equal values are one query (the query's text, where it is left out). `document_id`
    names documents in messages and decides between equal scores (the row's number). `negative` is the column of a
    second document, of grade 0 for the row's query. `pool` is the column whose equal values are documents that
    compete, such as all answers of one article.

    `negatives` says what training compares: `judged` pairs, those that rows hold; or, as of grade 0, also the query
    and other documents of the `batch`, or of the row's `pool`, `negative_count` of them a query (null: all), drawn
    anew for every batch. In evaluation `candidates` documents of other queries, and of other pools, are added to each
    query with grade 0; they are always the same.

    With `one_pass` an embedding that can (`transformer`) reads both texts of a pair in one row: it has one embedding,
    one representation, one pooling, and a scorer of one vector. It is more exact than a scorer of two, and as every
    pair is a row of its own, it costs more: `negative_count` keeps those that are drawn few. Where a row has no room
    for all pieces, the longer text loses its last ones (`longest_first`) or the document (`only_second`).
    """

    predicts = "grade"
    units = "pairs"
    target_optional = True
    input_roles = ("query", "document")

    def __init__(
        self,
        *,
        group: str | None = None,
        document_id: str | None = None,
        negative: str | None = None,
        pool: str | None = None,
        negatives: Literal["judged", "batch", "pool"] = "judged",
        negative_count: Count | None = None,
        candidates: Count | None = None,
        one_pass: OnePass | None = None,
    ) -> None:
        wrong = []
        if negatives == "pool" and pool is None:
            wrong.append(
                "'negatives: pool' should come with a key 'pool', the column whose equal values are documents that "
                "compete. There is none."
            )
        if negatives == "judged" and negative_count is not None:
            wrong.append(
                "'negative_count' should come with 'negatives: batch' or 'negatives: pool', whose pairs are drawn. "
                "Found 'negatives: judged'."
            )
        if wrong:
            raise UsageError(*wrong)
        self.group, self.document_id, self.negative, self.pool = group, document_id, negative, pool
        self.negatives, self.negative_count, self.candidates = negatives, negative_count, candidates
        self.draws_negatives = negatives != "judged"
        self.one_pass = one_pass

    def columns(self) -> dict[str, str]:
        """Return the columns of `group`, `document_id`, `negative` and `pool`, of those that are given."""
        named = {
            "group": self.group,
            "document_id": self.document_id,
            "negative": self.negative,
            "pool": self.pool,
        }
        return {key: column for key, column in named.items() if column is not None}

    def inputs(self) -> None:
        """Return None: the recipe names them."""

    def slots(self, inputs: Sequence[str]) -> tuple[Slot, ...]:
        """Embedding, representation, pooling and lexical embedding of each text, or of both at once; scorer, output."""
        texts = (
            (
                *text_slots(inputs, lexical=True),
                Slot("scorer", "scorer", both(inputs, "pooling", "lexical"), default={"type": "dot"}),
            )
            if self.one_pass is None
            else (
                *one_row_slots(inputs, self.one_pass),
                Slot("scorer", "scorer", ("pooling",), default={"type": "one_pass"}),
            )
        )
        return (
            *texts,
            Slot("output", "output", ("scorer",), default={"type": "listwise_softmax"}),
        )
