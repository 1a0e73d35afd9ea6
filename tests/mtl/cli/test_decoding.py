"""Lines as text: what they hold, and the whole message for what is no text."""

from __future__ import annotations

import io

import pytest

from mtl.base.errors import DataError
from mtl.cli.decoding import Undecoded, decoded, half
from mtl.cli.input_rows import batched, parsed_rows


def test_lines_are_text_without_their_ends() -> None:
    raw = b"\xef\xbb\xbffirst\r\nnul \x00\n\n  two\xe2\x80\xa8lines \nlast"
    assert list(decoded(io.BytesIO(raw), "in")) == ["first", "nul \x00", "", "  two\u2028lines ", "last"]


def test_what_is_not_utf_8_is_counted_where_that_is_asked() -> None:
    undecoded = Undecoded()
    assert list(decoded(io.BytesIO(b"a\n"), "in", undecoded)) == ["a"]
    assert undecoded.warning("in") is None
    assert list(decoded(io.BytesIO(b"a\nb\xffc\r\n"), "in", undecoded)) == ["a", "b\ufffdc"]
    assert str(undecoded.warning("in")) == (
        "in: 1 line is not utf-8 text, and read with U+FFFD for what is none (line 2, column 2, the byte 0xff). "
        "Write it as utf-8."
    )
    with pytest.raises(DataError):
        list(decoded(io.BytesIO("play".encode("utf-16")), "in", undecoded))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"ab\nc\xff\n", "in:2: column 2: should be utf-8 text. Found the byte 0xff. Write it as utf-8."),
        (b"\xef\xbb\xbfa\xe9\n", "in:1: column 2: should be utf-8 text. Found the byte 0xe9. Write it as utf-8."),
        (b"\xed\xa0\x80\n", "in:1: column 1: should be utf-8 text. Found the byte 0xed. Write it as utf-8."),
        (
            "play".encode("utf-16"),
            "in:1: should be utf-8 text. Found the byte-order mark of UTF-16. Write it as utf-8.",
        ),
        (
            "play".encode("utf-32"),
            "in:1: should be utf-8 text. Found the byte-order mark of UTF-32. Write it as utf-8.",
        ),
        (
            "play\n".encode("utf-16-le"),
            "in:1: should be utf-8 text. Found every second byte 0, as in UTF-16 without a byte-order mark. "
            "Write it as utf-8.",
        ),
    ],
)
def test_what_is_not_utf_8_is_named_with_its_line(raw: bytes, sentence: str) -> None:
    with pytest.raises(DataError) as error:
        list(decoded(io.BytesIO(raw), "in"))
    assert str(error.value) == sentence


@pytest.mark.parametrize("size", [1, 2, 64])
def test_lines_before_one_that_is_no_text_are_answered(size: int) -> None:
    answered: list[str] = []
    with pytest.raises(DataError) as error:
        lines = decoded(io.BytesIO(b"a\nb\nc\n\xff\nd\n"), "standard input")
        for batch in batched(parsed_rows(lines, ("text",), "standard input"), size):
            answered += [row["text"] for row in batch]
    assert str(error.value) == (
        "standard input:4: column 1: should be utf-8 text. Found the byte 0xff. Write it as utf-8."
    )
    assert answered == ["a", "b", "c"]


def test_halves_of_surrogate_pairs() -> None:
    assert half("\U0001f44d") is None
    assert half("\udc00") == "U+DC00, character 1 of 1"
