"""The parameters of components that are pulled together: they have equal names and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch import nn

from ..base.errors import Fault, listing
from ..graph.pulls import Pull
from .module import Module


def pulled(pulls: Iterable[Pull], modules: Mapping[str, Module]) -> list[tuple[float, list[nn.Parameter]]]:
    """Return the strength of each pull with the parameters that it pulls together, one from every component."""
    return [
        (pull.strength, list(together))
        for pull in pulls
        if len(pull.components) > 1 and pull.strength > 0
        for together in zip(*(modules[name].parameters() for name in pull.components), strict=True)
    ]


def unequal(pulls: Iterable[Pull], modules: Mapping[str, Module]) -> Iterator[Fault]:
    """Yield a fault for each pull whose components differ in a shape, and for each group without any parameters."""
    sizes: dict[str, int] = {}
    for pull in pulls:
        first, *others = pull.components
        shapes = {name: _shapes(modules[name]) for name in pull.components}
        sizes[pull.name] = len(shapes[first]) + sum(n for part, n in sizes.items() if part.startswith(f"{pull.name}."))
        if len(pull.components) > 1 and "." not in pull.name and not sizes[pull.name]:
            found = listing(pull.components)
            yield pull.place.fault(
                f"members of a soft group should have parameters of their own. There are none in {found}."
            )
        for other in others:
            mine, theirs = shapes[first], shapes[other]
            for key in mine | theirs:
                if mine.get(key) != theirs.get(key):
                    here, there = (shape.get(key, "none") for shape in (mine, theirs))
                    yield pull.place.fault(
                        "members of a soft group should have parameters of equal shapes. "
                        f"Found '{key}' {here} in '{first}' and {there} in '{other}'."
                    )
                    break


def _shapes(module: Module) -> dict[str, list[int]]:
    return {name: list(parameter.shape) for name, parameter in module.named_parameters()}
