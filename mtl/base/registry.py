"""Names for classes that a recipe can ask for, and the schema that their signatures imply.

A component's `__init__` is its only description. Its *keyword-only* arguments are the keys that a recipe may
write; its *positional* arguments are inferred along the edges of the graph (`input_dim`, `labels`, …) and
are never written.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import inspect
import os
import sys
import types
import typing
from collections.abc import Callable
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pydantic

from .errors import Fault, UsageError, listing, near_miss
from .kinds import BASES, lacking

KINDS = tuple(BASES)
T = TypeVar("T", bound=type)
_classes: dict[str, dict[str, type]] = {kind: {} for kind in KINDS}


class Address(str):
    """A recipe value that names another task's module (`intent.output`): an edge of the sharing graph."""


class InitialFile(str):
    """A recipe value that names a file of initial weights, relative to the recipe (or to `--data DIR`).

    The constructor gets the resolved path; or None where the component's weights are about to be loaded from a
    checkpoint, so that a finished run does not need the file any more. A check calls it too, once the file is known
    to be readable, with parameters on the meta device: then the form of the file is what there is to look at.
    """


class InitialFolder(InitialFile):
    """A recipe value that names a folder with files of initial weights, as `InitialFile` names a file."""


def register(kind: str, name: str) -> Callable[[T], T]:
    """Make a class available to recipes as `type: name` wherever a `kind` is asked for.

    Registering the same class again (a module imported twice under one name) is harmless. Raises `UsageError` for
    another class under a name that is taken, and for a class that cannot be of its kind.
    """
    if kind not in _classes:
        raise UsageError(f"no kind of component is called '{kind}'. Kinds: {', '.join(KINDS)}.")

    def add(cls: T) -> T:
        taken = _classes[kind].get(name)
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise UsageError(
                f"the {kind} '{name}' of {cls.__module__}.{cls.__qualname__} should have a name of its own. "
                f"Found it used by {taken.__module__}.{taken.__qualname__}."
            )
        _check(cls, kind, name)
        cls.registered_name = name  # type: ignore[attr-defined]  # read through name_of()
        _classes[kind][name] = cls
        return cls

    return add


def _check(cls: type, kind: str, name: str) -> None:
    """Raise `UsageError` where a class lacks what its kind's base class has, or a recipe key of it has no type."""
    what = f"the {kind} '{name}', class {cls.__qualname__}"
    lack = lacking(cls, kind)
    if lack:
        raise UsageError(f"{what}: {lack}")
    for key, parameter in inspect.signature(cls.__init__).parameters.items():  # type: ignore[misc]
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.annotation is parameter.empty:
            raise UsageError(f"{what}: the argument '{key}', a recipe key, should have a type. There is none.")


def name_of(cls: type) -> str:
    """Return the name that a class was registered under."""
    return str(getattr(cls, "registered_name", cls.__name__))


def names(kind: str) -> list[str]:
    """Return the registered names of a kind, sorted."""
    return sorted(_classes[kind])


def lookup(kind: str, name: str) -> type:
    """Return the class registered as `name`, or raise `UsageError` with the near miss and what exists."""
    try:
        return _classes[kind][name]
    except KeyError:
        raise UsageError(unknown(kind, name)) from None


def unknown(kind: str, name: str, *, called: str | None = None) -> str:
    """Return the sentence for a name that no class of this kind has; `called` is what the kind goes by there."""
    called = called or ("type of task" if kind == "task" else kind)  # a recipe's tasks have names of their own
    what = f"no {called} named '{name}'"
    other = next((other for other in KINDS if name in _classes[other]), None)
    if other is not None:
        return f"{what}, which is of the kind '{other}'. `mtl components {kind}` lists what there is."
    known = names(kind)
    hint = near_miss(name, known, most=2)
    if hint:
        return f"{what}.{hint}"
    return (
        f"{what}. There are: {listing(known)}. A class of your own is visible once its file is named under 'plugins:'."
    )


def recipe_keys(cls: type) -> dict[str, inspect.Parameter]:
    """Return the keyword-only arguments of a component: what a recipe may write, with types resolved."""
    return {name: p for name, p in _signature(cls).items() if p.kind is p.KEYWORD_ONLY}


def inferred_arguments(cls: type) -> tuple[str, ...]:
    """Return the positional arguments of a component: what is inferred along the graph's edges."""
    return tuple(n for n, p in _signature(cls).items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))


