"""What is wrong with a recipe before any module is built: files, devices, and what cannot be exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..base.device import lacks_bf16, missing, resolve
from ..base.errors import CheckpointError, DataError, Fault
from ..base.files import why_unreadable
from ..base.registry import file_keys, folder_keys, lookup
from ..data.fitted import Fitted
from ..evaluate.metrics import Metric
from ..graph.sharing_graph import SharingGraph
from ..recipe.config import Recipe, TaskConfig
from ..text.pieces import reads_pieces
from ..text.tokenizers import Tokenizer
from ..train.adversarial import of_words
from ..train.first_weights import contradictions, weight_files


def unexportable(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for every tokenizer and every feature that cannot be had in an exported graph."""
    in_pieces = {name for name in graph.readers() if any(map(reads_pieces, graph.features_of(name)))}
    for task in graph.recipe.tasks.values():
        read = {key for component, key in graph.leaves([task.name]) if component in in_pieces}
        for input_name, given in task.inputs.items():
            name = given.front_end.tokenizer
            tokenizer: type[Tokenizer] = lookup("tokenizer", name)
            lacking = tokenizer.missing(pieces=graph.inputs(task.name)[input_name] in read)
            if lacking is not None:
                yield given.place.fault(
                    f"the tokenizer '{name}' should have a method '{lacking}', as the task is exported. There is none."
                )
    for name in graph.readers():
        for feature in graph.features_of(name):
            if not feature.exportable:
                yield graph.components[name].config.place.fault(
                    "every feature should have a method 'onnx', as its tasks are exported "
                    f"({', '.join(graph.components[name].tasks)}). Found {type(feature).__name__} without one."
                )


def without_figures(tasks: Iterable[TaskConfig]) -> Iterator[Fault]:
    """Yield a fault for every metric that computes nothing."""
    for task in tasks:
        for metric in task.metrics:
            if metric.cls.compute is Metric.compute and not any(hasattr(metric.cls, own) for own in ("rank", "score")):
                yield metric.place.fault(
                    f"the metric '{metric.type}', class {metric.cls.__qualname__}: should have a method 'compute'. "
                    "There is none of its own."
                )


def without_device(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for a device that is not there."""
    message = missing(recipe.train.device)
    if message is not None:
        yield recipe.train.place_of("device").fault(message)


def unmoved(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for adversarial training where no embedding has vectors of words that it could move."""
    recipe = graph.recipe
    trained = {name for name, task in recipe.tasks.items() if task.learn}
    embeddings = [name for name in graph.embeddings() if trained & set(graph.components[name].tasks)]
    if recipe.train.adversarial is not None and not any(of_words(graph, name) for name in embeddings):
        yield recipe.train.place_of("adversarial").fault(
            "should come with a task whose embedding has vectors of words, which are moved. There is none: leave "
            "it out."
        )


def not_drawn(recipe: Recipe, tasks: Iterable[TaskConfig]) -> Iterator[Fault]:
    """Yield a fault where rows should be drawn with replacement and belong to a query, or to a running text.

    Of some tasks alone, those that could be read.
    """
    trained = [task for task in tasks if task.learn]
    pairs = [task.name for task in trained if task.task.units == "pairs"]
    running = [task.name for task in trained if task.task.bptt is not None]
    if recipe.train.bootstrap and pairs:
        yield recipe.train.place_of("bootstrap").fault(
            f"should be left out, as the pairs of a query stay together. Found the ranking '{pairs[0]}'."
        )
    if recipe.train.bootstrap and running:
        yield recipe.train.place_of("bootstrap").fault(
            f"should be left out, as rows that are drawn are no running text. Found 'bptt' in task '{running[0]}'."
        )


def slow(recipe: Recipe) -> Iterator[Fault]:
    """Yield a warning where bf16 costs time instead of saving it; the device should be there."""
    lacking = lacks_bf16(resolve(recipe.train.device)) if recipe.train.precision == "bf16" else None
    if lacking is not None:
        yield recipe.train.place_of("precision").fault(
            f"'bf16' works, but this {lacking} has no instructions for it, so 'fp32' would be faster."
        )


def unreadable(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for every file of first weights that a recipe names and that cannot be read."""
    for name, component in graph.components.items():
        config = component.config
        for key in file_keys(config.cls):  # a folder is looked into by who completes or builds the component
            if config.values[key] is not None and key not in folder_keys(config.cls):
                file = graph.recipe.data / config.values[key]
                reason = why_unreadable(file)
                if reason:
                    yield config.place_of(key).fault(f"should be a file that can be read. Found '{file}': {reason}.")
        if config.weights is not None:
            place = config.place_of("weights")
            path = graph.recipe.data / config.weights
            try:
                files = weight_files(graph, name).values() if path.exists() else [path]
            except CheckpointError as error:
                yield from (place.fault(str(fault)) for fault in error.faults)
                continue
            for file, reason in ((file, why_unreadable(file)) for file in files):
                if reason:
                    yield place.fault(f"should be a file or folder with weights. Found '{file}': {reason}.")


def unread_files(graph: SharingGraph, settled: Callable[[str, int], bool]) -> Iterator[Fault]:
    """Yield everything that is wrong with the files that features read; those that are `settled` read none."""
    try:
        Fitted.unfitted(graph).read_files(graph.recipe.data, settled)
    except DataError as error:
        yield from error.faults


def contradicting(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for every component that two composites start from different files."""
    files = {}
    for name in graph.components:
        try:
            files[name] = weight_files(graph, name)
        except CheckpointError:
            continue  # see `unreadable`
    yield from contradictions(graph, files)
