"""How many pieces of a text are read, where an embedding that reads them has no more than so many positions."""

from __future__ import annotations

from dataclasses import replace

from ..recipe.config import TaskConfig
from ..recipe.document import Steps
from ..recipe.flow import addresses, flows
from ..text.own_pieces import OwnPieces
from .draft import Reading


def bounded(reading: Reading, task: TaskConfig, steps: Steps) -> TaskConfig:
    """Return a task whose inputs read no more pieces than its embeddings can; notes where one should read more."""
    inputs = dict(task.inputs)
    for name, given in task.inputs.items():
        made, most = given.front_end.made, _most_pieces(task, name)
        if most is None or not isinstance(made, OwnPieces):
            continue
        around = len(made.vocabulary.before) + len(made.vocabulary.after)
        room = max(1, most - around)
        written = given.front_end.max_pieces
        if written is None:
            inputs[name] = replace(given, front_end=replace(given.front_end, max_pieces=room))
        elif written > room:
            reading.fault(
                (*steps, "inputs", name, "max_pieces"),
                f"should be at most {room}, as the encoder has {most} positions, {around} of them for what is put "
                f"around a text. Found {written}.",
            )
    return replace(task, inputs=inputs)


def _most_pieces(task: TaskConfig, name: str) -> int | None:
    """Return how many pieces of an input all embeddings can read that it flows into."""
    found = [
        config.cls.most_pieces(config.values)
        for slot, sources in flows(task).items()
        if name in sources
        for _, config in addresses(task.name, {slot: task.model[slot]})
        if config.kind == "embedding"
    ]
    return min((most for most in found if most is not None), default=None)
