"""A task that predicts masked words: its mask is one token, and no other task reads the masked texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault, listing
from ...text.featurizer import tokenize

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


def masked_tasks_have_a_source_of_their_own(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: a task that masks texts is the only one on its source, as others would read the masks."""
    for source, names in graph.streams().items():
        masking = next((name for name in names if graph.recipe.tasks[name].task.masking is not None), None)
        if masking is not None and len(names) > 1:
            others = listing([f"'{name}'" for name in names if name != masking])
            yield graph.recipe.tasks[masking].place.fault(
                f"should be the only task on its source, as other tasks would read its masks. Found on '{source}' also "
                f"{others}. Give '{masking}' a source of its own, which may name the same files."
            )


def masks_are_one_token(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: the word that a task masks with is one token of its input."""
    for task in graph.recipe.tasks.values():
        if task.task.masking is None:
            continue
        mask, given = task.task.masking.mask, next(iter(task.inputs.values()))
        found = [token for token in tokenize([mask], given.front_end.splitting).strings()[0] if token]
        if found != [mask]:
            yield task.place.fault(
                f"'mask' should be one token, as the tokenizer '{given.front_end.tokenizer}' cuts texts. Found "
                f"'{mask}', which has {len(found)} of them. Choose another word, such as '_'."
            )
