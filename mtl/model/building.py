"""Building the modules of a sharing graph: each once, its positional arguments inferred along the edges."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from ..base.errors import Fault, MtlError, RecipeError, UsageError, no_memory, sentences
from ..base.registry import InitialFile, file_keys, inferred_arguments, nested_kind, recipe_keys
from ..graph import rules as graph_rules
from ..graph.calls import Call, producer_of
from ..graph.pulls import pulls, seed_names
from ..graph.sharing_graph import Component, SharingGraph
from .meta import on_meta
from .module import Module
from .pulled import unequal

if TYPE_CHECKING:
    from ..base.progress import Note
    from ..data.fitted import Fitted

SHOULD = "should be built from its keys and from what flows in"


class Builder:
    """Builds components in build order and infers their positional arguments along the edges.

    Those that are pulled together begin with equal weights, drawn under the name of their group.
    """

    def __init__(self, graph: SharingGraph, fitted: Fitted, initial: bool, built: dict[str, Module]) -> None:
        self.graph = graph
        self.fitted = fitted
        self.initial = initial
        self.built = built
        self.pulls = pulls(graph)
        self.seed_names = seed_names(self.pulls, graph.recipe.share)
        self.calls: dict[str, list[Call]] = {}
        for call in graph.calls(graph.recipe.tasks):
            self.calls.setdefault(call.component, []).append(call)

    def build(self) -> None:
        labels = {task: target.answer_names() for task, target in self.fitted.targets.items()}
        faults = list(graph_rules.tied_label_sets(self.graph, labels))
        cause: BaseException | None = None
        for component in self.graph.components.values():
            below = {name for call in self.calls[component.name] for name in _producers(call)} - {component.name}
            if any(name not in self.built for name in below):
                continue  # what flows in has its own fault
            found = self._tried(component)
            if isinstance(found, RecipeError):
                cause = cause or found.__cause__
                faults += found.faults
            else:
                self.built[component.name] = found
        faults = faults or list(unequal(self.pulls, self.built))
        if faults:
            raise RecipeError(faults, self.graph.recipe.title) from cause

    def notes(self) -> Iterator[Note]:
        """Yield what components report whose first weights files have: each is built, and let go.

        Raises `RecipeError` as `build` does.
        """
        faults: list[Fault] = []
        for component in self.graph.components.values():
            if any(component.config.values[name] is not None for name in file_keys(component.config.cls)):
                found = self._tried(component)
                if isinstance(found, RecipeError):
                    faults += found.faults
                    continue
                for note in found.notes:
                    yield replace(note, component=component.name)
        if faults:
            raise RecipeError(faults, self.graph.recipe.title)

    def _tried(self, component: Component) -> Module | RecipeError:
        """Return a component, built, or what is wrong with it; raises `MtlError` where there is no memory for it."""
        try:
            return self._built(component)
        except Exception as error:  # whatever a module's code raises is reported as its fault
            if no_memory(error) is not None:
                raise self._too_large(component) from error
            faults = map(component.config.blamed(error).fault, sentences(error, SHOULD))
            found = RecipeError(faults, self.graph.recipe.title)
            found.__cause__ = error
            return found

    def _too_large(self, component: Component) -> MtlError:
        """Return the error of a component that finds no memory; how large it is shows where tensors have none."""
        with on_meta():
            size = sum(p.numel() * p.element_size() for p in self._built(component).parameters())
        found = f"Found {size / 1e9:,.1f} GB of weights, for which there is not enough."
        return MtlError(component.config.place.fault(f"'{component.name}' should fit into memory. {found}"))

    def _built(self, component: Component) -> Module:
        cls: Any = component.config.cls
        positional = [self._inferred(component, name) for name in inferred_arguments(cls)]
        keywords = self._keywords(component)
        with torch.random.fork_rng(devices=[]):
            name = self.seed_names.get(component.name, component.name)
            torch.default_generator.manual_seed(component_seed(self.graph.recipe.seed, name))
            module: Module = cls(*positional, **keywords)
        return module

    def _keywords(self, component: Component) -> dict[str, Any]:
        """Return the recipe's values, with parts as built modules and files of initial weights as paths."""
        config = component.config
        files = file_keys(config.cls)
        keywords = {}
        for name, parameter in recipe_keys(config.cls).items():
            value = config.values[name]
            nested = nested_kind(parameter.annotation)
            if nested is not None and nested[1]:
                value = {part: self._part(component, part) for part in value}
            elif nested is not None:
                value = self._part(component, name)
            elif value is not None and name in files:
                value = InitialFile(self.graph.recipe.data / value) if self.initial else None
            keywords[name] = value
        return keywords

    def _part(self, component: Component, part: str) -> Module:
        return self.built[self.graph.component_of(f"{component.members[0]}.{part}")]

    def _inferred(self, component: Component, name: str) -> Any:
        if name == "features":
            return self.fitted.features[component.name]
        if name in ("labels", "target", "output_dim"):
            task = component.members[0].split(".")[0]  # any of its tasks: their labels are equal
            target = self.fitted.targets[task]
            return {"labels": target.labels, "target": target, "output_dim": target.size}[name]
        if name in ("input_dim", "input_dims", "condition_dim"):
            sizes = self._sizes(component)
            return {"input_dim": sizes[0], "input_dims": sizes, "condition_dim": sum(sizes[1:])}[name]
        cls: Any = component.config.cls
        raise UsageError(
            f"the positional arguments of {cls.__module__}.{cls.__qualname__} should be among input_dim, "
            f"input_dims, condition_dim, output_dim, labels, target, features. Found '{name}'."
        )

    def _sizes(self, component: Component) -> tuple[int, ...]:
        """Return the sizes of what flows in, which are the same wherever the component is applied."""
        addresses: dict[tuple[int, ...], str] = {}
        for call in self.calls[component.name]:
            sizes = tuple(self.built[name].output_dim for name in _producers(call))
            addresses.setdefault(sizes, self.graph.addresses_of(call)[0])
        if len(addresses) > 1:
            found = " and ".join(f"{' + '.join(map(str, size))} at '{at}'" for size, at in addresses.items())
            raise UsageError(
                f"vectors that enter '{component.name}' should have the same size everywhere it is used. Found {found}."
            )
        return next(iter(addresses))


def notes_of_files(graph: SharingGraph, fitted: Fitted, built: Mapping[str, Module]) -> Iterator[Note]:
    """Yield what components report whose first weights files have; raises `RecipeError` for what is wrong with these.

    `built` are all components, perhaps on meta, which say what flows in.
    """
    yield from Builder(graph, fitted, True, dict(built)).notes()


def _producers(call: Call) -> list[str]:
    """Return the components whose values flow into a call, in order."""
    return [name for name in map(producer_of, call.arguments) if name is not None]


def component_seed(seed: int, component: str) -> int:
    """Return the seed of a component's first weights: 63 bits that depend on nothing but the recipe's seed and name."""
    digest = hashlib.sha256(f"{seed}/{component}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
