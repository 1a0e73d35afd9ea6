from __future__ import annotations

import pytest

from mtl.base.errors import Fault, MtlError, listing, near_miss
from mtl.base.visible import look_alike, visible

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize("character", ["\0", "\t", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\ud800"])
def test_control_characters_are_written_out(character: str) -> None:
    shown = visible(f"a{character}b")
    assert shown == f"a{character.encode('unicode_escape').decode()}b"
    assert shown.isascii()


def test_texts_of_any_script_are_left_alone() -> None:
    for text in ("नाम", COMPOSED, DECOMPOSED, "a\u00a0b", "\U0001f469\u200d\U0001f680", "می\u200cخواهم"):
        assert visible(text) == text


def test_line_ends_between_rows_stay() -> None:
    assert visible("a\n\x1b\r\n", lines=True) == "a\n\\x1b\\r\n"


def test_a_fault_is_one_row() -> None:
    fault = Fault("Found 'a\nb\x1b[2J'.", "r\x07.tsv", 3, "x\ty")
    assert str(fault) == "r\\x07.tsv:3: x\\ty: Found 'a\\nb\\x1b[2J'."
    assert str(MtlError(fault, fault)) == f"{fault}\n{fault}"


@pytest.mark.parametrize(
    ("name", "other", "sentence"),
    [
        (COMPOSED, DECOMPOSED, " Did you mean 'cafe\\u0301'? It looks like 'caf\\xe9', but its characters differ."),
        ("a b", "a\u00a0b", " Did you mean 'a\\xa0b'? It looks like 'a b', but its characters differ."),
        ("text", "text\u200b", " Did you mean 'text\\u200b'? It looks like 'text', but its characters differ."),
        ("text", "t\u0435xt", " Did you mean 't\\u0435xt'? It looks like 'text', but its characters differ."),
        ("text", "text ", " Did you mean 'text '? It looks like 'text', but its characters differ."),
    ],
)
def test_names_that_look_alike(name: str, other: str, sentence: str) -> None:
    assert near_miss(name, ["label", other, f"{other}s"]) == sentence
    assert look_alike(other, [name]) == name


def test_names_that_look_alike_are_listed_in_ascii() -> None:
    assert listing([COMPOSED, "text", DECOMPOSED]) == "cafe\\u0301, caf\\xe9, text"
    assert listing([COMPOSED, "cafe"]) == f"cafe, {COMPOSED}"
