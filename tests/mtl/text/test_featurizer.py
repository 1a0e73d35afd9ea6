import hashlib
import threading

import numpy as np
import pytest

import mtl.text.subwords  # noqa: F401  # registers its tokenizers
from benchmarks.fuzz import random_texts
from mtl.base.errors import UsageError
from mtl.text.counts import CharacterCounts, WordCounts
from mtl.text.featurizer import (
    FORMAT,
    TOKENIZERS,
    UNICODE_VERSION,
    extend_ranges,
    flag_letter_ranges,
    pictographic_ranges,
    space_ranges,
    tokenize,
    tokens_from_lists,
    word_ranges,
)
from mtl.text.front_end import FrontEnd
from mtl.text.vocabulary import Vocabulary

LOWERCASE = FrontEnd("whitespace", lowercase=True)


def _set(ranges):
    return {chr(c) for first, last in ranges for c in range(first, last + 1)}


SPACE, WORD, EXTEND = _set(space_ranges()), _set(word_ranges()), _set(extend_ranges())
PICTOGRAPHIC, FLAG_LETTER = _set(pictographic_ranges()), _set(flag_letter_ranges())


def slow_tokens(text, tokenizer):
    """Tokens and spans by the definitions, one character after another."""
    tokens, spans, joins, after = [], [], False, False
    half = False  # a letter of a flag and its marks were the last characters, and wait for the other letter
    for i, c in enumerate(text):
        runs = c not in SPACE if tokenizer == "whitespace" else tokenizer == "unicode_words" and c in WORD
        extends = tokenizer == "unicode_words" and c in EXTEND
        glued = False
        if tokenizer == "unicode_words":
            glued = (text[i - 1 : i] == "\u200d" and c in PICTOGRAPHIC) or (half and c in FLAG_LETTER)
            half = (half and extends) or (c in FLAG_LETTER and not half)
        if c not in SPACE:
            if glued or (joins and runs) or (after and extends):
                tokens[-1] += c
                spans[-1] = (spans[-1][0], i + 1)
            else:
                tokens.append(c)
                spans.append((i, i + 1))
        joins = after and joins if extends else runs
        after = c not in SPACE
    return (tokens, spans) if tokens else ([""], [(0, 0)])


def slow_lower(text):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


