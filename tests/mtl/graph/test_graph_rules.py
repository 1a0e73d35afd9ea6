# ruff: noqa: E501  # messages and recipes stand in one piece
"""Each rule of the graph by a recipe that breaks it; those kept while ties are read are in `recipe/test_ties`."""

from __future__ import annotations

import pytest

from mtl.graph import rules as graph_rules
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, PAIR, changed, faults, graph

DEAD_END = """\
sources: {s: {format: tsv, train: a.tsv}}
tasks:
  t: {type: fake_dead_end, source: s, target: t, model: {representation: bilstm}}
"""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def warnings(text: str, *overrides: str) -> list[str]:
    return [str(fault) for fault in graph(text, *overrides).warnings]


def test_every_rule_and_warning_is_quiet_about_a_good_recipe() -> None:
    for text in (INTENT_SLOT, ALTERNATING):
        assert faults(text) == []
        assert warnings(text) == []


# -- rules that ties keep


def test_address_exists() -> None:
    assert faults(changed(INTENT_SLOT, ("[intent.embedding, slots", "[intent.embeding, slots"))) == [
        "r.yaml:30: share.words: 'intent.embeding' is not a module. Did you mean 'intent.embedding'?"
    ]


def test_a_module_is_in_one_group_only() -> None:
    assert faults(INTENT_SLOT + "  more: [slots.embedding]\n") == [
        "r.yaml:32: share.more: 'slots.embedding' should be in one group only. Found it in 'words' (line 30) too."
    ]


def test_members_are_of_one_kind() -> None:
    assert faults(INTENT_SLOT + "  more: [intent.decoder, slots.output]\n") == [
        "r.yaml:32: share.more: members should be of one kind. Found 'intent.decoder' (decoder) and 'slots.output' (output)."
    ]


def test_configurations_agree() -> None:
    assert faults(
        INTENT_SLOT + "  decoders: [intent.decoder, slots.decoder]\n", "tasks.slots.model.decoder={hidden: [64]}"
    ) == [
        "--set tasks.slots.model.decoder={hidden: [64]}: tasks.slots.model.decoder.hidden: should be the same value as in "
        "tasks.intent.model.decoder.hidden (line 19): tied modules have one configuration. Found another value."
    ]


# -- rules of this file


def test_no_cycle_through_conditions() -> None:
    assert faults(changed(INTENT_SLOT, ("hidden: [128]}", "condition: slots.output}"))) == [
        "r.yaml:27: tasks.slots.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "intent.output -> slots.decoder -> slots.output -> intent.decoder -> intent.output."
    ]


def test_no_cycle_through_merging() -> None:
    assert faults(changed(INTENT_SLOT, ("hidden: [128]}", "}")) + "  decoders: [intent.decoder, slots.decoder]\n") == [
        "r.yaml:27: tasks.slots.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "intent.output -> decoders -> intent.output."
    ]


def test_the_middle_of_a_long_cycle_is_left_out() -> None:
    text = ALTERNATING
    for i in range(3):
        text = text.replace(
            "share:",
            f"  t{i}: {{type: word_tagging, source: snips, inputs: {{text: {{column: text, tokenizer: whitespace}}}}, target: t, model: {{decoder: {{condition: t{(i + 1) % 3}.output}}}}}}\nshare:",
        )
    rows = faults(
        text, "tasks.t2.model.decoder.condition=slots.output", "tasks.slots.model.decoder={condition: t0.output}"
    )
    assert rows == [
        "--set tasks.t2.model.decoder.condition=slots.output: tasks.t2.model.decoder.condition: "
        "no module should need its own answer. "
        "Found a cycle: slots.output -> t2.decoder -> t2.output -> … -> slots.decoder -> slots.output."
    ]


def test_a_module_does_not_feed_its_tied_self() -> None:
    text = PAIR + "share: {x: [topic.representation, relevance.query.representation]}\n"
    text = text.replace("fake_pair", "fake_pair").replace(
        "      embedding: {type: word, dim: 8}\n",
        "      embedding: {type: word, dim: 8}\n      decoder: {condition: topic.output}\n",
    )
    assert faults(text) == [
        "r.yaml:19: tasks.topic.model.decoder.condition: no module should need its own answer. Found a cycle: "
        "topic.output -> topic.decoder -> topic.output."
    ]


@pytest.mark.parametrize(
    ("address", "rest"),
    [
        ("intent.decoder", "'intent.decoder' is not an output. There are: intent.output, slots.output."),
        ("intnt.output", "'intnt.output' is not a module. Did you mean 'intent.output'?"),
        ("topic", "'topic' is not a module. There are: intent.output, slots.output."),
    ],
)
def test_conditions_name_outputs(address: str, rest: str) -> None:
    assert faults(changed(INTENT_SLOT, ("condition: intent.output", f"condition: {address}"))) == [
        f"r.yaml:27: tasks.slots.model.decoder.condition: 'condition' should be the address of a task's output. {rest}"
    ]


def test_conditions_on_tasks_with_faults_are_not_called_wrong() -> None:
    assert faults(changed(INTENT_SLOT, ("type: text_classification", "type: text_clasification"))) == [
        "r.yaml:7: tasks.intent: no task named 'text_clasification'. Did you mean 'text_classification'?"
    ]


def test_conditions_read_the_same_inputs() -> None:
    text = changed(PAIR, ("      embedding: {type: word, dim: 8}\n", "      decoder: {condition: relevance.output}\n"))
    assert faults(text) == [
        "r.yaml:18: tasks.topic.model.decoder.condition: should come from a task that reads inputs of 'topic' (text). "
        "Found 'relevance', which reads document, query."
    ]


