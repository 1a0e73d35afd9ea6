# ruff: noqa: E501  # recipes stand in one piece
from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from mtl.base.errors import UsageError
from mtl.graph.calls import Call, InputKey, Regroup, keys_of
from mtl.graph.drawing import text as drawn
from mtl.graph.sharing_graph import FeatureNode, SharingGraph
from mtl.recipe.training import ComponentTraining
from mtl.text.front_end import FrontEnd
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, ENTAILMENT, INTENT_SLOT, PAIR, changed, graph

TEXT = InputKey("utterances", "text", FrontEnd("unicode_words", True))


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def names(calls: list[Call]) -> list[str]:
    return [call.component for call in calls]


def given(call: Call) -> list[Any]:
    """Return what flows in: a component's name for its value, and that in parentheses where it is regrouped."""
    return [name_of(argument) for argument in call.arguments]


def name_of(argument: Any) -> Any:
    if isinstance(argument, Regroup):
        return f"({argument.value.component})"
    return argument.component if isinstance(argument, Call) else argument


def test_tied_modules_are_one_component_in_build_order() -> None:
    found = graph(INTENT_SLOT)
    assert list(found.components) == [
        "words.word",
        "words.char",
        "words",
        "encoder",
        "intent.pooling",
        "intent.decoder",
        "intent.output",
        "slots.decoder",
        "slots.output",
    ]
    encoder = found.components["encoder"]
    assert (encoder.kind, encoder.config.type) == ("representation", "bilstm")
    assert encoder.members == ("intent.representation", "slots.representation")
    assert encoder.tasks == ("intent", "slots")


def test_every_producer_stands_before_its_consumer() -> None:
    for text in (INTENT_SLOT, ALTERNATING, PAIR):
        found = graph(text)
        order = list(found.components)
        for producer, consumer in found.graph.edges:
            if producer in order:
                assert order.index(producer) < order.index(consumer)


def test_addresses_and_components() -> None:
    found = graph(INTENT_SLOT)
    assert found.component_of("slots.embedding") == "words"
    assert found.component_of("slots.embedding.char") == "words.char"
    assert found.component_of("slots.decoder") == "slots.decoder"
    assert found.component_of("encoder") == "encoder"
    assert list(found.addresses())[:3] == ["intent.embedding.word", "intent.embedding.char", "intent.embedding"]
    assert found.members()["words.char"] == ["intent.embedding.char", "slots.embedding.char"]
    with pytest.raises(UsageError) as caught:
        found.component_of("slots.embeding")
    assert str(caught.value) == "'slots.embeding' is not a module of r.yaml. Did you mean 'slots.embedding'?"


def test_nodes_and_edges() -> None:
    found = graph(INTENT_SLOT).graph
    assert found.nodes[TEXT]["kind"] == "input"
    assert found.nodes[FeatureNode("words.word", 0)]["kind"] == "feature"
    assert found.nodes["words.word"]["kind"] == "embedding"
    assert found.edges[TEXT, FeatureNode("words.word", 0)]["flow"] == "data"
    assert found.edges["intent.output", "slots.decoder"]["flow"] == "condition"
    assert found.edges["encoder", "slots.decoder"]["flow"] == "data"
    assert nx.is_directed_acyclic_graph(found)
    assert not any(set(found.predecessors(c)) & {TEXT} for c in ("words", "encoder"))


def test_calls_are_made_once_for_all_tasks() -> None:
    found = graph(INTENT_SLOT)
    calls = found.calls(["slots", "intent"])
    assert len(calls) == len(set(calls)) == 9
    assert names(found.calls(["intent"])) == [*list(found.components)[:4], *list(found.components)[4:7]]
    assert names(found.calls(["slots"])) == list(found.components)
    decoder = next(call for call in calls if call.component == "slots.decoder")
    assert given(decoder) == ["encoder", "intent.output"]
    assert decoder.arguments[1] is found.output("intent")
    assert given(calls[0]) == [TEXT]
    assert given(calls[2]) == ["words.word", "words.char"]
    assert calls.index(decoder.arguments[0]) < calls.index(decoder)  # type: ignore[arg-type]


def test_the_last_call_of_a_task() -> None:
    found = graph(INTENT_SLOT)
    output = found.output("slots")
    assert (output.component, given(output)) == ("slots.output", ["slots.decoder"])
    assert found.output("slots") is output


def test_equal_calls_are_one_object() -> None:
    found = graph(INTENT_SLOT)
    by_hand = Call("words.word", (TEXT,))
    kept = next(call for call in found.calls(["intent"]) if call.component == "words.word")
    assert by_hand == kept
    assert hash(by_hand) == hash(kept)
    assert by_hand is not kept
    assert found.output("intent", "front_end") is not found.output("intent")


