"""From sources to what training needs: count, fit vocabularies and labels, encode; what is cached is not done again."""

from __future__ import annotations

import inspect
import json
import math
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import _featurizer
from ..base.errors import DataError, Fault, RecipeError, listing, near_miss
from ..graph import rules as graph_rules
from ..sources import SPLITS
from .batch import front_end
from .encoded_split import EncodedSplit
from .encoding import VERSION, Encoder
from .fitted import Fitted
from .pair_encoding import PairEncoder, found_file, kept_file
from .pair_reading import pair_chunks
from .pair_split import PairSplit
from .prepared import Prepared
from .reading import Plan, check_columns, chunks, fault_if_empty
from .store import Scratch, Store, digest_of, sha256

if TYPE_CHECKING:
    from ..graph.sharing_graph import InputKey, SharingGraph
    from ..sources import Source
    from .pair_reading import PairChunk
    from .reading import Chunk

MAKERS = (  # modules that no class names which have a part in rows, ids and labels
    "mtl.text.alignment",
    "mtl.text.vocabulary",
    "mtl.sources.named_texts",
    "mtl.sources.text",
    "mtl.sources.values",
    "mtl.data.encoding",
    "mtl.data.fitted",
    "mtl.data.pair_encoding",
    "mtl.data.pair_reading",
    "mtl.data.ranking",
    "mtl.data.reading",
    "mtl.data.text_encoding",
)


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
    sources that feed its embedding. Raises `DataError` (all missing columns at once, else the first malformed row),
    `RecipeError` where tasks with one decoder differ in their labels, and `MtlError` where the cache cannot be written.
    """
    base = graph.recipe.data
    plans = {name: Plan.of(graph, name) for name in graph.streams()}
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
        faults = list(graph_rules.tied_label_sets(graph, {task: x.names for task, x in fitted.labels.items()}))
        if faults:
            raise RecipeError(faults, graph.recipe.title)
        _fault_if_alike(graph, plans, sources, fitted)
    encoded = {
        (name, split): _encode(plans[name], sources[name], split, base, fitted, store, [hashes[name, split], code])
        for name, split in hashes
        if split in splits
    }
    skipped = [
        Fault(**{**fault, "file": found_file(fault["file"], str(sources[name].path(part, base)))})
        for (name, part), split in encoded.items()
        for fault in split.skipped
    ]
    return Prepared(fitted, encoded, {f"{name}/{split}": value for (name, split), value in hashes.items()}, skipped)


def _check(
    graph: SharingGraph, plans: Mapping[str, Plan], sources: Mapping[str, Source], splits: Sequence[str], fit: bool
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
    plans: Mapping[str, Plan],
    sources: Mapping[str, Source],
    store: Store,
    hashes: Mapping[tuple[str, str], str],
    code: Sequence[str],
) -> Fitted:
    fitted = Fitted.unfitted(graph)
    trained = {name: hashes[name, "train"] for name in plans}
    outputs = {task: graph.output(task).component for task in graph.recipe.tasks}
    key = digest_of("fitted", VERSION, trained, [_described(plan, fitted) for plan in plans.values()], outputs, code)
    kept = store.find(f"fitted-{key}.json")
    if kept is not None:
        fitted.load_state(json.loads(kept.read_text("utf-8")))
        return fitted
    counts: dict[str, Counter[str]] = {task: Counter() for task in graph.recipe.tasks}
    for name, plan in plans.items():
        _count(plan, sources[name], graph.recipe.data, fitted, counts)
    for features in fitted.features.values():
        for feature in features:
            if feature.needs_fit:
                feature.fit()
    _fault_if_unlabelled(graph, sources, counts)
    fitted.fit_labels(graph, counts)
    with store.scratch() as scratch:
        written = scratch.folder / "fitted.json"
        with store.writing():
            written.write_text(json.dumps(fitted.state()), "utf-8")
        store.publish(written, f"fitted-{key}.json")
    return fitted


def _fault_if_unlabelled(
    graph: SharingGraph, sources: Mapping[str, Source], counts: Mapping[str, Mapping[str, int]]
) -> None:
    """Raise `DataError` for every task that no training row has a label of."""
    faults = []
    for task, found in counts.items():
        if not found:
            config = graph.recipe.tasks[task]
            file = str(sources[config.source].path("train", graph.recipe.data))
            message = "should have a label in at least one row. Found none."
            faults.append(Fault(message, file, None, f"column '{config.target}'"))
    if faults:
        raise DataError(*faults)


def _fault_if_alike(
    graph: SharingGraph, plans: Mapping[str, Plan], sources: Mapping[str, Source], fitted: Fitted
) -> None:
    """Raise `DataError` for every ranking task that has one grade to compare and draws no documents to compare with."""
    faults = []
    for name, plan in plans.items():
        ranking = plan.ranking
        grades = fitted.labels[ranking.task].names if ranking else ()
        if ranking and ranking.negatives == "judged" and len(grades) == 1:
            message = (
                "should have documents of different grades, which training compares. "
                f"Found only the grade {grades[0]}. Add rows of other grades, or let the task '{ranking.task}' take "
                "documents that no row judges as of grade 0: 'negatives: batch' or 'negatives: pool'."
            )
            place = f"column '{ranking.target}'" if ranking.target else None
            faults.append(Fault(message, str(sources[name].path("train", graph.recipe.data)), None, place))
    if faults:
        raise DataError(*faults)


def _chunks(plan: Plan, source: Source, split: str, base: Path) -> Iterator[Chunk | PairChunk]:
    if plan.ranking is None:
        return chunks(plan, source, split, base)
    return pair_chunks(plan, plan.ranking, source, split, base)


def _count(plan: Plan, source: Source, base: Path, fitted: Fitted, counts: Mapping[str, Counter[str]]) -> None:
    rows = 0
    counted = _counted(plan)
    for chunk in _chunks(plan, source, "train", base):
        rows += len(chunk)
        for key, components in counted.items():
            for component in components:
                for feature in fitted.features[component]:
                    if feature.needs_fit:
                        feature.count(chunk.tokens[front_end(key)], key.lowercase)
        for task in plan.tasks:
            for target in chunk.targets[task.name]:
                if target is not None:
                    counts[task.name].update([target] if isinstance(target, str) else target)
    fault_if_empty(rows, source, "train", base)


def _counted(plan: Plan) -> dict[InputKey, list[str]]:
    """Return the inputs with the components that count them: of those that differ in `max_tokens` alone, the longest.

    So that a component which reads a text twice does not count it twice.
    """
    longest: dict[tuple[str, Any], InputKey] = {}
    for key, components in plan.inputs.items():
        for component in components:
            alike = (component, replace(key, max_tokens=0))
            if alike not in longest or _reach(key) > _reach(longest[alike]):
                longest[alike] = key
    found: dict[InputKey, list[str]] = {}
    for (component, _), key in longest.items():
        found.setdefault(key, []).append(component)
    return found


def _reach(key: InputKey) -> float:
    return key.max_tokens or math.inf


def _encode(
    plan: Plan, source: Source, split: str, base: Path, fitted: Fitted, store: Store, content: list[Any]
) -> EncodedSplit:
    states = {c: [f.state() for f in fitted.features[c]] for found in plan.inputs.values() for c in found}
    labels = {task.name: fitted.labels[task.name].names for task in plan.tasks}
    name = f"split-{digest_of('split', VERSION, content, _described(plan, fitted), states, labels)}.arrow"
    path = store.find(name)
    if path is None:
        with store.scratch() as scratch:
            written = _written(plan, source, split, base, fitted, scratch)
            path = store.publish(written, name)
    if plan.ranking is not None:
        return PairSplit(path, plan, fitted, plan.ranking, str(source.path(split, base)))
    return EncodedSplit(path, plan, fitted)


def _written(plan: Plan, source: Source, split: str, base: Path, fitted: Fitted, scratch: Scratch) -> Path:
    """Encode a split into the scratch folder."""
    encoder: Encoder | PairEncoder
    if plan.ranking is None:
        encoder = rows = Encoder(plan, fitted, scratch)
        for chunk in chunks(plan, source, split, base):
            rows.add(chunk)
    else:
        encoder = pairs = PairEncoder(plan, plan.ranking, fitted, scratch, str(source.path(split, base)))
        for judged in pair_chunks(plan, plan.ranking, source, split, base):
            pairs.add(judged)
    fault_if_empty(encoder.rows, source, split, base)
    root = str(source.path(split, base))
    skipped = [{**vars(fault), "file": kept_file(fault.file or "", root)} for fault in source.skipped_in(split)]
    return encoder.finish(skipped)


def _described(plan: Plan, fitted: Fitted) -> list[Any]:
    """Return all that decides how rows become ids, vocabularies apart; without names that mean nothing to it."""
    drawing = ("negatives", "negative_count", "candidates")  # of a ranking task: say nothing of what the file holds
    tasks = [
        (t.name, t.type, t.target, t.task.level, sorted((k, v) for k, v in t.values.items() if k not in drawing))
        for t in plan.tasks
    ]
    first = [(name, _read(key)) for name, key in plan.first.items()]
    inputs = [
        (_read(key), [(c, [f.key for f in fitted.features[c]]) for c in components])
        for key, components in plan.inputs.items()
    ]
    return [tasks, first, inputs]


def _read(key: InputKey) -> tuple[str, str, bool, int]:
    return key.column, key.tokenizer, key.lowercase, key.max_tokens


def _code(graph: SharingGraph, plans: Mapping[str, Plan], sources: Mapping[str, Source]) -> list[str]:
    """Return hashes of the files whose code makes rows, ids and labels: where it changes, the cache is stale."""
    classes: set[type] = {type(feature) for name in graph.embeddings() for feature in graph.features_of(name)}
    classes |= {type(task.task) for plan in plans.values() for task in plan.tasks}
    classes |= {type(sources[name]) for name in plans}
    modules = {base.__module__ for cls in classes for base in inspect.getmro(cls)}
    modules |= {_featurizer.__name__, *MAKERS}
    files = {getattr(sys.modules.get(module), "__file__", None) for module in modules}
    return sorted(sha256(Path(file)) for file in files if file and Path(file).is_file())
