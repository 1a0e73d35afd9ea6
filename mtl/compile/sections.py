"""The sections of a recipe, one after the other: what can be read of each, whatever is wrong with others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..recipe.config import Recipe, ShareGroup, TaskConfig
from ..recipe.flow import addresses
from ..recipe.modules import ModuleConfig
from ..recipe.part import shared_by
from .columns import named_columns
from .conditions import misnamed_conditions
from .draft import Reading, TaskDraft
from .from_runs import GraphOf, fill_from_runs
from .groups import Group
from .modules import ModuleReader
from .piece_bounds import bounded
from .readable import ReadRecipe
from .sources import read_sources, source_named
from .stitches import write_out_stitches
from .tasks import read_tasks
from .ties import Ties
from .train import Known, read_train
from .unsettled import faulty_groups, unsettled


def read_sections(reading: Reading, values: dict[str, Any], malformed: int, graph_of: GraphOf) -> ReadRecipe:
    """Read the sections; the first `malformed` faults are those of the document's form."""
    tree = reading.document.tree
    broken: set[str] = set()
    sources = read_sources(reading, tree.get("sources"))
    drafts = read_tasks(reading, tree.get("tasks"), sources, broken)
    if drafts and not broken and not any(draft.general["learn"] for draft in drafts):
        reading.key_fault(("tasks",), "should have a task that is trained. Found 'learn: false' in every one.")
    fill_from_runs(reading, drafts, graph_of)
    write_out_stitches(reading, drafts, broken)
    ties = Ties(reading, drafts, broken)
    groups = ties.read(tree.get("share"))
    modules = ModuleReader(reading, ties, groups)
    models = {draft.name: modules.model(draft) for draft in drafts}
    written = _mapping(tree.get("tasks"))
    named = {name: source_named(name, task, sources) for name, task in written.items()}
    sourced = bool(written and not malformed) and None not in named.values()
    used = list(dict.fromkeys(named[name] or "" for name, task in written.items() if _learns(task) and named[name]))
    known = Known(drafts, _component_names(ties, groups), list(ties.sites), used, sourced, values["seed"], broken)
    train = read_train(reading, tree.get("train"), known)
    share = _share(reading, ties, groups, models)
    tasks = {draft.name: _task(reading, draft, models[draft.name]) for draft in drafts if draft.complete}
    recipe = Recipe(
        sources={name: source for name, source in sources.items() if source is not None},
        tasks=tasks,
        share=shared_by(share, [address for name, task in tasks.items() for address, _ in addresses(name, task.model)]),
        train=train,
        **values,
    )
    if not reading.faults:
        return ReadRecipe.of(recipe)
    reading.drop_consequences(malformed)
    readers = {draft.name: _reader(reading, draft, tasks) for draft in drafts if draft.readable}
    return ReadRecipe(
        recipe,
        (*reading.faults, *misnamed_conditions(reading, ties, groups, drafts, broken)),
        readers,
        tuple(named_columns(written, readers, sources)),
        share,
        unsettled(reading, tree.get("share"), ties, written),
        frozenset(source for source in named.values() if source is not None),
        sourced,
    )


def _task(reading: Reading, draft: TaskDraft, model: Mapping[str, Any]) -> TaskConfig:
    task = TaskConfig(
        name=draft.name,
        type=draft.type,
        source=draft.source,
        inputs=draft.inputs,
        metrics=draft.metrics,
        values=draft.values,
        model=model,
        teacher=draft.teacher,
        task=draft.task,
        place=reading.document.key_place(draft.steps),
        **draft.general,
    )
    return bounded(reading, task, draft.steps)


def _reader(reading: Reading, draft: TaskDraft, tasks: Mapping[str, TaskConfig]) -> TaskConfig:
    """Return a task as one that reads a source: without modules where something about these is wrong."""
    return tasks[draft.name] if draft.complete else _task(reading, draft, {})


def _learns(raw: Any) -> bool:
    return not isinstance(raw, Mapping) or raw.get("learn") is not False


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _share(
    reading: Reading, ties: Ties, groups: Mapping[str, Group], models: Mapping[str, Mapping[str, ModuleConfig | None]]
) -> dict[str, ShareGroup]:
    """Return the groups with all their members, also those that came in with a tied composite."""
    faulty = faulty_groups(reading)
    whole = [address for task, model in models.items() for address, _ in addresses(task, model)]
    known = [*whole, *(address for address in ties.sites if address not in set(whole))]
    found = {}
    for name, group in groups.items():
        roots = {ties.root(address) for address in group.named}
        members = [address for address in known if ties.root(address) in roots]
        if members:
            place = reading.document.key_place(group.steps)
            complete = not ties.hidden_members(group) and name not in faulty
            found[name] = ShareGroup(name, tuple(members), **group.own, complete=complete, place=place)
    return found


def _component_names(ties: Ties, groups: Mapping[str, Group]) -> list[str]:
    """Return the name of every component."""
    hard = {name: group for name, group in groups.items() if not group.soft}
    owners = {ties.root(address): name for name, group in hard.items() for address in group.named}

    def name(address: str) -> str:
        if ties.root(address) in owners:
            return owners[ties.root(address)]
        whole, _, part = address.rpartition(".")
        return f"{name(whole)}.{part}" if whole in ties.sites else address

    return list(dict.fromkeys(map(name, ties.sites)))
