"""A tokenizer of a plugin that has pieces: trained, exported, verified, and alike on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch

from benchmarks.fuzz import padded, random_texts, text_session, tokens_session
from mtl.base import registry
from mtl.base.errors import ExportError, UsageError
from mtl.data.batch import raw_batch
from mtl.data.split import Split
from mtl.model.module import PaddedSequence, Pieces
from mtl.runs.predictor import Predictor
from mtl.text.features import Feature
from mtl.text.featurizer import tokenize, tokens_from_lists
from mtl.text.front_end import FrontEnd
from mtl.text.pieces import PieceCounts, PieceIds
from mtl.text.tokenizers import Tokenizer, Whitespace
from tests.mtl.export import tiny

PLUGIN = '''
from mtl.base.registry import register
from mtl.text.token_values import STRING, integers, strings, tokenizer, typed
from mtl.text.tokenizers import Whitespace


@register("tokenizer", "chunks")
class Chunks(Whitespace):
    """Runs of characters that are not white space, in pieces of three characters."""

    def pieces(self, token):
        return [token[i : i + 3] for i in range(0, len(token), 3)]

    def onnx_pieces(self, tape, tokens):
        longer = tape.op("Concat", [tokens.flat, strings(tape, ["x"])], {"axis": 0})
        pieces = tokenizer(tape, longer, tokenexp="(?s).{1,3}")
        return typed(tape.op("Slice", [pieces, integers(tape, [0]), integers(tape, [-1])]), STRING, 2)
'''

RECIPE = """
name: pieces
seed: 1
plugins: ['PLUGIN']
sources:
  utterances: {format: python}
tasks:
  intent:
    type: text_classification
    source: utterances
    inputs: {text: {column: text, tokenizer: chunks, lowercase: true}}
    target: intent
    model:
      embedding: {type: piece, dim: 12}
      representation: {type: bilstm, hidden: 7}
      pooling: {type: self_attention, dim: 6}
  slots:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: chunks, lowercase: true}}
    target: slots
    model:
      decoder: {type: mlp, condition: intent.output}
      output: {type: crf}
  chunks:
    type: word_tagging
    source: utterances
    inputs: {text: {column: text, tokenizer: chunks, lowercase: true}}
    target: slots
    model:
      embedding: {type: concat, parts: {word: {type: word, dim: 5}, piece: {type: piece, dim: 4, token_pooling: mean}}}
      representation: {type: bilstm, hidden: 4}
share:
  pieces: [intent.embedding, slots.embedding]
  encoder: [intent.representation, slots.representation]
"""
CHUNKS = FrontEnd("chunks", lowercase=True)
TEXTS = ["Play some Music", "", "a", "tomorrow ?", "x" * 40 + " é\u0301日本語"]


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the tokenizer `chunks`, which is known to this test alone."""
    monkeypatch.setitem(registry._classes, "tokenizer", dict(registry._classes["tokenizer"]))
    file = tmp_path / "chunks.py"
    file.write_text(PLUGIN)
    return file


@pytest.fixture
def model(plugin: Path) -> tiny.Model:
    rows = {"utterances": {"train": tiny.utterances(40, 0), "test": tiny.utterances(30, 1)}}
    return tiny.build(RECIPE.replace("PLUGIN", str(plugin)), rows, plugin.parent / "cache")


def features() -> tuple[Feature, ...]:
    found = (PieceIds(min_count=2), PieceCounts())
    found[0].count(tokenize([*TEXTS, *TEXTS[::2]], CHUNKS))
    found[0].fit()
    return found


def test_pieces_flow_from_rows_to_verified_graphs(model: tiny.Model, tmp_path: Path) -> None:
    report = model.export(tmp_path / "export")  # compared with torch on every row
    assert {"intent.onnx", "slots.onnx", "chunks.onnx"} <= set(report.files)
    session = onnxruntime.InferenceSession(tmp_path / "export/slots.onnx", providers=["CPUExecutionProvider"])
    for texts in ([], ["", " "], TEXTS):
        tokens, lengths, tags = session.run(["tokens", "lengths", "tags"], {"text": np.array(texts, object)})
        assert [row[:n] for row, n in zip(tokens.tolist(), lengths.tolist(), strict=True)] == [t.split() for t in texts]
        assert tags.shape == tokens.shape


