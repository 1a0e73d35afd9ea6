"""Values of cells as messages show them: as the file has them that they were read from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import short

_KINDS = {"t": "bool", "f": "bool"}  # first characters of what is spelled


class Spelled(str):
    """A number or truth value of a typed format as a text: shown without quotation marks, as the file has it."""

    __slots__ = ()


def shown(value: Any) -> str:
    """Return a cell's value as a message shows it, shortened: a list or an object as JSON has it.

    >>> shown([[Spelled("6"), 11, None], "x"]), shown({"start": True}), shown("it"), shown(None)
    ('[[6, 11, null], "x"]', '{"start": true}', "'it'", 'null')
    """
    return short(_Written(value)) if _is_json(value) else short(value)


def described(value: Any) -> str:
    """Return a cell's value with its type.

    >>> described(["a", None]), described("a"), described(Spelled("3")), described(None)
    ('list: ["a", null]', "str: 'a'", 'int: 3', 'nothing')
    """
    if value is None:
        return "nothing"
    name = type(value).__name__
    if isinstance(value, Spelled):
        name = _KINDS.get(value[0], "int" if value.lstrip("-").isdigit() else "float")
    return f"{name}: {shown(value)}"


class _Written:
    """What a value is written as in JSON."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return _json(self.value)


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, (Spelled, bool, list, tuple, Mapping))


def _json(value: Any) -> str:
    if isinstance(value, Spelled):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_json, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_json(key)}: {_json(item)}' for key, item in value.items())}}}"
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
