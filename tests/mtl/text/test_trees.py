"""Trees of intents and slots as brackets over words, over tokens, and as actions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mtl.text.featurizer import tokenize
from mtl.text.front_end import FrontEnd
from mtl.text.transitions import bounds_of, oracle, tree_of
from mtl.text.tree_alignment import tree_over_tokens
from mtl.text.trees import Bracket, Tree, broken, read_tree, written

TOP = "[IN:GET_EVENT Any [SL:CATEGORY_EVENT holiday ] events [SL:WHERE [IN:HOME my house ] ] ]"


def random_tree(draw: random.Random, words: int) -> Tree:
    """Return a tree over so many words."""
    found: list[Bracket] = []

    def grow(start: int, end: int, kind: int) -> None:
        found.append(Bracket(f"{'IN:' if kind == 0 else 'SL:'}{draw.choice('ABC')}", start, end))
        at = start
        while at < end:
            if draw.random() < 0.4 and len(found) < 40:
                inner = draw.randint(at + 1, end)
                grow(at, inner, 1 - kind)
                at = inner
            else:
                at += 1

    grow(0, words, 0)
    return tuple(found)


@pytest.mark.parametrize("seed", range(200))
def test_what_is_written_is_read_and_what_the_oracle_does_builds_it(seed: int) -> None:
    draw = random.Random(seed)
    words = tuple(draw.choice(["a", "b", "[", "]", "x\\y", "[IN:A", "shift"]) for _ in range(draw.randint(1, 9)))
    tree = random_tree(draw, len(words))
    assert read_tree(written(tree, words)) == (tree, words)
    actions = list(oracle(tree))
    assert tree_of(actions) == tree
    assert actions.count("shift") == len(words)
    assert len(actions) == len(words) + 2 * len(tree)
    assert not broken(tree)
    depth, opens = bounds_of(actions)
    assert 1 <= depth <= len(tree)
    assert 1 <= opens <= depth


def test_a_published_tree_is_read() -> None:
    tree, words = read_tree(TOP)
    assert words == ("Any", "holiday", "events", "my", "house")
    assert tree == (
        ("IN:GET_EVENT", 0, 5),
        ("SL:CATEGORY_EVENT", 1, 2),
        ("SL:WHERE", 3, 5),
        ("IN:HOME", 3, 5),
    )
    assert written(tree, words) == TOP
    assert bounds_of(oracle(tree)) == (3, 2)


@pytest.mark.parametrize(
    ("data_set", "file", "columns", "tokenizer"),
    [("top", "eval.tsv", (1, 2), "whitespace"), ("topv2", "timer_eval.tsv", (1, 2), "unicode_words")],
)
def test_published_trees_are_read_over_their_texts(
    data_set: str, file: str, columns: tuple[int, int], tokenizer: str, data_sets: Callable[[str], Path]
) -> None:
    lines = (data_sets(data_set) / file).read_text("utf-8").splitlines()[1:]
    for fields in (line.split("\t") for line in lines):
        text, tree = (fields[column] for column in columns)
        assert written(*read_tree(tree)) == " ".join(tree.split())
        found = over(tree, text, tokenizer)
        assert tree_of(oracle(found)) == found


def test_a_bracket_is_shown_with_its_words() -> None:
    assert str(Bracket("IN:GO", 0, 3)) == "IN:GO[0:3]"


MESSAGES = {
    "hello ]": "should begin with the bracket of an intent, [IN:…. Found 'hello'.",
    "[SL:A x ]": "should begin with the bracket of an intent, [IN:…. Found '[SL:A'.",
    "]": "every ] should close a bracket. Found one that closes none before any word.",
    "[IN:A x ] ]": "every ] should close a bracket. Found one that closes none after 'x', word 1.",
    "[IN:A x [SL:B y": "every bracket should be closed by a ] of its own. Found '[IN:A', '[SL:B' open at the end.",
    "[IN:A ]": "a bracket should hold at least one word. Found none in '[IN:A'.",
    "[IN:A x [SL:B ] ]": "a bracket should hold at least one word. Found none in '[SL:B'.",
    "[IN:A x ] y": "should end with the ] of its outermost bracket. Found 'y' after it.",
    "[IN:A x ] [IN:B y ]": "should end with the ] of its outermost bracket. Found '[IN:B' after it.",
    "[IN:A [X y ] ]": "a bracket's label should begin with IN: (an intent) or SL: (a slot). Found '[X'. "
    r"A bracket that is part of a word is written as '\[' or '\]'.",
    "[IN:A [SL: y ] ]": "a bracket's label should begin with IN: (an intent) or SL: (a slot). Found '[SL:'.",
    "[IN:A [IN:B y ] ]": "an intent's bracket should hold words and slots, a slot's words and intents. "
    "Found '[IN:B' in '[IN:A'.",
    "[IN:A [SL:B [SL:C y ] ] ]": "an intent's bracket should hold words and slots, a slot's words and intents. "
    "Found '[SL:C' in '[SL:B'.",
    "[IN:A x] ]": "a bracket should have white space around it, or a backslash before it where it is a word's. "
    "Found 'x]'.",
}


@pytest.mark.parametrize("text", MESSAGES)
def test_what_is_no_tree_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        read_tree(text)
    assert str(error.value) == MESSAGES[text]


def over(tree: str, text: str, tokenizer: str = "unicode_words") -> Tree:
    tokens = tokenize([text], FrontEnd(tokenizer)).spans().tolist()
    return tree_over_tokens(read_tree(tree), text, [(start, end) for start, end in tokens])


@pytest.mark.parametrize(
    ("tree", "text", "spans"),
    [
        ("[IN:A my [SL:B timer ] ? ]", "my timer?", [(0, 3), (1, 2)]),
        ("[IN:A what 's on ]", "what's on", [(0, 4)]),  # the tokens are what ' s on
        ("[IN:A what [SL:B 's ] on ]", " what's  on ", [(0, 4), (1, 3)]),
        ("[IN:A [SL:B a b ] ]", "ab", [(0, 1), (0, 1)]),
    ],
)
def test_words_are_found_in_the_text_whatever_white_space_is_between(
    tree: str, text: str, spans: Sequence[tuple[int, int]]
) -> None:
    assert [bracket[1:] for bracket in over(tree, text)] == spans


MISALIGNED = {
    ("[IN:A my [SL:B timer ] ? ]", "my timer?", "whitespace"): "brackets should begin and end where tokens do. "
    "Found '[SL:B', which ends inside 'timer?'. The tokenizer 'unicode_words' divides words at punctuation.",
    ("[IN:A my [SL:B timer ] ]", "my'timer", "whitespace"): "should have the words of the text, in their order. "
    "Found 'timer', word 2, where there is \"'timer\".",
    ("[IN:A my [SL:B timer ] ]", "mytimer", "whitespace"): "brackets should begin and end where tokens do. "
    "Found '[SL:B', which begins inside 'mytimer'. The tokenizer 'unicode_words' divides words at punctuation.",
    ("[IN:A my timer ]", "my", "whitespace"): "should have the words of the text, in their order. "
    "Found 'timer', word 2, where the text has ended.",
    ("[IN:A my ]", "my timer", "whitespace"): "should have the words of the text, all of them. Found none for 'timer'.",
    ("[IN:A My ]", "my", "whitespace"): "should have the words of the text, in their order. "
    "Found 'My', word 1, where there is 'my'.",
}


@pytest.mark.parametrize(("tree", "text", "tokenizer"), MISALIGNED)
def test_words_and_brackets_that_are_not_those_of_the_text_are_refused(tree: str, text: str, tokenizer: str) -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        over(tree, text, tokenizer)
    assert str(error.value) == MISALIGNED[tree, text, tokenizer]


def test_a_bracket_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError) as error:  # the whole message is compared
        tree_over_tokens(read_tree("[IN:A my [SL:B - ] ]"), "my -", [(0, 2)])
    assert str(error.value) == "a bracket should hold at least one token. Found none in '[SL:B', which holds '-'."


@pytest.mark.parametrize(
    "tree",
    [
        (),
        (("SL:A", 0, 2),),
        (("IN:A", 0, 0),),
        (("IN:A", 0, 2), ("IN:B", 0, 1)),
        (("IN:A", 0, 2), ("SL:B", 1, 3)),
        (("IN:A", 0, 1), ("IN:B", 1, 2)),
        (("IN:A", 0, 2), ("X", 0, 1)),
        (("IN:A", 1, 2), ("SL:B", 0, 1)),
    ],
)
def test_brackets_that_are_no_tree(tree: tuple[tuple[str, int, int], ...]) -> None:
    assert broken([Bracket(*bracket) for bracket in tree])
