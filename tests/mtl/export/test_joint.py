"""Joining front ends and numbers: several front ends over one text, and features without a method 'onnx'."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
import pytest

from mtl.base.errors import ExportError
from mtl.export.graphs import Graphs, split_to_verify
from mtl.export.joint import input_names, join
from mtl.export.network import entering
from mtl.export.numeric import Numeric, export_numeric
from mtl.graph.calls import Call, InputKey
from mtl.serve.bundle import Bundle
from mtl.text.features import WordIds
from mtl.text.front_end import FrontEnd
from tests.mtl.export import tiny
from tests.mtl.export.conftest import Exported

# The slots read the text in their own way, and the intent (which conditions them) in its own.
TWO_FRONT_ENDS = (
    tiny.INTENT_SLOT.replace("OUTPUT", "softmax")
    .split("share:")[0]
    .replace(
        "inputs: {text: {column: text, lowercase: true}}\n    target: slots\n    model:\n",
        "inputs: {text: {column: text, tokenizer: whitespace}}\n    target: slots\n    model:\n"
        "      embedding: {type: word, dim: 6}\n      representation: {type: bilstm, hidden: 4}\n",
    )
)

TOKENS = """
name: tokens
seed: 1
sources:
  tokens: {format: python}
tasks:
  tags:
    type: word_tagging
    source: tokens
    inputs: {text: SPLIT}
    target: tags
"""

PAIRS = """
name: pairs
seed: 1
sources:
  pairs: {format: python}
tasks:
  same:
    type: text_pair_classification
    source: pairs
    inputs: {FIRST: {column: a}, SECOND: {column: b}}
    target: same
