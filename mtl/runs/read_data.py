"""The data of a run or an export, as the files beside its recipe say: read with the vocabularies and labels it has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from ..base.errors import Fault, UsageError, some
from ..base.folders import FITTED
from ..base.launched import here
from ..data.fitted import NOT_RENAMED, Fitted, renamed_in
from ..data.prepare import prepare
from ..data.prepared import Prepared
from ..graph.sharing_graph import SharingGraph
from ..sources.base import SPLITS
from ..sources.opening import open_sources
from .run_data import RunData

GivenRows = Mapping[str, Mapping[str, Iterable[Mapping[str, Any]]]]  # source -> split -> rows
SHOWN = 3  # files that a message names


class HasData:
    """What a folder with a recipe is measured on, or trains on; made by what knows the folder's kind."""

    def __init__(
        self,
        out: Path,
        graph: SharingGraph,
        *,
        elsewhere: bool = False,
        sources: GivenRows | None = None,
        splits: Sequence[str] = SPLITS,
    ) -> None:
        self.out = out
        self.graph = graph
        self.recipe = graph.recipe
        self.elsewhere = elsewhere  # the data's folder was named: what is there is meant, also for rows from memory
        self.splits = splits  # that are read
        self._given = tuple(sources or ())
        self._sources = open_sources(self.recipe, sources)

    @cached_property
    def prepared(self) -> Prepared:
        """The data as numbers, with what was fitted to it; read on first use.

        Raises `UsageError` where rows came from memory and are not given again.
        """
        return here().after_first(self._prepared)

    def _prepared(self) -> Prepared:
        self.fault_if_not_given()
        self._fault_if_not_there()
        return self._read(Fitted.load(self.graph, self.out / FITTED), renamed_in(self.out))

    def _read(self, fitted: Fitted | None, renamed: Mapping[str, Mapping[str, str]] = NOT_RENAMED) -> Prepared:
        """Return the data with these vocabularies and labels, or with its own."""
        return prepare(self.graph, self._sources, cache_folder(), fitted=fitted, splits=self.splits, renamed=renamed)

    def _fault_if_not_there(self) -> None:
        """Raise `UsageError` where files of the splits that are read are gone."""
        base = self.recipe.data
        files = {
            file: os.path.relpath(file, base)
            for name in self.graph.streams()
            if name not in self._given
            for split in self._sources[name].splits
            if split in self.splits
            for file in self._sources[name].files(split, base)
        }
        missing = [shown for file, shown in files.items() if not file.exists()]
        if missing:
            raise UsageError(
                f"'{self.out}' should find the data of its recipe in '{base}'. Found no {some(missing, SHOWN)}. "
                "Name the folder that the recipe's paths start from (--data DIR, data=DIR)."
            )

    def fault_if_not_given(self) -> None:
        """Raise `UsageError` where rows came from memory and are not given again."""
        had = RunData.load(self.out)
        if had is not None and not self.elsewhere:
            had.fault_if_not_given(self.out, self._given)

    def warnings(self, *splits: str) -> list[Fault]:
        """Return warnings about these splits: data that the run did not have, labels that are missing or unread."""
        had = RunData.load(self.out)
        changed = [] if had is None else had.changed(self.prepared.hashes, splits)
        return [*changed, *self.prepared.cut(*splits), *self.prepared.unlabelled(*splits)]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Names of the tasks, in the order of the recipe."""
        return tuple(self.recipe.tasks)


def cache_folder() -> Path:
    """Return where encoded data is kept between runs: `.mtl_cache`, or what the variable MTL_CACHE names."""
    return Path(os.environ.get("MTL_CACHE", ".mtl_cache"))
