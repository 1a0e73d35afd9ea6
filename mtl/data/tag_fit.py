"""What the tags of all training rows say before any of them is encoded: their scheme, and how often they break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..base.errors import WrongValueError, counted
from ..text.alignment import tidy_tags
from ..text.tag_rule import TagRule
from ..text.tag_schemes import (
    CLOSED,
    LETTERS,
    OUTSIDE,
    Scheme,
    are_few,
    family,
    parsed,
    scheme_of,
    typed,
)
from .grammar_check import grammar_check

GRAMMARS: tuple[Scheme, ...] = ("bio", "bioes", "iob1")  # that of BILOU is as that of BIOES
FACTS = (
    "scheme",
    "rule",
    "reason",
    "bare",
    "rows",
    "grammar",
    "broken",
    "example",
    "note",
    "place",
)  # what is kept of them
SPANS: Mapping[Scheme, str] = {  # what a declared scheme says of every span
    "bio": "begin with B-",
    "bioes": "end with E- or S-",
    "bilou": "end with L- or U-",
    "iob1": "begin with I-, and with B- only after another one of its label",
}
_NAMED = 3  # tags that a note names


class SchemeError(WrongValueError):
    """Training tags are not of the scheme that is declared; `row` and `item` of it show that, both count from 0."""

    def __init__(self, should: str, found: str, change: str, row: int, item: int | None) -> None:
        super().__init__(should, found, change)
        self.row = row
        self.item = item

    def __reduce__(self) -> tuple[type[SchemeError], tuple[str, str | None, str, int, int | None]]:
        wording = self.wording
        return type(self), (wording.should, wording.found, wording.change, self.row, self.item)


class TagPlace(NamedTuple):
    """Which of the values, and which item of it if one; both count from 0."""

    row: int
    item: int | None


class TagFit:
    """Counts the tags of training rows and decides on a scheme once, from all of them.

    `scheme` is what the recipe says; where that is `auto` the tags decide, and a metric of spans (`measured`, its name)
    rules out `plain`.
    """

    def __init__(self, scheme: Scheme = "auto", measured: str | None = None) -> None:
        self.scheme = scheme
        self.measured = measured
        self.tags: Counter[str] = Counter()
        self.place: Sequence[Any] | None = None  # the file and line of what is noted, once they are looked up
        self._first: dict[str, TagPlace] = {}  # of each tag
        self.shown = 0  # values, of whatever kind
        self.rows = 0  # with spans
        self.inner = 0  # spans that begin with an inside tag
        self.first = 0  # spans that begin with a begin tag, and do not touch another span of their label
        self.broken: dict[Scheme, int] = dict.fromkeys(GRAMMARS, 0)  # rows that break a grammar
        self.example: dict[Scheme, tuple[str, TagPlace]] = {}
        self._misfit: tuple[str, TagPlace] | None = None  # what first breaks the declared scheme

    def count(self, value: Any) -> None:
        """Take in a target column's value; what is neither a list of tags nor one of spans is ignored."""
        row = self.shown
        self.shown += 1
        tags = tidy_tags(value)
        checks = {grammar: grammar_check(value, grammar) for grammar in GRAMMARS}
        if checks["bio"] is not None:
            self.rows += 1
        for grammar, check in checks.items():
            if check is not None and check.example:
                self.broken[grammar] += 1
                self.example.setdefault(grammar, (check.example, TagPlace(row, check.item)))
        if tags is not None:
            self.tags.update(tag for tag in tags if tag is not None)
            for item, tag in enumerate(tags):
                if tag is not None:
                    self._first.setdefault(tag, TagPlace(row, item))
            self._count_begins(tags)
        elif checks["bio"] is not None:
            self.first += 1  # the first span of characters begins with B-
        check = checks[_grammar(self.scheme)] if self.scheme in LETTERS else None
        if self._misfit is None and check is not None and check.example:
            at = check.item
            what = check.example if tags is None or at is None else f"'{tags[at]}', tag {at + 1} of {len(tags)}"
            self._misfit = f"{what},", TagPlace(row, at)

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
        if not self._begins_inside() if declared == "bio" else 2 * broken <= self.rows:
            return
        found, (row, item) = self._misfit
        like = self._like()
        advice = "Mend the tags" if like == declared else f"The tags are like {like}: write 'scheme: {like}'"
        raise SchemeError(
            f"a span should {SPANS[declared]}: the scheme is {declared}",
            f"{found} and {broken:,} of {counted(self.rows, 'training row')} with spans that break the scheme",
            f"{advice}, or leave 'scheme' out.",
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
            "example": self._example(kept),
            "note": self._note(found)[0],
            "place": self.place,
        }

    def noted(self) -> TagPlace | None:
        """Return where what is noted is seen first; None where nothing is noted."""
        return self._note(self.state()["scheme"])[1]

    def counts(self, grammar: Scheme) -> dict[str, Any]:
        """Return those facts that count rows, as they are for another grammar, and the note."""
        kept = _grammar(grammar)
        counts = {"rows": self.rows, "broken": self.broken[kept], "example": self._example(kept)}
        return {**counts, "note": self.state()["note"], "place": self.place}

    def _example(self, grammar: Scheme) -> str:
        return self.example[grammar][0] if grammar in self.example else ""

    def _decided(self) -> Scheme:
        return self._like() if self.measured else self._unless_iob1(scheme_of(self.tags))

    def _like(self) -> Scheme:
        """Return the scheme of tags that mark spans."""
        return self._unless_iob1(family(self.tags))

    def _unless_iob1(self, found: Scheme) -> Scheme:
        return "iob1" if found == "bio" and self._begins_inside() else found

    def _begins_inside(self) -> bool:
        """Return whether spans begin with an inside tag, but for a few."""
        return self.inner > 0 and are_few(self.first, self.inner)

    def _reason(self, rule: Scheme) -> str:
        if self.scheme not in ("auto", "plain"):
            return f"the scheme is {self.scheme}"
        return f"{self.measured} measures spans" if self.measured else f"the tags of training are {rule}"

    def _note(self, found: Scheme) -> tuple[str, TagPlace | None]:
        grammar = _grammar(found)
        broken = self.broken[grammar] if self.scheme in LETTERS else 0
        if broken:
            example, place = self.example[grammar]
            note = (
                f"{broken:,} of {counted(self.rows, 'training row')} with spans "
                f"{'breaks' if broken == 1 else 'break'} the grammar of {found.upper()}, the scheme of the task, the "
                f"first with {example}: the tags are read as they are."
            )
            return note, place
        spans = dict(typed(self.tags))
        if self.scheme != "auto" or found != "plain" or not spans:
            return "", None
        others = {tag: count for tag, count in self.tags.items() if tag not in spans and tag != OUTSIDE}
        rarer = min((spans, others or spans), key=lambda tags: sum(tags.values()))
        note = (
            f"training has tags like those of spans, {_named(spans)}, beside {_named(others)}: "
            "all are read as they are, without spans. "
            "Write 'scheme: plain' if that is meant, else the scheme of the spans."
        )
        return note, min(self._first[tag] for tag in rarer)


def _grammar(scheme: Scheme) -> Scheme:
    return "bioes" if scheme in CLOSED else scheme


def _named(tags: Mapping[str, int]) -> str:
    names = [f"'{tag}'" for tag in sorted(tags)]
    rest = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {counted(rest, 'other')}" if rest > 0 else ", ".join(names) or "no other"
