"""Reading a task's `teacher:`, and where a task cannot have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..base.declared import filled_section, schema
from ..recipe.config import TeacherConfig
from ..recipe.document import Steps, show
from ..recipe.schema import fitted_to

if TYPE_CHECKING:
    from ..recipe.task import Task
    from .draft import Reading, TaskDraft

TAUGHT = ((), ("C",), ("T",))  # axes of labels that are learned from probabilities


def read_teacher(reading: Reading, task: Task, raw: Any, steps: Steps) -> TeacherConfig | None:
    """Return a task's teacher, its path absolute; None where there is none or after noting faults."""
    if raw is None:
        return None
    mapping = {"run": raw} if isinstance(raw, str) else raw
    if not isinstance(mapping, Mapping) or "run" not in mapping:
        reading.fault(steps, f"should be the folder of a finished run, or a mapping with its 'run'. Found {show(raw)}.")
        return None
    checked, wrong = fitted_to(schema(TeacherConfig), dict(mapping), reading.document, steps, "a teacher")
    reading.faults += wrong
    target = task.target_class()
    if target.element != "label" or target.axes not in TAUGHT or target.of_text:
        reading.key_fault(
            steps,
            "should come with a task that answers with labels of rows or of tokens, which a teacher has probabilities "
            f"for. Found {target.shape()}.",
        )
        return None
    if checked is None:
        return None
    values = {**checked, "run": str((reading.base / checked["run"]).resolve())}
    found: TeacherConfig = filled_section(TeacherConfig, values, place=reading.document.key_place(steps))
    return found


def check_teachers(reading: Reading, drafts: Sequence[TaskDraft]) -> None:
    """Note a fault for every teacher of a task that is not trained, or whose tokens training changes."""
    swapping = {draft.source: draft.name for draft in drafts if draft.general["learn"] and draft.task.swap_values}
    for draft in drafts:
        steps: Steps = (*draft.steps, "teacher")
        if draft.teacher is None:
            continue
        if not draft.general["learn"]:
            reading.key_fault(steps, "should be left out of a task that is not trained. Found 'learn: false'.")
        elif draft.source in swapping and draft.task.target_class().axes == ("T",):
            reading.key_fault(
                steps,
                "should be left out where training changes the tokens that the teacher has answered. Found "
                f"'swap_values' in '{swapping[draft.source]}'.",
            )
