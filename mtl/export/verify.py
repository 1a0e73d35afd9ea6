"""Does the export say what the model says? Every graph on the whole test split, and on made-up texts.

Raw text goes into onnxruntime on one side, and through the featurizer into torch on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from ..base.progress import StageReport
from ..base.threads import torch_threads
from .alike import alike
from .compare import BATCH_SIZE, GraphComparison
from .expected import Tie
from .graphs import Graphs, from_tokens, groups, split_to_verify
from .head import CachedSession, Head, InputTexts, session_of
from .pairs import ComparedRows, by_count, check_how, rows_to_verify
from .vectors import TowerGraph, compare_sides

if TYPE_CHECKING:
    from ..data.prepared import Prepared
    from ..data.split import Split
    from ..graph.calls import InputKey
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel

BATCH_SIZES = (1, BATCH_SIZE)
FEW_ROWS = 4  # that a joint graph of one task alone answers
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 48, 64, 100, 150, 200, 299, 300)
# Capitals, letters that have a plain form, marks out of order, Hangul in parts; a family of linked emoji; two flags.
BEYOND_ASCII = (
    "\xc9COLE \uff21\uff22 \ufb01 a\u0302\u0323 \u1112\u1161\u11ab",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea",
)

T = TypeVar("T")


@dataclass(frozen=True)
class Verification:
    """What was compared and found equal, by task: which `split`, how many `rows` it has, and how many were `compared`.

    `compared` counts the rows that a task's own graph answered, by the size of their batches: 1, and up to 64; `joint`
    those that a joint graph did, by its file and task. `ties` are listed. `how` is `full`, `sample` or `none`: then
    nothing was compared. `towers` is by how much the inner products of a task's two vectors differ from its scores.
    """

    split: Mapping[str, str]
    rows: Mapping[str, int]
    compared: Mapping[str, Mapping[int, int]]
    largest_difference: float
    ties: tuple[Tie, ...]
    towers: Mapping[str, float] = field(default_factory=dict)
    joint: Mapping[str, Mapping[str, Mapping[int, int]]] = field(default_factory=dict)
    how: str = "full"

    @property
    def summary(self) -> str:
        """What was verified, in a few words."""
        if self.how == "none":
            return "nothing was compared"
        compared = ", ".join(map(self._compared, self.rows))
        ties = f"{len(self.ties)} tie{'' if len(self.ties) == 1 else 's'}"
        towers = "".join(f"; vectors of {task} within {apart:.1e} of its score" for task, apart in self.towers.items())
        return f"{compared} as eager; scores within {self.largest_difference:.1e}{towers}; {ties}"

    def _compared(self, task: str) -> str:
        counts = " and ".join(
            f"{count}/{self.rows[task]} at batch {sizes}" for sizes, count in by_count(self.compared[task])
        )
        return f"{task} {self.split[task]} rows {counts}"

    def facts(self) -> dict[str, Any]:
        """Return these facts as JSON-able values."""
        return {
            "how": self.how,
            "split": dict(self.split),
            "rows": dict(self.rows),
            "compared": _by_name(self.compared),
            "joint": {file: _by_name(of) for file, of in self.joint.items()},
            "largest_difference": self.largest_difference,
            "ties": [vars(tie) for tie in self.ties],
            "towers": dict(self.towers),
        }


def verify(
    model: MultiTaskModel,
    graph: SharingGraph,
    prepared: Prepared,
    graphs: Graphs,
    tasks: Sequence[str],
    folder: Path,
    report: Callable[[StageReport], None] = lambda _: None,
    how: str = "full",
) -> Verification:
    """Compare every graph in a folder with the model, which should be in evaluation mode.

    A task's own graph answers the whole test split (or dev, or train, where there is no other) at batch 1 and 64, texts
    of 1 to 300 tokens and empty texts alone and together, and no text. A joint graph answers the same in batches, and a
    few rows alone; one that is its only task's graph but for names, `FEW_ROWS` rows. With `how` as `sample` own graphs
    also answer only a few rows alone, with `none` no graph is asked. Raises `ExportError` naming head, stage, component
    and example of the first answer that differs. `report` is called as the tasks that are verified together begin.
    """
    check_how(how)
    if how == "none":
        return Verification({}, {}, {}, 0.0, (), how=how)
    with torch_threads(1):  # at batch 1, threads that wait for each other take most of the time
        return _verify(
            GraphComparison(model, graph, prepared.fitted, graphs), graph, prepared, tasks, folder, report, how
        )


def _verify(
    comparison: GraphComparison,
    graph: SharingGraph,
    prepared: Prepared,
    tasks: Sequence[str],
    folder: Path,
    report: Callable[[StageReport], None],
    how: str,
) -> Verification:
    splits: dict[str, str] = {}
    rows: dict[str, int] = {}
    compared: dict[str, dict[int, int]] = {}
    towers: dict[str, float] = {}
    of_joint: dict[str, dict[str, dict[int, int]]] = {}
    asked = _groups(graph, prepared, tasks, how)
    sessions: dict[str, CachedSession] = {}  # of joint graphs, which tasks on several sources have
    for number, (joint, together, name, split, chosen) in enumerate(asked, 1):
        report(StageReport("verifying", tuple(together), number, len(asked), len(chosen.rows), name))
        keys = graph.inputs(together[0])
        heads = _heads(graph, prepared, together, folder)
        if joint not in sessions:
            sessions[joint] = CachedSession(session_of(folder / joint, together[0]))
        joined = [Head(task, joint, sessions[joint], prefix=f"{task}.") for task in together]
        every = len(chosen.rows) == len(split)
        texts = {column: split.texts(key, None if every else chosen.rows) for column, key in keys.items()}
        first = together[0]
        same = len(together) == 1 and alike(folder / f"{first}.onnx", folder / joint, f"{first}.")
        beside = [] if same else joined
        answers = comparison.rows(heads, texts, chosen.rows.tolist(), set(chosen.alone.tolist()), beside)
        # A joint graph is cut out of the graph that the heads are cut out of: few rows show that nothing else was.
        alone = chosen.rows[:FEW_ROWS] if same else chosen.few_alone
        places = np.searchsorted(chosen.rows, alone).tolist()
        few = {column: [found[place] for place in places] for column, found in texts.items()}
        comparison.compare(joined, few, alone.tolist(), range(len(places)))
        made_up = [in_lists(made, keys) for made in synthetic(single_texts(texts))]
        for made in made_up:
            comparison.compare(heads, made, alone=range(len(made[next(iter(made))])), beside=beside)
        for task in together:
            splits[task], rows[task] = name, len(split)
            compared[task] = dict(zip(BATCH_SIZES, (len(chosen.alone), len(chosen.rows)), strict=True))
            answered = len(alone), len(alone) if same else len(chosen.rows)
            of_joint.setdefault(joint, {})[task] = dict(zip(BATCH_SIZES, answered, strict=True))
            sides = [
                TowerGraph.load(comparison, tower, folder) for tower in comparison.graphs.towers if tower.task == task
            ]
            if sides:
                scores = answers.get(task, {}).get("score", np.empty(0, np.float32))
                towers[task] = compare_sides(sides, texts, scores, made_up, BATCH_SIZES)
    return Verification(
        _in_order(splits, tasks),
        _in_order(rows, tasks),
        _in_order(compared, tasks),
        comparison.largest,
        tuple(comparison.ties),
        _in_order(towers, tasks),
        {file: _in_order(of_joint[file], tasks) for file in groups(graph, tasks) if file in of_joint},
        how,
    )


def _by_name(counts: Mapping[str, Mapping[int, int]]) -> dict[str, dict[str, int]]:
    """Return counts by the size of batches as JSON has them."""
    return {task: {str(size): count for size, count in of.items()} for task, of in counts.items()}


def _in_order(found: Mapping[str, T], tasks: Sequence[str]) -> dict[str, T]:
    return {task: found[task] for task in tasks if task in found}


class _Group(NamedTuple):
    """Tasks that are verified together, as all are asked the `chosen` rows of a split; `joint` is their joint graph."""

    joint: str
    tasks: list[str]
    name: str
    split: Split
    chosen: ComparedRows


def _groups(graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], how: str) -> list[_Group]:
    """Return the tasks that are verified together; one that is asked only a part of its rows is by itself."""
    found: dict[Any, _Group] = {}
    for joint, group in groups(graph, tasks).items():
        for task in group:
            name, split = split_to_verify(graph, prepared, task)
            chosen = rows_to_verify(graph, split, task, how)
            own = task if len(chosen.rows) < len(split) else ""
            place = joint, graph.recipe.tasks[task].source, *graph.inputs(task).items(), own
            found.setdefault(place, _Group(joint, [], name, split, chosen)).tasks.append(task)
    return list(found.values())


def _heads(graph: SharingGraph, prepared: Prepared, tasks: Sequence[str], folder: Path) -> list[Head]:
    """Load the graphs of a folder that answer one of some tasks alone."""
    heads = []
    for task in tasks:
        heads.append(Head.load(folder / f"{task}.onnx", task))
        if from_tokens(graph, prepared, task):
            heads.append(Head.load(folder / f"{task}.tokens.onnx", task, form="tokens"))
    return heads


def synthetic(texts: InputTexts) -> Iterator[InputTexts]:
    """Yield batches that no data set has: texts of many lengths, empty texts, no text at all.

    Their words are those of `texts` in turn, so that they are known and unknown, short and long. Of several inputs,
    long texts of one meet short ones of the next, and empty ones meet others.
    """
    words = {name: _words(column) for name, column in texts.items()}
    lengths = {name: LENGTHS[:: -1 if number % 2 else 1] for number, name in enumerate(texts)}
    yield {name: [" ".join(own[-length:]) for length in lengths[name]] for name, own in words.items()}
    for batch in (("",), ("", ""), ("", "words", ""), (" \t\r\n", "a\0b", "e\u0301 \U0001f600 \u05d0"), BEYOND_ASCII):
        yield {
            name: [*batch[number % len(batch) :], *batch[: number % len(batch)]] for number, name in enumerate(texts)
        }
    yield {name: [] for name in texts}


def single_texts(texts: InputTexts) -> InputTexts:
    """Return single texts, those of lists one after another."""
    return {
        name: [text for unit in column for text in ([unit] if isinstance(unit, str) else unit)]
        for name, column in texts.items()
    }


def in_lists(made: InputTexts, keys: Mapping[str, InputKey]) -> InputTexts:
    """Return made-up texts as the inputs hold them: in lists of one and of two, and none at all, where they do."""
    return {
        name: [[text, *column[(i + 1) % len(column) :][:1]][: i % 3] for i, text in enumerate(column, 1)]
        if keys[name].listed
        else column
        for name, column in made.items()
    }


def _words(column: Sequence[str]) -> list[str]:
    """Return as many words as the longest text needs: those of a column, over and over."""
    found: list[str] = []
    for text in column:
        found += text.split()
        if len(found) >= max(LENGTHS):
            break
    found = found or ["word"]
    return (found * (max(LENGTHS) // len(found) + 1))[: max(LENGTHS)]
