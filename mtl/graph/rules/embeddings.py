"""What embeddings read: one input, and what is tied reads the same tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ...base.errors import Fault
from ...recipe.config import InputConfig
from ...recipe.modules import ModuleConfig
from ...recipe.place import Place
from ...text.front_end import FrontEnd
from ...text.own_pieces import OwnPieces
from ..pulls import pulls
from .places import place_of

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph


_READING = {"embedding": "embeddings", "wide": "wide modules"}  # kinds that read features of tokens


def tied_embeddings_read_the_same_tokens(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: embeddings that are tied or pulled together consume the same features of tokens that are read alike.

    Two embeddings' vectors are those of the same words, row by row, only if their vocabularies are equal.
    """
    for place, what, addresses in _with_one_vocabulary(graph):
        readers: dict[FrontEnd, tuple[str, InputConfig]] = {}
        for address in addresses:
            for config in graph.inputs_at(address):
                readers.setdefault(config.front_end.whole, (address, config))
        if len(readers) > 1:
            (first, (one, mine)), (second, (other, theirs)) = list(readers.items())[:2]
            possible = partial(_can_read, graph, addresses)
            yield place.fault(
                f"{what} should read the same tokens. Found {reading_of(first)} at '{one}'; {reading_of(second)} at "
                f"'{other}'. {equal_keys(mine, theirs, possible)}"
            )


def _can_read(graph: SharingGraph, addresses: Sequence[str], front_end: FrontEnd) -> bool:
    """Return whether modules, with their parts, can read texts so: some ask for a vocabulary of pieces."""
    configs = [c for at, c in graph.addresses().items() if any(f"{at}.".startswith(f"{own}.") for own in addresses)]
    sizes = [c.cls.own_pieces(c.values) for c in configs if c.kind == "embedding"]
    asked = [size for size in sizes if size is not None]
    made = front_end.made
    return not asked or (isinstance(made, OwnPieces) and made.vocabulary.size <= min(asked))


def _with_one_vocabulary(graph: SharingGraph) -> Iterator[tuple[Place, str, Sequence[str]]]:
    """Yield the place, a description and the addresses of embeddings that are one module or are pulled together."""
    for component, addresses in graph.members().items():
        kind = _READING.get(graph.addresses()[addresses[0]].kind)
        if kind is not None and component in graph.recipe.share:
            yield place_of(graph, component), f"tied {kind}", addresses
    for pull in pulls(graph):
        kind = _READING.get(graph.addresses()[pull.addresses[0]].kind)
        if kind is not None and pull.name in graph.recipe.share:
            yield pull.place, f"{kind} that are pulled together", pull.addresses


def embeddings_read_one_input(graph: SharingGraph) -> Iterator[Fault]:
    """Rule: an embedding reads one text; a task that has several gives each an embedding.

    Where a task says that two are read in one row, it is one that can do so.
    """
    tasks = graph.recipe.tasks.values()
    in_one_row = {f"{task.name}.{slot.name}" for task in tasks for slot in task.slots if slot.together}
    for address, config in graph.addresses().items():
        if address in in_one_row:
            yield from _read_in_one_row(graph, address, config)
        elif any(address.startswith(f"{whole}.") for whole in in_one_row):
            continue  # a part of what cannot read two texts
        elif config.kind == "embedding" and not config.parts and len(graph.inputs_at(address)) != 1:
            count = len(graph.inputs_at(address))
            yield config.place.fault(f"an embedding should read one input. Found {count} that flow into '{address}'.")


def _read_in_one_row(graph: SharingGraph, address: str, config: ModuleConfig) -> Iterator[Fault]:
    """Yield what is wrong where two texts are to be read in one row."""
    if not getattr(config.cls, "reads_pairs", False):
        yield config.place.fault(
            f"should be an embedding that reads two texts in one row, such as 'transformer'. Found '{config.type}'. "
            f"Without 'one_pass' in '{address.split('.')[0]}' each text has an embedding of its own."
        )
        return
    for given in graph.inputs_at(address):
        made = given.front_end.made
        if isinstance(made, OwnPieces) and made.vocabulary.between is None:
            yield given.place.fault(
                "should have a tokenizer whose file says what is put between two texts in one row: a template 'pair' "
                "with [CLS], [SEP] or others at the same places as for one text. Found none that does."
            )


def equal_keys(one: InputConfig, other: InputConfig, possible: Callable[[FrontEnd], bool] = lambda _: True) -> str:
    """Return the sentence that says what to write at two inputs, that they read equal tokens: the keys of either.

    Only those of one of them, where the other's are not `possible`.
    """
    read = [given.front_end.whole for given in (one, other)]
    first, second = (_shown(front_end) for front_end in read)
    kept = [key for key in first if first[key] != second[key]]
    offered = [
        ", ".join(f"{key}: {_plain(state[key])}" for key in kept)
        for state, front_end in zip((first, second), read, strict=True)
        if possible(front_end)
    ] or ["tokenizer: {type: wordpiece, path: DIR}"]
    instead = "".join(f", or '{keys}' in both" for keys in offered[1:])
    return f"Write '{offered[0]}' in both {one.place.path} and {other.place.path}{instead}."


def reading_of(front_end: FrontEnd) -> str:
    """Return how texts are read, in words: of a tokenizer with a file, by that file."""
    path = None if front_end.made is None else front_end.made.written().get("path")
    if path is None:
        return str(front_end)
    return str(replace(front_end, tokenizer=f"{front_end.tokenizer} '{path}'", made=None))


def _shown(front_end: FrontEnd) -> dict[str, Any]:
    """Return the keys as a user writes them: a tokenizer's file says which it is, and no hash of it."""
    found = front_end.written()
    if isinstance(found["tokenizer"], dict):
        found["tokenizer"] = {key: value for key, value in found["tokenizer"].items() if key != "sha256"}
    return found


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_plain(inner)}' for key, inner in value.items())}}}"
    return str(value).lower() if isinstance(value, bool) else str(value)
