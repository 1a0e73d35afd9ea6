from __future__ import annotations

import pytest

from mtl.base.errors import UsageError
from mtl.text.tag_schemes import Scheme
from mtl_modules.outputs.tag_grammar import FORBIDDEN, barriers


def forbidden(labels: list[str], scheme: Scheme | None = None) -> set[str]:
    found = barriers(labels, scheme)
    moves = {
        f"{a} {b}" for i, a in enumerate(labels) for j, b in enumerate(labels) if found.transitions[i, j] == FORBIDDEN
    }
    starts = {f"^ {a}" for i, a in enumerate(labels) if found.start[i] == FORBIDDEN}
    return moves | starts | {f"{a} $" for i, a in enumerate(labels) if found.end[i] == FORBIDDEN}


def test_an_inside_tag_continues_a_span_of_its_label() -> None:
    assert forbidden(["O", "B-x", "I-x", "B-y"]) == {"O I-x", "B-y I-x", "^ I-x"}


def test_an_open_span_of_bioes_tags_is_continued() -> None:
    assert forbidden(["O", "B-x", "E-x", "S-x"]) == {
        "O E-x", "E-x E-x", "S-x E-x", "^ E-x", "B-x O", "B-x B-x", "B-x S-x", "B-x $"
    }  # fmt: skip


def test_tags_of_bilou_are_as_those_of_bioes() -> None:
    assert forbidden(["O", "B-x", "L-x", "U-x"]) == {
        "O L-x", "L-x L-x", "U-x L-x", "^ L-x", "B-x O", "B-x B-x", "B-x U-x", "B-x $"
    }  # fmt: skip


def test_a_begin_tag_of_iob1_follows_a_span_of_its_label() -> None:
    assert forbidden(["O", "B-x", "I-x", "I-y"], scheme="iob1") == {"O B-x", "I-y B-x", "^ B-x"}


def test_the_grammar_of_a_scheme_that_is_named_is_that_schemes() -> None:
    assert forbidden(["O", "B-x"]) == set()
    assert forbidden(["O", "B-x"], "bioes") == {"B-x O", "B-x B-x", "B-x $"}
    assert forbidden(["O", "B-x"], "plain") == set()


def test_bare_letters_are_tags() -> None:
    assert forbidden(["O", "B", "I"]) == {"O I", "^ I"}


def test_other_labels_are_refused() -> None:
    with pytest.raises(UsageError) as error:
        barriers(["O", "NOUN"])
    assert (
        str(error.value) == "'constrained' should be used with BIO, IOB1, BIOES or BILOU tags. Found the label 'NOUN'."
    )
