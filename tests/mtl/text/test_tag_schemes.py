from __future__ import annotations

import pytest

from mtl.data.tag_fit import TagFit
from mtl.text.tag_rule import BadTagError, TagRule
from mtl.text.tag_schemes import Scheme, first_break, intended, scheme_of

SETS: dict[str, tuple[str, Scheme]] = {
    "nothing": ("", "bio"),
    "outside alone": ("O O", "bio"),
    "bio": ("O B-a I-a", "bio"),
    "bioes": ("O B-a I-a E-a S-b", "bioes"),
    "bilou": ("O B-a I-a L-a U-b", "bilou"),
    "parts of speech": ("NOUN VERB O", "plain"),
    "bare letters": ("B I O", "plain"),
    "classes that look like end tags": ("O E-mail Phone", "plain"),
    "singles without any begin": ("O S-Bahn U-Bahn", "plain"),
    "a class like an end tag among spans": (" ".join(["B-a I-a"] * 9 + ["E-mail"]), "bio"),
    "as many others as tags of spans": ("B-vitamin C-vitamin", "plain"),
    "one other in ten": (" ".join(["B-a I-a"] * 5 + ["NOUN"]), "bio"),
    "one other in nine": (" ".join(["B-a I-a"] * 4 + ["B-a NOUN"]), "plain"),
    "misspelled ones": ("O B-a o 0 B_b b-a a-B", "bio"),
    "different others, few of each": (" ".join(["B-a I-a"] * 15 + ["X Y Z"]), "bio"),
    "different others, too many": (" ".join(["B-a I-a"] * 14 + ["X Y Z"]), "plain"),
    "a stray end among BIO": (" ".join(["B-a I-a"] * 10 + ["S-a"]), "bio"),
    "ends among BIO": (" ".join(["B-a I-a"] * 9 + ["S-a"]), "bioes"),
}


@pytest.mark.parametrize("case", SETS)
def test_the_scheme_of_a_set_of_tags(case: str) -> None:
    tags, expected = SETS[case]
    found = tags.split()
    assert scheme_of({tag: found.count(tag) for tag in found}) == expected


@pytest.mark.parametrize(
    ("tag", "meant"),
    [("o", "O"), ("0", "O"), ("B_PER", "B-PER"), ("b-per", "B-per"), ("per-B", "B-per"), ("NOUN", None), ("-", None)],
)
def test_what_was_meant(tag: str, meant: str | None) -> None:
    assert intended(tag) == meant


@pytest.mark.parametrize(
    ("tags", "scheme", "found"),
    [
        ("B-a I-a O", "bio", None),
        ("I-a", "bio", "'I-a' at the beginning"),
        ("O I-a", "bio", "'I-a' after 'O'"),
        ("B-a I-b", "bio", "'I-b' after 'B-a'"),
        ("B-a", "bio", None),
        ("B-a", "bioes", "'B-a' at the end"),
        ("B-a O", "bilou", "'O' after 'B-a'"),
        ("B-a L-a U-b", "bilou", None),
        ("NOUN I-a", "bio", None),
        ("I-a I-a I-b O I-b B-b I-b B-b", "iob1", None),
        ("B-a", "iob1", "'B-a' at the beginning"),
        ("O B-a", "iob1", "'B-a' after 'O'"),
        ("I-b B-a", "iob1", "'B-a' after 'I-b'"),
    ],
)
def test_what_breaks_the_grammar(tags: str, scheme: Scheme, found: str | None) -> None:
    assert first_break(tags.split(), scheme) == found


def test_a_token_without_a_label_breaks_nothing() -> None:
    assert first_break([None, "I-a", "E-a", None, "B-a", None], "bioes") is None


