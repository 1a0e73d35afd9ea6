"""Where do an export and its model diverge? Tokens, ids, then each component's output, in the order of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from ..graph.calls import Call, InputKey, Step, leaves, walk
from ..model.module import PaddedSequence
from ..model.programs import compute, program, regrouped
from ..serve.arrays import Array
from ..serve.bundle import session_options
from .cut import cut, graph_bytes
from .head import InputTexts, feed
from .network import FeaturePlace, entering

if TYPE_CHECKING:
    from ..data.batch import Batch
    from ..graph.sharing_graph import SharingGraph
    from ..model.multi_task import MultiTaskModel
    from ..model.programs import Value
    from .joint import JointGraph

TOLERANCE = 1e-3  # of a component's largest value: rounding adds up from component to component


def first_difference(
    model: MultiTaskModel,
    graph: SharingGraph,
    joint: JointGraph,
    task: str,
    texts: InputTexts,
    batch: Batch,
    wanted: Sequence[Step] | None = None,
) -> str:
    """Return the first stage at which the joint graph and the model differ on some texts, as part of a sentence.

    `wanted` are the calls in question, by front end, where they are not the task's scores.
    """
    steps = walk(entering(graph, task) if wanted is None else wanted)
    calls = [step for step in steps if isinstance(step, Call) and step in joint.calls]
    lengths, features = by_front_end(graph, task, batch, calls)
    names: list[str] = [joint.lengths[key] for key in lengths]
    names += [joint.features[key] for key in features]
    names += [joint.calls[call] for call in calls]
    found = _run(joint, graph, task, texts, list(dict.fromkeys(names)))
    for key, length in lengths.items():
        if not np.array_equal(found[joint.lengths[key]], length.numpy()):
            return f"stage tokens: the texts of '{key}' have other numbers of tokens"
    for place, value in features.items():
        component, index, _ = place
        if not _equal(found[joint.features[place]], value.numpy()):
            return f"stage ids: feature {index} of '{component}' has other values"
    kinds = {name: component.kind for name, component in graph.components.items()}
    with torch.inference_mode():
        lists = {key: batch.index.get(own) for own, key in zip(*_keys(graph, task), strict=True)}
        values = compute(
            program(calls), model.components, kinds, lengths, features, lambda v, key: regrouped(v, lists[key])
        )
    for call, computed in zip(calls, values, strict=True):
        difference = _difference(found[joint.calls[call]], computed)
        if not difference <= TOLERANCE:
            return f"stage component outputs: '{call.component}' differs by {difference:.1e} of its largest value"
    component, what = (graph.output(task).component, "answer of the same scores")
    if wanted is not None:
        (scores,) = (step for step in entering(graph, task) if isinstance(step, Call))
        component, what = scores.component, "vector of the same text"
    return f"stage answer: '{component}' makes another {what}"


def by_front_end(
    graph: SharingGraph, task: str, batch: Batch, calls: Sequence[Call]
) -> tuple[dict[InputKey, Tensor], dict[FeaturePlace, Tensor]]:
    """Return a batch's lengths and features under the keys of the exported graph, those that some calls read."""
    renaming = dict(zip(*_keys(graph, task), strict=True))

    def renamed(key: InputKey) -> InputKey:
        # A condition reads the same column in its own way: it goes by the name that the task has for the column.
        same = next(own for own in renaming if own.column == key.column)
        return replace(key, source="", column=renaming[same].column)

    lengths = {renamed(key): value for key, value in batch.lengths.items()}
    features = {(c, index, renamed(key)): value for (c, index, key), value in batch.features.items()}
    used = set(leaves(calls))
    kept = {key: value for key, value in lengths.items() if any(key == read for _, read in used)}
    return kept, {place: value for place, value in features.items() if (place[0], place[2]) in used}


def _keys(graph: SharingGraph, task: str) -> tuple[list[InputKey], list[InputKey]]:
    """Return the inputs of a task, and under which keys the exported graph has them."""
    return list(graph.inputs(task).values()), list(graph.inputs(task, by="front_end").values())


def _run(joint: JointGraph, graph: SharingGraph, task: str, texts: InputTexts, names: list[str]) -> dict[str, Array]:
    model = cut(joint.model, {name: f"probe.{number}" for number, name in enumerate(names)}, {}, "probe")
    session = onnxruntime.InferenceSession(graph_bytes(model), session_options(), providers=["CPUExecutionProvider"])
    wanted = {value.name for value in session.get_inputs()}
    given = {name: value for name, value in feed(graph, task, texts, joint.form).items() if name in wanted}
    return dict(zip(names, session.run([f"probe.{n}" for n in range(len(names))], given), strict=True))


def _equal(found: Array, expected: Array) -> bool:
    return found.shape == expected.shape and bool(np.allclose(found, expected, rtol=0, atol=1e-6))


def _difference(found: Array, value: Value) -> float:
    """Return the largest difference outside padding, relative to the largest value (or to 1)."""
    expected = (value.values if isinstance(value, PaddedSequence) else value).numpy()
    if found.shape != expected.shape:
        return float("inf")
    apart = np.abs(found - expected)
    if isinstance(value, PaddedSequence):
        apart = apart[value.mask().numpy()]
        expected = expected[value.mask().numpy()]
    if not apart.size:
        return 0.0
    return float(apart.max() / max(1.0, float(np.abs(expected).max())))
