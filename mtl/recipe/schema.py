"""Values against a schema: pydantic checks, and its complaints become 'should be X. Found Y.'"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal

import pydantic

from ..base.declared import keys, schema
from ..base.errors import Fault, counted, listing, near_miss, nearest
from .document import Document, Steps, dotted, show, value_at

BOUNDS = {
    "greater_than": ("gt", "greater than"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "of at most"),
}
SIZES = ("min_length", "max_length")
LENGTHS = ("too_short", "too_long", "string_too_short", "string_too_long")
NUMBERS, SIZED = (int, float), (str, list, tuple, dict)
PLAIN: dict[Any, str] = {int: "whole number", float: "number", str: "string", list: "list", dict: "mapping"}


def fitted_to(
    model: type[pydantic.BaseModel],
    values: Mapping[str, Any],
    document: Document,
    steps: Steps,
    what: str,
    general: Collection[str] = (),
    elsewhere: Callable[[str], str] = lambda key: "",
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Return the values with defaults filled in, or None, and the faults; `what` names whose keys these are."""
    written = {key: (*steps, key) for key in values}
    return check_at(model, values, document, written, steps, what, general=general, elsewhere=elsewhere)


def check_at(
    model: type[pydantic.BaseModel],
    values: Mapping[str, Any],
    document: Document,
    written: Mapping[str, Steps],
    steps: Steps,
    what: str,
    misspelled: Collection[str | None] = (),
    general: Collection[str] = (),
    elsewhere: Callable[[str], str] = lambda key: "",
) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Do as `fitted_to` where the keys of one configuration are in several places of the document.

    A key that an unknown one was probably meant to be is not reported as missing, nor is one in `misspelled`. An
    unknown one may also be meant to be one of the `general` keys, which are read elsewhere. `elsewhere` gives the
    sentence about others that have it.
    """
    try:
        checked = model.model_validate(dict(values))
    except pydantic.ValidationError as error:
        rows = error.errors(include_url=False)
        names = [*model.model_fields, *general]
        unknown = [str(row["loc"][0]) for row in rows if row["type"] == "extra_forbidden"]
        meant = {closest(key, model.model_fields if elsewhere(key) else names) for key in unknown}
        rows = [row for row in rows if row["type"] != "missing" or row["loc"][0] not in meant | set(misspelled)]
        told = _of_alternatives(rows, values)
        about = (model, document, written, steps, what, general, elsewhere)
        return None, list(dict.fromkeys(_fault(row, *about) for row in told))
    return {name: getattr(checked, name) for name in model.model_fields}, []


def sound_keys(section: type, values: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return the keys of a section, its default (or None) for each whose value is faulty, and the faulty ones.

    Keys that the section does not have are faulty, too.
    """
    model = schema(section, frozenset(name for name, key in keys(section).items() if key.required))
    faulty: set[str] = set()
    while True:
        try:
            checked = model.model_validate({key: value for key, value in values.items() if key not in faulty})
        except pydantic.ValidationError as error:
            faulty |= {str(row["loc"][0]) for row in error.errors(include_url=False)}
        else:
            return {name: getattr(checked, name) for name in model.model_fields}, faulty


def _of_alternatives(rows: list[Any], values: Mapping[str, Any]) -> list[Any]:
    """Return complaints without those about alternatives that are not meant: of one that is, another complaint says so.

    A number that is too large is no mapping either, but only the first is wrong with it.
    """

    def other_type(row: Any) -> bool:
        inside = row["loc"][1:]
        whole = not inside or (len(inside) == 1 and not _holds(values[row["loc"][0]], inside[0]))
        return whole and (row["type"] == "literal_error" or row["type"].endswith("_type"))

    written = [row for row in rows if row["loc"][0] in values]
    meant = {row["loc"][0] for row in written if not other_type(row)}
    return [row for row in rows if row["loc"][0] not in meant or not other_type(row)]


def _fault(
    row: Any,
    model: type[pydantic.BaseModel],
    document: Document,
    written: Mapping[str, Steps],
    steps: Steps,
    what: str,
    general: Collection[str],
    elsewhere: Callable[[str], str],
) -> Fault:
    key = str(row["loc"][0])
    if row["type"] == "extra_forbidden":
        place = document.key_place(written[key]).named(dotted(written[key][:-1]))
        return place.fault(unknown_key(key, model.model_fields, what, general=general, elsewhere=elsewhere(key)))
    annotation, marks = model.model_fields[key].annotation, model.model_fields[key].metadata
    if row["type"] == "missing":
        return document.key_place(steps).fault(f"should have a key '{key}', {expected(annotation)}. There is none.")
    steps_in, found = written[key], value_at(document, written[key])
    for step in row["loc"][1:]:
        if not _holds(found, step):
            continue  # the name of an alternative
        inner = _inside(_alternative(annotation, found))
        if inner is None:
            break
        annotation, marks, steps_in, found = inner, [], (*steps_in, step), found[step]
    bound, shown = "", show(found)
    of: tuple[type, ...] = NUMBERS
    if row["type"] in BOUNDS:
        limit, words = BOUNDS[row["type"]]
        bound = f" {words} {row['ctx'][limit]:g}"
    elif row["type"] in LENGTHS:
        limits = _limits(annotation, marks) | {name: row["ctx"][name] for name in SIZES if name in row["ctx"]}
        bound, of = _length(limits.get("min_length"), limits.get("max_length"), isinstance(found, str)), SIZED
        if isinstance(found, list):
            shown = f"a list of {len(found)}" if found else "an empty list"
    should = expected(annotation, bound=bound, of=of)
    hint = near_miss(found, literals(annotation)) if isinstance(found, str) else ""
    return document.place(steps_in).fault(f"should be {should}. Found {shown}.{hint}")


