"""Is this recipe possible? Everything that can be known before training, and all faults at once.

Schema and graph rules are applied when a `SharingGraph` exists. Here the files of first weights are looked for, its
modules are built by their real constructors on torch's meta device, where tensors have shapes and no memory, and one
fake batch goes through every task: sizes that do not fit show up as faults of the line that configures the component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import torch
from torch import Tensor, nn

from ..base.device import lacks_bf16, missing, resolve
from ..base.errors import CheckpointError, Fault, RecipeError, sentences
from ..base.files import why_unreadable
from ..base.registry import file_keys, lookup
from ..data.batch import Batch, Index
from ..data.fitted import Fitted
from ..data.prepare import prepare
from ..data.prepared import Prepared
from ..evaluate.evaluation import dev_figures
from ..evaluate.metrics import Metric
from ..evaluate.selection import selection
from ..graph import rules as graph_rules
from ..graph.build import build_graph
from ..graph.calls import InputKey
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from ..recipe.config import Recipe, TaskConfig
from ..recipe.modules import ModuleConfig
from ..text.features import Feature
from ..text.pieces import reads_pieces
from ..text.tokenizers import Tokenizer
from ..train.checkpoint import own_tensors
from ..train.first_weights import first_weights, weight_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..sources.base import Source

ROWS, TOKENS, CHARACTERS = 2, 3, 4  # sizes of the fake batch: all different, so that mixed-up axes do not fit
PAIRS, LISTS, OTHER_TOKENS = 5, 1, 6  # units of judged pairs, and of lists; tokens of a text that is no first input


@dataclass(frozen=True)
class CheckReport:
    """What a check found out: the graph, the parameters of every component, warnings, which do not stop a run."""

    graph: SharingGraph
    parameters: Mapping[str, int]
    warnings: tuple[Fault, ...]


def check(recipe: Recipe, *, initial: bool = True) -> CheckReport:
    """Prove that a recipe can be built and that a batch passes through all its tasks.

    Raises `RecipeError` with every rule of the graph that is broken, else with every component that cannot be
    built, applied or exported. With `initial=False` files of first weights are not asked for: a run that goes on from
    a checkpoint needs them no more.
    """
    graph = build_graph(recipe)
    unread = (list(unreadable(graph)) or list(contradicting(graph))) if initial else []
    faults = [*unread, *unexportable(graph), *without_figures(recipe), *without_device(recipe)]
    parameters = {}
    try:
        model = build_on_meta(graph, initial=initial and not unread)
    except RecipeError as error:
        faults += error.faults
    else:
        faults += failing(model)
        faults += nothing_to_train(model)
        parameters = {name: sum(p.numel() for p in module.parameters()) for name, module in model.components.items()}
    if faults:
        raise RecipeError(faults, recipe.title)
    return CheckReport(graph, parameters, (*graph.warnings, *slow(recipe)))


def read_data(graph: SharingGraph, sources: Mapping[str, Source], cache: Path) -> Prepared:
    """Read every split as a run would: columns, labels, vocabularies; raises `DataError` where one is wrong.

    Raises `UsageError` where the recipe selects by a dev split, and there is none.
    """
    prepared = prepare(graph, sources, cache)
    selection(graph.recipe.train.select, graph.recipe.train.patience, *dev_figures(graph, prepared))
    return prepared


def unexportable(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for every tokenizer and every feature that cannot be had in an exported graph."""
    in_pieces = {name for name in graph.embeddings() if any(map(reads_pieces, graph.features_of(name)))}
    for task in graph.recipe.tasks.values():
        read = {key for component, key in graph.leaves([task.name]) if component in in_pieces}
        for input_name, given in task.inputs.items():
            name = given.front_end.tokenizer
            tokenizer: type[Tokenizer] = lookup("tokenizer", name)
            lacking = tokenizer.missing(pieces=graph.inputs(task.name)[input_name] in read)
            if lacking is not None:
                yield given.place.fault(
                    f"the tokenizer '{name}' should have a method '{lacking}', as the task is exported. Found none."
                )
    for name in graph.embeddings():
        for feature in graph.features_of(name):
            if not feature.exportable:
                yield graph.components[name].config.place.fault(
                    "every feature should have a method 'onnx', as its tasks are exported "
                    f"({', '.join(graph.tasks_meeting_at(name))}). Found {type(feature).__name__} without one."
                )


