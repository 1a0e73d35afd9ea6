"""Vocabularies, labels and scales fitted to the train splits, or found in the cache."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault
from ..base.folders import FITTED
from ..graph.pulls import partners
from ..text.featurizer import tokens_from_lists
from .cache_keys import described
from .encoding import VERSION
from .fitted import Fitted
from .origins import Origins
from .pair_reading import pair_chunks
from .plan import SourcePlan
from .reading import chunks, fault_if_empty
from .store import Store, digest_of
from .target_fits import fit_targets, survey

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..sources.base import Source
    from .reading import Chunk


def fit(
    graph: SharingGraph,
    fitted: Fitted,
    plans: Mapping[str, SourcePlan],
    sources: Mapping[str, Source],
    store: Store,
    hashes: Mapping[tuple[str, str], str],
    code: Sequence[str],
    origins: Origins,
) -> Fitted:
    """Fit to the train splits, whose hashes are given; what the store has of it is not fitted again.

    Files that features name are read by then. `code` are the hashes of the code that reads. What comes from runs,
    as `origins` say, is not fitted. Raises `DataError` as reading does.
    """
    known = origins.known()
    trained = {name: hashes[name, "train"] for name in plans}
    outputs = {task: graph.output(task).component for task in graph.recipe.tasks}
    together = partners(graph)
    read = [described(plan, fitted) for plan in plans.values()]
    also = ([sorted(together.items())] if together else []) + ([known] if known else [])
    key = digest_of("fitted", VERSION, trained, read, outputs, code, *also)
    kept = store.find(f"fitted-{key}.json")
    if kept is not None:
        fitted.load_state(json.loads(kept.read_text("utf-8")))
        return fitted
    base = graph.recipe.data
    raise_any(
        fault for name, plan in plans.items() for fault in survey(plan, sources[name], base, fitted.targets).values()
    )
    for name, plan in plans.items():
        _count(plan, sources[name], graph.recipe.data, fitted, together, origins)
    for component, features in fitted.features.items():
        for number, feature in enumerate(features):
            if feature.needs_fit and not origins.settled(component, number):
                feature.fit()
    origins.settle(fitted)
    files = {task.name: str(sources[task.source].path("train", base)) for task in graph.recipe.tasks.values()}
    raise_any(fit_targets(graph.recipe.tasks.values(), fitted.targets, outputs, files).values())
    raise_any(origins.adopt(fitted.targets, files))
    with store.scratch() as scratch:
        written = scratch.folder / FITTED
        with store.writing():
            written.write_text(json.dumps(fitted.state()), "utf-8")
        store.publish(written, f"fitted-{key}.json")
    return fitted


def raise_any(faults: Iterable[Fault]) -> None:
    """Raise `DataError` with these faults, if there are any."""
    found = list(faults)
    if found:
        raise DataError(*found)


def rows_of(plan: SourcePlan, fitted: Fitted, source: Source, split: str, base: Path) -> Iterator[Chunk]:
    """Return the rows of a split in chunks, of judged pairs or as they are; raises `DataError` at a malformed one."""
    if plan.judgements is None:
        return chunks(plan, fitted.targets, source, split, base)
    return pair_chunks(plan, plan.judgements, fitted.targets[plan.judgements.task], source, split, base)


def _count(
    plan: SourcePlan,
    source: Source,
    base: Path,
    fitted: Fitted,
    together: Mapping[str, tuple[str, ...]],
    origins: Origins,
) -> None:
    rows, tokens = 0, Counter[str]()
    counted = _counted(plan, together)
    for chunk in rows_of(plan, fitted, source, "train", base):
        rows += len(chunk)
        for key, components in counted.items():
            for component in components:
                for number, feature in enumerate(fitted.features[component]):
                    if feature.needs_fit and not origins.settled(component, number):
                        feature.count(chunk.tokens[key.splitting].under(key.front_end))
        for task in plan.tasks:
            target = fitted.targets[task.name]
            for gold in chunk.targets[task.name]:
                if gold is not None:
                    target.count(gold)
            if task.task.masking is not None:
                tokens[task.name] += sum(gold or 0 for gold in chunk.targets[task.name])
    fault_if_empty(rows, source, "train", base)
    for task in plan.tasks:
        if task.task.masking is not None:  # as often as training shows it, so that it has an entry as a word has
            key = plan.labelled[task.name]
            often = max(1, round(task.task.masking.rate * task.task.masking.masked * tokens[task.name]))
            mask = tokens_from_lists([[task.task.masking.mask] * often], key.front_end.whole).under(key.front_end.whole)
            for component in counted.get(key, ()):
                for number, feature in enumerate(fitted.features[component]):
                    if feature.needs_fit and not origins.settled(component, number):
                        feature.count_mask(mask)


def _counted(plan: SourcePlan, together: Mapping[str, tuple[str, ...]]) -> dict[InputKey, list[str]]:
    """Return the inputs with the components that count them: of those that differ in `max_tokens` alone, the longest.

    So that a component which reads a text twice does not count it twice. What one counts, all count that are pulled
    `together` with it: their vocabularies are equal.
    """
    longest: dict[tuple[str, Any], InputKey] = {}
    for key, components in plan.inputs.items():
        for component in dict.fromkeys(other for one in components for other in together.get(one, (one,))):
            alike = (component, replace(key, front_end=key.front_end.whole))
            if alike not in longest or key.front_end.reach > longest[alike].front_end.reach:
                longest[alike] = key
    found: dict[InputKey, list[str]] = {}
    for (component, _), key in longest.items():
        found.setdefault(key, []).append(component)
    return found
