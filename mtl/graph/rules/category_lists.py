"""Lists of categories with weights: what reads them reads them as such, and gives one vector a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...base.errors import Fault
from ...text.category_features import CategoryIds, CategoryWeights
from ...text.ngram_features import Ngrams
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

TOKENIZER = "categories"


def lists_of_categories_are_read_as_such(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an embedding reads categories and their weights exactly where the input is lists of them.

    Nor does a wide module of n-grams read lists or numbers.
    """
    for component, addresses in graph.members().items():
        config = graph.addresses()[addresses[0]]
        if config.kind == "wide":
            yield from _not_texts(graph, component, addresses)
        if config.kind != "embedding" or config.parts:
            continue
        reads = any(isinstance(feature, (CategoryIds, CategoryWeights)) for feature in graph.features_of(component))
        for given in (given for address in addresses for given in graph.inputs_at(address)):
            found = given.front_end.tokenizer
            if reads and found != TOKENIZER:
                yield place_of(graph, component).fault(
                    f"the embedding '{config.type}' of lists should read an input with 'tokenizer: {TOKENIZER}'. "
                    f"Found '{found}', of {given.place.path}."
                )
            elif found == TOKENIZER and not reads:
                yield place_of(graph, component).fault(
                    f"an input with 'tokenizer: {TOKENIZER}' should have an embedding of lists, "
                    f"{{type: categorical, lists: mean}} (or sum). Found '{config.type}' for {given.place.path}."
                )


def _not_texts(graph: SharingGraph, component: str, addresses: Sequence[str]) -> Iterator[Fault]:
    """Yield a fault for every input of a wide module that is no text, where it reads n-grams."""
    if not any(isinstance(feature, Ngrams) for feature in graph.features_of(component)):
        return
    for given in (given for address in addresses for given in graph.inputs_at(address)):
        if given.front_end.tokenizer in (TOKENIZER, "number"):
            yield place_of(graph, component).fault(
                f"a wide module of n-grams should read a text. Found 'tokenizer: {given.front_end.tokenizer}', of "
                f"{given.place.path}. Leave the wide module out, or read a column of texts."
            )


def lists_of_categories_have_no_answers_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: answers that are about tokens are not about the entries of a list, which become one vector."""
    for task in graph.recipe.tasks.values():
        given = task.inputs[task.task.target_input(list(task.inputs))]
        if given.front_end.tokenizer == TOKENIZER and task.task.target().shows_tokens:
            yield given.place.fault(
                f"should be a text, as '{task.name}' has answers about tokens. Found 'tokenizer: {TOKENIZER}', whose "
                "list becomes one vector."
            )