@pytest.mark.parametrize(
    ("text", "whitespace", "unicode_words"),
    [
        ("play Hey Jude!", ["play", "Hey", "Jude!"], ["play", "Hey", "Jude", "!"]),
        ("it's 3.5°", ["it's", "3.5°"], ["it", "'", "s", "3", ".", "5", "°"]),
        ("नमस्ते e\u0301te\u0301", ["नमस्ते", "e\u0301te\u0301"], ["नमस्ते", "e\u0301te\u0301"]),
        ("日本\u3000שלום", ["日本", "שלום"], ["日本", "שלום"]),
        ("a\x00b\x1cc", ["a\x00b\x1cc"], ["a", "\x00", "b", "\x1c", "c"]),
        ("a\u200bb\ufeff", ["a\u200bb\ufeff"], ["a", "\u200b", "b\ufeff"]),
        ("👍🏽 ok", ["👍🏽", "ok"], ["👍🏽", "ok"]),
        (
            "👨\u200d👩\u200d👧! ❤\ufe0f\u200d🔥x",
            ["👨\u200d👩\u200d👧!", "❤\ufe0f\u200d🔥x"],
            ["👨\u200d👩\u200d👧", "!", "❤\ufe0f\u200d🔥", "x"],
        ),
        ("👍🏽\u200d👍🏽👍", ["👍🏽\u200d👍🏽👍"], ["👍🏽\u200d👍🏽", "👍"]),
        ("🇫🇷🇩🇪🇬 🇧", ["🇫🇷🇩🇪🇬", "🇧"], ["🇫🇷", "🇩🇪", "🇬", "🇧"]),
        ("🇫\ufe0f🇷\u200d🇩", ["🇫\ufe0f🇷\u200d🇩"], ["🇫\ufe0f🇷\u200d", "🇩"]),
        ("a\u200d❤b \u200d❤", ["a\u200d❤b", "\u200d❤"], ["a\u200d❤", "b", "\u200d❤"]),
        ("!\u200dℹ!\u200da", ["!\u200dℹ!\u200da"], ["!\u200d", "ℹ", "!\u200d", "a"]),
        ("می\u200cروم", ["می\u200cروم"], ["می\u200cروم"]),
        ("❤\ufe0flove", ["❤\ufe0flove"], ["❤\ufe0f", "love"]),
        ("co\xadop a\u2060b", ["co\xadop", "a\u2060b"], ["co\xadop", "a\u2060b"]),
        ("!\u0301a1\ufe0f\u20e3", ["!\u0301a1\ufe0f\u20e3"], ["!\u0301", "a1\ufe0f\u20e3"]),
        ("\ufeffplay", ["\ufeffplay"], ["\ufeff", "play"]),
        ("a \u200e\u0301b", ["a", "\u200e\u0301b"], ["a", "\u200e\u0301", "b"]),
        ("\u0301\u0301a", ["\u0301\u0301a"], ["\u0301\u0301", "a"]),
        ("", [""], [""]),
        (" \t\r\n\x85\u2028", [""], [""]),
    ],
)
def test_tokens(text, whitespace, unicode_words):
    assert tokenize([text], "whitespace").strings() == [whitespace]
    assert tokenize([text], "unicode_words").strings() == [unicode_words]
    single = [c for c in text if c not in SPACE] or [""]
    assert tokenize([text], "characters").strings() == [single]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_random_texts_against_the_definitions(tokenizer):
    texts = random_texts(3000, np.random.default_rng(2))
    tokens = tokenize(texts, tokenizer)
    expected = [slow_tokens(text, tokenizer) for text in texts]
    assert tokens.strings() == [words for words, _ in expected]
    assert tokens.spans().tolist() == [list(span) for _, spans in expected for span in spans]
    assert tokens.lengths.tolist() == [len(words) for words, _ in expected]
    for lowercase in (False, "ascii"):
        found = tokens.under(FrontEnd(tokenizer, lowercase))
        words = [slow_lower(w) if lowercase else w for row, _ in expected for w in row]
        vocabulary = Vocabulary(sorted({w for w in words[::2] if w}))
        assert found.ids(vocabulary).tolist() == [vocabulary.id(w) for w in words]
        characters = Vocabulary(sorted({c for w in words[::3] for c in w}))
        ids, offsets = found.character_ids(characters, 3)
        assert ids.tolist() == [characters.id(c) for w in words for c in w[:3]]
        assert offsets.tolist() == [0, *np.cumsum([len(w[:3]) for w in words])]


@pytest.mark.parametrize("first", ["\u200d", "👩\u200d", "🇫", "🇫\u0301", "\u0301", "é", "\u3000", "e\u0301\u200d"])
def test_what_one_block_leaves_to_the_next_against_the_definitions(first):
    """A character at the end of 64 bytes, nothing or ASCII after it, and another that might belong to it."""
    texts = [
        f"{'a' * before}{first}{between}{second}{after}"
        for before in range(56, 65)
        for between in ("", "b", " ", "b" * 63, "b" * 64, " " * 64, "b" * 65, "b" * 128)
        for second in ("❤", "👧", "🇷", "\u0301", "é", "\u200d❤")
        for after in ("", "🇷x")
    ]
    for tokenizer in ("whitespace", "unicode_words"):
        tokens = tokenize(texts, tokenizer)
        found = [slow_tokens(text, tokenizer) for text in texts]
        assert tokens.strings() == [strings for strings, _ in found]
        assert tokens.spans().tolist() == [list(span) for _, spans in found for span in spans]


