"""Reading `tasks:`, all but the modules of the tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import pydantic

from ..base import registry
from ..base.declared import filled_section, keys, plain, schema
from ..base.errors import MtlError
from ..recipe.beside import all_slots, takes_values
from ..recipe.config import InputConfig, SourceConfig, TaskConfig
from ..recipe.document import Steps, dotted, show
from ..recipe.names import EXPORTED, JOINT, MODULES
from ..recipe.schema import check_at, closest, fitted_to, sound_keys, unknown_key
from ..text.cells import VALUES
from ..text.character_noise import CharacterNoise
from ..text.featurizer import TOKENIZERS
from .components import find_class, known_name
from .draft import Reading, TaskDraft, check_name
from .metrics import read_metrics
from .sources import read_task_source
from .teachers import check_teachers, read_teacher
from .tokenizers import check_pieces, read_tokenizer

if TYPE_CHECKING:
    from ..recipe.task import Task


def input_schema() -> type[pydantic.BaseModel]:
    """Return the schema of an input, with the tokenizers that exist, plugins' among them."""
    names = (*TOKENIZERS, *(name for name in registry.names("tokenizer") if name not in TOKENIZERS))
    base = schema(InputConfig)
    tokenizer: Any = (Literal[names], base.model_fields["tokenizer"])
    return pydantic.create_model(base.__name__, __base__=base, tokenizer=tokenizer)


def read_tasks(
    reading: Reading, raw: Any, sources: dict[str, SourceConfig | None], broken: set[str]
) -> list[TaskDraft]:
    """Return the tasks; the names of those that could not be read join `broken`, inline sources join `sources`."""
    tasks = reading.mapping(raw, ("tasks",), "tasks by name")
    if not tasks and (raw is None or isinstance(raw, dict)):
        reading.key_fault(("tasks",), "should have at least one task. There is none.")
    drafts = []
    for name, value in tasks.items():
        steps: Steps = ("tasks", name)
        draft = _read_task(reading, name, value, steps, sources) if check_name(reading, name, steps) else None
        if draft is None:
            broken.add(name)
        else:
            drafts.append(draft)
    _check_noise(reading, drafts)
    check_teachers(reading, drafts)
    modules = MODULES.union(*(slot.name.split(".")[-1:] for draft in drafts for slot in draft.slots))
    for name in tasks:
        if name == JOINT:
            reading.key_fault(("tasks", name), f"'{JOINT}' is reserved for all tasks together. Choose another name.")
        elif name in modules:
            reading.key_fault(("tasks", name), f"a task should not be named like a module. Found '{name}'.")
    for draft in drafts:
        handed_out = (
            EXPORTED.union(answer.name for answer in draft.task.target_class().answers) if len(draft.inputs) > 1 else ()
        )
        for name in draft.inputs:
            steps = (*draft.steps, "inputs", name)
            if name in modules:
                reading.key_fault(steps, f"an input should not be named like a module. Found '{name}'.")
            elif name in handed_out:  # a single input is always called `text` in the graph
                reading.key_fault(
                    steps, f"an input should not be named like an exported graph or output. Found '{name}'."
                )
        if set(draft.inputs) & {slot.name for slot in draft.slots}:
            broken.add(draft.name)  # what is under `model` may be meant either way
    return [draft for draft in drafts if draft.name not in broken]


