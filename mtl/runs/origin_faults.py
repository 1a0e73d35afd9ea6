"""What is wrong with modules that come from runs: the runs, configurations, how texts are read, shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from ..base.errors import CheckpointError, Fault, MtlError
from ..base.registry import address_keys, file_keys
from ..base.tensors import renumbered, shapes
from ..data.origins import Origins
from ..graph.parts import parts_of
from ..graph.rules.label_sets import NAMES
from ..model.multi_task import MultiTaskModel
from ..recipe.document import show
from ..recipe.modules import ModuleConfig
from ..text.features import can_grow
from ..text.pieces import reads_own_pieces
from ..train.checkpoint import own_tensors
from ..train.from_runs import weights_file

OF_TRAINING = ("prior", "label_smoothing", "class_weights", "focal")  # keys of the loss: answers do not depend on them
HEAD = ("decoder", "output")  # kinds whose weights are of labels
_READING = ("lowercase", "strip_accents", "nfkc")


def misfits(origins: Origins) -> Iterator[Fault]:
    """Yield what is wrong with what a recipe takes from runs, before any module is built."""
    yield from origins.faults
    yield from dict.fromkeys(fault for name in origins.sources for fault in _unfit_run(origins, name))
    for name in origins.sources:
        yield from unlike(origins, name)
    yield from _extensions(origins)
    yield from untrained(origins)


def unlike(origins: Origins, name: str) -> Iterator[Fault]:
    """Yield in what the configuration of a component, and the texts that it reads, differ from those of its run."""
    yield from _other_configuration(origins, name)
    yield from _other_texts(origins, name)


def _unfit_run(origins: Origins, name: str) -> Iterator[Fault]:
    source = origins.sources[name]
    try:
        origins.fitted(source.run)
        weights_file(origins, name)
    except MtlError as error:
        yield from (source.place.fault(str(fault)) for fault in error.faults)


def _other_configuration(origins: Origins, name: str) -> Iterator[Fault]:
    graph, source = origins.there(name)
    mine, theirs = origins.graph.components[name].config, graph.components[source.component].config
    if (mine.kind, mine.type) != (theirs.kind, theirs.type):
        kind = "" if mine.kind == theirs.kind else f"the {theirs.kind} "
        found = f"'{mine.type}'" if mine.kind == theirs.kind else f"the {mine.kind} '{mine.type}'"
        should = f"should be {kind}'{theirs.type}', as {_there(origins, name)} is. Found {found}."
        yield mine.place_of("type").fault(should)
        return
    for key in mine.values:
        if key in address_keys(mine.cls) or key in OF_TRAINING or _is_rate(key):
            continue
        if key in file_keys(mine.cls):
            if mine.values[key] is not None and not source.extend:
                should = f"should be left out: all weights come from {_there(origins, name)}."
                yield mine.place_of(key).fault(f"{should} Found {show(mine.values[key])}.")
            continue
        if not (source.extend and key in ("min_count", "max_size")):
            yield from _other_value(origins, name, key)


def _is_rate(key: str) -> bool:
    return key == "dropout" or key.endswith("_dropout")


def _other_value(origins: Origins, name: str, key: str) -> Iterator[Fault]:
    graph, source = origins.there(name)
    mine = origins.graph.components[name].config
    here, there = _compared(mine.values[key]), _compared(graph.components[source.component].config.values.get(key))
    reordered = key in getattr(mine.cls, "ordered_keys", ()) and here == there and list(here) != list(there)
    if here != there or reordered:
        place = mine.places.get(key)
        written = place is not None and place.path.endswith(f".{key}")  # not in what a module has by default
        if place is None or not written:
            place = mine.place.named(f"{mine.path}.{key}")
        left_out = ", or be left out" if written else ""
        should = f"should be {_shown(there)}, as in {_there(origins, name)}{left_out}. Found {_shown(here)}."
        yield place.fault(f"{should} Vectors go by their order." if reordered else should)


def _there(origins: Origins, name: str) -> str:
    source = origins.sources[name]
    return f"'{source.component}' of '{source.run}'"


def _compared(value: Any) -> Any:
    """Return a value as it is compared: of parts, their names, as each is a component of its own."""
    if isinstance(value, ModuleConfig):
        return value.kind
    if isinstance(value, dict) and any(isinstance(inner, ModuleConfig) for inner in value.values()):
        return sorted(value)
    return value


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else show(value)


def _other_texts(origins: Origins, name: str) -> Iterator[Fault]:
    """Yield a fault for every key of an input that makes other tokens of a text than those an embedding learned."""
    component = origins.graph.components[name]
    graph, source = origins.there(name)
    if component.name not in origins.graph.readers():
        return
    theirs = next((key.front_end for key in graph.inputs_of(source.component)), None)
    if theirs is None:
        return
    pieces = reads_own_pieces(theirs, graph.features_of(source.component))
    for address in component.members:
        for given in origins.graph.inputs_at(address):
            mine = given.front_end
            pairs = {"tokenizer": (mine.cutting["tokenizer"], theirs.cutting["tokenizer"])}
            if not pieces:
                pairs |= {key: (getattr(mine, key), getattr(theirs, key)) for key in _READING}
            for key, (here, there) in pairs.items():
                if here != there:
                    yield given.place.fault(
                        f"should have '{key}: {_plain(there)}', as the texts that {_there(origins, name)} was trained "
                        f"on. Found '{key}: {_plain(here)}'."
                    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _extensions(origins: Origins) -> Iterator[Fault]:
    """Yield a fault for every module that is extended and has no vocabulary, or could not learn the new words."""
    graph = origins.graph
    for name, component in graph.components.items():
        config = component.config
        if name in origins.sources and component.kind in HEAD:
            yield from _added_labels(origins, name)
            continue
        if not config.extend or name not in origins.sources:
            continue
        parts = [part for part in parts_of(graph, name) if part in origins.sources]
        fixed = [part for part in parts if _grows_otherwise(origins, part)]
        if fixed:
            yield from (config.place_of("extend").fault(_not_extended(origins, name, part)) for part in fixed)
        elif not any(can_grow(feature) for part in parts for feature in origins.features(part)):
            yield config.place_of("extend").fault(f"should be left out: '{name}' has no vocabulary. Found true.")
        elif graph.training(name).freeze and not any(map(_has_vectors, (graph.components[p].config for p in parts))):
            yield config.place_of("extend").fault(
                "should be left out of what is frozen: vectors of new words would stay random. Found true."
            )


def _added_labels(origins: Origins, name: str) -> Iterator[Fault]:
    """Yield a fault for a decoder or output layer to which labels cannot be added, or alone are not."""
    component = origins.graph.components[name]
    config, task = component.config, component.members[0].split(".")[0]
    here = config.place_of("extend")
    if not config.extend:
        if config.origin is not None and task in origins.growing:
            yield config.place_of("from").fault(
                f"should come with 'extend: true', as labels are added to the head of '{task}'. It does not."
            )
    elif task not in origins.growing:
        yield here.fault(f"should be left out: '{name}' has no labels. Found true.")
    elif component.kind == "output" and not config.cls.grows:
        yield here.fault(f"should be left out: no labels can be added to the output '{config.type}'. Found true.")
    elif origins.graph.training(name).freeze:
        yield here.fault("should be left out of what is frozen: weights of new labels would stay random. Found true.")


def _grows_otherwise(origins: Origins, part: str) -> bool:
    """Return whether a component's ids come from fitting, and are none of a vocabulary that can be extended."""
    pairs = zip(origins.graph.features_of(part), origins.features(part), strict=False)
    return any(new.size is None and fitted.size is not None and not can_grow(fitted) for new, fitted in pairs)


