# ruff: noqa: E501  # messages and recipes stand in one piece
from __future__ import annotations

import pytest

from mtl.compile.loading import recipe_from_text
from tests.mtl.recipe import fakes
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, PAIR, changed, faults, graph

PARTS = """\
name: parts
sources: {s: {format: tsv, train: a.tsv}}
tasks:
  a: {type: text_classification, source: s, target: a, model: {embedding: {type: concat, parts: {word: {type: word, dim: 7}, char: char_cnn}}}}
  b: {type: text_classification, source: s, target: b, model: {embedding: {type: concat, parts: {word: , other: word}}}}
  c: {type: text_classification, source: s, target: c, model: {}}
share:
"""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    fakes.register(monkeypatch)


def members(text: str) -> dict[str, tuple[str, ...]]:
    return {name: group.members for name, group in recipe_from_text(text).share.items()}


def test_globs_match_one_step_a_star() -> None:
    assert members(ALTERNATING) == {
        "words": ("slots.embedding", "chunks.embedding"),
        "encoder": ("slots.representation", "chunks.representation"),
    }
    assert members(PARTS + "  words: ['*.*.word', c.embedding]") == {
        "words": ("a.embedding.word", "b.embedding.word", "c.embedding")
    }
    assert members(PAIR + "share: {words: ['*.*.embedding', topic.embedding]}") == {
        "words": ("relevance.query.embedding", "relevance.document.embedding", "topic.embedding")
    }


def test_a_glob_does_not_fill_a_module_that_is_left_out_by_name() -> None:
    text = changed(ALTERNATING, ("    model:\nshare", "    model: {representation: null}\nshare"))
    assert members(text)["encoder"] == ("slots.representation",)
    text = changed(text, ('["*.representation"]', '["*.representation", chunks.representation]'))
    assert members(text)["encoder"] == ("slots.representation", "chunks.representation")


def test_parts_are_tied_without_their_composites() -> None:
    found = graph(PARTS + "  words: [a.embedding.word, b.embedding.word]")
    assert found.component_of("b.embedding.word") == "words"
    assert found.component_of("b.embedding") == "b.embedding"
    assert found.components["words"].config.values["dim"] == 7
    assert found.component_of("b.embedding.other") == "b.embedding.other"


def test_a_part_is_tied_to_a_whole_module() -> None:
    found = graph(PARTS + "  words: [a.embedding.word, c.embedding, b.embedding.word]")
    assert found.component_of("c.embedding") == found.component_of("a.embedding.word") == "words"
    assert found.components["words"].config.values["dim"] == 7


def test_parts_of_tied_composites_are_tied_further() -> None:
    text = PARTS + "  vectors: [a.embedding, c.embedding]\n  words: [c.embedding.word, b.embedding.word]"
    found = graph(text)
    assert found.component_of("a.embedding.word") == "words"
    assert found.component_of("a.embedding.char") == "vectors.char"
    assert found.recipe.share["words"].members == ("a.embedding.word", "b.embedding.word", "c.embedding.word")


def test_a_part_may_hold_parts() -> None:
    text = changed(PARTS, ("char: char_cnn", "more: {type: fake_scaled, inner: {type: word, dim: 3}}"))
    found = graph(
        text + "  small: [a.embedding.more.inner, b.embedding.other]\n  words: [a.embedding.word, b.embedding.word]"
    )
    assert found.component_of("a.embedding.more.inner") == "small"
    assert list(found.components)[:4] == ["words", "small", "a.embedding.more", "a.embedding"]
    assert [call.component for call in found.calls(["a"])][:4] == list(found.components)[:4]
    assert found.components["small"].config.values["dim"] == 3


def test_modules_of_one_task_may_be_tied() -> None:
    found = graph(PAIR + "share: {words: ['relevance.*.embedding']}")
    assert found.components["words"].members == ("relevance.query.embedding", "relevance.document.embedding")


def test_a_configuration_may_stand_under_the_group() -> None:
    text = changed(
        INTENT_SLOT,
        ("      representation: {type: bilstm, hidden: 200, layers: 2, dropout: 0.3}\n", ""),
        (
            "encoder: [intent.representation, slots.representation]",
            "encoder: {members: [intent.representation, slots.representation], type: bilstm, hidden: 9}",
        ),
    )
    assert graph(text).components["encoder"].config.values["hidden"] == 9


def test_members_may_write_one_key_each_or_the_same_value() -> None:
    text = changed(
        INTENT_SLOT,
        (
            "      decoder: {type: mlp, condition",
            "      representation: {hidden: 200, layers: 2}\n      decoder: {type: mlp, condition",
        ),
    )
    assert graph(text).components["encoder"].config.values["layers"] == 2
    text = changed(text, (", layers: 2, dropout: 0.3}", "}"))
    given = {"hidden": 200, "layers": 2}
    rates = dict.fromkeys(("dropout", "variational_dropout", "weight_dropout"), 0.0)
    assert graph(text).components["encoder"].config.values == {**given, **rates}


@pytest.mark.parametrize(("one", "other"), [("1", "true"), ("[1]", "[1, 2]"), ("null", "0"), ("'1'", "1")])
def test_values_that_only_look_alike_differ(one: str, other: str) -> None:
    text = INTENT_SLOT + "  decoders: [intent.decoder, slots.decoder]\n"
    text = changed(text, ("hidden: [128]", f"dropout: {one}"), ("condition: intent.output", f"dropout: {other}"))
    assert any("tied modules have one configuration" in row for row in faults(text))


