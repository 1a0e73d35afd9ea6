"""What can be wrong, where, and what to change: the rows that every error of the library is made of."""

from __future__ import annotations

import difflib
import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .visible import escaped, look_alike, told_apart, visible

_ALIKE = 0.6  # how much two names have in common of which one may be meant by the other
_ABOUT = 0.1  # of two likenesses that are about equal
_SLIP = 0.85  # of two names that differ by a slip


class Option(str):
    """What was given beside a recipe, as the option that says it: `--set train.epochs=2`, in the place of a file."""

    __slots__ = ()


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where it is and what should be there instead.

    `message` says what should be, what was found and what to change; `path` is a dotted path inside the
    file (`tasks.slots.model.representation`); `line` counts from 1. Of rows with faults of one `kind` the first is
    told, and how many `others` there are. As text it is one row: control characters in it are written out.
    """

    message: str
    file: str | None = None
    line: int | None = None
    path: str | None = None
    kind: str | None = field(default=None, compare=False)
    others: int = 0

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}"
        return visible(": ".join(part for part in (place, self.path, f"{self.message}{self._others()}") if part))

    def _others(self) -> str:
        if not self.others:
            return ""
        return f" {counted(self.others, 'other row')} {'has' if self.others == 1 else 'have'} such a fault."


@dataclass(frozen=True)
class Wording:
    """What should be, what was found, and what to change (whole sentences, if anything): a message, in its parts.

    Where there is none of what should be, `found` is None. `kind` says which messages are of one kind;
    by default those that agree in what should be and what to change.
    """

    should: str
    found: str | None
    change: str = ""
    kind: str | None = None

    def __str__(self) -> str:
        found = "There is none." if self.found is None else f"Found {self.found}."
        return " ".join(filter(None, (f"{self.should}.", found, self.change)))

    def fault(self, file: str | None = None, line: int | None = None, path: str | None = None) -> Fault:
        """Return the fault that says so of a place."""
        kind = f"{self.should} {self.change}" if self.kind is None else self.kind
        return Fault(str(self), file, line, path, kind)


class WrongValueError(ValueError):
    """A value is not what it should be: for modules and readers of cells, which do not know where the value is."""

    def __init__(self, should: str, found: str | None, change: str = "", kind: str | None = None) -> None:
        super().__init__(should, found, change, kind)
        self.wording = Wording(should, found, change, kind)

    def __str__(self) -> str:
        return str(self.wording)


def fault_of(error: ValueError, file: str | None = None, line: int | None = None, path: str | None = None) -> Fault:
    """Return the fault that an error says of a place; foreign errors are of one kind where one line raised them."""
    if isinstance(error, WrongValueError):
        return error.wording.fault(file, line, path)
    frames = traceback.extract_tb(error.__traceback__)
    return Fault(str(error), file, line, path, f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None)


class MtlError(Exception):
    """An error that is shown to the user as sentences, never as a traceback.

    The exception owns its rows and the exit code of a command that it ends: 1 for work that failed, 2 (in
    the subclasses that say so) for a request that cannot be carried out as it was asked.
    """

    exit_code = 1

    def __init__(self, *faults: Fault | str) -> None:
        self.faults: tuple[Fault, ...] = tuple(fault if isinstance(fault, Fault) else Fault(fault) for fault in faults)
        super().__init__(str(self))

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UsageError(MtlError):
    """A command or call was asked for something that does not exist or does not fit together."""

    exit_code = 2


class WrongKeyError(UsageError):
    """The value of a recipe's `key` does not go with others, or with what flows in: for constructors.

    They do not know where it is written; who calls them reports it there.
    """

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key

    def __reduce__(self) -> tuple[type[WrongKeyError], tuple[str, str]]:
        """Pickle as what it was made of."""
        return type(self), (self.key, self.faults[0].message)


class DataError(MtlError):
    """A data file is missing, unreadable or malformed; names file, line and column."""

    exit_code = 2


class RecipeError(MtlError):
    """A recipe is impossible; holds every fault found, in the order of their lines, then those of its `data`.

    Faults of options that were given beside the recipe come before the others.
    """

    exit_code = 2

    def __init__(self, faults: Iterable[Fault], recipe: str, data: Iterable[Fault] = ()) -> None:
        self.recipe = recipe
        self.data = tuple(dict.fromkeys(data))
        rows = sorted(dict.fromkeys(faults), key=lambda f: (not isinstance(f.file, Option), f.file or "", f.line or 0))
        super().__init__(*rows, *self.data)

    @property
    def own(self) -> tuple[Fault, ...]:
        """What is wrong with the recipe itself, not with its data."""
        return self.faults[: len(self.faults) - len(self.data)]

    def __reduce__(self) -> tuple[type[RecipeError], tuple[tuple[Fault, ...], str, tuple[Fault, ...]]]:
        """Pickle as what it was made of; other errors of the library pickle by their text and attributes."""
        return type(self), (self.own, self.recipe, self.data)

    def __str__(self) -> str:
        if not self.own and self.data:
            return f"{super().__str__()}\n{counted(len(self.data), 'error')} in the data of {self.recipe}"
        given = sum(isinstance(fault.file, Option) for fault in self.own)
        written = len(self.own) - given
        where = f"in {self.recipe}" if written or not given else f"in options given with {self.recipe}"
        more = [f"{given:,} in options given with it"] if written and given else []
        more += [f"{len(self.data):,} in its data"] if self.data else []
        said = [f"{counted(written or given, 'error')} {where}", *more]
        last = f", and {said.pop()}" if more else ""
        return f"{super().__str__()}\n{', '.join(said)}{last}"


class TrainingError(MtlError):
    """Training cannot go on: names the task, the batch and the component."""


class CheckpointError(MtlError):
    """A checkpoint is missing, damaged, or belongs to another recipe, data set or version."""


class ExportError(MtlError):
    """An export or its verification failed; names head, stage, component and example."""


def near_miss(name: str, known: Iterable[str], *, most: int = 1) -> str:
    """Return ` Did you mean 'x'?` for the known name nearest to `name`, or an empty string.

    Up to `most` names are offered where they are about as near. One that looks like it is shown in ASCII, as both would
    be read as one name.

    >>> near_miss("bilstmm", ["bilstm", "cnn"])
    " Did you mean 'bilstm'?"
    >>> near_miss("transformer", ["bilstm"])
    ''
    >>> near_miss("adamv", ["adam", "adamw", "sgd"], most=2)
    " Did you mean 'adam' or 'adamw'?"
    """
    names = list(known)
    alike = look_alike(name, names)
    if alike is not None:
        return f" Did you mean '{escaped(alike)}'? It looks like '{escaped(name)}', but its characters differ."
    close = nearest(name, names)
    if close is None:
        return ""
    if close.casefold() == name.casefold():
        most = 1
    others = difflib.get_close_matches(name, names, n=most, cutoff=max(_ALIKE, _likeness(name, close) - _ABOUT))
    offered = "' or '".join(others if close in others else [close])
    return f" Did you mean '{offered}'?"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most like `name`, None where none is like it, whatever its case.

    >>> nearest("bilstmm", ["bilstm", "cnn"]), nearest("AdamW", ["adam", "adamw"]), nearest("gru", ["bilstm"])
    ('bilstm', 'adamw', None)
    """
    names = list(known)
    folded = {other.casefold(): other for other in reversed(names)}  # of those that differ in case alone, the first
    if name not in names and name.casefold() in folded:
        return folded[name.casefold()]
    found = difflib.get_close_matches(name, names, 1, _ALIKE)
    if found:
        return found[0]
    return next((folded[other] for other in difflib.get_close_matches(name.casefold(), folded, 1, _ALIKE)), None)