def _not_extended(origins: Origins, name: str, part: str) -> str:
    """Return the sentence for a component that is extended with a part whose ids stay those of the run."""
    config = origins.graph.components[part].config
    what = f"the '{config.type}' {NAMES.get(config.kind, config.kind)}"
    if part == name:
        return f"should be left out: {what} keeps the ids of its run. Found true."
    return (
        f"should be written at the parts whose vocabulary is extended, each with a 'from' of its own: {what} '{part}' "
        "keeps the ids of its run. Found true."
    )


def _has_vectors(config: ModuleConfig) -> bool:
    return any(config.values[key] is not None for key in file_keys(config.cls))


def untrained(origins: Origins) -> Iterator[Fault]:
    """Yield a fault for every task that is not trained though not all of its modules come from somewhere."""
    graph = origins.graph
    for task in graph.recipe.tasks.values():
        if not task.learn:
            lacking = [n for n in sorted(graph.path(task.name)) if n not in origins.sources and _starts_new(origins, n)]
            if lacking:
                yield task.place.fault(
                    f"should be trained, or have all its modules from a run: 'learn' is false. Found '{lacking[0]}' "
                    "without 'from'."
                )


def _starts_new(origins: Origins, name: str) -> bool:
    graph = origins.graph
    of_parts = parts_of(graph, name)
    if len(of_parts) > 1:
        return False  # it has no weights apart from its parts', or they come with it
    return graph.components[name].config.weights is None


def other_shapes(origins: Origins, model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault for every tensor of a model, built with what its runs were fitted to, that they have otherwise."""
    own = own_tensors(model.components)
    for name in origins.sources:
        yield from other_shapes_of(origins, name, own[name])


def other_shapes_of(origins: Origins, name: str, own: Mapping[str, Tensor]) -> Iterator[Fault]:
    """Yield a fault for every tensor of one component that the run it comes from has otherwise."""
    source = origins.sources[name]
    try:
        theirs = renumbered(shapes(weights_file(origins, name)), own)
    except CheckpointError as error:
        yield from (source.place.fault(str(fault)) for fault in error.faults)
        return
    for key in sorted(own.keys() | theirs.keys()):
        here = tuple(own[key].shape) if key in own else "none"
        there = theirs.get(key, "none")
        if here != there:
            yield source.place.fault(
                f"'{name}' should have the shapes of {_there(origins, name)}, where '{key}' is {there}. Found "
                f"{here}: what flows in, or what it answers, is another."
            )