def test_batches_of_a_cached_split_are_those_of_raw_texts(model: tiny.Model) -> None:
    split: Split = model.prepared.splits["utterances", "test"]
    rows = np.arange(len(split))
    cached = split.batch(rows)
    texts = [" ".join(row["text"].split()) for row in tiny.utterances(30, 1)]
    raw = raw_batch(model.graph, model.prepared.fitted, ["intent", "slots", "chunks"], {"text": texts})
    assert cached.features.keys() == raw.features.keys()
    for place, values in cached.features.items():
        assert torch.equal(values, raw.features[place]), place
    ids, counts = (next(v for (c, i, _), v in raw.features.items() if (c, i) == ("pieces", n)) for n in (0, 1))
    assert ids.shape[1] == int(counts.sum(1).max()) > counts.shape[1]


def test_a_representation_sees_pieces_and_a_decoder_sees_tokens(model: tiny.Model) -> None:
    seen: dict[str, Any] = {}
    for name in ("encoder", "slots.decoder", "chunks.representation"):
        model.model.components[name].register_forward_pre_hook(lambda _, given, at=name: seen.update({at: given[0]}))
    batch = raw_batch(
        model.graph, model.prepared.fitted, ["intent", "slots", "chunks"], {"text": ["tomorrow play", ""]}
    )
    model.model.scores(batch, ["intent", "slots", "chunks"])
    assert {name: sequence.lengths.tolist() for name, sequence in seen.items()} == {
        "encoder": [5, 1],
        "slots.decoder": [2, 1],
        "chunks.representation": [2, 1],
    }


@pytest.mark.usefixtures("model")
def test_both_sides_are_equal_on_random_texts() -> None:
    texts = [*TEXTS, *random_texts(1000, np.random.default_rng(4))]
    graph = text_session(CHUNKS, features())
    ids, counts = features()
    for start in range(0, len(texts), 100):
        part = texts[start : start + 100]
        tokens = tokenize(part, CHUNKS)
        _, _, found_ids, found_counts = graph.run(None, {"text": np.array(part, object)})
        np.testing.assert_array_equal(found_ids, padded(ids.compute(tokens).along_rows()))
        np.testing.assert_array_equal(found_counts, padded(counts.compute(tokens)))


@pytest.mark.usefixtures("model")
def test_both_sides_are_equal_on_ready_made_tokens() -> None:
    rows = [["New York", "Play"], [], ["", "a" * 50]]
    ids, counts = features()
    grid = np.array([row + ["after"] * (2 - len(row)) for row in rows], object)
    feed = {"words": grid, "given_lengths": np.array([len(row) for row in rows])}
    _, _, found_ids, found_counts = tokens_session(CHUNKS, (ids, counts)).run(None, feed)
    tokens = tokens_from_lists(rows, CHUNKS)
    np.testing.assert_array_equal(found_ids, padded(ids.compute(tokens).along_rows()))
    np.testing.assert_array_equal(found_counts, padded(counts.compute(tokens)))
    assert found_counts.tolist() == [[3, 2], [1, 0], [1, 17]]


def test_the_way_back_to_tokens() -> None:
    values = torch.tensor([[[1.0], [2.0], [6.0], [9.0]], [[5.0], [7.0], [99.0], [99.0]]])
    counts, lengths = torch.tensor([[1, 3], [2, 0]]), torch.tensor([2, 1])
    pieces = Pieces(PaddedSequence(values, torch.tensor([4, 2])), counts, lengths)
    assert pieces.of_tokens().values[0].tolist() == [[1.0], [2.0]]
    assert pieces.of_tokens().values[1, :1].tolist() == [[5.0]]
    mean = pieces._replace(mean=True).of_tokens()
    torch.testing.assert_close(mean.values[0], torch.tensor([[1.0], [17 / 3]]))
    torch.testing.assert_close(mean.values[1, :1], torch.tensor([[6.0]]))
    assert mean.lengths is lengths
    assert pieces.sums(values)[0].tolist() == [[1.0], [17.0]]
    assert pieces.sums(values)[1, :1].tolist() == [[12.0]]


def test_the_last_piece_of_a_token_is_not_the_blank_after_it() -> None:
    values = torch.tensor([[[1.0], [2.0], [6.0], [9.0]], [[5.0], [7.0], [99.0], [99.0]]])
    counts, lengths = torch.tensor([[1, 3], [2, 0]]), torch.tensor([2, 1])
    pieces = Pieces(PaddedSequence(values, torch.tensor([4, 2])), counts, lengths)
    assert pieces.last().values[0].tolist() == [[1.0], [9.0]]
    assert pieces.last().values[1, :1].tolist() == [[7.0]]
    with_blanks = pieces._replace(blanks=1)
    assert with_blanks.last().values[0].tolist() == [[1.0], [6.0]]  # of padding in an empty text there is one piece
    assert with_blanks.last().values[1, :1].tolist() == [[5.0]]
    assert with_blanks.first().values[0].tolist() == [[1.0], [2.0]]


