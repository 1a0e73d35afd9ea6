"""From sources to what training needs: fitted, encoded; what is cached is not redone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import DataError, Fault, RecipeError, near_miss, those
from ..graph import rules as graph_rules
from ..recipe.uses import uses_of
from ..sources.base import SPLITS
from .cache_keys import code_of, described
from .data_faults import Readers, lacking_train, with_all_others
from .encoding import VERSION, Encoder
from .fitted import NOT_RENAMED, Fitted, Renamed
from .fitting import fit, raise_any, rows_of
from .kept_files import found_file
from .lacking import lacking_columns
from .origins import Origins
from .plan import SourcePlan
from .prepared import Prepared
from .reading import fault_if_empty
from .split import Split
from .store import Store, digest_of
from .target_fits import not_compared, target_notes, unanswerable

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from ..sources.base import Source


def prepare(
    graph: SharingGraph,
    sources: Mapping[str, Source],
    cache: Path,
    *,
    fitted: Fitted | None = None,
    splits: Sequence[str] = SPLITS,
    renamed: Renamed = NOT_RENAMED,
) -> Prepared:
    """Read the sources of a graph's tasks and return them encoded, from `cache` where it holds them already.

    Vocabularies and labels are fitted to the train splits, unless they are given. A vocabulary covers the texts of all
    sources that feed its embedding. `renamed` are labels that have another name since, where they are fitted anew.
    Raises `DataError` (all missing columns and the first malformed row of each kind, of every split), `RecipeError`
    where tasks with one decoder differ in their labels, also with all that is wrong with the data, and `MtlError` where
    the cache cannot be written.
    """
    try:
        return _prepared(graph, sources, cache, fitted, splits, renamed)
    except (DataError, RecipeError) as error:
        raise with_all_others(error, Readers.of(graph), sources, splits, fitted) from error


def _prepared(
    graph: SharingGraph,
    sources: Mapping[str, Source],
    cache: Path,
    fitted: Fitted | None,
    splits: Sequence[str],
    renamed: Renamed,
) -> Prepared:
    base = graph.recipe.data
    plans = {name: SourcePlan.of(graph, name) for name in graph.streams()}
    _check(plans, sources, splits, base, fitted is None)
    read = {name: [split for split in sources[name].splits if split in splits] for name in plans}
    if fitted is None:
        for name in plans:
            read[name] = list(dict.fromkeys(["train", *read[name]]))
    hashes = {(name, split): sources[name].identity(split, base) for name in plans for split in read[name]}
    store = Store(Path(cache))
    code = code_of(graph, plans, sources)
    lists: dict[str, str] = {}
    if fitted is None:
        fitted, lists = _fitted(graph, plans, sources, store, hashes, code)
        fitted.rename(renamed)
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
    shown = {**{f"{name}/{split}": value for (name, split), value in hashes.items()}, **lists}
    divided = {f"{name}/{split}": sources[name].divided(split, base) for name, split in encoded}
    held_out = {place: described for place, (described, _) in divided.items()}
    odd = [Fault(note, file=place) for place, (_, notes) in divided.items() for note in notes]
    roots = {name: str(sources[name].path("train", base)) for name in plans if "train" in sources[name].splits}
    noted = target_notes(graph, fitted, encoded, roots)
    return Prepared(fitted, encoded, shown, skipped, [*noted, *odd], held_out, tuple(code))


def _fitted(
    graph: SharingGraph,
    plans: Mapping[str, SourcePlan],
    sources: Mapping[str, Source],
    store: Store,
    hashes: Mapping[tuple[str, str], str],
    code: Sequence[str],
) -> tuple[Fitted, dict[str, str]]:
    """Return what is fitted to the train splits, and the hashes of files that features read."""
    unfitted = Fitted.unfitted(graph)
    origins = Origins(graph)
    origins.raise_faults()
    lists = unfitted.read_files(graph.recipe.data, origins.settled)
    fitted = fit(graph, unfitted, plans, sources, store, hashes, code, origins)
    labels = {task: target.answer_names() for task, target in fitted.targets.items()}
    faults = [*unanswerable(graph, fitted.targets), *graph_rules.tied_label_sets(graph, labels)]
    if faults:
        raise RecipeError(faults, graph.recipe.title)
    raise_any(
        fault
        for name, plan in plans.items()
        if (fault := _not_compared(plan, sources[name], fitted, graph.recipe.data)) is not None
    )
    return fitted, lists


def _not_compared(plan: SourcePlan, source: Source, fitted: Fitted, base: Path) -> Fault | None:
    judgements = plan.judgements
    file = str(source.path("train", base))
    if judgements is None:
        return None
    return not_compared(judgements, fitted.targets[judgements.task], file)


def _check(
    plans: Mapping[str, SourcePlan], sources: Mapping[str, Source], splits: Sequence[str], base: Path, fit: bool
) -> None:
    """Raise `DataError` for sources that are not there, have no train split, or lack columns."""
    faults: list[Fault] = []
    for name, plan in plans.items():
        if name not in sources:
            hint = near_miss(name, sources)
            found = f"Found {those('source', sources)}.{hint}"
            faults.append(Fault(f"there should be a source '{name}'. {found}"))
            continue
        if fit and (fault := lacking_train(name, sources[name])):
            faults.append(fault)
        uses = [use for task in plan.tasks for use in uses_of(task)]
        for split in sources[name].splits:
            if split in splits or (fit and split == "train"):
                faults += lacking_columns(uses, name, sources[name], split, base).faults
    raise_any(faults)


def _encode(
    plan: SourcePlan, source: Source, split: str, base: Path, fitted: Fitted, store: Store, content: list[Any]
) -> Split:
    states = {c: [f.state() for f in fitted.features[c]] for found in plan.inputs.values() for c in found}
    targets = {task.name: fitted.targets[task.name].state() for task in plan.tasks}
    names = {task.name: fitted.targets[task.name].renamed for task in plan.tasks}
    also = [names] if any(names.values()) else []
    name = f"split-{digest_of('split', VERSION, content, described(plan, fitted), states, targets, *also)}.arrow"
    path = store.find(name)
    root = str(source.path(split, base))
    if path is None:
        with store.scratch() as scratch:
            encoder = Encoder(plan, fitted, scratch, root)
            for chunk in rows_of(plan, fitted, source, split, base):
                encoder.add(chunk)
            fault_if_empty(encoder.rows, source, split, base)
            written = encoder.finish([vars(fault) for fault in source.skipped_in(split)])
            path = store.publish(written, name)
    return Split(path, plan, fitted, root)
