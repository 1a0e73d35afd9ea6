from __future__ import annotations

import pytest

from mtl.base.encodings import is_wide, wide_text


@pytest.mark.parametrize(
    ("begin", "name", "encoding", "shown_by"),
    [
        ("a".encode("utf-16"), "UTF-16", "utf-16", "the byte-order mark of UTF-16"),
        ("a".encode("utf-32"), "UTF-32", "utf-32", "the byte-order mark of UTF-32"),
        (b"a\0b\0", "UTF-16", "utf-16-le", "every second byte 0, as in UTF-16 without a byte-order mark"),
        (b"\0a\0b\0", "UTF-16", "utf-16-be", "every second byte 0, as in UTF-16 without a byte-order mark"),
    ],
)
def test_first_bytes_that_show_an_encoding(begin: bytes, name: str, encoding: str, shown_by: str) -> None:
    assert wide_text(begin) == (name, encoding, shown_by)


@pytest.mark.parametrize("begin", [b"", b"a\0", b"\0\0\0\0", b"a\0b\0c ", b"play", b"\xef\xbb\xbfplay"])
def test_first_bytes_that_show_none(begin: bytes) -> None:
    assert wide_text(begin) is None


def test_encodings_whose_line_end_is_one_byte_are_not_wide() -> None:
    assert [is_wide(encoding) for encoding in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32")] == [
        *(False, False, False),
        *(True, True, True),
    ]
