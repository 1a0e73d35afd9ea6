"""Texts as people can read them: control characters written out, names that look alike made distinct."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

# A terminal obeys them, or they turn a line around; halves of surrogate pairs cannot be printed at all.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSEEN_BUT_ENDS = re.compile(f"(?!\n){_UNSEEN.pattern}")

# Letters of Cyrillic and Greek that are drawn as Latin ones are (from the confusables of Unicode's report 39).
_TWINS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u03bf\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425",
    "aeopcyxijsoABEHIKMNOPTABEKMHOPCTX",
)


def visible(text: str, *, lines: bool = False) -> str:
    r"""Return a text with escapes in the place of control characters; with `lines`, line ends stay what they are.

    >>> visible("a\x1b[31m\tb\n"), visible("a\n", lines=True)
    ('a\\x1b[31m\\tb\\n', 'a\n')
    """
    return (_UNSEEN_BUT_ENDS if lines else _UNSEEN).sub(lambda found: escaped(found[0]), text)


def escaped(text: str) -> str:
    r"""Return a text in ASCII, as YAML and Python write it between quotation marks.

    >>> escaped("cafe\u0301"), escaped("New\u00a0York")
    ('cafe\\u0301', 'New\\xa0York')
    """
    return text.encode("unicode_escape").decode("ascii")


def look_alike(name: str, names: Iterable[str]) -> str | None:
    r"""Return the one of `names` that is shown as `name` is, yet made of other characters, None where there is none.

    >>> look_alike("caf\u00e9", ["label", "cafe\u0301"]) == "cafe\u0301", look_alike("label", ["label", "labels"])
    (True, None)
    """
    shape = _shape(name)
    return next((other for other in names if other != name and _shape(other) == shape), None)


def told_apart(names: Iterable[str]) -> Sequence[str]:
    r"""Return names with escapes in those that look like another one of them.

    >>> told_apart(["caf\u00e9", "text", "cafe\u0301"])
    ['caf\\xe9', 'text', 'cafe\\u0301']
    """
    found = list(names)
    shapes = Counter(map(_shape, set(found)))
    return [escaped(name) if shapes[_shape(name)] > 1 else name for name in found]


def _shape(name: str) -> str:
    """Return what a name looks like: composed, with plain blanks and without characters that are not seen."""
    composed = unicodedata.normalize("NFC", name).translate(_TWINS)
    blank = "".join(" " if character.isspace() else character for character in composed)
    return "".join(character for character in blank if unicodedata.category(character) not in ("Cf", "Cc")).strip()
