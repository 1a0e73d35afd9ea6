"""Weights of components that come from finished runs: those of the runs' best checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..base.files import sha256
from ..base.tensors import read_tensors, renumbered
from ..data.origins import Origins
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from .checkpoint import Checkpoints, copy_tensors, describe, own_tensors, tensors_of_component


def weights_file(origins: Origins, component: str) -> Path:
    """Return the file that a component's weights come from; raises `CheckpointError` for a run without a best one."""
    source = origins.sources[component]
    return Checkpoints(source.run).path("best") / "components" / f"{source.component}.safetensors"


def taken_weights(graph: SharingGraph) -> dict[str, str]:
    """Return the SHA-256 of the weights that components have in the runs they come from, as far as these are there."""
    if all(component.config.origin is None for component in graph.components.values()):
        return {}
    origins = Origins(graph)
    there = [name for name, source in origins.sources.items() if "best" in Checkpoints(source.run).pointer()]
    files = {name: weights_file(origins, name) for name in there}
    return {name: sha256(file) for name, file in files.items() if file.is_file()}


def load_from_runs(model: MultiTaskModel) -> None:
    """Load the components that come from runs; of an extended vocabulary, the rows of the run's words.

    Of a head with labels that the run lacks, the weights of the run's labels, which have the first ids. Raises
    `CheckpointError` where a run and the model differ in shapes, vocabulary or labels, and changes nothing then.
    """
    graph: SharingGraph = model.sharing_graph
    if all(component.config.origin is None for component in graph.components.values()):
        return
    origins = Origins(graph)
    origins.raise_faults()
    own = own_tensors(model.components)
    meanings = describe(graph, model.fitted)
    found: dict[str, Mapping[str, Tensor]] = {}
    for name in origins.sources:
        file = weights_file(origins, name)
        meanings[name].pop("labels", None)  # those of the run, whatever they are called now
        sizes, labels = extended_sizes(origins, name, model), added_labels(origins, name, model)
        if sizes or labels:
            if sizes:
                meanings[name].pop("vocabulary", None)
            fitting = {
                key: corner(own[name][key], tensor, labels) if labels else shortened(own[name][key], tensor, sizes)
                for key, tensor in renumbered(read_tensors(file)[0], own[name]).items()
                if key in own[name]
            }
            found[name] = tensors_of_component(name, {**own[name], **fitting}, meanings[name], file)
        else:
            found[name] = tensors_of_component(name, own[name], meanings[name], file)
    copy_tensors(own, found)


def extended_sizes(origins: Origins, component: str, model: MultiTaskModel) -> Mapping[int, int]:
    """Return the sizes of a component's vocabularies, now and in the run it comes from, where they differ."""
    mine = model.fitted.features.get(component, ())
    pairs = zip(mine, origins.features(component), strict=False)
    return {new.size: old.size for new, old in pairs if new.size != old.size and new.size and old.size}


def shortened(tensor: Tensor, there: Tensor, sizes: Mapping[int, int]) -> Tensor:
    """Return the rows of a tensor that a run has too, where its rows are those of an extended vocabulary."""
    rows = tensor.shape[0] if tensor.dim() else 0
    if rows in sizes and there.dim() and there.shape[0] == sizes[rows]:
        return tensor.detach()[: there.shape[0]]
    return tensor


def added_labels(origins: Origins, component: str, model: MultiTaskModel) -> Mapping[int, int]:
    """Return how many labels a component that has weights of them has, now and in its run, where the two differ."""
    if model.sharing_graph.components[component].kind not in ("decoder", "output", "wide"):
        return {}
    task = model.sharing_graph.components[component].members[0].split(".")[0]
    new, old = model.fitted.targets[task].size, len(origins.targets[task].get("names", ()))
    return {new: old} if task in origins.growing and new != old else {}


def corner(tensor: Tensor, there: Tensor, sizes: Mapping[int, int]) -> Tensor:
    """Return the part of a tensor that a run has too, along every axis whose size is that of labels."""
    if tensor.dim() != there.dim():
        return tensor
    pairs = zip(tensor.shape, there.shape, strict=True)
    return tensor.detach()[tuple(slice(old) if sizes.get(new) == old else slice(None) for new, old in pairs)]
