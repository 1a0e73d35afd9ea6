"""What components start from, where a recipe says `weights:`: a file, a checkpoint or the folder of another run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..base.errors import CheckpointError, Fault, listing
from ..graph.parts import parts_of
from ..graph.sharing_graph import SharingGraph
from ..model.multi_task import MultiTaskModel
from .checkpoint import Checkpoints, load_files


def load_component(model: MultiTaskModel, component: str, path: str | Path) -> None:
    """Load the weights of one component, and of its parts, from a safetensors file, a checkpoint or a run folder.

    `component` is a name or an address. In a run folder its best checkpoint is read; in a folder the component has
    to go by the name that it has in `model`; so has a part, or it goes by its place in the component (`words.char`).
    Raises `CheckpointError` where file and component differ in type, vocabulary, labels or shapes, and for one file in
    the place of several, and changes nothing then.
    """
    graph = model.sharing_graph
    name = graph.component_of(component)
    load_files(model, _files(parts_of(graph, name), name, Path(path)))


def load_first_weights(model: MultiTaskModel) -> None:
    """Load what the recipe's `weights:` name, relative to its data; raises as `load_component` does."""
    load_files(model, first_weights(model.sharing_graph))


def first_weights(graph: SharingGraph) -> dict[str, Path]:
    """Return the file that each component starts from, as far as the recipe names any.

    Raises `CheckpointError` where two composites give a part of both different ones.
    """
    files = {name: weight_files(graph, name) for name in graph.components}
    faults = contradictions(graph, files)
    if faults:
        raise CheckpointError(*faults)
    return {part: file for own in files.values() for part, file in own.items()}


def contradictions(graph: SharingGraph, files: Mapping[str, Mapping[str, Path]]) -> list[Fault]:
    """Return a fault for every part that two composites start from different files, those of each by its name."""
    found: dict[str, tuple[str, Path]] = {}
    faults = []
    for name, own in files.items():
        for part, file in own.items():
            given, before = found.setdefault(part, (name, file))
            if file != before:
                faults.append(
                    graph.components[name]
                    .config.place_of("weights")
                    .fault(
                        f"should give '{part}' the file that '{given}' gives it, of which it is a part, too: "
                        f"'{before}'. Found '{file}'. Give '{part}' weights of its own."
                    )
                )
    return faults


def weight_files(graph: SharingGraph, component: str) -> dict[str, Path]:
    """Return the files of a component's own `weights:`, if it has any: for itself and each of its parts.

    A part that has weights of its own is left out, with its parts. Raises `CheckpointError` for a run folder without a
    best checkpoint, and for one file where there are parts.
    """
    weights = graph.components[component].config.weights
    if weights is None:
        return {}
    parts = parts_of(graph, component)
    for part in list(parts):
        if part != component and graph.components[part].config.weights is not None:
            for own in parts_of(graph, part):
                parts.pop(own, None)
    return _files(parts, component, graph.recipe.data / weights)


def _files(parts: dict[str, str], component: str, path: Path) -> dict[str, Path]:
    if path.is_file() and len(parts) > 1:
        others = listing(part for part in parts if part != component)
        raise CheckpointError(
            f"{path}: should be a folder, with weights of '{component}' and of {others}. Found a file."
        )
    if path.is_file():
        return {component: path}
    folder = _components_folder(path)
    return {name: _first_there(folder, (name, place)) for name, place in parts.items()}


def _first_there(folder: Path, names: Iterable[str]) -> Path:
    files = [folder / f"{name}.safetensors" for name in names]
    return next((file for file in files if file.is_file()), files[0])


def _components_folder(path: Path) -> Path:
    if (path / "checkpoints").is_dir():
        path = Checkpoints(path).path("best")
    return path / "components" if (path / "components").is_dir() else path