def test_sources_apart_share_components_but_not_calls() -> None:
    found = graph(ALTERNATING)
    assert found.streams() == {"snips": ("slots",), "conll": ("chunks",)}
    encoders = [call for call in found.calls(["slots", "chunks"]) if call.component == "encoder"]
    assert len(encoders) == 2
    assert found.inputs_of("words") == [
        InputKey("conll", "words", FrontEnd("whitespace")),
        InputKey("snips", "text", FrontEnd("whitespace")),
    ]
    assert found.components["words"].tasks == ("slots", "chunks")


def test_heads_with_one_front_end_share_everything_at_export() -> None:
    found = graph(ALTERNATING)
    key = InputKey("", "", FrontEnd("whitespace"))
    assert found.inputs("slots", "front_end") == found.inputs("chunks", "front_end") == {"text": key}
    calls = found.calls(["slots", "chunks"], "front_end")
    assert names(calls) == [
        "words", "encoder", "slots.decoder", "slots.output", "chunks.decoder", "chunks.output"
    ]  # fmt: skip


def test_the_inputs_of_one_task_stay_apart_at_export() -> None:
    found = graph(PAIR + "share: {words: ['*.*.embedding']}")
    assert found.inputs("relevance", "front_end") == {
        "query": InputKey("", "query", FrontEnd("unicode_words")),
        "document": InputKey("", "document", FrontEnd("unicode_words")),
    }
    assert len([c for c in found.calls(["relevance"], "front_end") if c.component == "words"]) == 2


def test_a_column_that_two_tasks_read_alike_is_one_input() -> None:
    found = graph(PAIR + "share: {words: [relevance.query.embedding, topic.embedding]}")
    assert found.inputs("relevance")["query"] == found.inputs("topic")["text"]
    assert names(found.calls(["relevance", "topic"])).count("words") == 1


def test_empty_slots_let_values_through() -> None:
    found = graph(PAIR)
    pooling = next(c for c in found.calls(["relevance"]) if c.component == "relevance.document.pooling")
    assert given(pooling) == ["relevance.document.embedding"]
    decoder = next(c for c in found.calls(["relevance"]) if c.component == "relevance.decoder")
    assert given(decoder) == ["(relevance.query.pooling)", "(relevance.document.pooling)"]
    regrouped = [a for a in decoder.arguments if isinstance(a, Regroup)]
    assert [a.input for a in regrouped] == list(found.inputs("relevance").values())


def test_a_condition_is_computed_from_the_conditioned_task_s_texts() -> None:
    found = graph(ALTERNATING, "tasks.slots.model.decoder={type: mlp, condition: chunks.output}")
    decoder = next(c for c in found.calls(["slots"]) if c.component == "slots.decoder")
    condition = decoder.arguments[1]
    assert isinstance(condition, Call)
    assert condition.component == "chunks.output"
    assert condition is not found.output("chunks")
    snips = InputKey("snips", "text", FrontEnd("whitespace"))
    assert [a for call in found.calls(["slots"]) for a in given(call) if isinstance(a, InputKey)] == [snips]
    assert found.path("slots") > {"chunks.output", "chunks.decoder", "encoder", "words"}
    assert found.conditions("slots") == ("chunks",)
    assert found.conditions("chunks") == ()
    assert found.output("slots", "front_end") in found.calls(["slots", "chunks"], "front_end")
    assert found.calls(["slots", "chunks"], "front_end").count(found.output("chunks", "front_end")) == 1


def test_a_condition_keeps_its_own_tokens() -> None:
    text = changed(
        PAIR,
        (
            "    target: topic\n    model:\n",
            "    target: topic\n    model:\n      decoder: {type: fake_many, conditions: [sense.output]}\n",
        ),
    )
    text += "  sense: {type: text_classification, source: questions, inputs: {text: {column: query, lowercase: true}}, target: s}\n"
    found = graph(text)
    keys = {a for call in found.calls(["topic"]) for a in call.arguments if isinstance(a, InputKey)}
    assert keys == {
        InputKey("questions", "query", FrontEnd("unicode_words")),
        InputKey("questions", "query", FrontEnd("unicode_words", True)),
    }


@pytest.mark.parametrize(("column", "name"), [("premise", "premise"), ("hypothesis", "hypothesis")])
def test_a_condition_reads_the_text_of_its_column(column: str, name: str) -> None:
    text = changed(
        ENTAILMENT,
        ("{hidden: [16]}", "{hidden: [16], condition: genre.output}"),
        ("{text: {column: premise}}", f"{{text: {{column: {column}}}}}"),
    )
    found = graph(text)
    condition = next(c for c in found.calls(["entailment"]) if c.component == "entailment.decoder").arguments[1]
    assert condition == found.output("genre")
    assert isinstance(condition, Call)
    assert keys_of(condition) == {InputKey("pairs", column, FrontEnd("unicode_words"))}
    exported = next(c for c in found.calls(["entailment"], "front_end") if c.component == "genre.output")
    assert keys_of(exported) == {InputKey("", name, FrontEnd("unicode_words"))}
    assert keys_of(exported) <= set(found.inputs("entailment", "front_end").values())


