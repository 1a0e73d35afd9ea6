"""The featurizer's normalizations against Python's own `unicodedata`."""

import functools
import sys
import threading
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.text.counts import CharacterCounts, TextCounts, WordCounts
from mtl.text.featurizer import (
    UNICODE_VERSION,
    tokenize,
    tokens_from_lists,
)
from mtl.text.front_end import FrontEnd
from mtl.text.normalization import (
    Normalization,
    character_map,
    combining_classes,
    compatible,
    compositions,
    lower_case,
    without_accents,
)
from mtl.text.vocabulary import Vocabulary

SEVERAL = 100  # characters of a word in which those are tested that no mapping concerns
EVERY = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
KINDS = [
    {"lowercase": "ascii"},
    {"lowercase": True},
    {"strip_accents": True},
    {"nfkc": True},
    {"lowercase": "ascii", "strip_accents": True},
    {"lowercase": True, "strip_accents": True, "nfkc": True},
]


def slow(word, lowercase=False, strip_accents=False, nfkc=False):
    """A word's normalization by the definitions."""
    if nfkc:
        word = unicodedata.normalize("NFKC", word)
    if lowercase is True:
        word = "".join("i" if c == "\u0130" else c.lower() for c in word)
    if strip_accents:
        word = "".join(map(bare, word)) or word
    if lowercase == "ascii":
        word = "".join(c.lower() if c.isascii() else c for c in word)
    return word


@functools.cache
def bare(character):
    decomposed = unicodedata.normalize("NFD", character)
    kept = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return character if kept == decomposed else kept


def normalized(words, **how):
    return tokens_from_lists([words], FrontEnd("whitespace", **how)).normalized()[0]


@pytest.mark.parametrize(
    ("word", "how", "expected"),
    [
        ("ÉCOLE", {"lowercase": True}, "école"),
        ("ÉCOLE", {"lowercase": "ascii"}, "École"),
        ("ÉCOLE", {"lowercase": True, "strip_accents": True}, "ecole"),
        ("ÉCOLE", {"lowercase": "ascii", "strip_accents": True}, "ecole"),
        ("ΟΔΟΣ", {"lowercase": True}, "οδοσ"),  # no final sigma: one code point by itself
        ("İI\u0131", {"lowercase": True}, "ii\u0131"),
        ("Ǆǅ", {"lowercase": True}, "ǆǆ"),
        ("\U00010400\U00010427", {"lowercase": True}, "\U00010428\U0001044f"),
        ("ẞ\u212aȺ", {"lowercase": True}, "ßkⱥ"),
        ("가힣각", {"lowercase": True, "strip_accents": True}, "가힣각"),
        ("가힣", {"nfkc": True}, "가힣"),
        ("\u1112\u1161\u11ab", {"nfkc": True}, "한"),
        ("하\u11ab", {"nfkc": True}, "한"),
        ("e\u0301a\u0323\u0302", {"strip_accents": True}, "ea"),
        ("a\u0302\u0323", {"nfkc": True}, "ậ"),
        ("ﬁＡ①½…", {"nfkc": True}, "fiA11⁄2..."),
        ("ＡÉ", {"nfkc": True, "lowercase": True, "strip_accents": True}, "ae"),
        ("\u0301\u0323", {"strip_accents": True}, "\u0301\u0323"),
        ("\u0344", {"strip_accents": True}, "\u0344"),
        ("\u0344", {"strip_accents": True, "nfkc": True}, "\u0308\u0301"),
        ("øłđ", {"strip_accents": True}, "øłđ"),  # no marks in their decompositions
        ("\u0ccb", {"strip_accents": True}, "\u0cc2\u0cd5"),
        ("\U000e0100a\u0378\ufdd0", {"nfkc": True, "lowercase": True}, "\U000e0100a\u0378\ufdd0"),
    ],
)
def test_words(word, how, expected):
    assert normalized([word, "Plain"], **how)[0] == expected


def python_compositions():
    """What pairs of characters compose to, as this Python knows them."""
    found = {}
    for c in EVERY:
        parts = unicodedata.normalize("NFD", c)
        if len(parts) > 1 and unicodedata.normalize("NFC", c) == c:
            found[unicodedata.normalize("NFC", parts[:-1]) + parts[-1]] = c
    return found


@functools.cache
def agreed():
    """The characters that the featurizer's tables and this Python map alike, though Unicode versions may differ.

    By Unicode's stability policy those are all that both versions assign.
    """
    hangul = range(0xAC00, 0xAC00 + 11172)  # decomposed by arithmetic
    alike = {
        c
        for c in EVERY
        if lower_case().get(c, c) == slow(c, lowercase=True)
        and without_accents().get(c, c) == bare(c)
        and combining_classes().get(c, 0) == unicodedata.combining(c)
        and (ord(c) in hangul or compatible().get(c, c) == unicodedata.normalize("NFKD", c))
    }
    one_sided = compositions().items() ^ python_compositions().items()
    return alike - {c for pair, composed in one_sided for c in pair + composed}


def test_python_and_the_tables_differ_in_new_characters_alone():
    old = {c for c in EVERY if c not in agreed() and unicodedata.ucd_3_2_0.category(c) != "Cn"}
    assert old <= {"\u1734"}  # a nonspacing mark until Unicode 13
    if unicodedata.unidata_version == UNICODE_VERSION:
        assert len(agreed()) == len(EVERY)