@functools.cache
def _signature(cls: type) -> dict[str, inspect.Parameter]:
    init = cls.__init__  # type: ignore[misc]  # the class's own constructor is what is asked for
    parameters = [
        p
        for p in list(inspect.signature(init).parameters.values())[1:]
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    # Only recipe keys need their types at run time; those of the others may be imported for type checkers alone.
    written = types.SimpleNamespace(
        __annotations__={p.name: p.annotation for p in parameters if p.kind is p.KEYWORD_ONLY}
    )
    try:
        hints = typing.get_type_hints(written, getattr(init, "__globals__", {}), include_extras=True)
    except NameError as error:
        raise UsageError(
            f"the types of the recipe keys of {cls.__module__}.{cls.__qualname__} should be imported when the program "
            f"runs, not for type checkers alone. Found: {error}."
        ) from error
    return {p.name: p.replace(annotation=hints.get(p.name, Any)) for p in parameters}


def with_key(kind: str, key: str) -> str:
    """Return the sentence about the components of a kind that have a key, for one that has not; nothing for none."""
    found = [name for name in names(kind) if key in recipe_keys(lookup(kind, name))]
    return f" {kind.capitalize()}s with that key: {listing(found)}." if found else ""


def address_keys(cls: type) -> tuple[str, ...]:
    """Return the recipe keys of a component that hold addresses (annotated `Address`, one or a list of them)."""
    return tuple(name for name, p in recipe_keys(cls).items() if _mentions(p.annotation, Address))


def file_keys(cls: type) -> tuple[str, ...]:
    """Return the recipe keys of a component that name a file or folder of initial weights (see `InitialFile`)."""
    return tuple(name for name, p in recipe_keys(cls).items() if _mentions(p.annotation, InitialFile))


def _mentions(annotation: Any, wanted: type) -> bool:
    inside = typing.get_args(annotation)
    if inside:
        return any(_mentions(inner, wanted) for inner in inside)
    return isinstance(annotation, type) and issubclass(annotation, wanted)


def folder_keys(cls: type) -> tuple[str, ...]:
    """Return those that name a folder (annotated `InitialFolder`)."""
    return tuple(name for name, p in recipe_keys(cls).items() if _mentions(p.annotation, InitialFolder))


def _as_written(annotation: Any) -> Any:
    """Return what a recipe writes for an annotation: strings for addresses and files."""
    if annotation in (Address, InitialFile, InitialFolder):
        return str
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.Union[tuple(_as_written(inner) for inner in arguments)]  # noqa: UP007  # made at run time
    return list[_as_written(arguments[0])] if typing.get_origin(annotation) is list else annotation  # type: ignore[misc]


def nested_kind(annotation: Any) -> tuple[str, bool] | None:
    """Return `(kind, named)` where a key holds components of its own, else None.

    A key annotated `Embedding` (or `Embedding | None`) holds one component (`named` False); `dict[str, Embedding]`
    holds named parts.
    """
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [a for a in typing.get_args(annotation) if a is not type(None)]
        annotation = inner[0] if len(inner) == 1 else annotation
    named = typing.get_origin(annotation) is dict
    if named:
        annotation = typing.get_args(annotation)[1]
    kind = getattr(annotation, "kind", None)
    return (kind, named) if isinstance(annotation, type) and kind in KINDS else None


@functools.cache
def schema(cls: type) -> type[pydantic.BaseModel]:
    """Return the pydantic model of a component's recipe keys: strict, frozen, unknown keys forbidden.

    Keys that hold components (see `nested_kind`) are `Any` here; the reader of the recipe descends into them.
    Integers are accepted where a float is asked for, as YAML writers expect.
    """
    fields: dict[str, Any] = {}
    for name, parameter in recipe_keys(cls).items():
        annotation = parameter.annotation
        if nested_kind(annotation) is not None:
            annotation = Any
        annotation = _as_written(annotation)
        required = parameter.default is parameter.empty
        fields[name] = (annotation, ... if required else parameter.default)
    config = pydantic.ConfigDict(
        extra="forbid", frozen=True, strict=True, protected_namespaces=(), arbitrary_types_allowed=True
    )
    model: type[pydantic.BaseModel] = pydantic.create_model(cls.__name__, __config__=config, **fields)
    return model


def load_plugins(plugins: tuple[str, ...] = (), base: Path | None = None) -> None:
    """Import what registers components: installed packages (entry points) and the named modules or files.

    A plugin that ends in `.py` is a file, relative to `base`; anything else is a dotted module name. Raises
    `UsageError` naming the plugin that cannot be imported and why.
    """
    for entry in _installed(tuple((folder, _changed(folder)) for folder in sys.path)):
        _import(entry.name, entry.load)
    for plugin in plugins:
        if plugin.endswith(".py"):
            path = (base or Path()) / plugin
            _import(plugin, functools.partial(import_file, path))
        else:
            _import(plugin, functools.partial(importlib.import_module, plugin))


@functools.cache
def _installed(path: tuple[tuple[str, int], ...]) -> EntryPoints:
    """Return the entry points of installed packages: a file of each is read, once for a state of `sys.path`."""
    return entry_points(group="mtl.plugins")


def _changed(folder: str) -> int:
    """Return when something was last installed into a folder of `sys.path`, in nanoseconds; 0 where there is none."""
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


def _import(name: str, load: Callable[[], object]) -> None:
    try:
        load()
    except UsageError:
        raise
    except Exception as error:  # whatever a plugin raises while it is imported is the plugin's fault
        raise UsageError(
            Fault(f"plugin '{name}' should be importable. Found {type(error).__name__}: {error}.")
        ) from error


def import_file(path: Path) -> ModuleType:
    """Import a Python file once per process, under a name made from its resolved path."""
    resolved = path.resolve()
    if not resolved.is_file():
        raise UsageError(f"plugin '{path}' should be a Python file. Found nothing there.")
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]  # `a-b.py` and `a_b.py` are two modules
    name = "mtl_plugin_" + "".join(c if c.isalnum() else "_" for c in resolved.stem) + "_" + digest
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise UsageError(f"plugin '{path}' should be a Python file. Found a file that Python cannot load.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