"""


@pytest.fixture(scope="module")
def numeric(tagger: Exported) -> Numeric:
    """The numeric graph of the intent; joining copies it."""
    model = tagger.model
    return export_numeric(model.model, model.graph, model.prepared.fitted.features, ["intent"])


def test_a_condition_that_tokenizes_otherwise(tmp_path: Path) -> None:
    rows = {"utterances": {"train": tiny.utterances(40, 0), "test": tiny.utterances(20, 1)}}
    model = tiny.build(TWO_FRONT_ENDS, rows, tmp_path / "cache")
    report = model.export(tmp_path / "export")
    assert {"joint.onnx", "joint.2.onnx"} <= set(report.files)
    assert dict(report.verification.rows) == {"intent": 21, "slots": 21}
    graph = onnx.load(tmp_path / "export" / "slots.onnx", load_external_data=False).graph
    assert [value.name for value in graph.input] == ["text"]


def test_a_feature_without_an_onnx_face(tagger: Exported, numeric: Numeric, monkeypatch: pytest.MonkeyPatch) -> None:
    model, fitted = tagger.model, tagger.model.prepared.fitted
    monkeypatch.setattr(WordIds, "exportable", False)
    with pytest.raises(ExportError) as caught:
        join(numeric, model.graph, fitted, ["intent"])
    assert str(caught.value) == "words.word: front end: WordIds should have a method 'onnx'. There is none."


def test_a_numeric_graph_with_an_input_that_nobody_computes(tagger: Exported, numeric: Numeric) -> None:
    model, fitted = tagger.model, tagger.model.prepared.fitted
    numeric.model.graph.inputs.append(ir.val("weather", ir.DataType.FLOAT, ["B"]))
    with pytest.raises(ExportError) as caught:
        join(numeric, model.graph, fitted, ["intent"])
    numeric.model.graph.inputs.pop()
    told = "joint graph: every feature should be computed in it. Found inputs left: weather."
    assert str(caught.value) == told


def test_a_graph_from_tokens_that_was_not_built(tagger: Exported, numeric: Numeric) -> None:
    model, fitted = tagger.model, tagger.model.prepared.fitted
    text = join(numeric, model.graph, fitted, ["intent"])
    assert Graphs(numeric, text, None).form("text") is text
    with pytest.raises(ExportError) as caught:
        Graphs(numeric, text, None).form("tokens")
    assert str(caught.value) == "a graph from tokens should have been built. There is none."


def test_a_source_without_any_split(tagger: Exported) -> None:
    class Nothing:
        def split(self, source: str, name: str) -> None: ...

    with pytest.raises(ExportError) as caught:
        split_to_verify(tagger.model.graph, Nothing(), "intent")  # type: ignore[arg-type]  # a stand-in
    assert str(caught.value) == "intent: verification: the source 'utterances' should have a split. There is none."


def test_an_output_layer_right_behind_the_text() -> None:
    class Short:
        def output(self, task: str, by: str) -> Call:
            return Call("intent.output", (InputKey("", "", FrontEnd("whitespace")),))

    with pytest.raises(ExportError) as caught:
        entering(Short(), "intent")  # type: ignore[arg-type]  # a stand-in
    told = "intent: the output layer should take a module's scores. Found the text itself."
    assert str(caught.value) == told


def test_names_of_inputs() -> None:
    alone, query = InputKey("", "", FrontEnd("whitespace")), InputKey("", "query", FrontEnd("whitespace"))
    assert input_names(alone, "text") == ("text",)
    assert input_names(query, "text") == ("query",)
    assert input_names(alone, "tokens") == ("tokens", "lengths")
    assert input_names(query, "tokens") == ("query.tokens", "query.lengths")


def test_tags_of_the_first_tokens(tmp_path: Path) -> None:
    """Of text and of tokens: what comes after them is cut off in the graph, and no tag is given to it."""
    text = TOKENS.replace("SPLIT", "{column: words, tokenizer: whitespace, max_tokens: 3}")
    words = "play some songs by the beatles".split()
    rows = [{"words": words[:n], "tags": ["N", "V", "N", "N", "V", "N"][:n]} for n in range(1, 7)]
    model = tiny.build(text, {"tokens": {"train": rows, "test": rows}}, tmp_path / "cache")
    report = model.export(tmp_path / "export")
    assert "tags.tokens.onnx" in report.files
    found = Bundle(tmp_path / "export").predict("tags", [" ".join(words)])
    assert found[0]["tokens"] == words[:3]
    assert len(found[0]["tags"]) == len(found[0]["score"]) == 3


@pytest.mark.parametrize(("where", "note"), [("train", True), ("test", True), (None, False)])
def test_words_with_white_space_inside_give_no_graph_from_tokens(where: str | None, note: bool, tmp_path: Path) -> None:
    """Training reads such a word as several tokens, which a graph that gets it as one could not."""
    text = TOKENS.replace("SPLIT", "{column: words, tokenizer: whitespace}")
    rows = [{"words": ["play", "7", " now"], "tags": ["V", "N", "O"]}, {"words": [], "tags": []}] * 3
    odd = [{"words": ["play", "10\u00a0000", "now"], "tags": ["V", "N", "O"]}] * 2
    splits = {split: rows + odd * (split == where) for split in ("train", "test")}
    model = tiny.build(text, {"tokens": splits}, tmp_path / "cache")
    report = model.export(tmp_path / "export")
    assert ("tags.tokens.onnx" in report.files) is not note
    says = (
        "2 rows have words with white space inside, which are read as several tokens: an export has no graph from "
        "tokens, here '10\\xa0000'."
    )
    assert [found.message for found in model.prepared.notes if "white space" in found.message] == [says] * note


def test_inputs_that_are_called_as_torch_calls_its_values(tmp_path: Path) -> None:
    text = PAIRS.replace("FIRST", "add").replace("SECOND", "linear")
    rows = [{"a": "play songs", "b": "by the beatles", "same": "y"}, {"a": "", "b": "Music", "same": "n"}]
    model = tiny.build(text, {"pairs": {"train": rows, "test": rows}}, tmp_path / "cache")
    report = model.export(tmp_path / "export")
    assert report.verification.largest_difference < 1e-5
    graph = onnx.load(tmp_path / "export" / "same.onnx", load_external_data=False).graph
    assert [value.name for value in graph.input] == ["add", "linear"]
