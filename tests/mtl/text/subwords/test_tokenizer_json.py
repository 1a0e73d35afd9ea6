"""What a graph cannot do of a tokenizer.json is said, all of it, by its name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mtl.text.subwords.reading import faults
from mtl.text.subwords.tokenizer_json import around, between, padding

OTHERS = (("Unigram", "unigram"),)
GRAPH = "which is what an exported graph can do"


def wordpiece(**changes: Any) -> dict[str, Any]:
    """Return a small file, with other values of some keys."""
    model = {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
        "vocab": {"[UNK]": 0, "a": 1, "##b": 2},
    }
    tree = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": model,
    }
    return {
        **tree,
        **{k: v for k, v in changes.items() if k != "model"},
        "model": {**model, **changes.get("model", {})},
    }


def unigram(**changes: Any) -> dict[str, Any]:
    """Return a small Unigram file."""
    model = {
        "type": "Unigram",
        "unk_id": 0,
        "vocab": [["<unk>", 0.0], ["▁", -2.0], ["a", -3.0]],
        "byte_fallback": False,
    }
    marked = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    return {**wordpiece(pre_tokenizer=marked), **changes, "model": {**model, **changes.get("model", {})}}


def found(tree: Any, model: str = "WordPiece") -> list[str]:
    return list(faults(json.dumps(tree).encode(), model, OTHERS if model == "WordPiece" else ()))


def added(content: str, *, special: bool) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": 3, "content": content, "special": special, **flags}


def test_what_is_right() -> None:
    assert found(wordpiece()) == []
    assert found(unigram(), "Unigram") == []
    assert found(wordpiece(added_tokens=[added("[CLS]", special=True)], truncation=None)) == []
    assert (
        found(unigram(pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}), "Unigram")
        == []
    )


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([], "should be what the package 'tokenizers' writes, with a 'model' that has a 'vocab'. There is none."),
        (
            {"model": {}},
            "should be what the package 'tokenizers' writes, with a 'model' that has a 'vocab'. There is none.",
        ),
        (
            wordpiece(model={"type": "BPE", "merges": []}),
            f"'model' should be of type 'WordPiece', {GRAPH}. Found BPE: stock operators have no merges by their "
            "ranks. Use an encoder whose tokenizer is WordPiece, such as BERT, DistilBERT or MiniLM.",
        ),
        (
            wordpiece(
                model={"type": "BPE", "merges": [], "unk_token": None},
                pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False},
                post_processor={"type": "ByteLevel"},
            ),
            f"'model' should be of type 'WordPiece', {GRAPH}. Found byte-level BPE, as RoBERTa and GPT-2 have it: "
            "stock operators have neither the bytes of a text, nor a look-ahead, nor merges by their ranks. Use an "
            "encoder whose tokenizer is WordPiece, such as BERT, DistilBERT or MiniLM.",
        ),
        (
            wordpiece(model={"type": "Unigram"}),
            f"'model' should be of type 'WordPiece', {GRAPH}. Found 'Unigram'. Write 'type: unigram'.",
        ),
        (
            wordpiece(model={"unk_token": "<unk>"}),
            "'unk_token' of the model should be an entry of its vocabulary. Found '<unk>'.",
        ),
        (
            wordpiece(normalizer={"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Precompiled"}]}),
            f"normalizers should be 'BertNormalizer', 'Lowercase', 'NFD' or 'StripAccents', {GRAPH}. "
            "Found 'NFKC', 'Precompiled'.",
        ),
        (
            wordpiece(normalizer={"type": "Sequence", "normalizers": [{"type": "StripAccents"}, {"type": "NFD"}]}),
            "the normalizer 'NFD' should have 'StripAccents' after it: a graph does not order marks. There is none.",
        ),
        (
            wordpiece(
                normalizer={"type": "BertNormalizer"},
                pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
            ),
            "'Metaspace' should come after another pre-tokenizer where the normalizer is 'BertNormalizer', which adds "
            "spaces. Found it as the first one.",
        ),
        (
            wordpiece(pre_tokenizer={"type": "ByteLevel"}),
            f"pre-tokenizers should be 'BertPreTokenizer', 'WhitespaceSplit' or 'Metaspace', {GRAPH}. "
            "Found 'ByteLevel'.",
        ),
        (
            wordpiece(pre_tokenizer=None),
            f"pre-tokenizers should be 'BertPreTokenizer', 'WhitespaceSplit' or 'Metaspace', {GRAPH}. Found nothing.",
        ),
        (
            wordpiece(
                pre_tokenizer={
                    "type": "Sequence",
                    "pretokenizers": [{"type": "Metaspace", "replacement": "▁"}, {"type": "WhitespaceSplit"}],
                }
            ),
            "'Metaspace' should be the last pre-tokenizer. Found 'WhitespaceSplit' after it.",
        ),
        (
            wordpiece(pre_tokenizer={"type": "Metaspace", "prepend_scheme": "never"}),
            "'prepend_scheme' of 'Metaspace' should be 'always' or 'first', so that the pieces of a word do not depend "
            "on its place. Found 'never'.",
        ),
        (
            wordpiece(pre_tokenizer={"type": "Metaspace", "add_prefix_space": False}),
            "'prepend_scheme' of 'Metaspace' should be 'always' or 'first', so that the pieces of a word do not depend "
            "on its place. Found 'never'.",
        ),
        (
            wordpiece(
                pre_tokenizer={
                    "type": "Sequence",
                    "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "prepend_scheme": "first"}],
                }
            ),
            "'prepend_scheme' of 'Metaspace' should be 'always', so that the pieces of a word do not depend on its "
            "place. Found 'first'.",
        ),
        (
            wordpiece(pre_tokenizer={"type": "Metaspace", "split": False}),
            "'split' of 'Metaspace' should be true, as pieces are those of words. Found false.",
        ),
        (
            wordpiece(added_tokens=[added("<name>", special=False)]),
            "added tokens should be special ones, as texts are not searched for others. Found '<name>'.",
        ),
        (
            wordpiece(post_processor={"type": "ByteLevel"}),
            "'post_processor' should be 'BertProcessing', 'RobertaProcessing' or 'TemplateProcessing', or null. "
            "Found 'ByteLevel'.",
        ),
        (
            wordpiece(
                normalizer={
                    "type": "BertNormalizer",
                    "clean_text": True,
                    "handle_chinese_chars": True,
                    "strip_accents": None,
                    "lowercase": True,
                },
                model={"vocab": {"[UNK]": 0, "\u302f": 1}},
            ),
            "the vocabulary should have no marks that 'BertNormalizer' orders, as a graph does not. Found U+302F.",
        ),
    ],
)
def test_what_is_wrong(tree: Any, message: str) -> None:
    assert found(tree) == [message]


def test_what_is_wrong_with_a_unigram_model() -> None:
    assert found(unigram(model={"byte_fallback": True, "unk_id": None}), "Unigram") == [
        f"'byte_fallback' of the model should be false, {GRAPH}. Found true.",
        "'unk_id' of the model should be a number of its vocabulary. Found nothing.",
    ]
    tree = unigram(pre_tokenizer={"type": "ByteLevel"}, normalizer={"type": "Strip"})
    assert len(found(tree, "Unigram")) == 2


def test_marks_stay_in_their_order_where_accents_do() -> None:
    kept = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "lowercase": True}
    tree = wordpiece(normalizer={**kept, "strip_accents": False}, model={"vocab": {"[UNK]": 0, "\u302f": 1}})
    assert found(tree) == []


def test_what_is_no_json_or_nothing_that_the_package_reads() -> None:
    (message,) = faults(b"{", "WordPiece", ())
    assert message == (
        "should be JSON. Found what is not: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)."
    )
    (message,) = found(wordpiece(model={"vocab": {"[UNK]": 0, "a": "b"}}))
    assert message.startswith("should be a tokenizer that the package 'tokenizers' can read. Found ")
    (message,) = found(wordpiece(added_tokens=[{"special": True}]))
    assert message == "should be a tokenizer that the package 'tokenizers' can read. Found KeyError: 'content'."


def test_ids_around_a_text() -> None:
    bert = {"type": "BertProcessing", "sep": ["[SEP]", 8], "cls": ["[CLS]", 7]}
    template = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": "</s>", "type_id": 0}},
        ],
        "special_tokens": {"<s>": {"ids": [1]}, "</s>": {"ids": [2, 3]}},
    }
    assert [around({"post_processor": value}) for value in (bert, template, None)] == [
        ((7,), (8,)),
        ((1,), (2, 3)),
        ((), ()),
    ]


def test_the_id_of_padding() -> None:
    token = {**added("<pad>", special=True), "id": 5}
    assert padding({"padding": {"pad_id": 9}, "added_tokens": [token]}) == 9
    assert padding({"padding": None, "added_tokens": [token]}) == 5
    assert padding({"added_tokens": []}) is None


MARKS = {name: {"id": name, "ids": [own], "tokens": [name]} for name, own in (("[CLS]", 7), ("[SEP]", 8))}


def template(pair: str) -> dict[str, Any]:
    """A file whose template for two texts has these parts, each with its segment: `A:0`, `[SEP]:1`."""

    def part(name: str, segment: str) -> dict[str, Any]:
        return {"Sequence" if name in "AB" else "SpecialToken": {"id": name, "type_id": int(segment)}}

    single, both = ([part(*item.split(":")) for item in text.split()] for text in ("[CLS]:0 A:0 [SEP]:0", pair))
    return {"post_processor": {"type": "TemplateProcessing", "single": single, "pair": both, "special_tokens": MARKS}}


@pytest.mark.parametrize(
    ("pair", "wanted"),
    [
        ("[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1", ((8,), 1)),
        ("[CLS]:0 A:0 [SEP]:0 [SEP]:0 B:0 [SEP]:0", ((8, 8), 0)),
        ("[CLS]:0 A:0 B:1 [SEP]:1", ((), 1)),
        ("[CLS]:0 A:0 [SEP]:0 B:1", (None, 0)),  # nothing after the second text, but after one alone
        ("[CLS]:0 B:0 [SEP]:0 A:1 [SEP]:1", (None, 0)),
        ("[CLS]:0 A:0 [SEP]:1 B:1 [SEP]:1", (None, 0)),
        ("[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:0", (None, 0)),
        ("[CLS]:0 A:0 [SEP]:0", (None, 0)),
    ],
)
def test_what_is_put_between_two_texts(pair: str, wanted: tuple[Any, int]) -> None:
    assert between(template(pair)) == wanted


def test_what_older_processors_put_between_two_texts() -> None:
    marks = {"cls": ["[CLS]", 7], "sep": ["[SEP]", 8]}
    assert between({"post_processor": {"type": "BertProcessing", **marks}}) == ((8,), 1)
    assert between({"post_processor": {"type": "RobertaProcessing", **marks}}) == ((8, 8), 0)
    assert between({}) == (None, 0)
