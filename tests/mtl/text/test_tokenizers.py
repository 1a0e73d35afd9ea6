"""Tokenizers: the built-in ones, and one of a plugin from its recipe to the exported graph."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from mtl.base import registry
from mtl.base.errors import ExportError, RecipeError, UsageError
from mtl.cli.components import components_command
from mtl.compile.loading import recipe_from_text
from mtl.text.featurizer import TOKENIZERS, tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.tokenizers import Tokenizer
from tests.mtl.export import tiny

PLUGIN = '''
import re

from mtl.base.registry import register
from mtl.text.token_values import tokenizer
from mtl.text.tokenizers import Tokenizer


@register("tokenizer", "syllables")
class Syllables(Tokenizer):
    """A vowel or several, and the consonants before them."""

    def spans(self, text):
        return [found.span() for found in re.finditer("[^aeiou ]*[aeiou]+|[^aeiou ]+", text)]

    def onnx(self, tape, texts):
        return tokenizer(tape, texts, tokenexp="[^aeiou ]*[aeiou]+|[^aeiou ]+")
'''


class OneSided(Tokenizer):
    """The whole text, in training alone."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [(0, len(text))] if text else []


@pytest.fixture
def only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._classes, "tokenizer", dict(registry._classes["tokenizer"]))


def syllables(folder: Path) -> str:
    plugin = folder / "syllables.py"
    plugin.write_text(PLUGIN)
    text = tiny.INTENT_SLOT.replace("OUTPUT", "softmax").replace("seed: 1", f"seed: 1\nplugins: ['{plugin}']")
    return text.replace("column: text, lowercase: true", "column: text, tokenizer: syllables, lowercase: true")


@pytest.mark.usefixtures("only_here")
def test_a_tokenizer_of_a_plugin_leaves_with_its_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[dict[str, Any]] = [{**row, "slots": None} for row in tiny.utterances(40, 0)]
    slots = [{"text": "Wa ke it", "intent": "a", "slots": ["O", "B-x", "I-x"]}]
    model = tiny.build(
        syllables(tmp_path), {"utterances": {"train": rows + slots, "test": rows + slots}}, tmp_path / "c"
    )
    model.export(tmp_path / "export")  # compared with torch on every row
    session = onnxruntime.InferenceSession(tmp_path / "export/slots.onnx", providers=["CPUExecutionProvider"])
    texts = ["Play some music", "", "ae ST\xe9"]
    tokens, lengths = session.run(["tokens", "lengths"], {"text": np.array(texts, object)})
    found = [row[:length] for row, length in zip(tokens.tolist(), lengths.tolist(), strict=True)]
    expected = [["Pla", "y", "so", "me", "mu", "si", "c"], [], ["ae", "STé"]]
    assert found == expected
    assert tokenize(texts, "syllables").strings() == [row or [""] for row in expected]
    assert tokenize(texts, FrontEnd("syllables", max_tokens=2)).spans().tolist() == [
        [0, 3],
        [3, 4],
        [0, 0],
        [0, 2],
        [3, 6],
    ]
    monkeypatch.chdir(tmp_path)
    components_command("tokenizer", None, plugins=("syllables.py",))
    assert capsys.readouterr().out.splitlines() == [
        "categories     The categories of a cell that is a list of them, each with its weight (`rock:2.5|pop`), or is "
        "empty.",
        "characters     Every character but white space.",
        "number         The whole cell of a column, which is one number and may be missing, as the embedding `dense` "
        "reads it.",
        "syllables      A vowel or several, and the consonants before them.",
        "unicode_words  Words of letters and numbers, other characters one by one; marks stay with what they follow.",
        "unigram        Words in the most probable pieces of a Unigram vocabulary, from a file tokenizer.json.",
        "value          The whole cell of a column, which is one value and may be missing: a category; white space at "
        "its ends is none.",
        "whitespace     Runs of characters that are not white space.",
        "wordpiece      Words in the longest pieces of a vocabulary, as BERT has them, from a file tokenizer.json.",
    ]
    with pytest.raises(RecipeError) as caught:
        recipe_from_text(syllables(tmp_path).replace("tokenizer: syllables", "tokenizer: sylables"))
    assert "Found 'sylables'. Did you mean 'syllables'?" in str(caught.value)
    with pytest.raises(UsageError) as unknown:
        tokenize([], "bpe")
    assert str(unknown.value) == (
        "no tokenizer named 'bpe'. There are: whitespace, unicode_words, characters, categories, number, syllables, "
        "unigram, value, wordpiece."
    )


@pytest.mark.usefixtures("only_here")
def test_a_tokenizer_without_a_graph_side(tmp_path: Path) -> None:
    registry.register("tokenizer", "one_sided")(OneSided)
    text = tiny.INTENT_SLOT.replace("OUTPUT", "softmax").replace("lowercase: true", "tokenizer: one_sided")
    rows = [{"text": "ab", "intent": intent, "slots": ["O"]} for intent in "ab"]
    with pytest.raises(ExportError) as caught:
        tiny.build(text, {"utterances": {"train": rows, "test": rows}}, tmp_path / "c").export(tmp_path / "export")
    assert str(caught.value) == "front end: the tokenizer 'one_sided' should have a method 'onnx'. There is none."


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        ([(0, 0)], "0 to 0 after 0"),
        ([(0, 2), (1, 3)], "1 to 3 after 2"),
        ([(1, 4)], "1 to 4 after 0"),
        ([(-1, 1)], "-1 to 1 after 0"),
    ],
)
def test_spans_that_are_no_tokens(spans: list[tuple[int, int]], found: str) -> None:
    class Wrong(Tokenizer):
        registered_name = "wrong"

        def spans(self, text: str) -> list[tuple[int, int]]:
            return spans

    with pytest.raises(UsageError) as caught:
        Wrong().tokenize(["abc"])
    assert str(caught.value) == (
        "the tokenizer 'wrong': spans should lie in their text, one after another, none of them empty. "
        f"Found {found} in 'abc', 3 characters."
    )


@pytest.mark.parametrize(
    ("spans", "found"),
    [
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda: None, "TypeError: 'NoneType' object is not iterable"),
    ],
    ids=["raises", "nothing"],
)
def test_a_tokenizer_that_fails(spans: Callable[[], Any], found: str) -> None:
    class Broken(Tokenizer):
        registered_name = "broken"

        def spans(self, text: str) -> Any:
            return spans()

    with pytest.raises(UsageError) as caught:
        Broken().tokenize(["abc"])
    assert str(caught.value) == (f"the tokenizer 'broken' should find the tokens of any text. Found {found}, in 'abc'.")


def test_what_is_no_text() -> None:
    tokens = OneSided().tokenize(["a\ud800", b"\xc3\xa9\xff", ""])
    assert tokens.strings() == [["a\ufffd"], ["é\ufffd"], [""]]
    with pytest.raises(TypeError, match=re.escape("a text should be str. Found NoneType.")):
        OneSided().tokenize([None])  # type: ignore[list-item]  # what it should refuse


@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_faces_of_a_built_in_tokenizer_agree(name: str) -> None:
    built_in: Tokenizer = registry.lookup("tokenizer", name)()
    for text in ("Hey, you!", " ", "", "e\u0301 \u200d日本"):
        (words,) = built_in.tokenize([text]).strings()
        assert [text[begin:end] for begin, end in built_in.spans(text)] == [word for word in words if word]
    assert built_in.missing(pieces=True) is None
    assert built_in.tokenize(["a"]).front_end == FrontEnd(name)