def test_conditions_read_the_same_column() -> None:
    text = changed(INTENT_SLOT, ("inputs: {text: {column: text,", "inputs: {text: {column: title,"))
    assert faults(text) == [
        "r.yaml:27: tasks.slots.model.decoder.condition: should come from a task that reads the column 'text' of "
        "'utterances'. Found 'intent', which reads 'title'."
    ]


def test_conditions_line_up() -> None:
    text = changed(
        ALTERNATING,
        ('  words: "*.embedding"\n', ""),
        ("tokenizer: whitespace}}\n    target: chunk", "tokenizer: characters}}\n    target: chunk"),
        (
            "    model:\nshare",
            "    model: {embedding: {type: word, dim: 10}, decoder: {condition: slots.output}}\nshare",
        ),
    )
    assert faults(text) == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task with the tokens of 'chunks' (characters). "
        "Found 'slots', whose tokenizer is whitespace."
    ]


def test_conditions_line_up_to_the_last_token() -> None:
    text = changed(
        ALTERNATING,
        ("    target: chunk\n    model:\n", "    target: chunk\n    model: {decoder: {condition: slots.output}}\n"),
    )
    assert faults(text) == []
    assert faults(text, "tasks.slots.inputs.text.max_tokens=9") == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task that reads as many tokens as 'chunks' (all). "
        "Found 'slots', whose 'max_tokens' is 9."
    ]
    assert faults(text, "tasks.chunks.inputs.text.max_tokens=9") == [
        "r.yaml:19: tasks.chunks.model.decoder.condition: should come from a task that reads as many tokens as 'chunks' (9). "
        "Found 'slots', whose 'max_tokens' is null."
    ]


def test_tied_embeddings_read_the_same_tokens() -> None:
    assert faults(ALTERNATING, "tasks.slots.inputs.text.tokenizer=unicode_words") == [
        "r.yaml:21: share.words: tied embeddings should read the same tokens. "
        "Found unicode_words at 'slots.embedding' and whitespace at 'chunks.embedding'."
    ]
    assert faults(ALTERNATING, "tasks.chunks.inputs.text.lowercase=true") == [
        "r.yaml:21: share.words: tied embeddings should read the same tokens. "
        "Found whitespace at 'slots.embedding' and whitespace in lower case at 'chunks.embedding'."
    ]


def test_tied_parts_read_the_same_tokens() -> None:
    text = changed(
        INTENT_SLOT,
        ("  words: [intent.embedding, slots.embedding]", "  words: [intent.embedding.word, slots.embedding]"),
    )
    assert faults(text, "tasks.slots.inputs.text.lowercase=false") == [
        "r.yaml:30: share.words: tied embeddings should read the same tokens. "
        "Found unicode_words in lower case at 'intent.embedding.word' and unicode_words at 'slots.embedding'."
    ]


def test_embeddings_read_one_input() -> None:
    assert faults(changed(DEAD_END, ("model: {representation: bilstm}", "two: true"))) == [
        "r.yaml:3: tasks.t.model.embedding: an embedding should read one input. Found 2 that flow into 't.embedding'."
    ]


def test_an_output_is_for_what_its_task_predicts() -> None:
    assert faults(INTENT_SLOT, "tasks.intent.model.output=crf") == [
        "--set tasks.intent.model.output=crf: tasks.intent.model.output: should be an output for labels [B], which the task 'intent' predicts. "
        "Found 'crf', one for labels [B, T] or [B, U]."
    ]
    assert faults(INTENT_SLOT, "tasks.slots.model.output=softmax") == []


def test_every_component_reaches_an_output() -> None:
    assert faults(DEAD_END) == [
        "r.yaml:3: tasks.t.model.representation: should lead to an output. Found no way from 't.representation' to one."
    ]


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


# -- warnings


def test_a_group_of_one() -> None:
    assert warnings(INTENT_SLOT + "  end: [slots.output]\n") == [
        "r.yaml:32: share.end: holds one module, 'slots.output': nothing will be shared by it."
    ]


def test_a_task_tied_to_nothing() -> None:
    text = changed(
        INTENT_SLOT, ("share:", "  topic: {type: text_classification, source: utterances, target: topic}\nshare:")
    )
    assert warnings(text) == [
        "r.yaml:29: tasks.topic: is tied to no other task: it will be trained alongside and share nothing."
    ]


def test_a_task_tied_by_a_condition_alone_is_tied() -> None:
    text = changed(
        INTENT_SLOT,
        (
            "share:",
            "  topic: {type: text_classification, source: utterances, inputs: {text: {column: text}}, target: topic, model: {decoder: {condition: slots.output}}}\nshare:",
        ),
    )
    assert warnings(text) == []


def test_a_tied_representation_over_untied_embeddings() -> None:
    text = changed(
        ALTERNATING,
        ('  words: "*.embedding"\n', ""),
        ("    model:\nshare", "    model: {embedding: {type: word, dim: 10}}\nshare"),
    )
    assert warnings(text) == [
        "r.yaml:21: share.encoder: is tied, but its embeddings are not: it will have to learn the vectors of "
        "'slots.embedding' and 'chunks.embedding' at once."
    ]


def test_a_source_without_tasks() -> None:
    assert warnings(changed(INTENT_SLOT, ("tasks:", "  spare: {format: tsv, train: x.tsv}\ntasks:"))) == [
        "r.yaml:5: sources.spare: belongs to no task: it will not be read."
    ]