def test_row_offsets_are_the_same_however_they_are_found():
    texts, vocabulary = ["a b", "", "c"], Vocabulary(["a"])
    plain, by_ids, by_characters = (tokenize(texts, "whitespace") for _ in range(3))
    by_ids.ids(vocabulary)
    by_characters.character_ids(vocabulary, 5)
    for tokens in (plain, by_ids, by_characters):
        assert tokens.row_offsets.tolist() == [0, 2, 3, 4]
        assert tokens.row_offsets.dtype == np.int64
        assert len(tokens) == 3


def test_no_texts():
    tokens = tokenize([], "unicode_words")
    assert (len(tokens), tokens.strings(), tokens.row_offsets.tolist()) == (0, [], [0])
    assert tokens.spans().shape == (0, 2)
    assert tokens.ids(Vocabulary(["a"])).tolist() == []


def test_what_is_no_text_in_utf_8_becomes_the_replacement_character():
    texts = ["a\ud800b", "\udfff", b"caf\xc3\xa9 \xff\xfe", "x\U0001f600\udc00"]
    tokens = tokenize(texts, "unicode_words")
    assert tokens.strings() == [["a", "\ufffd", "b"], ["\ufffd"], ["café", "\ufffd", "\ufffd"], ["x", "😀", "\ufffd"]]
    assert tokens.spans().tolist()[:3] == [[0, 1], [1, 2], [2, 3]]


def test_long_texts_and_words():
    assert tokenize(["a " * 50_000], "unicode_words").lengths.tolist() == [50_000]
    word = "Ab\u0301" * 33_334
    tokens = tokenize([word, "x"], "whitespace")
    lowered = tokens.under(LOWERCASE)
    assert lowered.normalized() == [[slow_lower(word)], ["x"]]
    vocabulary = Vocabulary([slow_lower(word), word])
    assert lowered.ids(vocabulary).tolist() == [2, 1]
    assert tokens.ids(vocabulary).tolist() == [3, 1]
    assert tokens.spans().tolist() == [[0, len(word)], [0, 1]]


def test_texts_may_be_changed_after_they_were_handed_over():
    texts = [f"{i} é" for i in range(1000)]
    tokens = tokenize(texts, "whitespace")
    texts.clear()
    assert tokens.strings()[999] == ["999", "é"]


def test_ready_made_tokens():
    tokens = tokens_from_lists([["New York", "É!"], [], ("", "x")])
    lowered = tokens.under(LOWERCASE)
    assert tokens.strings() == [["New York", "É!"], [""], ["", "x"]]
    assert lowered.normalized()[0] == ["new york", "é!"]
    assert tokens.lengths.tolist() == [2, 1, 2]
    assert tokens.spans().tolist() == [[0, 8], [9, 11], [0, 0], [0, 0], [1, 2]]
    assert lowered.ids(Vocabulary(["new york", "x"])).tolist() == [2, 1, 0, 0, 3]
    ids, offsets = tokens.character_ids(Vocabulary(["N", "É"]), 2)
    assert (ids.tolist(), offsets.tolist()) == ([2, 1, 3, 1, 1], [0, 2, 4, 4, 4, 5])


def test_counts():
    words, characters = WordCounts(), CharacterCounts()
    for texts in (["Play play é", ""], ["play a-b"]):
        words.add(tokenize(texts, FrontEnd("unicode_words", True)))
        characters.add(tokenize(texts, FrontEnd("unicode_words", True)), 3)
    assert words.items() == [("play", 3), ("é", 1), ("a", 1), ("-", 1), ("b", 1)]
    assert characters.items() == [("-", 1), ("a", 4), ("b", 1), ("l", 3), ("p", 3), ("é", 1)]


def test_counts_of_many_words():
    texts = [f"w{i % 7000} averylongwordofmorethansixteenletters{i % 900}" for i in range(20_000)]
    counts = WordCounts()
    counts.add(tokenize(texts, "whitespace"))
    expected = {}
    for word in " ".join(texts).split():
        expected[word] = expected.get(word, 0) + 1
    assert counts.items() == list(expected.items())


