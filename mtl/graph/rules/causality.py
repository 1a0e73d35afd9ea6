"""A task that predicts its text sees no token before it predicts it; what it predicts is read, to the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from .directions import READING, readers, reads

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def texts_are_predicted_from_what_came_before(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: no module of a task that predicts its text makes a token's vector from later tokens; backward, earlier."""
    told: set[tuple[str, bool]] = set()
    for task in _of_texts(graph):
        backward = _backward(graph, task)
        for call in graph.calls([task]):
            address = graph.addresses_of(call)[0]
            config, whole = graph.addresses()[address], graph.addresses().get(address.rpartition(".")[0])
            if whole is not None and whole.reader:
                continue  # the composite says of all its parts whether they see other tokens
            if config.kind not in READING or (call.component, backward) in told:
                continue
            if not reads(config, backward):
                told.add((call.component, backward))
                before, later = ("after", "earlier") if backward else ("before", "later")
                yield config.place.fault(
                    f"should be {'anti' if backward else ''}causal, as '{task}' predicts each token from those "
                    f"{before} it. Found '{config.type}', whose vectors depend on {later} tokens. "
                    f"{readers(config, backward)}"
                )


def texts_are_read_to_the_end_that_is_predicted(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task that predicts where texts end reads them whole, as it would learn a cut as an end."""
    for task in _of_texts(graph):
        config = graph.recipe.tasks[task]
        for given in () if _backward(graph, task) else config.inputs.values():
            bounds = [key for key in ("max_tokens", "max_pieces") if getattr(given.front_end, key) is not None]
            if getattr(config.task.target_class(), "ends", False) and bounds:
                bound = f"{bounds[0]}: {getattr(given.front_end, bounds[0])}"
                yield given.place.fault(
                    f"should be read whole, as '{task}' predicts where texts end, and would learn that they end where "
                    f"they are cut. Found '{bound}'. Leave it out, or write "
                    f"'ends: false' in '{task}'."
                )


def output_words_are_read_where_they_have_no_use_else(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an output layer that uses the vocabulary of its embedding alone is tied to one that reads the text."""
    for task in _of_texts(graph):
        config = graph.addresses()[graph.recipe.tasks[task].output]
        words = graph.predicted_words(task)
        if not getattr(config.cls, "words_should_be_tied", False) or words is None:
            continue
        if not any(call.component == words and not call.method for call in graph.calls([task])):
            yield config.place_of("words").fault(
                f"'words' should be tied to an embedding that reads the text of '{task}': '{config.type}' takes its "
                f"vocabulary from there, and no vectors. Found an embedding of its own. Write a group under 'share:', "
                f"such as 'words: [{task}.embedding, {graph.recipe.tasks[task].output}.words]'."
            )


def _of_texts(graph: SharingGraph) -> list[str]:
    targets = {name: task.task.target_class() for name, task in graph.recipe.tasks.items()}
    return [name for name, cls in targets.items() if cls.of_text and not cls.masked]


def _backward(graph: SharingGraph, task: str) -> bool:
    return bool(getattr(graph.recipe.tasks[task].task.target_class(), "backward", False))
