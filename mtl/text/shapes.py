"""The shapes of words, by name: how a word is written, its capitals and the pattern of its digits."""

from __future__ import annotations

SIGNS_OF_NUMBERS = {"dash": "-", "slash": "/", "comma": ",", "period": ".", "colon": ":"}
# In the order of their ids; `featurizer_ext/core/shapes.h` has the same list.
SHAPES = (
    *("padding", "signs", "lower", "initial", "upper", "mixed", "digits and letters", "two digits", "four digits"),
    *(f"digits and {sign}" for sign in SIGNS_OF_NUMBERS),
    "other digits",
)