def test_threads_get_the_same_answers():
    texts = random_texts(2000, np.random.default_rng(3))
    vocabulary = Vocabulary(sorted({w for row in tokenize(texts, "whitespace").strings() for w in row if w}))
    expected = tokenize(texts, "whitespace").ids(vocabulary).tolist()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(tokenize(texts, "whitespace").ids(vocabulary).tolist()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def test_unknown_tokenizer():
    with pytest.raises(UsageError) as caught:
        tokenize([], "unicode_word")
    assert str(caught.value) == "no tokenizer named 'unicode_word'. Did you mean 'unicode_words'?"
    with pytest.raises(UsageError) as caught:
        tokenize([], "bpe")
    assert (
        str(caught.value)
        == "no tokenizer named 'bpe'. There are: whitespace, unicode_words, characters, categories, number, unigram, "
        "value, wordpiece."
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tokenize(["a", None], "whitespace"), "a text should be str. Found NoneType."),
        (lambda: tokens_from_lists([["a", 1]]), "a token should be str. Found int."),
        (lambda: tokens_from_lists(["play music"]), "a row should be a list of str. Found str."),
    ],
)
def test_what_is_no_text(call, message):
    with pytest.raises(TypeError) as caught:
        call()
    assert str(caught.value) == message


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("most", [1, 2, 5, 1000])
def test_the_first_tokens_are_those_of_the_whole_text(tokenizer: str, most: int) -> None:
    texts = ["play Hey Jude!", "", " \t", "e\u0301 \U0001f600 a.b", "w " * 999, "x" * 70 + " y" * 70]
    front = FrontEnd(tokenizer, lowercase=True, max_tokens=most)
    whole, cut = tokenize(texts, front.whole), tokenize(texts, front)
    assert cut.strings() == [row[:most] for row in whole.strings()]
    assert cut.lengths.tolist() == np.minimum(whole.lengths, most).tolist()
    kept = np.concatenate([np.arange(n) < most for n in whole.lengths])
    assert cut.spans().tolist() == whole.spans()[kept].tolist()
    vocabulary = Vocabulary(["play", "w", "y", "a", "P", "p"])
    assert cut.ids(vocabulary).tolist() == whole.ids(vocabulary)[kept].tolist()
    ids, offsets = cut.character_ids(vocabulary, 4)
    wide, bounds = whole.character_ids(vocabulary, 4)
    assert np.diff(offsets).tolist() == np.diff(bounds)[kept].tolist()
    assert ids.tolist() == wide[np.repeat(kept, np.diff(bounds))].tolist()
    counts = WordCounts()
    counts.add(cut)
    assert sum(count for _, count in counts.items()) == sum(len(row) for row in cut.strings() if row != [""])


def test_the_first_tokens_of_ready_made_rows() -> None:
    rows = [["New York", "!", "a"], [], ["b"]]
    two = FrontEnd("whitespace", max_tokens=2)
    assert tokens_from_lists(rows, two).strings() == [["New York", "!"], [""], ["b"]]
    assert tokens_from_lists(rows, two).spans().tolist() == [[0, 8], [9, 10], [0, 0], [0, 1]]
    assert tokens_from_lists(rows).strings() == [["New York", "!", "a"], [""], ["b"]]


def test_other_rules_have_another_number():
    """Vocabularies of runs fit one set of rules: where this digest changes, FORMAT has to be another number."""
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    digest = hashlib.sha256()
    for pattern in ("a{}b", "\U0001f469\u200d{}", "\U0001f1e9{} ", "{}\u0301"):
        texts = [pattern.format(character) for character in characters]
        for front_end in (FrontEnd("whitespace"), FrontEnd(), FrontEnd(lowercase=True, strip_accents=True, nfkc=True)):
            tokens = tokenize(texts, front_end)
            digest.update(tokens.row_offsets.tobytes())
            digest.update(tokens.hashes().tobytes())
    assert (FORMAT, UNICODE_VERSION, digest.hexdigest()[:16]) == (2, "14.0.0", "5b2079c546a1fa0c")