RULES: dict[str, tuple[TagRule, list[str | None], str]] = {
    "misspelled": (
        TagRule("bio", "the scheme is bio"),
        ["O", None, "B_PER"],
        "a tag should be O or begin with B- or I-: the scheme is bio. Found 'B_PER', tag 3 of 3. Did you mean 'B-PER'?",
    ),
    "of another scheme": (
        TagRule("bioes", "the scheme is bioes"),
        ["U-a"],
        "a tag should be O or begin with B-, I-, E- or S-: the scheme is bioes. Found 'U-a', tag 1 of 1. "
        "Tags with U- are of the scheme bilou.",
    ),
    "of none": (
        TagRule("iob1", "span_f1 measures spans"),
        ["I-a", "NOUN"],
        "a tag should be O or begin with B- or I-: span_f1 measures spans. Found 'NOUN', tag 2 of 2. "
        "Tags that mark no spans are of the scheme plain, and measured by accuracy and macro_f1.",
    ),
    "a bare letter": (
        TagRule("bio", "the tags of training are bio", bare=False),
        ["B"],
        "a tag should be O or begin with B- or I-: the tags of training are bio. Found 'B', tag 1 of 1. "
        "Tags that mark no spans are of the scheme plain, and measured by accuracy and macro_f1.",
    ),
    "a number that libraries pass over": (
        TagRule("plain"),
        ["NOUN", "-100"],
        "a token without a label should have no tag. Found '-100', tag 2 of 2, which many libraries write for such a "
        "token.",
    ),
}


@pytest.mark.parametrize("case", RULES)
def test_a_tag_that_may_not_be_there(case: str) -> None:
    rule, tags, message = RULES[case]
    with pytest.raises(BadTagError) as error:
        rule.check(tags)
    assert str(error.value) == message
    assert error.value.item == len(tags) - 1


def test_tags_that_may_be_there() -> None:
    TagRule("bio", "", bare=True).check(["O", "B", "I", "B-a", None])
    TagRule("bilou").check(["U-a", "B-b", "I-b", "L-b"])
    TagRule().check(["anything", "o"])


def fit(*rows: str, scheme: Scheme = "auto", measured: str | None = None) -> dict[str, object]:
    found = TagFit(scheme, measured)
    for row in rows:
        found.count(row)
    return found.state()


def test_iob1_is_recognized_by_where_spans_begin() -> None:
    found = fit("I-a I-a B-a O I-b", "O I-a")
    assert (found["scheme"], found["rows"], found["broken"]) == ("iob1", 2, 0)
    found = fit("I-a I-a B-a O I-b", "O B-a", scheme="iob1")
    assert (found["rows"], found["broken"], found["example"]) == (2, 1, "'B-a' after 'O'")
    assert fit("I-a B-b")["scheme"] == "bio"
    assert fit("B-a I-a", "I-b O")["scheme"] == "bio"


def test_rows_that_break_the_grammar_are_counted_by_the_scheme_of_all() -> None:
    assert fit("B-a O", "O O")["broken"] == 0
    found = fit("B-a O", "O O", "S-a B-a E-a")
    assert (found["scheme"], found["rows"], found["broken"], found["example"]) == ("bioes", 2, 1, "'O' after 'B-a'")


def test_a_metric_of_spans_rules_out_plain_tags() -> None:
    found = fit("NOUN VERB", measured="span_f1")
    assert (found["scheme"], found["rule"], found["reason"]) == ("bio", "bio", "span_f1 measures spans")
    found = fit("B-a L-a", scheme="plain", measured="span_f1")
    assert (found["scheme"], found["rule"]) == ("plain", "bilou")


def test_what_is_no_list_of_tags_or_of_spans_is_passed_over() -> None:
    found = TagFit()
    for value in (None, 3, [{"start": 0, "end": 1, "label": "a"}, "O"], ["O", 1], []):
        found.count(value)
    assert (found.state()["scheme"], found.state()["rows"]) == ("bio", 0)


def test_tags_of_spans_among_plain_ones_are_noted() -> None:
    assert fit("NOUN VERB")["note"] == fit("O B-a")["note"] == fit("E-mail A", scheme="plain")["note"] == ""
    assert fit("O E-mail Phone A B C")["note"] == (
        "training has tags like those of spans, 'E-mail', beside 'A', 'B', 'C' and 1 other: all are read as they are, "
        "without spans. Write 'scheme: plain' if that is meant, else the scheme of the spans."
    )
    assert fit("S-a")["note"] == (
        "training has tags like those of spans, 'S-a', beside no other: all are read as they are, "
        "without spans. Write 'scheme: plain' if that is meant, else the scheme of the spans."
    )
