"""From sources to what training needs: count, fit vocabularies and labels, encode; what is cached is not redone."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _featurizer
from ..base.errors import DataError, Fault, RecipeError, listing, near_miss
from ..base.files import sha256
from ..base.registry import lookup
from ..graph import rules as graph_rules
from ..graph.pulls import partners
from ..sources import base as source_module
from ..sources.base import SPLITS
from ..text import featurizer as token_module
from .encoding import VERSION, Encoder
from .fitted import Fitted
from .kept_files import found_file
from .pair_reading import pair_chunks
from .plan import SourcePlan, check_columns
from .prepared import Prepared
from .reading import chunks, fault_if_empty
from .row_faults import with_all_others
from .split import Split
from .store import Store, digest_of
from .target_fits import fault_if_unanswerable, survey, target_notes
from .targets import Grade

if TYPE_CHECKING:
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..sources.base import Source
    from .reading import Chunk


def prepare(
    graph: SharingGraph,
    sources: Mapping[str, Source],
    cache: Path,
    *,
    fitted: Fitted | None = None,
    splits: Sequence[str] = SPLITS,
) -> Prepared:
    """Read the sources of a graph's tasks and return them encoded, from `cache` where it holds them already.

    Vocabularies and labels are fitted to the train splits, unless they are given. A vocabulary covers the texts of all
    sources that feed its embedding. Raises `DataError` (all missing columns and the first malformed row of each kind,
    of every split), `RecipeError` where tasks with one decoder differ in their labels, and `MtlError` where the cache
    cannot be written.
    """
    try:
        return _prepared(graph, sources, cache, fitted, splits)
    except DataError as error:
        raise with_all_others(error, graph, sources, splits, fitted) from error


def _prepared(
    graph: SharingGraph, sources: Mapping[str, Source], cache: Path, fitted: Fitted | None, splits: Sequence[str]
) -> Prepared:
    base = graph.recipe.data
    plans = {name: SourcePlan.of(graph, name) for name in graph.streams()}
    _check(graph, plans, sources, splits, fitted is None)
    read = {name: [split for split in sources[name].splits if split in splits] for name in plans}
    if fitted is None:
        for name in plans:
            read[name] = list(dict.fromkeys(["train", *read[name]]))
    hashes = {(name, split): sources[name].fingerprint(split, base) for name in plans for split in read[name]}
    store = Store(Path(cache))
    code = _code(graph, plans, sources)
    if fitted is None:
        fitted = _fit(graph, plans, sources, store, hashes, code)
        fault_if_unanswerable(graph, fitted)
        faults = list(graph_rules.tied_label_sets(graph, {task: x.names() for task, x in fitted.targets.items()}))
        if faults:
            raise RecipeError(faults, graph.recipe.title)
        _fault_if_alike(graph, plans, sources, fitted)
    encoded = {
        (name, split): _encode(plans[name], sources[name], split, base, fitted, store, [hashes[name, split], code])
        for name, split in hashes
        if split in splits
    }
    skipped = [
        Fault(**{**fault, "file": found_file(fault["file"], split.root)})
        for split in encoded.values()
        for fault in split.skipped
    ]
    shown = {f"{name}/{split}": value for (name, split), value in hashes.items()}
    return Prepared(fitted, encoded, shown, skipped, target_notes(graph, fitted))


def _check(
    graph: SharingGraph,
    plans: Mapping[str, SourcePlan],
    sources: Mapping[str, Source],
    splits: Sequence[str],
    fit: bool,
) -> None:
    faults: list[Fault] = []
    for name, plan in plans.items():
        if name not in sources:
            hint = near_miss(name, sources)
            raise DataError(f"there should be a source '{name}'. Found the sources {listing(sources)}.{hint}")
        if fit and "train" not in sources[name].splits:
            found = listing(sources[name].splits)
            raise DataError(f"the source '{name}' should have a train split. Found the splits {found}.")
        for split in sources[name].splits:
            if split in splits or (fit and split == "train"):
                faults += check_columns(plan, sources[name], split, graph.recipe)
    if faults:
        raise DataError(*faults)


def _fit(
    graph: SharingGraph,
    plans: Mapping[str, SourcePlan],
    sources: Mapping[str, Source],
    store: Store,
    hashes: Mapping[tuple[str, str], str],
    code: Sequence[str],
) -> Fitted:
    fitted = Fitted.unfitted(graph)
    trained = {name: hashes[name, "train"] for name in plans}
    outputs = {task: graph.output(task).component for task in graph.recipe.tasks}
    together = partners(graph)
    described = [_described(plan, fitted) for plan in plans.values()]
    key = digest_of(
        "fitted", VERSION, trained, described, outputs, code, *([sorted(together.items())] if together else [])
    )
    kept = store.find(f"fitted-{key}.json")
    if kept is not None:
        fitted.load_state(json.loads(kept.read_text("utf-8")))
        return fitted
    survey(plans, sources, graph.recipe.data, fitted)
    for name, plan in plans.items():
        _count(plan, sources[name], graph.recipe.data, fitted, together)
    for features in fitted.features.values():
        for feature in features:
            if feature.needs_fit:
                feature.fit()
    _fit_targets(graph, sources, fitted)
    with store.scratch() as scratch:
        written = scratch.folder / "fitted.json"
        with store.writing():
            written.write_text(json.dumps(fitted.state()), "utf-8")
        store.publish(written, f"fitted-{key}.json")
    return fitted


def _fit_targets(graph: SharingGraph, sources: Mapping[str, Source], fitted: Fitted) -> None:
    """Fit every target to what was counted; raises `DataError` for those that no training row has an answer of."""
    faults = []
    for task, target in fitted.targets.items():
        output = graph.output(task).component
        alike = [fitted.targets[name] for name in graph.recipe.tasks if graph.output(name).component == output]
        try:
            target.fit(alike)
        except ValueError as error:
            config = graph.recipe.tasks[task]
            file = str(sources[config.source].path("train", graph.recipe.data))
            faults.append(Fault(str(error), file, None, f"column '{config.target}'"))
    if faults:
        raise DataError(*faults)


def _fault_if_alike(
    graph: SharingGraph, plans: Mapping[str, SourcePlan], sources: Mapping[str, Source], fitted: Fitted
) -> None:
    """Raise `DataError` for every ranking task that has one grade to compare and draws no documents to compare with."""
    faults = []
    for name, plan in plans.items():
        judgements = plan.judgements
        target = fitted.targets[judgements.task] if judgements else None
        grades = list(target.counts) if isinstance(target, Grade) else []
        if judgements and judgements.negatives == "judged" and len(grades) == 1:
            message = (
                "should have documents of different grades, which training compares. "
                f"Found only the grade {grades[0]}. Add rows of other grades, or let the task '{judgements.task}' take "
                "documents that no row judges as of grade 0: 'negatives: batch' or 'negatives: pool'."
            )
            place = f"column '{judgements.target}'" if judgements.target else None
            faults.append(Fault(message, str(sources[name].path("train", graph.recipe.data)), None, place))
    if faults:
        raise DataError(*faults)


def _chunks(plan: SourcePlan, fitted: Fitted, source: Source, split: str, base: Path) -> Iterator[Chunk]:
    if plan.judgements is None:
        return chunks(plan, fitted.targets, source, split, base)
    return pair_chunks(plan, plan.judgements, fitted.targets[plan.judgements.task], source, split, base)


def _count(
    plan: SourcePlan, source: Source, base: Path, fitted: Fitted, together: Mapping[str, tuple[str, ...]]
) -> None:
    rows = 0
    counted = _counted(plan, together)
    for chunk in _chunks(plan, fitted, source, "train", base):
        rows += len(chunk)
        for key, components in counted.items():
            for component in components:
                for feature in fitted.features[component]:
                    if feature.needs_fit:
                        feature.count(chunk.tokens[key.splitting].under(key.front_end))
        for task in plan.tasks:
            target = fitted.targets[task.name]
            for gold in chunk.targets[task.name]:
                if gold is not None:
                    target.count(gold)
    fault_if_empty(rows, source, "train", base)


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


def _encode(
    plan: SourcePlan, source: Source, split: str, base: Path, fitted: Fitted, store: Store, content: list[Any]
) -> Split:
    states = {c: [f.state() for f in fitted.features[c]] for found in plan.inputs.values() for c in found}
    targets = {task.name: fitted.targets[task.name].state() for task in plan.tasks}
    name = f"split-{digest_of('split', VERSION, content, _described(plan, fitted), states, targets)}.arrow"
    path = store.find(name)
    root = str(source.path(split, base))
    if path is None:
        with store.scratch() as scratch:
            encoder = Encoder(plan, fitted, scratch, root)
            for chunk in _chunks(plan, fitted, source, split, base):
                encoder.add(chunk)
            fault_if_empty(encoder.rows, source, split, base)
            written = encoder.finish([vars(fault) for fault in source.skipped_in(split)])
            path = store.publish(written, name)
    return Split(path, plan, fitted, root)


def _described(plan: SourcePlan, fitted: Fitted) -> list[Any]:
    """Return all that decides how rows become ids, vocabularies apart; without names that mean nothing to it."""
    drawing = ("negatives", "negative_count", "candidates")  # of judged pairs: say nothing of what the file holds
    tasks = [
        (
            t.name,
            t.type,
            t.target,
            t.task.predicts,
            sorted((k, v) for k, v in t.values.items() if k not in drawing),
            [(metric.type, sorted(metric.values.items())) for metric in t.metrics],  # a target may ask what measures it
        )
        for t in plan.tasks
    ]
    labelled = [(name, _read(key)) for name, key in plan.labelled.items()]
    inputs = [
        (_read(key), [(c, [f.key for f in fitted.features[c]]) for c in components])
        for key, components in plan.inputs.items()
    ]
    return [tasks, labelled, inputs]


def _read(key: InputKey) -> tuple[Any, ...]:
    return key.column, key.front_end.state(), key.listed


def _code(graph: SharingGraph, plans: Mapping[str, SourcePlan], sources: Mapping[str, Source]) -> list[str]:
    """Return hashes of the packages whose code makes rows, ids and answers: where it changes, the cache is stale."""
    classes: set[type] = {type(feature) for name in graph.embeddings() for feature in graph.features_of(name)}
    classes |= {type(task.task) for plan in plans.values() for task in plan.tasks}
    classes |= {task.task.target_class() for plan in plans.values() for task in plan.tasks}
    classes |= {type(sources[name]) for name in plans}
    classes |= {lookup("tokenizer", key.front_end.tokenizer) for plan in plans.values() for key in plan.inputs}
    modules = {base.__module__ for cls in classes for base in inspect.getmro(cls)}
    modules |= {_featurizer.__name__, __name__, token_module.__name__, source_module.__name__}
    return sorted(sha256(file) for file in set().union(*map(_files, modules)))


def _files(name: str) -> set[Path]:
    """Return the files of a module's package; the one file of a module that is in none, or right under mtl/."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if not file or not Path(file).is_file():
        return set()
    package = (getattr(module, "__package__", None) or "").partition(".")
    if not package[0] or (package[0] == "mtl" and not package[2]):
        return {Path(file)}
    return set(Path(file).parent.rglob("*.py"))
