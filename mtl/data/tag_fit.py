"""What the tags of all training rows say before any of them is encoded: their scheme, and how often they break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.errors import counted
from ..text.alignment import stripped_tags
from ..text.span_tags import is_span
from ..text.tag_schemes import CLOSED, OUTSIDE, Scheme, family, first_break, parsed, scheme_of, typed

GRAMMARS: tuple[Scheme, ...] = ("bio", "bioes", "iob1")  # that of BILOU is as that of BIOES
SPAN_BREAKS: tuple[Scheme, ...] = ("bioes", "iob1")
FACTS = ("scheme", "rule", "reason", "bare", "rows", "grammar", "broken", "example", "note")  # what is kept of them
_NAMED = 3  # tags that a note names


class TagFit:
    """Counts the tags of training rows and decides on a scheme once, from all of them.

    `scheme` is what the recipe says; where that is `auto` the tags decide, and a metric of spans (`measured`, its name)
    rules out `plain`.
    """

    def __init__(self, scheme: Scheme = "auto", measured: str | None = None) -> None:
        self.scheme = scheme
        self.measured = measured
        self.tags: Counter[str] = Counter()
        self.rows = 0  # with spans
        self.inner = 0  # spans that begin with an inside tag
        self.first = 0  # spans that begin with a begin tag, and do not touch another span of their label
        self.broken: dict[Scheme, int] = dict.fromkeys(GRAMMARS, 0)  # rows that break a grammar
        self.example: dict[Scheme, str] = {}

    def count(self, value: Any) -> None:
        """Take in a target column's value; what is neither a list of tags nor one of spans is ignored."""
        tags = stripped_tags(value)
        if tags is None:
            if isinstance(value, list) and value and all(map(is_span, value)):
                self._count_spans()
            return
        self.tags.update(tag for tag in tags if tag is not None)
        self.rows += any(tag not in (None, OUTSIDE) for tag in tags)
        self._count_begins(tags)
        for grammar in GRAMMARS:
            found = first_break(tags, grammar)
            if found:
                self._break(grammar, found)

    def _count_spans(self) -> None:
        """Count a row of spans of characters: B- begins its first one, and nothing closes its last one."""
        self.rows += 1
        self.first += 1
        for grammar in SPAN_BREAKS:
            self._break(grammar, "spans of characters, whose tags are BIO")

    def _break(self, grammar: Scheme, example: str) -> None:
        self.broken[grammar] += 1
        self.example.setdefault(grammar, example)

    def _count_begins(self, tags: Sequence[str | None]) -> None:
        before = parsed(OUTSIDE)
        for tag in tags:
            found = None if tag is None else parsed(tag)
            if found and before and (before.letter == OUTSIDE or before.label != found.label):
                self.inner += found.letter == "I"
                self.first += found.letter == "B"
            before = found

    def state(self) -> dict[str, Any]:
        """Return what was found, as JSON-able values.

        `scheme` says how tags are read, `rule` which tags there may be and `reason` why; `bare` letters are among them.
        `rows` have spans, `broken` of them break the `grammar`, as `example` does; `note` is for the user, or empty.
        """
        found = self.scheme if self.scheme != "auto" else self._decided()
        rule = found if found != "plain" or not self.measured else family(self.tags)
        grammar = "iob1" if rule == "iob1" else family(self.tags)  # of tags that may follow each other
        kept = "bioes" if grammar in CLOSED else grammar
        return {
            "scheme": found,
            "rule": rule,
            "reason": self._reason(rule),
            "bare": self.scheme != "auto" or self.measured is not None,
            "rows": self.rows,
            "grammar": grammar,
            "broken": self.broken[kept],
            "example": self.example.get(kept, ""),
            "note": self._note(found),
        }

    def _decided(self) -> Scheme:
        found = family(self.tags) if self.measured else scheme_of(self.tags)
        return "iob1" if found == "bio" and self.inner and not self.first else found

    def _reason(self, rule: Scheme) -> str:
        if self.scheme not in ("auto", "plain"):
            return f"the scheme is {self.scheme}"
        return f"{self.measured} measures spans" if self.measured else f"the tags of training are {rule}"

    def _note(self, found: Scheme) -> str:
        spans = dict(typed(self.tags))
        if self.scheme != "auto" or found != "plain" or not spans:
            return ""
        others = {tag: count for tag, count in self.tags.items() if tag not in spans and tag != OUTSIDE}
        return (
            f"training has tags like those of spans, {_named(spans)}, beside {_named(others)}: "
            "all are read as they are, without spans. "
            "Write 'scheme: plain' if that is meant, else the scheme of the spans."
        )


def _named(tags: Mapping[str, int]) -> str:
    names = [f"'{tag}'" for tag in sorted(tags)]
    rest = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {counted(rest, 'other')}" if rest > 0 else ", ".join(names) or "no other"