def test_several_conditions_in_their_order() -> None:
    text = INTENT_SLOT.replace(
        "{type: mlp, condition: intent.output}", "{type: fake_many, conditions: [topic.output, intent.output]}"
    )
    text = text.replace(
        "share:",
        "  topic: {type: text_classification, source: utterances, inputs: {text: {column: text, lowercase: true}}, target: t}\nshare:",
    )
    found = graph(text)
    decoder = next(c for c in found.calls(["slots"]) if c.component == "slots.decoder")
    assert given(decoder) == ["encoder", "topic.output", "intent.output"]
    assert found.conditions("slots") == ("topic", "intent")


def test_composites_that_are_no_embeddings_hand_their_input_to_their_parts() -> None:
    text = INTENT_SLOT.replace(
        "{type: bilstm, hidden: 200, layers: 2, dropout: 0.3}",
        "{type: fake_beside, parts: {near: {type: bilstm, hidden: 3}, far: {type: bilstm, hidden: 4}}}",
    )
    found = graph(text)
    calls = {call.component: given(call) for call in found.calls(["intent"])}
    assert calls["encoder"] == ["encoder.near", "encoder.far"]
    assert calls["encoder.near"] == calls["encoder.far"] == ["words"]
    assert set(found.graph.predecessors("encoder")) == {"encoder.near", "encoder.far"}
    assert set(found.graph.predecessors("encoder.far")) == {"words"}


def test_paths_and_meetings() -> None:
    found = graph(INTENT_SLOT)
    assert found.path("intent") == set(list(found.components)[:7])
    assert found.path("slots") == set(found.components)
    assert found.tasks_meeting_at("encoder") == ("intent", "slots")
    assert found.tasks_meeting_at("slots.decoder") == ("slots",)
    assert found.tasks_meeting_at("intent.pooling") == ("intent", "slots")


def test_gradients_of_a_task_that_is_not_trained_meet_nothing() -> None:
    found = graph(INTENT_SLOT, "tasks.intent.learn=false")
    assert found.components["encoder"].tasks == ("intent", "slots")
    assert found.tasks_meeting_at("encoder") == ("slots",)
    assert found.tasks_meeting_at("intent.output") == ("slots",)  # whose decoder has what it answers


def test_embeddings_and_their_features() -> None:
    found = graph(INTENT_SLOT)
    assert found.embeddings() == ("words.word", "words.char")
    (feature,) = found.features_of("words.word")
    assert feature.key == found.features_of("words.word")[0].key
    assert feature is not found.features_of("words.word")[0]
    assert found.features_of("words") == ()
    assert found.features_of("encoder") == ()
    assert found.inputs_of("words.word") == found.inputs_of("slots.output") == [TEXT]


def test_how_components_are_trained() -> None:
    found = graph(
        INTENT_SLOT,
        "train.components={words: {freeze: true}, words.char: {lr: 0.1}, '*.decoder': {lr: 0.2}, slots.representation: {lr: 0.3}}",
    )
    assert found.training("words.word") == found.training("words") == ComponentTraining(freeze=True)
    assert found.training("words.char") == ComponentTraining(lr=0.1)
    assert found.training("slots.decoder") == found.training("intent.decoder") == ComponentTraining(lr=0.2)
    assert found.training("encoder") == ComponentTraining(lr=0.3)
    assert found.training("intent.output") == ComponentTraining()


def test_a_graph_is_the_same_however_often_it_is_built() -> None:
    assert drawn(graph(INTENT_SLOT)) == drawn(graph(INTENT_SLOT))
    assert isinstance(graph(INTENT_SLOT), SharingGraph)


def test_what_is_below_a_tied_module_in_another_task_is_not_on_the_path() -> None:
    text = changed(
        ALTERNATING,
        ('  words: "*.embedding"\n', ""),
        ("    model:\nshare", "    model: {embedding: {type: word, dim: 10}}\nshare"),
    )
    found = graph(text)
    assert found.path("slots") == {"slots.embedding", "encoder", "slots.decoder", "slots.output"}
    assert found.tasks_meeting_at("chunks.embedding") == ("chunks",)
    assert found.inputs_of("slots.decoder") == [InputKey("snips", "text", FrontEnd("whitespace"))]
    assert len(found.inputs_of("encoder")) == 2


def test_a_glob_of_training_matches_components_and_the_composites_that_they_are_part_of() -> None:
    parts = ComponentTraining(lr=0.1)
    trained = {
        "*": set(graph(INTENT_SLOT).components),
        "intent.*": {
            "words",
            "words.word",
            "words.char",
            "encoder",
            "intent.pooling",
            "intent.decoder",
            "intent.output",
        },
        "words.*": {"words.word", "words.char"},
        "*.*.char": {"words.char"},
    }
    for pattern, names in trained.items():
        found = graph(INTENT_SLOT, f"train.components={{'{pattern}': {{lr: 0.1}}}}")
        assert {name for name in found.components if found.training(name) == parts} == names, pattern