def _read_task(
    reading: Reading, name: str, raw: Any, steps: Steps, sources: dict[str, SourceConfig | None]
) -> TaskDraft | None:
    if not isinstance(raw, Mapping):
        reading.fault(steps, f"should be a mapping with the task's 'type'. Found {show(raw)}.")
        return None
    values = dict(raw)
    source = read_task_source(reading, name, values.pop("source", None), steps, sources)
    kind = values.pop("type", None)
    at = (*steps, "type") if "type" in raw else steps
    beside = {key: (*steps, key) for key in raw}
    registered = find_class(reading, "task", kind, at, beside, keys(TaskConfig), ("type",))
    kind = known_name(reading, "task", kind)
    cls: Any = None if kind is None else registry.lookup("task", kind)
    model = reading.mapping(values.pop("model", None), (*steps, "model"), "modules by name")
    inputs_raw, metrics_raw = values.pop("inputs", None), values.pop("metrics", None)
    teacher_raw = values.pop("teacher", None)
    general = {key: values.pop(key) for key in plain(TaskConfig) if key in values}
    written = {key: (*steps, key) for key in general}
    misspelled = {closest(key, keys(TaskConfig)) for key in values}
    column = None if cls is None else cls.target_column
    optional = cls is None or cls.target_optional or column is not None
    fields = schema(TaskConfig, frozenset({"target"} if optional else ()))
    checked, faults = check_at(fields, general, reading.document, written, steps, "a task", misspelled)
    reading.faults += faults
    known, faulty = (checked, set()) if checked is not None else sound_keys(TaskConfig, general)
    known = {**known, "target": column if known["target"] is None else known["target"]}
    lacking = checked is None and fields.model_fields["target"].is_required() and general.get("target") is None
    if cls is None:
        if isinstance(inputs_raw, Mapping):  # which there should be is not known; what they say is
            for key, value in inputs_raw.items():
                _read_input(reading, key, value, (*steps, "inputs", key))
        return None
    task, own = _build_task(reading, cls, str(kind), values, steps)
    sure = registered is not None and own is not None
    if task is None:
        return None
    inputs, read = _read_inputs(reading, task, str(kind), inputs_raw, steps)
    if inputs is None:
        return None
    slots = all_slots(task, inputs)
    metrics = read_metrics(reading, task, metrics_raw, (*steps, "metrics"))
    teacher = read_teacher(reading, task, teacher_raw, (*steps, "teacher"))
    if known["target"] is not None and task.target_class().of_text:
        found = show(known["target"])
        reading.key_fault(
            (*steps, "target"),
            f"'{kind}' predicts the text itself: no column is read. Found {found}. Leave 'target' out.",
        )
    readable = source is not None and sure and read and not lacking and "target" not in faulty
    return TaskDraft(
        name, steps, task, str(kind), inputs, slots, source or "", {key: known[key] for key in plain(TaskConfig)},
        metrics, own or {}, model, readable=readable, complete=readable and "learn" not in faulty, teacher=teacher,
    )  # fmt: skip


def _build_task(
    reading: Reading, cls: type, kind: str, values: Mapping[str, Any], steps: Steps
) -> tuple[Task | None, dict[str, Any] | None]:
    """Return a task and its keys.

    Where the keys are wrong, None, and a task with default keys, if it can have them: what else is wrong with it
    is still found.
    """
    model = registry.schema(cls)
    unknown = [key for key in values if key not in model.model_fields]
    for key in unknown:
        message = unknown_key(key, [*keys(TaskConfig), *model.model_fields], f"the task '{kind}'")
        reading.faults.append(reading.document.key_place((*steps, key)).named(dotted(steps)).fault(message))
    own = {key: value for key, value in values.items() if key not in unknown}
    checked, faults = fitted_to(model, own, reading.document, steps, f"the task '{kind}'")
    reading.faults += faults
    if checked is not None:
        try:
            return cls(**checked), checked
        except (MtlError, ValueError) as error:
            reading.refused(error, steps)
    if any(field.is_required() for field in model.model_fields.values()):
        return None, None
    try:
        return cls(), None
    except (MtlError, ValueError):  # keys that depend on each other: there is no task without them
        return None, None


def _read_inputs(
    reading: Reading, task: Task, kind: str, raw: Any, steps: Steps
) -> tuple[dict[str, InputConfig] | None, bool]:
    """Return the inputs by name, in the order of the task type (or of the recipe, where it names them).

    False where something about them is wrong; None where even their names are not known then.
    """
    here: Steps = (*steps, "inputs")
    names = task.inputs()
    faults = len(reading.faults)
    if isinstance(raw, str) and names is not None and len(names) == 1:  # the column of the only input
        raw = {names[0]: raw}
    written = {} if raw is None else raw
    form = input_form(names or task.input_roles)
    if not isinstance(written, Mapping):
        reading.fault(here, f"should be {form}. Found {show(raw)}.")
        return None, False
    if "column" in written and "column" not in (names or ("column",)):
        alone = ", ".join(f"'{key}'" for key in written)
        reading.key_fault(here, f"should be {form}, or the keys of an input in its place. Found {alone} alone.")
        return None, False
    beside = [name for name, value in written.items() if name not in (names or ()) and _is_value(value)]
    texts = [name for name in written if name not in beside]
    miscounted = names is None and (not texts or len(task.input_roles) not in (0, len(texts)))
    if miscounted:
        reading.key_fault(here, input_count(kind, task.input_roles, texts))
    if beside and not miscounted and not takes_values(task, tuple(task.slots(texts if names is None else names))):
        reading.key_fault(
            (*here, beside[0]),
            f"the task '{kind}' should have texts alone: it has no decoder of rows, which is where values of other "
            f"columns join. Found '{beside[0]}', of the tokenizer '{written[beside[0]]['tokenizer']}'.",
        )
        return None, False
    for name in written:
        if name not in beside and names is not None and name not in names:
            reading.key_fault((*here, name), unknown_key(name, names, f"the task '{kind}'", "input"))
            _read_input(reading, name, written[name], (*here, name), task.units == "lists")
        else:
            check_name(reading, name, (*here, name))
    found: dict[str, InputConfig] = {}
    for name in (*(texts if names is None else names), *beside):
        found[name] = _read_input(reading, name, written.get(name), (*here, name), task.units == "lists")
    unread = any(steps_of[: len(here)] == here for steps_of in reading.unread)
    return None if miscounted else found, len(reading.faults) == faults and not unread


