"""Where names of lists are in texts (gazetteers: cities, artists, …)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault, UsageError
from ..base.registry import register
from .features import Feature, Ragged
from .featurizer import NameIndex, Tokens, tokenize
from .front_end import FrontEnd
from .name_lists import read_names

if TYPE_CHECKING:
    import onnx_ir as ir
    from onnx_ir.tape import Tape

    from .token_values import TokenValues

POSITIONS = {"bi": 2, "bies": 4}


@register("feature", "name_flags")
class NameFlags(Feature):
    """Where each token is in the longest names of lists, a value per list: 0 where in none.

    Names are cut into tokens and normalized as the input's texts are. For each list by itself, a text is gone through
    from the left, and the longest name that begins at a token is taken; the search goes on after it. Values of the list
    number k are 1 + k * n and those after it, for the n positions begin and inside (`bi`), or begin, inside, end and
    single (`bies`).
    """

    dims = ("T", "C")
    needs_fit = True

    def __init__(
        self,
        *,
        lists: Mapping[str, str],
        columns: Mapping[str, str] | None = None,
        encodings: Mapping[str, str] | None = None,
        positions: str = "bies",
    ) -> None:
        self.lists = dict(lists)
        self.columns = dict(columns or {})
        self.encodings = dict(encodings or {})
        self.ends = positions == "bies"
        self.size = 1 + len(lists) * POSITIONS[positions]
        self._read: dict[str, list[str]] | None = None  # names as they are in the files
        self._front_end: FrontEnd | None = None
        self._digest = ""  # of what the files say
        self._names: list[list[list[str]]] = [[] for _ in lists]  # by list, as tokens are looked up
        self._index: NameIndex | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Options, the order of the lists, by which their values go, and what the files say."""
        return (*super().key, ("order", *self.lists), ("names", self._digest))

    def read_files(self, base: Path) -> dict[str, str]:
        faults: list[Fault] = []
        read: dict[str, list[str]] = {}
        for name, file in self.lists.items():
            try:
                read[name] = read_names(base / file, self.columns.get(name), self.encodings.get(name, "utf-8"))
            except DataError as error:
                faults += (replace(fault, path=_in_list(name, fault.path)) for fault in error.faults)
        if faults:
            raise DataError(*faults)
        digests = {name: _digest(sorted(set(names))) for name, names in read.items()}
        self._read, self._digest = read, _digest(list(digests.items()))
        return {f"{name} ({file})": digests[name] for name, file in self.lists.items()}

    def count(self, tokens: Tokens) -> None:
        self._front_end = tokens.front_end.whole

    def fit(self) -> None:
        """Cut the names into tokens; where no file was read, there are none."""
        self._names = [self._tokens((self._read or {}).get(name, ())) for name in self.lists]
        self._index = None

    def _tokens(self, names: Sequence[str]) -> list[list[str]]:
        if self._front_end is None:
            return []
        found = {tuple(row) for row in tokenize(names, self._front_end).normalized()}
        return [list(name) for name in sorted(found) if name != ("",)]

    def compute(self, tokens: Tokens) -> Ragged:
        """Return a value per list for every token, and their bounds in tokens and rows."""
        self._index = self._index or NameIndex(self._names)
        flags, offsets = tokens.name_flags(self._index, ends=self.ends)
        return Ragged(flags, (tokens.row_offsets, offsets))

    def onnx(self, tape: Tape, tokens: TokenValues) -> ir.Value:
        """Return [B, T, K] for K lists."""
        from .gazetteer_graph import Trie, name_flags  # it imports what only exporting needs

        return name_flags(tape, tokens, Trie.of(self._names), ends=self.ends)

    def state(self) -> dict[str, Any]:
        return {"names": dict(zip(self.lists, self._names, strict=True)), "digest": self._digest}

    def load_state(self, state: dict[str, Any]) -> None:
        """Restore names; raises `UsageError` where the lists have another order, and so other values."""
        if list(state["names"]) != list(self.lists):
            there, here = ", ".join(state["names"]), ", ".join(self.lists)
            raise UsageError(f"'lists' should be in the order in which they were learned: {there}. Found {here}.")
        self._names = [state["names"][name] for name in self.lists]
        self._digest = state["digest"]
        self._index = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_index": None}  # the C++ trie is made again on demand


def _in_list(name: str, place: str | None) -> str:
    """Return a place inside the file of a list as messages name it."""
    return f"list '{name}'" if place is None else f"list '{name}': {place}"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
