"""What one text has in a task's model, and what each text of a pair has, up to where the two meet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from mtl.recipe.task import Slot

WORD: Mapping[str, Any] = {"type": "word"}
SMALL: Mapping[str, Any] = {**WORD, "initial": 0.1, "word_dropout": 0.1}
DROPPING: Mapping[str, Any] = {"type": "mlp", "dropout": 0.5}
OnePass = Literal["longest_first", "only_second"]  # methods of an embedding (see `mtl.model.module.Embedding`)


def whole_text_slots(
    inputs: Sequence[str], *, output: Mapping[str, Any], bare: Mapping[str, Any] | None = None
) -> tuple[Slot, ...]:
    """Return embedding, representation (may be left out), pooling, decoder, wide and output, by default `output`.

    A wide module may be left out, or alone: then embedding, pooling and decoder are. Where a recipe says nothing of the
    task's modules, decoder and output layer apart, it is n-grams, beside a bag of words that begins small (few examples
    teach n-grams more), and the output is `bare` if that is given.
    """
    return (
        Slot("embedding", "embedding", tuple(inputs), optional=True, default=WORD, bare=SMALL),
        Slot("representation", "representation", ("embedding",), optional=True),
        Slot("pooling", "pooling", ("representation",), optional=True, default={"type": "max"}),
        Slot("decoder", "decoder", ("pooling",), optional=True, default={"type": "mlp"}, bare=DROPPING),
        Slot("wide", "wide", ("decoder", *inputs), optional=True, passes=("decoder",), bare={"type": "ngrams"}),
        Slot("output", "output", ("wide",), default=output, bare=bare),
    )


def text_slots(
    inputs: Sequence[str], *, pooling: Mapping[str, Any] | None = None, lexical: bool = False
) -> Iterator[Slot]:
    """Yield embedding, representation (may be left out) and pooling of each text, `{input}.embedding` and so on.

    `pooling` is the default one; without it, a pooling that is not written is left out. Where there is none (null), the
    module in which the texts meet gets their tokens. With `lexical` each text may have an embedding of that name too,
    a side branch.
    """
    for name in inputs:
        yield Slot(f"{name}.embedding", "embedding", (name,), default={"type": "word"})
        yield Slot(f"{name}.representation", "representation", (f"{name}.embedding",), optional=True)
        yield Slot(f"{name}.pooling", "pooling", (f"{name}.representation",), optional=True, default=pooling)
        if lexical:
            yield Slot(f"{name}.lexical", "embedding", (name,), optional=True, side=True)


def one_row_slots(inputs: Sequence[str], together: str) -> tuple[Slot, ...]:
    """Return embedding, representation (may be left out) and pooling of two texts that are read in one row."""
    return (
        Slot("embedding", "embedding", tuple(inputs), together=together),
        Slot("representation", "representation", ("embedding",), optional=True),
        Slot("pooling", "pooling", ("representation",), default={"type": "first"}),
    )


def both(inputs: Sequence[str], *steps: str) -> tuple[str, ...]:
    """Return these slots of each text, both texts' first slot first.

    >>> both(("query", "document"), "pooling", "lexical")
    ('query.pooling', 'document.pooling', 'query.lexical', 'document.lexical')
    """
    return tuple(f"{name}.{step}" for step in steps for name in inputs)