def test_a_tokenizer_without_pieces_has_whole_tokens() -> None:
    found = PieceIds()
    tokens = tokenize(["play it", ""], "whitespace")
    found.count(tokens)
    found.fit()
    assert found.vocabulary.entries == ("it", "play")
    assert found.compute(tokens).values.tolist() == [3, 2, 0]
    assert PieceCounts().compute(tokens).values.tolist() == [1, 1, 1]


@pytest.mark.parametrize("pieces", [[], ["a", ""]])
def test_pieces_that_are_none(pieces: list[str], plugin: Path) -> None:
    class Wrong(Whitespace):
        """Pieces that no token has."""

        def pieces(self, token: str) -> list[str]:
            return pieces

    registry.register("tokenizer", "wrong")(Wrong)
    with pytest.raises(UsageError) as caught:
        PieceCounts().compute(tokenize(["ab"], FrontEnd("wrong")))
    assert str(caught.value) == (
        f"the tokenizer 'wrong': a token should have at least one piece, none of them empty. Found {pieces} for 'ab'."
    )


def test_a_tokenizer_whose_pieces_fail(plugin: Path) -> None:
    class Broken(Whitespace):
        """Takes a token for tokens."""

        def pieces(self, token: Any) -> list[str]:
            found: list[str] = token.strings()
            return found

    registry.register("tokenizer", "broken")(Broken)
    with pytest.raises(UsageError) as caught:
        PieceCounts().compute(tokenize(["ab"], FrontEnd("broken")))
    assert str(caught.value) == (
        "the tokenizer 'broken' should have pieces of any token. "
        "Found AttributeError: 'str' object has no attribute 'strings', of 'ab'."
    )


def test_pieces_that_the_graph_lacks(plugin: Path) -> None:
    class OneSided(Whitespace):
        """Pieces in training alone."""

        def pieces(self, token: str) -> list[str]:
            return list(token)

    registry.register("tokenizer", "one_sided")(OneSided)
    found = [kind.missing(pieces=pieces) for kind in (Tokenizer, Whitespace, OneSided) for pieces in (False, True)]
    assert found == ["onnx", "onnx", None, None, None, "onnx_pieces"]
    text_session(FrontEnd("one_sided"), ())
    with pytest.raises(ExportError) as caught:
        text_session(FrontEnd("one_sided"), (PieceCounts(),))
    assert str(caught.value) == (
        "pieces of tokens: the tokenizer 'one_sided' should have a method 'onnx_pieces'. There is none."
    )


def test_pieces_are_made_once_for_all_features_of_an_input(plugin: Path) -> None:
    asked: list[str] = []

    class Asked(Whitespace):
        """Notes what it is asked for."""

        def pieces(self, token: str) -> list[str]:
            asked.append(token)
            return [token]

    registry.register("tokenizer", "asked")(Asked)
    tokens = tokenize(["play it", "play"], FrontEnd("asked"))
    for feature in (PieceIds(), PieceCounts()):
        feature.count(tokens)
    PieceCounts().compute(tokens)
    assert asked == ["play", "it"]
    assert tokens.under(FrontEnd("asked", lowercase=True)).pieces is None


def test_batches_are_planned_by_pieces_where_these_are_more_than_tokens(model: tiny.Model) -> None:
    split = model.prepared.splits["utterances", "train"]
    most = 40
    sizes = []
    for rows in split.batches(tokens=most, seed=1, epoch=0):
        batch = split.batch(rows)
        sizes += [(len(rows), values.numel()) for values in batch.features.values()]
        assert batch.tokens == split.lengths[rows].sum()
    assert all(units == 1 or size <= most for units, size in sizes)
    assert any(units > 1 for units, _ in sizes)
    lengths = [max(values.shape[1] for values in split.batch(np.array([row])).features.values()) for row in range(9)]
    assert any(pieces > tokens for pieces, tokens in zip(lengths, split.lengths.tolist(), strict=False))


def test_a_predictor_plans_by_pieces_where_these_are_more_than_tokens(model: tiny.Model) -> None:
    predictor = Predictor(model.model)
    columns = {"text": ["abcdefgh ab", "a b c"]}
    assert predictor._lengths("intent", columns, slice(0, 2)) == [[4, 3]]