@pytest.fixture(scope="module")
def words():
    """Every character: alone, in a word and after a mark, where a mapping concerns it; else among others."""
    concerned = {*compatible(), *combining_classes(), *lower_case(), *without_accents()}
    concerned |= {c for pair in compositions() for c in pair}
    others = [c for c in EVERY if c not in concerned and c in agreed()]
    concerned &= agreed()
    long = ["A".join(others[i : i + SEVERAL]) for i in range(0, len(others), SEVERAL)]
    return [*long, *(text for c in sorted(concerned) for text in (c, f"A{c}B", f"e\u0301{c}"))]


@pytest.mark.parametrize("how", KINDS, ids=str)
def test_every_character_alone_and_in_a_word(words, how):
    assert normalized(words, **how) == [slow(word, **how) for word in words]


TEXTS = st.text(
    st.one_of(
        st.sampled_from(sorted(compatible())),
        st.sampled_from(sorted(combining_classes())),
        st.sampled_from(sorted({c for pair in compositions() for c in pair})),
        st.sampled_from(sorted(lower_case())),
        st.characters(exclude_categories=["Cs"]),
    ).filter(lambda c: c in agreed()),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(words=st.lists(TEXTS, min_size=1, max_size=5))
def test_any_words(words):
    for how in KINDS:
        assert normalized(words, **how) == [slow(word, **how) for word in words]


def test_everything_sees_normalized_tokens():
    texts = ["Été ÉTÉ été ate", "", "ＡTE ﬁve ﬁve", "plain ATE"]
    front_end = FrontEnd("whitespace", lowercase=True, strip_accents=True, nfkc=True)
    tokens = tokenize(texts, front_end)
    words = [[slow(word, True, True, True) for word in row] for row in tokens.strings()]
    assert tokens.normalized() == words
    assert tokens.strings()[0] == ["Été", "ÉTÉ", "été", "ate"]
    flat = [word for row in words for word in row]
    vocabulary, characters = Vocabulary(["ete", "five"]), Vocabulary(["e", "t", "f"])
    assert tokens.ids(vocabulary).tolist() == [vocabulary.id(word) for word in flat]
    assert tokens.hashes().tolist() == tokens_from_lists(words).hashes().tolist()
    ids, offsets = tokens.character_ids(characters, 3)
    assert ids.tolist() == [characters.id(c) for word in flat for c in word[:3]]
    assert offsets.tolist() == [0, *np.cumsum([len(word[:3]) for word in flat])]
    counts, in_texts, letters = WordCounts(), TextCounts(), CharacterCounts()
    counts.add(tokens)
    in_texts.add(tokens)
    letters.add(tokens, 2)
    assert counts.items() == [("ete", 3), ("ate", 3), ("five", 2), ("plain", 1)]
    assert in_texts.items() == [("ete", 1), ("ate", 3), ("five", 1), ("plain", 1)]
    assert letters.items() == [("a", 3), ("e", 3), ("f", 2), ("i", 2), ("l", 1), ("p", 1), ("t", 6)]


def test_threads_normalize_alike():
    texts = [f"É{i} Ǆ{i} ﬁ" for i in range(2000)]
    front_end = FrontEnd("whitespace", lowercase=True, strip_accents=True, nfkc=True)
    expected = tokenize(texts, front_end).hashes().tolist()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(tokenize(texts, front_end).hashes().tolist())) for _ in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 3


def test_maps_of_characters():
    assert character_map(Normalization(0)) == {}
    assert character_map(Normalization.ASCII_LOWERCASE) == dict(
        zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", strict=True)
    )
    assert character_map(Normalization.LOWERCASE) == lower_case()
    assert character_map(Normalization.STRIP_ACCENTS) == without_accents()
    both = character_map(Normalization.LOWERCASE | Normalization.STRIP_ACCENTS)
    assert (both["É"], both["é"], both["E"], both["\u0301"]) == ("e", "e", "e", "")
    ascii_last = character_map(Normalization.ASCII_LOWERCASE | Normalization.STRIP_ACCENTS)
    assert (ascii_last["É"], ascii_last["é"], ascii_last["E"], ascii_last["\u212b"]) == ("e", "e", "e", "a")


def test_no_lower_case_letter_is_all_accents():
    """In a graph, one map does both: a word of which it leaves nothing has nothing to lower-case either."""
    assert not any(without_accents().get(to) == "" for to in lower_case().values())
    assert not any(without_accents().get(c) == "" for c in lower_case())


def test_compositions_of_hangul():
    assert len(compositions()) == 941 + 11172
    assert (compositions()["\u1112\u1161"], compositions()["하\u11ab"]) == ("하", "한")


def test_front_ends_in_words():
    assert str(FrontEnd(lowercase="ascii")) == "unicode_words, ASCII lowercase"
    every = FrontEnd("whitespace", lowercase=True, max_tokens=3, strip_accents=True, nfkc=True)
    assert str(every) == "whitespace, NFKC, lowercase, without accents, first 3 tokens"
    assert every.splitting == FrontEnd("whitespace", max_tokens=3)
    assert int(every.normalization) == Normalization.LOWERCASE | Normalization.STRIP_ACCENTS | Normalization.NFKC
