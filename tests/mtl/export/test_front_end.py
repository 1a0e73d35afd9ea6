import re

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from onnx_ir.tape import Tape

from benchmarks import fuzz
from mtl.export.front_end import text_front_end
from mtl.text import tokenizers
from mtl.text.features import CharacterIds, WordIds
from mtl.text.featurizer import TOKENIZERS, tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.tokenizers import Characters, UnicodeWords


@pytest.fixture(scope="module")
def features():
    sample = tokenize(["play hey jude é 日本 it ! \x00"], FrontEnd("unicode_words", lowercase=True))
    pair = (WordIds(), CharacterIds(max_length=8))
    for feature in pair:
        feature.count(sample)
        feature.fit()
    return pair


@pytest.fixture(scope="module", params=[FrontEnd(t, low) for t in TOKENIZERS for low in (False, True)], ids=str)
def graph(request, features):
    return request.param, fuzz.text_session(request.param, features)


@pytest.mark.parametrize("strings", [2_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_random_texts_are_treated_alike(strings):
    assert fuzz.fuzz(strings, seed=20) == []


@pytest.mark.parametrize("step", [17, pytest.param(1, marks=pytest.mark.slow)])
def test_code_points_are_treated_alike(graph, features, step):
    front_end, session = graph
    every = [chr(c) for c in range(0, 0x110000, step) if not 0xD800 <= c <= 0xDFFF]
    texts = ["".join(f"a{c}B" for c in every[i : i + 100]) for i in range(0, len(every), 100)]
    for start in range(0, len(texts), 500):
        batch = texts[start : start + 500]
        answers = session.run(None, {"text": np.array(batch, object)})
        assert fuzz.differing_rows(tokenize(batch, front_end), features, answers) == set()


def test_a_difference_would_be_seen(monkeypatch):
    monkeypatch.setattr(tokenizers, "space_ranges", lambda: fuzz.space_ranges()[:-1])  # no U+3000
    found = list(fuzz.compare(["a\u3000b", "a b"], FrontEnd("whitespace")))
    assert fuzz.Difference("a\u3000b", FrontEnd("whitespace")) in found


@pytest.mark.parametrize(
    "batch",
    [
        [""],
        ["", " \t", "\u3000"],
        ["", "x"],
        ["\x00", "a\x00", "\x00 \x00"],
        ["\x1f\x7f\x85\x01", "\r\n"],
        ["a\rb", "\r", "\ra\r\nb\r\r", "don't\r.\rÉ"],
        ["\u200e\u202eאב", "e\u0301"],
        ["a " * 50_000],
        ["x" * 100_000, "y"],
        [" " * 100_000],
        ["\u0301" * 100_000],
        ["é日 " * 33_334],
        ["aBé" * 3_000, "B", "Éa"],
    ],
    ids=lambda batch: f"{len(batch)} of {len(batch[0])}: {batch[0][:3]!a}",
)
def test_odd_batches(graph, features, batch):
    front_end, session = graph
    answers = session.run(None, {"text": np.array(batch, object)})
    assert fuzz.differing_rows(tokenize(batch, front_end), features, answers) == set()


def test_a_carriage_return_is_white_space(graph):
    tokens, lengths, *_ = graph[1].run(None, {"text": np.array(["a\rb\r\nc\r", "a b  c "], object)})
    assert lengths.tolist() == [3, 3]
    assert tokens.tolist() == [["a", "b", "c"]] * 2


def test_a_batch_of_no_rows_is_one_row_inside(graph):
    tokens, lengths, words, characters = graph[1].run(None, {"text": np.array([], object)})
    assert tokens.shape == words.shape == (1, 1)
    assert lengths.tolist() == [1]
    assert characters.shape == (1, 1, 1)


@pytest.mark.parametrize(("rows", "width"), [(0, 0), (0, 3), (2, 0), (1, 0)])
def test_empty_tables_of_tokens(features, rows, width):
    session = fuzz.tokens_session(FrontEnd(lowercase=True), features)
    feed = {"words": np.full((rows, width), "a", object), "given_lengths": np.zeros(rows, np.int64)}
    tokens, lengths, words, characters = session.run(None, feed)
    shape = (max(rows, 1), max(width, 1))
    assert tokens.shape == words.shape == shape
    assert lengths.tolist() == [1] * shape[0]
    assert characters.shape == (*shape, 1)
    assert not words.any()
    assert not characters.any()


def test_given_lengths_are_brought_into_bounds(features):
    session = fuzz.tokens_session(FrontEnd(), features)
    feed = {"words": np.array([["play", "hey"], ["play", "hey"]], object), "given_lengths": np.array([-3, 7])}
    tokens, lengths, words, _ = session.run(None, feed)
    assert lengths.tolist() == [1, 2]
    assert tokens.tolist() == [["", ""], ["play", "hey"]]
    assert words[0].tolist() == [0, 0]


@pytest.mark.parametrize("max_tokens", [1, 3, 7])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_first_tokens_are_those_of_the_featurizer(features, tokenizer, max_tokens):
    front_end = FrontEnd(tokenizer, True, max_tokens)
    session = fuzz.text_session(front_end, features)
    texts = [*fuzz.random_texts(300, np.random.default_rng(max_tokens)), "", "a", "a b c d e f g h"]
    for start in range(0, len(texts), 50):
        batch = texts[start : start + 50]
        answers = session.run(None, {"text": np.array(batch, object)})
        assert answers[0].shape[1] <= max_tokens
        assert fuzz.differing_rows(tokenize(batch, front_end), features, answers) == set()
    tokens, lengths, *_ = session.run(None, {"text": np.array([], object)})
    assert (tokens.shape, lengths.tolist()) == ((1, 1), [1])


def test_the_first_of_given_tokens(features):
    session = fuzz.tokens_session(FrontEnd(max_tokens=2, lowercase=True), features)
    words = np.array([["play", "Hey", "Jude"], ["play", "", ""], ["", "", ""]], object)
    tokens, lengths, ids, characters = session.run(None, {"words": words, "given_lengths": np.array([3, 1, 0])})
    assert tokens.tolist() == [["play", "Hey"], ["play", ""], ["", ""]]
    assert lengths.tolist() == [2, 1, 1]
    assert ids.shape == (3, 2)
    assert characters.shape[:2] == (3, 2)
    for rows, width in ((0, 0), (0, 3), (2, 0), (1, 1)):
        feed = {"words": np.full((rows, width), "a", object), "given_lengths": np.full(rows, width, np.int64)}
        tokens, lengths, *_ = session.run(None, feed)
        assert tokens.shape == (max(rows, 1), max(min(width, 2), 1))
        assert lengths.tolist() == [max(min(width, 2), 1) if rows else 1] * max(rows, 1)


def test_returned_tokens_are_surface_forms(features):
    session = fuzz.text_session(FrontEnd("unicode_words", True), features)
    tokens, _, words, _ = session.run(None, {"text": np.array(["Play PLAY play"], object)})
    assert tokens.tolist() == [["Play", "PLAY", "play"]]
    assert len(set(words[0].tolist())) == 1


def test_expressions_name_every_range():
    assert Characters.expression().startswith(r"[^\x{9}-\x{D}\x{20}-\x{20}")
    words = UnicodeWords.expression()
    ranges = r"(\\x\{[0-9A-F]+\}-\\x\{[0-9A-F]+\})+"
    linked = rf"\\x\{{200D\}}\[{ranges}\]"
    beginning = rf"\[{ranges}\]\[{ranges}\]\*\|\[{ranges}\]\[{ranges}\]\*\[{ranges}\]\|{linked}\|\[\^{ranges}\]"
    assert re.fullmatch(rf"\(\?:{beginning}\)\(\?:{linked}\|\[{ranges}\]\)\*", words)
    twice = [*fuzz.word_ranges(), *fuzz.pictographic_ranges(), *fuzz.flag_letter_ranges()]
    assert words.count("-") == 2 * len(twice) + 3 * len(fuzz.extend_ranges()) + len(fuzz.space_ranges())


def test_only_batches_of_ascii_alone_reach_the_normalizer(features):
    text = ir.val("text", dtype=ir.DataType.STRING, shape=("B",))

    def build(tape):
        tokens = text_front_end(tape, text, FrontEnd("whitespace", True))
        return {"feature_0": features[0].onnx(tape, tokens)}

    model = onnx.load_from_string(fuzz.model_of([text], build))
    (branching,) = (node for node in model.graph.node if node.op_type == "If")
    bodies = {attribute.name: attribute.g.node for attribute in branching.attribute}
    (normalizer,) = bodies["then_branch"]
    normalizer.attribute[0].s = b"UPPER"  # what a text makes of it shows whether it came here
    assert {node.op_type for node in bodies["else_branch"]} & {"StringNormalizer"} == set()
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    texts = {
        "PLAY Hey": ["?", "?"],
        "PLAY Hey é": ["play", "hey", "é"],
        "É Hey": ["é", "hey"],
        "日本 play": ["日本", "play"],
    }
    known = {word: id for id, word in enumerate(features[0].vocabulary.tokens)}
    for text, words in texts.items():
        expected = [known.get(word, 1) for word in words]
        assert session.run(["feature_0"], {"text": np.array([text], object)})[0].tolist() == [expected]


def test_values_are_typed():
    tape = Tape()
    text = ir.val("text", dtype=ir.DataType.STRING, shape=("B",))
    tokens = text_front_end(tape, text, FrontEnd("whitespace", True))
    described = [(v.dtype, len(v.shape)) for v in (tokens.flat, tokens.surface, tokens.lengths, tokens.shape)]
    assert described == [
        (ir.DataType.STRING, 1),
        (ir.DataType.STRING, 2),
        (ir.DataType.INT64, 1),
        (ir.DataType.INT64, 1),
    ]
    assert not tape.initializers