def slip_for(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` is surely a slip for: a letter more or less of several, or two exchanged.

    >>> slip_for("bilstmm", ["bilstm", "cnn"]), slip_for("tvs", ["tsv"]), slip_for("text_parsing", ["text_tagging"])
    ('bilstm', 'tsv', None)
    """
    close = nearest(name, known)
    sure = close is not None and (sorted(close) == sorted(name) or _likeness(name, close) >= _SLIP)
    return close if sure else None


def _likeness(name: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, name).ratio()  # in this order, as `get_close_matches` compares


def sentences(error: Exception, should: str) -> list[str]:
    """Return what to report of an error that a module's code raised: its own sentences, or one around a foreign reason.

    >>> sentences(WrongValueError("'dim' should be even", "3"), "should be built")
    ["'dim' should be even. Found 3."]
    >>> sentences(KeyError("dim"), "should be built")
    ["should be built. Found KeyError: 'dim'."]
    """
    if isinstance(error, MtlError):
        return [str(fault) for fault in error.faults]
    if isinstance(error, WrongValueError):
        return [str(error)]
    reason = " ".join(str(error).split())
    return [f"{should}. Found {type(error).__name__}: {reason.rstrip('.') or 'no reason'}."]


def no_memory(error: Exception) -> str | None:
    """Return the sentence for an error that says there is no memory left, None for any other.

    >>> no_memory(RuntimeError("[enforce fail] can't allocate memory: you tried to allocate 4000 bytes. Error code 12"))
    'not enough memory. Found a request for 4,000 bytes at once.'
    """
    reason = " ".join(str(error).split())
    asked = re.search(r"tried to allocate (\d+) bytes", reason)
    if isinstance(error, RuntimeError) and asked:
        return f"not enough memory. Found a request for {counted(int(asked[1]), 'byte')} at once."
    return (
        f"not enough memory. Found {reason.rstrip('.') or 'no more of it'}." if isinstance(error, MemoryError) else None
    )


def some(names: Iterable[str], most: int = 10) -> str:
    """Return the first names as a sentence shows them, and how many others there are.

    >>> some(["encoder", "words", "intent.pooling"], 2), some([])
    ('encoder, words and 1 other', 'none')
    """
    found: Sequence[str] = told_apart(names)
    rest = len(found) - most
    return f"{', '.join(found[:most])} and {counted(rest, 'other')}" if rest > 0 else ", ".join(found) or "none"


def listing(names: Iterable[str]) -> str:
    """Return names as a sentence shows them: sorted, comma-separated, or `none`; look-alikes in ASCII."""
    found: Sequence[str] = told_apart(sorted(names))
    return ", ".join(found) if found else "none"


def those(noun: str, names: Iterable[str]) -> str:
    """Return names of things as what was found, sorted.

    >>> those("column", ["text", "label"]), those("column", [])
    ('the columns label, text', 'no columns')
    """
    found = list(names)
    return f"the {noun}s {listing(found)}" if found else f"no {noun}s"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun; `plural` is that of a noun for which an `s` at the end does not make it.

    >>> counted(1, "task"), counted(1200, "row"), counted(2, "entry", "entries")
    ('1 task', '1,200 rows', '2 entries')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short(value: object, most: int = 60) -> str:
    """Return a value as it is shown in a message.

    >>> short("a" * 80)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    text = repr(value)
    return text if len(text) <= most else text[: most - 3] + "..."