def _limits(annotation: Any, marks: Iterable[Any] = ()) -> dict[str, int]:
    """Return the lengths that an annotation allows, and what stands beside it: pydantic tells of the one that fails."""
    found: dict[str, int] = {}
    if typing.get_origin(annotation) is typing.Annotated:
        annotation, *own = typing.get_args(annotation)
        marks = [*marks, *own]
    for mark in marks:
        inside = mark.metadata if isinstance(mark, pydantic.fields.FieldInfo) else [mark]
        found |= {name: getattr(each, name) for each in inside for name in SIZES if hasattr(each, name)}
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        for member in typing.get_args(annotation):
            found |= _limits(member)
    return found


def _length(least: int | None, most: int | None, characters: bool) -> str:
    """Return what a length should be, to stand after what has it: members, or the characters of a string.

    >>> _length(2, 2, False), _length(1, 3, False), _length(1, None, False), _length(None, 1, True)
    (', exactly 2 of them', ', 1 to 3 of them', ' that is not empty', ', at most 1 character')
    """
    if most is None and least == 1:
        return " that is not empty"
    count = (least or 0) if most is None else most
    many = counted(count, "character") if characters else f"{count} of them"
    if most is None:
        return f", at least {many}"
    if least == most:
        return f", exactly {many}"
    return f", {least} to {many}" if least else f", at most {many}"


def closest(key: str, known: Iterable[str]) -> str | None:
    """Return the key that was probably meant."""
    return nearest(key, known)


def unknown_key(
    key: str,
    known: Iterable[str],
    what: str,
    noun: str = "key",
    general: Iterable[str] = (),
    elsewhere: str = "",
) -> str:
    """Return the sentence for a key that does not exist, with the nearest one or all that do; `noun` is its kind.

    The nearest one may also be one of the `general` keys, which are not listed; not where others have the key, as
    `elsewhere` says in a sentence.
    """
    names = list(known)
    own = f" Its {noun}s: {listing(names)}." if names else f" It has no {noun}s."
    near = near_miss(key, names if elsewhere else [*names, *general])
    return f"{what} has no {noun} '{key}'.{near or own}{elsewhere}"


def _holds(value: Any, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


def _members(annotation: Any) -> list[Any]:
    """Return the alternatives of an annotation; a single one unless it is a union."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [inner for member in typing.get_args(annotation) for inner in _members(member)]
    return [annotation]


def _alternative(annotation: Any, value: Any) -> Any:
    """Return the alternative that a list or a mapping was meant to be; all of them for any other value."""
    kinds = (dict,) if isinstance(value, Mapping) else (list, tuple) if isinstance(value, list) else ()
    found = [member for member in _members(annotation) if typing.get_origin(member) in kinds]
    return found[0] if len(found) == 1 else annotation


def _inside(annotation: Any) -> Any:
    """Return what the values inside a list or mapping should be; None where no one answer exists."""
    members = [member for member in _members(annotation) if member is not type(None)]
    if len(members) != 1 or typing.get_origin(members[0]) not in (list, dict, tuple):
        return None
    return typing.get_args(members[0])[-1 if typing.get_origin(members[0]) is dict else 0]


def literals(annotation: Any) -> list[str]:
    """Return the strings that an annotation names one by one."""
    found = [m for m in _members(annotation) if typing.get_origin(m) is Literal]
    return [value for member in found for value in typing.get_args(member) if isinstance(value, str)]


def expected(annotation: Any, plural: bool = False, bound: str = "", of: tuple[type, ...] = NUMBERS) -> str:
    """Return what a value should be, in words; `bound` is what holds for numbers, or for what else it is `of`.

    >>> expected(int | None), expected(list[int]), expected(Literal["relu", "tanh"])
    ('a whole number or null', 'a list of whole numbers', "one of 'relu', 'tanh'")
    >>> expected(bool), expected(bool | Literal["ascii"])
    ('true or false', "true, false or 'ascii'")
    >>> expected(float | Literal["dev"] | None, bound=" less than 1")
    "a number less than 1, or 'dev', or null"
    """
    members = _members(annotation)
    found = (
        _expected(member, plural) + (bound if (typing.get_origin(member) or member) in of else "") for member in members
    )
    words = list(dict.fromkeys(found))
    if bool in members and len(words) > 1:
        words[words.index("true or false")] = "true, false"
    return (", or " if bound and not words[-1].endswith(bound) else " or ").join(words)


def _expected(annotation: Any, plural: bool) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        words = ", ".join(show(value) for value in arguments)
        return words if len(arguments) == 1 else f"one of {words}"
    if annotation is type(None):
        return "null"
    if annotation is bool:
        return "true or false"
    if annotation is Any:
        return "any value"
    if origin in (list, tuple):
        return f"{'lists' if plural else 'a list'} of {expected(arguments[0], plural=True)}"
    if origin is dict:
        return f"{'mappings' if plural else 'a mapping'} to {expected(arguments[1], plural=True)}"
    word = PLAIN.get(annotation) or getattr(annotation, "__name__", str(annotation))
    return f"{word}s" if plural else f"a {word}"
