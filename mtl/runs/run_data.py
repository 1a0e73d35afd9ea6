"""Which data a run had: hashes of all its splits, and the sources whose rows came from memory."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import CheckpointError, Fault, UsageError
from ..base.files import read_json, replace

FILE = "data.json"


@dataclass(frozen=True)
class RunData:
    """What `data.json` in a run's folder holds.

    `given` are the sources whose rows were given from memory, so that the recipe says nothing of them; `hashes` are
    the SHA-256 of the content of every split, by `source/split`.
    """

    given: tuple[str, ...]
    hashes: Mapping[str, str]

    @classmethod
    def load(cls, run: Path) -> RunData | None:
        """Return what a run had; None where its folder does not say. Raises `CheckpointError` for a damaged file."""
        path = run / FILE
        if not path.exists():
            return None
        found = read_json(path)
        if not isinstance(found, dict) or not isinstance(found.get("hashes"), dict) or "given" not in found:
            raise CheckpointError(f"{path}: should hold 'given' and 'hashes'. Found something else.")
        return cls(tuple(found["given"]), found["hashes"])

    def write(self, run: Path) -> None:
        """Write `data.json`; raises `OSError`."""
        content = {"given": list(self.given), "hashes": dict(self.hashes)}
        replace(run / FILE, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())

    def fault_if_not_given(self, run: Path, given: Collection[str]) -> None:
        """Raise `UsageError` for every source whose rows came from memory and are not given again."""
        faults = [
            Fault(
                f"the rows of source '{name}' came from memory, not from the recipe's files, and should be given again "
                "where data is read. They are not. Give them from Python, to mtl.Run.open or to mtl.run: "
                f"sources={{'{name}': {{'test': rows}}}}. To measure on files in their place, "
                "name the folder that the recipe's paths start from (--data DIR, data=DIR).",
                file=str(run),
            )
            for name in self.given
            if name not in given
        ]
        if faults:
            raise UsageError(*faults)

    def changed(self, hashes: Mapping[str, str], splits: Iterable[str]) -> list[Fault]:
        """Return a warning for every one of these splits, of any source, that holds other data than the run had."""
        wanted = set(splits)
        return [
            Fault(
                f"is not the data that the run had ({_short(now)} in place of {_short(self.hashes.get(name))}): it is "
                "measured here, and not kept in metrics.json.",
                path=name,
            )
            for name, now in hashes.items()
            if name.rpartition("/")[2] in wanted and self.hashes.get(name) != now
        ]


def _short(digest: str | None) -> str:
    return "none" if digest is None else f"SHA-256 {digest[:12]}…"