def _read_input(reading: Reading, name: str, raw: Any, steps: Steps, listed: bool = False) -> InputConfig:
    """Return an input; one without its faulty keys after noting faults."""
    mapping = {"column": raw} if isinstance(raw, str) else {} if raw is None else raw
    if not isinstance(mapping, Mapping):
        reading.fault(steps, f"should be a column's name, or a mapping with its 'column'. Found {show(raw)}.")
        mapping = {}
    mapping, made = read_tokenizer(reading, {"column": name, **mapping}, steps)
    check_pieces(reading, mapping, made, steps)
    at = {key: (*steps, key) for key in mapping}
    checked, wrong = check_at(input_schema(), mapping, reading.document, at, steps, "an input")
    reading.faults += wrong
    values = checked or sound_keys(InputConfig, mapping)[0]
    values["column"] = values["column"] or name
    values = {**values, "noise": _read_noise(reading, mapping.get("noise"), (*steps, "noise"))}
    read: InputConfig = filled_section(InputConfig, values, listed=listed, place=reading.document.key_place(steps))
    return read if made is None else replace(read, front_end=replace(read.front_end, made=made))


def _read_noise(reading: Reading, raw: Any, steps: Steps) -> CharacterNoise | None:
    """Return an input's noise, None where there is none or after noting faults."""
    if raw is None:
        return None
    values = reading.mapping(raw, steps, keys=keys(CharacterNoise))
    checked, wrong = fitted_to(schema(CharacterNoise), values, reading.document, steps, "an input's noise")
    reading.faults += wrong
    return None if checked is None else CharacterNoise(checked["rate"], tuple(checked["edits"]))


def _check_noise(reading: Reading, drafts: Sequence[TaskDraft]) -> None:
    """Note a fault for every input whose noise is out of place, or of trained tasks not that of one before it.

    What is compared are inputs of one column.
    """
    first: dict[tuple[str, str], tuple[CharacterNoise | None, str]] = {}
    for draft in (draft for draft in drafts if draft.general["learn"]):
        for name, given in draft.inputs.items():
            here: Steps = (*draft.steps, "inputs", name)
            noise, place = first.setdefault((draft.source, given.column), (given.noise, dotted(here)))
            if noise != given.noise:
                message = f"should be the 'noise' of {place}, as both read the column '{given.column}'. Found another"
                reading.key_fault((*here, "noise"), f"{message}, or none.")
            elif noise is not None and given.front_end.of_value:
                message = f"should be left out, as each cell is one value ('tokenizer: {given.front_end.tokenizer}')"
                reading.key_fault((*here, "noise"), f"{message}: slips are for texts.")
            elif noise is not None and draft.task.target_class().of_text:
                message = f"should be left out, as '{draft.name}' predicts the text itself and would learn the slips"
                reading.key_fault((*here, "noise"), f"{message}. Leave it out of all inputs of '{given.column}'.")


def _is_value(raw: Any) -> bool:
    """Say whether what is written of an input says that its cells are values."""
    return isinstance(raw, Mapping) and raw.get("tokenizer") in VALUES


def input_count(kind: str, roles: Sequence[str], found: Sequence[str]) -> str:
    """Return the sentence for a task with the wrong number of inputs.

    >>> input_count("text_pair_ranking", ("query", "document"), ["query"]).partition(" Write ")[0]
    "the task 'text_pair_ranking' should have 2 inputs: the query, then the document. Found 1: query."
    """
    count = f"{len(roles)} inputs: {', then '.join(f'the {role}' for role in roles)}" if roles else "inputs"
    there = f"{len(found)}: {', '.join(found)}" if found else "no input"
    return f"the task '{kind}' should have {count}. Found {there}. Write {_written(roles)}."


def input_form(names: Sequence[str]) -> str:
    """Return how inputs of these names (or roles) may be written.

    >>> input_form(["text"])
    "a column's name, or inputs with their columns, such as 'inputs: {text: COLUMN}'"
    >>> input_form(["first text", "second text"])
    "inputs with their columns, such as 'inputs: {first_text: COLUMN, second_text: COLUMN}'"
    """
    alone = "a column's name, or " if len(names) == 1 else ""
    return f"{alone}inputs with their columns, such as {_written(names)}"


def _written(names: Sequence[str]) -> str:
    inputs = ", ".join(f"{name.replace(' ', '_')}: COLUMN" for name in names or ["NAME"])
    return f"'inputs: {{{inputs}}}'"
