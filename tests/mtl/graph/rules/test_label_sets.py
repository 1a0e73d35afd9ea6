# ruff: noqa: E501  # messages and recipes stand in one piece
"""Label sets of tied decoders and output layers."""

from __future__ import annotations

from mtl.compile.loading import recipe_from_dict
from mtl.data.fitted import Fitted
from mtl.graph import rules as graph_rules
from mtl.graph.build import build_graph
from mtl.model.multi_task import MultiTaskModel
from tests.mtl.recipe.texts import ALTERNATING, RANKING, changed, graph


def label_faults(text: str, slots: str, chunks: str) -> list[str]:
    found = graph_rules.tied_label_sets(graph(text), {"slots": slots.split(), "chunks": chunks.split()})
    return [str(fault) for fault in found]


def test_a_tied_decoder_has_one_label_set() -> None:
    decoders = ALTERNATING + "  decoders: ['*.decoder']\n"
    assert label_faults(decoders, "B I O", "I O") == [
        "r.yaml:23: share.decoders: tasks with one decoder should have the same labels in training. "
        "Found 'B' in 'slots' alone."
    ]
    assert label_faults(ALTERNATING + "  tags: ['*.output']\n", "B I O", "g f e d c b a O") == [
        "r.yaml:23: share.tags: tasks with one output layer should have the same labels in training. "
        "Found 'B', 'I' in 'slots' alone and 'a', 'b', 'c', 'd', 'e' and 2 more in 'chunks' alone."
    ]


def test_a_tied_decoder_has_its_labels_in_one_order() -> None:
    assert label_faults(ALTERNATING + "  decoders: ['*.decoder']\n", "B I", "I B") == [
        "r.yaml:23: share.decoders: tasks with one decoder should have the same labels in training. "
        "Found those of 'slots' and 'chunks' in different orders."
    ]


def test_label_sets_are_compared_once_and_only_where_they_must_agree() -> None:
    both = ALTERNATING + "  decoders: ['*.decoder']\n  tags: ['*.output']\n"
    assert len(label_faults(both, "B", "I")) == 1
    assert label_faults(both, "B I", "B I") == []
    assert label_faults(ALTERNATING, "B", "I") == []


def test_tied_ranking_outputs_may_have_different_grades() -> None:
    text = changed(
        RANKING,
        ("share:", "  clicks: {type: text_pair_ranking, source: questions2, inputs: {query: {column: query, lowercase: true}, document: {column: d, lowercase: true}}, target: t, model: {query: {pooling: max}, document: {pooling: max}}}\nshare:\n  scores: ['*.scorer']\n  ends: [relevance.output, clicks.output]"),
        ("tasks:", "  questions2: {format: tsv, train: q.tsv}\ntasks:"),
        ("towers: [", "towers: [clicks.query.representation, clicks.document.representation, "),
        ("words: [", "words: [clicks.query.embedding, clicks.document.embedding, "),
    )  # fmt: skip
    found = graph(text)
    assert found.component_of("clicks.output") == "ends"
    fitted = Fitted.placeholder(found)
    for task, grades in (("relevance", ["0", "1"]), ("clicks", ["0", "7"])):
        for grade in grades:
            fitted.targets[task].count(grade)
    names = {task: target.names() for task, target in fitted.targets.items()}
    assert list(graph_rules.tied_label_sets(found, names)) == []
    model = MultiTaskModel(found, fitted)
    assert model["clicks.output"] is model["relevance.output"]


def test_labels_are_shared_over_several_ties_in_a_row() -> None:
    task = {"type": "text_classification", "source": "s", "inputs": "text", "target": "y"}
    pulled = {"kind": "soft", "strength": 0.1, "members": ["a.decoder", "b.decoder"]}
    share = {"tied": ["b.output", "c.output"], "pulled": pulled}
    given = {"sources": {"s": {"format": "tsv", "train": "t.tsv"}}, "tasks": dict.fromkeys("abcd", task)}
    found = build_graph(recipe_from_dict({**given, "share": share}))
    assert graph_rules.tasks_alike(found, "a") == set("abc")
    assert graph_rules.tasks_alike(found, "d") == {"d"}
