"""Settings of a comparison: which of its recipes each is made in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...base.errors import Fault, Option, UsageError
from ...recipe.document import Document
from ...recipe.overrides import fits
from ...recipe.yaml_core import read


@dataclass(frozen=True)
class GivenSettings:
    """Settings `--set-all` and variants `--set`, with the recipes as they are written."""

    documents: Mapping[str, Document]
    overrides: tuple[str, ...]
    variants: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, files: Sequence[str | Path], overrides: Sequence[str], variants: Sequence[str]) -> GivenSettings:
        """Read the recipes; raises `UsageError` with every setting that fits none of several."""
        parted = tuple(tuple(part.strip() for part in text.split(";") if part.strip()) for text in variants)
        found = cls({str(file): read(Path(file)) for file in files}, tuple(overrides), parted)
        given = [("--set-all", each) for each in overrides] + [("--set", each) for parts in parted for each in parts]
        nowhere = [
            Fault(
                f"'{each.partition('=')[0]}' should be in at least one of the recipes. It is in none.", _of(name, each)
            )
            for name, each in dict.fromkeys(given)
            if len(found.documents) > 1 and not any(fits(document, each) for document in found.documents.values())
        ]
        if nowhere:
            raise UsageError(*nowhere)
        return found

    def of_all(self, file: str | Path) -> list[Option]:
        """Return the settings of all runs that fit a recipe, as the options that they are."""
        return [_of("--set-all", each) for each in self._fitting(file, self.overrides)]

    def variants_of(self, file: str | Path) -> list[list[str]]:
        """Return the settings of each variant of a recipe that fit it, those of the recipe as it is, none, first.

        A variant that fits in part has what fits; of those that so become equal there is one.
        """
        found = dict.fromkeys(tuple(self._fitting(file, parts)) for parts in ((), *self.variants))
        return [list(parts) for parts in found]

    def left_out(self, file: str | Path) -> list[Fault]:
        """Return a row for each setting that is not made in a recipe, as it has no such key."""
        given = [("--set-all", each) for each in self.overrides]
        given += [("--set", each) for parts in self.variants for each in parts]
        message = f"not set in {file}: it has no such key."
        return [
            Fault(message, _of(name, each)) for name, each in dict.fromkeys(given) if not self._fitting(file, [each])
        ]

    def _fitting(self, file: str | Path, given: Sequence[str]) -> list[str]:
        several = len(self.documents) > 1  # what does not fit the only recipe is told with what to write in its place
        return [each for each in given if not several or fits(self.documents[str(file)], each)]


def _of(name: str, setting: str) -> Option:
    return Option(f"{name} {setting}")
