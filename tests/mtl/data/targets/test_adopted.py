"""What a target takes over from the run that its head comes from: what answers mean, but no counts of its rows."""

from __future__ import annotations

from mtl.data.targets import Example, OneLabel, Tags

EXAMPLE = Example("a b", [(0, 1), (2, 3)], 2)


def one_label(*cells: str) -> OneLabel:
    target = OneLabel(out_of_scope="none")
    for cell in cells:
        target.count(cell)
    target.fit([target])
    return target


def tags(*cells: str) -> Tags:
    target = Tags(scheme="bio")
    for cell in cells:
        target.survey(cell)
    target.settle()
    for cell in cells:
        target.count(target.read(cell, EXAMPLE))
    target.fit([target])
    return target


def test_rows_that_nothing_is_learned_from_are_those_of_the_data() -> None:
    target = one_label("b", "b", "none")
    target.adopt(one_label("a", "b", "none", "none", "none").state())
    assert target.labels is not None
    assert (target.labels.names, target.labels.counts) == (("a", "b"), (0, 2))
    assert target.note() == "no label is learned from 1 row of train labelled 'none'."
    assert target.state()["left_out"] == 1
    whole = one_label("a", "b")
    whole.adopt(one_label("a", "b", "none").state())
    assert whole.note() == ""


def test_rows_that_break_a_scheme_are_those_of_the_data() -> None:
    before = tags("B-x I-x", "O I-x", "O I-x", "O O")
    target = tags("B-x I-x", "B-x O", "I-x O", "B-x O")
    target.adopt(before.state())
    assert target.note() == (
        "1 of 4 training rows with spans breaks the grammar of BIO, the scheme of the task, the first with 'I-x' at "
        "the beginning: the tags are read as they are."
    )
    assert {fact: target.found[fact] for fact in ("scheme", "rows", "broken", "example")} == {
        "scheme": "bio",
        "rows": 4,
        "broken": 1,
        "example": "'I-x' at the beginning",
    }
