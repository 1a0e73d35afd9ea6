"""Figures of answers that are parts of a text, as SQuAD's official script computes them.

Source: Rajpurkar, Zhang, Lopyrev and Liang (2016), section 6.1; Rajpurkar, Jia and Liang (2018) for questions without
an answer.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

from mtl.base.registry import register

from .base import Metric

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@register("metric", "squad")
class SquadScores(Metric):
    """Exact match and F1 of words, of each question with the most alike of its right answers.

    Case, ASCII punctuation, articles and white space do not count. Where some questions have no answer, saying so is
    right, and there are figures of both kinds of questions.
    """

    elements = ("span",)
    axes = (("A",),)
    figures = ("exact_match", "f1", "answered_f1", "unanswered_accuracy")

    def compute(self, gold: Sequence[Any], predicted: Sequence[Any]) -> dict[str, Any]:
        """Return `exact_match` and `f1`, and `answered_f1` and `unanswered_accuracy` where there are both kinds."""
        rows = [(g, _text(p)) for g, p in zip(gold, predicted, strict=True) if g is not None]
        if not rows:
            return {"exact_match": 0.0, "f1": 0.0}
        exact = [float(is_exact_match(g, p)) for g, p in rows]
        f1 = [max(word_f1(right, p) for right in _right(g)) for g, p in rows]
        found = {"exact_match": sum(exact) / len(rows), "f1": sum(f1) / len(rows)}
        answered = [value for value, (g, _) in zip(f1, rows, strict=True) if _right(g) != [""]]
        if 0 < len(answered) < len(rows):
            nothing = [value for value, (g, _) in zip(exact, rows, strict=True) if _right(g) == [""]]
            found["answered_f1"] = sum(answered) / len(answered)
            found["unanswered_accuracy"] = sum(nothing) / len(nothing)
        return found


def normalized(text: str) -> str:
    """Return a text in lower case, without punctuation and articles, its words between single blanks.

    >>> normalized("The  U.S. Army's")
    'us armys'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def is_exact_match(gold: Sequence[str], answer: str) -> bool:
    """Say whether an answer is one of the right ones; of a question without one, whether it has no words.

    >>> is_exact_match(["the U.S. Army"], "US army"), is_exact_match([], ""), is_exact_match(["Ada"], "Ada B.")
    (True, True, False)
    """
    return normalized(answer) in map(normalized, _right(gold))


def word_f1(right: str, answer: str) -> float:
    """Return the F1 of an answer's words; where either has none, whether both have none."""
    wanted, found = normalized(right).split(), normalized(answer).split()
    if not wanted or not found:
        return float(wanted == found)
    common = sum((Counter(wanted) & Counter(found)).values())
    return 2 * common / (len(wanted) + len(found))


def _right(gold: Sequence[str]) -> list[str]:
    """Return the right answers that have words; no text where there are none."""
    return [right for right in gold if normalized(right)] or [""]


def _text(answer: Any) -> str:
    """Return an answer's text: gold that is compared with itself gives the first of its right answers."""
    return answer if isinstance(answer, str) else next(iter(answer), "")
