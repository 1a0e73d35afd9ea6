"""What the tags of all training rows say before any of them is encoded: their scheme, and how often they break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..base.errors import counted
from ..text.alignment import tidy_tags
from ..text.span_tags import is_span
from ..text.tag_rule import TagRule
from ..text.tag_schemes import (
    CLOSED,
    LETTERS,
    OUTSIDE,
    Scheme,
    breaking_tag,
    family,
    first_break,
    parsed,
    scheme_of,
    typed,
)

GRAMMARS: tuple[Scheme, ...] = ("bio", "bioes", "iob1")  # that of BILOU is as that of BIOES
SPAN_BREAKS: tuple[Scheme, ...] = ("bioes", "iob1")
FACTS = ("scheme", "rule", "reason", "bare", "rows", "grammar", "broken", "example", "note")  # what is kept of them
SPANS: Mapping[Scheme, str] = {  # what a declared scheme says of every span
    "bio": "begin with B-",
    "bioes": "end with E- or S-",
    "bilou": "end with L- or U-",
    "iob1": "begin with I-, and with B- only after another one of its label",
}
_OF_CHARACTERS = "spans of characters, whose tags are BIO"
_NAMED = 3  # tags that a note names


class SchemeError(ValueError):
    """Training tags are not of the scheme that is declared; `row` and `item` of it show that, both count from 0."""

    def __init__(self, message: str, row: int, item: int | None) -> None:
        super().__init__(message)
        self.row = row
        self.item = item


class TagFit:
    """Counts the tags of training rows and decides on a scheme once, from all of them.

    `scheme` is what the recipe says; where that is `auto` the tags decide, and a metric of spans (`measured`, its name)
    rules out `plain`.
    """

    def __init__(self, scheme: Scheme = "auto", measured: str | None = None) -> None:
        self.scheme = scheme
        self.measured = measured
        self.tags: Counter[str] = Counter()
        self.shown = 0  # values, of whatever kind
        self.rows = 0  # with spans
        self.inner = 0  # spans that begin with an inside tag
        self.first = 0  # spans that begin with a begin tag, and do not touch another span of their label
        self.broken: dict[Scheme, int] = dict.fromkeys(GRAMMARS, 0)  # rows that break a grammar
        self.example: dict[Scheme, str] = {}
        self._misfit: tuple[str, int, int | None] | None = None  # what first breaks the declared scheme: row and item

    def count(self, value: Any) -> None:
        """Take in a target column's value; what is neither a list of tags nor one of spans is ignored."""
        self.shown += 1
        tags = tidy_tags(value)
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
        item = None if self._misfit or self.scheme not in LETTERS else breaking_tag(tags, self.scheme)
        if item is not None:
            self._misfit = f"'{tags[item]}', tag {item + 1} of {len(tags)},", self.shown - 1, item

    def _count_spans(self) -> None:
        """Count a row of spans of characters: B- begins its first one, and nothing closes its last one."""
        self.rows += 1
        self.first += 1
        for grammar in SPAN_BREAKS:
            self._break(grammar, _OF_CHARACTERS)
        if self._misfit is None and self.scheme in (*CLOSED, "iob1"):
            self._misfit = f"{_OF_CHARACTERS},", self.shown - 1, None

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

    def fault_if_misfit(self) -> None:
        """Raise `SchemeError` where the tags are not of the scheme that is declared: most rows with spans break it.

        BIO is broken by many who write it, and read alike all the same: there it takes tags that are IOB1 throughout.
        """
        declared = self.scheme
        rule = TagRule(declared)
        if self._misfit is None or not all(map(rule.allows, self.tags)):  # a tag that may not be there is named as such
            return
        broken = self.broken[_grammar(declared)]
        if (self.first or not self.inner) if declared == "bio" else 2 * broken <= self.rows:
            return
        found, row, item = self._misfit
        like = self._like()
        advice = "Mend the tags" if like == declared else f"The tags are like {like}: write 'scheme: {like}'"
        raise SchemeError(
            f"a span should {SPANS[declared]}: the scheme is {declared}. Found {found} and {broken:,} of "
            f"{counted(self.rows, 'training row')} with spans that break the scheme. {advice}, or leave 'scheme' out.",
            row,
            item,
        )

    def state(self) -> dict[str, Any]:
        """Return what was found, as JSON-able values.

        `scheme` says how tags are read, `rule` which tags there may be and `reason` why; `bare` letters are among them.
        `rows` have spans, `broken` of them break the `grammar`, as `example` does; `note` is for the user, or empty.
        """
        found = self.scheme if self.scheme != "auto" else self._decided()
        rule = found if found != "plain" or not self.measured else family(self.tags)
        # Of tags that may follow each other.
        grammar = rule if rule == "iob1" or self.scheme in LETTERS else family(self.tags)
        kept = _grammar(grammar)
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

    def counts(self, grammar: Scheme) -> dict[str, Any]:
        """Return those facts that count rows, as they are for another grammar, and the note."""
        kept = _grammar(grammar)
        counts = {"rows": self.rows, "broken": self.broken[kept], "example": self.example.get(kept, "")}
        return {**counts, "note": self.state()["note"]}

    def _decided(self) -> Scheme:
        return self._like() if self.measured else self._unless_iob1(scheme_of(self.tags))

    def _like(self) -> Scheme:
        """Return the scheme of tags that mark spans."""
        return self._unless_iob1(family(self.tags))

    def _unless_iob1(self, found: Scheme) -> Scheme:
        return "iob1" if found == "bio" and self.inner and not self.first else found

    def _reason(self, rule: Scheme) -> str:
        if self.scheme not in ("auto", "plain"):
            return f"the scheme is {self.scheme}"
        return f"{self.measured} measures spans" if self.measured else f"the tags of training are {rule}"

    def _note(self, found: Scheme) -> str:
        broken = self.broken[_grammar(found)] if self.scheme in LETTERS else 0
        if broken:
            return (
                f"tags should keep to the grammar of {found.upper()}, as the scheme is {found}. "
                f"Found {counted(self.rows, 'training row')} with spans, {broken:,} of which break it, "
                f"the first with {self.example[_grammar(found)]}."
            )
        spans = dict(typed(self.tags))
        if self.scheme != "auto" or found != "plain" or not spans:
            return ""
        others = {tag: count for tag, count in self.tags.items() if tag not in spans and tag != OUTSIDE}
        return (
            f"training has tags like those of spans, {_named(spans)}, beside {_named(others)}: "
            "all are read as they are, without spans. "
            "Write 'scheme: plain' if that is meant, else the scheme of the spans."
        )


def _grammar(scheme: Scheme) -> Scheme:
    return "bioes" if scheme in CLOSED else scheme


def _named(tags: Mapping[str, int]) -> str:
    names = [f"'{tag}'" for tag in sorted(tags)]
    rest = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {counted(rest, 'other')}" if rest > 0 else ", ".join(names) or "no other"