def without_figures(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for every metric that computes nothing."""
    for task in recipe.tasks.values():
        for metric in task.metrics:
            if metric.cls.compute is Metric.compute and not hasattr(metric.cls, "rank"):
                yield metric.place.fault(
                    f"the metric '{metric.type}', class {metric.cls.__qualname__}: should have a method 'compute'. "
                    "Found none of its own."
                )


def without_device(recipe: Recipe) -> Iterator[Fault]:
    """Yield a fault for a device that is not there."""
    message = missing(recipe.train.device)
    if message is not None:
        yield recipe.train.place_of("device").fault(message)


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
        for key in file_keys(config.cls):
            if config.values[key] is not None:
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


def contradicting(graph: SharingGraph) -> Iterator[Fault]:
    """Yield a fault for a component that two composites start from different files."""
    try:
        first_weights(graph)
    except CheckpointError as error:
        yield from error.faults


def build_on_meta(graph: SharingGraph, *, initial: bool = False) -> MultiTaskModel:
    """Build the model without memory, over placeholder vocabularies and labels."""
    with torch.device("meta"):
        return MultiTaskModel(graph, placeholder(graph), initial=initial).eval()


def placeholder(graph: SharingGraph) -> Fitted:
    """Return made-up vocabularies and labels; labels that an output layer's keys name are among them.

    So they are among those of all tasks which a tied decoder or output layer gives the same labels.
    """
    fitted = Fitted.placeholder(graph)
    ties: nx.Graph[str] = nx.Graph()
    ties.add_nodes_from(graph.recipe.tasks)
    for tasks in graph_rules.label_ties(graph):
        nx.add_path(ties, tasks)
    for alike in nx.connected_components(ties):
        tied = [task for task in graph.recipe.tasks if task in alike]
        named = [label for task in tied for label in named_labels(graph.addresses()[graph.recipe.tasks[task].output])]
        names = tuple(dict.fromkeys([*fitted.targets[tied[0]].names(), *named]))
        for task in tied:
            fitted.targets[task].placeholder(names)
    return fitted


def named_labels(output: ModuleConfig) -> list[str]:
    """Return the labels that an output layer's keys name: those of its mappings (`class_weights: {label: weight}`)."""
    parts = output.parts
    return [key for value in output.values.values() if isinstance(value, dict) for key in value if key not in parts]


def failing(model: MultiTaskModel) -> Iterator[Fault]:
    """Push one fake batch through every task; yield a fault for each component at which it stops."""
    graph = model.sharing_graph
    entered = Entered()
    handles = [entered.watch(name, module) for name, module in model.components.items()]
    stopped: set[str] = set()
    for task, config in graph.recipe.tasks.items():
        entered.component = ""
        try:
            scores = model.scores(fake_batch(model, config.source), [task])[task]
            entered.component = graph.output(task).component
            model.output(task).answer(*scores)
        except Exception as error:  # whatever a module's code raises is reported as its fault
            if not entered.component:
                raise
            if entered.component not in stopped:
                stopped.add(entered.component)
                place = graph.components[entered.component].config.place
                yield from map(place.fault, sentences(error, should_take(config)))
    for handle in handles:
        handle.remove()


def nothing_to_train(model: MultiTaskModel) -> Iterator[Fault]:
    """Yield a fault where `train.components` freezes every component that has weights."""
    graph = model.sharing_graph
    owned = own_tensors(model.components)
    weighty = [name for name, own in owned.items() if any(tensor.requires_grad for tensor in own.values())]
    if weighty and all(graph.training(name).freeze for name in weighty):
        place = graph.training(weighty[0]).place.named("train.components")
        yield place.fault("should leave something to train. Found every component frozen.")


@dataclass
class Entered:
    """The component whose `forward` was entered last."""

    component: str = ""

    def watch(self, name: str, module: nn.Module) -> Any:
        """Take note whenever a component is applied."""

        def enter(_module: nn.Module, arguments: tuple[Any, ...]) -> None:
            self.component = name

        return module.register_forward_pre_hook(enter)


def should_take(task: TaskConfig) -> str:
    """Return the message for a module that a task's fake batch does not pass."""
    units = {"pairs": f"{PAIRS} pairs of {ROWS} texts", "lists": f"{LISTS} lists of {ROWS} texts"}
    rows = units.get(task.task.units, f"{ROWS} rows")
    tokens = f"{TOKENS} and {OTHER_TOKENS}" if len(task.inputs) > 1 else f"{TOKENS}"
    return f"should take a batch of {rows}, {tokens} tokens and {CHARACTERS} characters"


def fake_batch(model: MultiTaskModel, source: str) -> Batch:
    """Return a batch of one source in which every feature is a tensor without memory; of pairs for a ranking task."""
    graph = model.sharing_graph
    keys = {key: None for task in graph.recipe.tasks for key in _keys(graph, task)}
    sizes = {key: fake_tokens(graph, key) for key in keys}
    lengths = {key: torch.full((ROWS,), size, device="meta") for key, size in sizes.items()}
    features = {
        (name, index, key): fake_feature(feature, sizes[key])
        for name in graph.embeddings()
        for index, feature in enumerate(model.fitted.features[name])
        for key in keys
    }
    index = {}
    for task in graph.recipe.tasks.values():
        for key in graph.inputs(task.name).values() if task.source == source else ():
            if task.task.units == "pairs":
                index[key] = Index(torch.zeros(PAIRS, dtype=torch.int64, device="meta"))
            elif task.task.units == "lists":
                rows = torch.zeros((LISTS, ROWS), dtype=torch.int64, device="meta")
                index[key] = Index(rows, torch.full((LISTS,), ROWS, device="meta"))
    return Batch(source, np.arange(ROWS), lengths, features, tokens=ROWS * max(sizes.values()), index=index)


def fake_tokens(graph: SharingGraph, key: InputKey) -> int:
    """Return the number of tokens of a text: one of two, so that the two texts of a pair differ."""
    firsts = {(task.source, next(iter(task.inputs.values())).column) for task in graph.recipe.tasks.values()}
    return TOKENS if (key.source, key.column) in firsts else OTHER_TOKENS


def _keys(graph: SharingGraph, task: str) -> Iterator[InputKey]:
    for _, key in graph.leaves([task]):
        yield key


def fake_feature(feature: Feature, tokens: int) -> Tensor:
    """Return what a feature's tensor looks like."""
    sizes = {"T": tokens, "C": CHARACTERS, "P": tokens + 1}
    shape = (ROWS, *(sizes[axis] for axis in feature.dims))
    whole = np.issubdtype(feature.dtype, np.integer)
    return torch.zeros(shape, dtype=torch.int64 if whole else torch.float32, device="meta")