def test_one_number_may_be_written_in_two_ways() -> None:
    text = changed(
        INTENT_SLOT,
        (
            "      decoder: {type: mlp, condition",
            "      representation: {hidden: 0xC8, dropout: 3e-1}\n      decoder: {type: mlp, condition",
        ),
    )
    assert faults(text) == []


def test_a_default_stands_where_nobody_writes() -> None:
    text = changed(PARTS, ("word: , other", "word: word, other")) + "  vectors: [c.embedding]\n"
    assert graph(text).components["vectors"].config.type == "word"
    assert graph(text, "share.vectors={members: [c.embedding], dim: 5}").components["vectors"].config.values["dim"] == 5


BARE = """\
name: bare
sources: {s: {format: tsv, train: a.tsv}}
tasks:
  a: {type: text_classification, source: s, inputs: text, target: a}
  b: {type: word_tagging, source: s, inputs: text, target: b}
"""


def test_a_classifier_of_which_nothing_is_said_is_wide_too() -> None:
    def types(text: str) -> dict[str, str]:
        model = recipe_from_text(text).tasks["a"].model
        return {slot: config.type for slot, config in model.items() if config is not None}

    said = {"embedding": "word", "pooling": "max", "decoder": "mlp", "output": "softmax"}
    assert types(BARE) == {**said, "wide": "ngrams"}
    assert types(BARE + "share: {words: [a.embedding, b.embedding]}") == said
    assert types(BARE.replace("target: a}", "target: a, model: {pooling: max}}")) == said
    assert types(BARE.replace("target: a}", "target: a, model: {wide: null}}")) == said
    values = {slot: config.values for slot, config in recipe_from_text(BARE).tasks["a"].model.items() if config}
    assert (values["decoder"]["dropout"], values["output"]["label_smoothing"]) == (0.5, 0.1)
    assert (values["embedding"]["initial"], values["embedding"]["word_dropout"]) == (0.1, 0.1)


def test_addresses_inside_what_cannot_be_read_are_not_called_wrong() -> None:
    text = changed(
        PARTS,
        (
            "type: concat, parts: {word: {type: word, dim: 7}, char",
            "type: concta, parts: {word: {type: word, dim: 7}, char",
        ),
    )
    assert faults(text + "  words: [a.embedding.word, b.embedding.word]") == [
        "r.yaml:4: tasks.a.model.embedding: no embedding named 'concta'. Did you mean 'concat'?"
    ]


def test_part_names() -> None:
    assert faults(changed(PARTS, ("{word: , other: word}", "{word: word, wörd-2: word, 'a b': word}"))) == [
        "r.yaml:5: tasks.b.model.embedding.parts.a b: a name should be made of letters, digits, '_' and '-'. Found 'a b'."
    ]


def test_a_part_that_nobody_configures() -> None:
    assert faults(PARTS) == [
        "r.yaml:5: tasks.b.model.embedding.parts.word: should be configured, here or where 'b.embedding.word' is tied. "
        "It is not."
    ]


CLASSIFIER = """\
sources: {s: {format: tsv, train: train.tsv}}
tasks:
  t: {type: text_classification, source: s, inputs: text, target: t, model: MODEL}
"""


@pytest.mark.parametrize(
    "model", ["{}", "{output: {label_smoothing: 0.2}}", "{decoder: {hidden: [8]}, output: softmax}"]
)
def test_keys_of_decoder_and_output_leave_the_encoder_as_it_is(model: str) -> None:
    found = recipe_from_text(CLASSIFIER.replace("MODEL", model)).tasks["t"].model
    assert found["wide"] is not None
    assert found["embedding"] is not None
    assert (found["wide"].type, found["embedding"].values["word_dropout"]) == ("ngrams", 0.1)


@pytest.mark.parametrize("model", ["{pooling: max}", "{output: softmax, wide: null}", "{embedding: word}"])
def test_what_is_said_of_an_encoder_is_all_that_it_has(model: str) -> None:
    assert recipe_from_text(CLASSIFIER.replace("MODEL", model)).tasks["t"].model["wide"] is None


def test_a_tied_wide_module_that_nobody_configures() -> None:
    text = CLASSIFIER.replace("MODEL", "{embedding: word}") + "share: {wide: '*.wide'}\n"
    assert faults(text) == [
        "r.yaml:3: tasks.t.model: should have a module 'wide', here or where 't.wide' is tied. There is none. Write "
        "'wide: ngrams' in tasks.t.model, or 'type: ngrams' beside the members of share.wide."
    ]


def test_ties_that_would_never_end() -> None:
    assert faults(PARTS + "  loop: ['*.embedding', a.embedding.word]") == [
        "r.yaml:8: share.loop: 'a.embedding.word' should not be tied to 'a.embedding', which it is a part of."
    ]


def test_share_is_no_list() -> None:
    assert faults(
        changed(
            INTENT_SLOT,
            (
                "share:\n  words: [intent.embedding, slots.embedding]\n  encoder: [intent.representation, slots.representation]\n",
                "share: [words]\n",
            ),
        ),
        "tasks.slots.model.representation=bilstm",
    ) == ["r.yaml:29: share: should be a mapping of groups by name. Found a list."]


def test_a_glob_whose_configured_member_cannot_be_read_is_not_told_to_lack_it() -> None:
    text = changed(ALTERNATING, ("inputs: {text: {column: text,", "inputs: {text: {column: 3,"))
    assert faults(text) == ["r.yaml:9: tasks.slots.inputs.text.column: should be a string. Found 3."]


def test_a_glob_without_quotes() -> None:
    assert faults(changed(ALTERNATING, ('"*.embedding"', "*.embedding"))) == [
        "r.yaml:21: a text that begins with '*' should be in quotes. Found one that is not."
    ]
