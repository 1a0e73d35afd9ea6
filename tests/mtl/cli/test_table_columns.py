"""Columns that options name, and every message about one that cannot be."""

from __future__ import annotations

import pytest

from mtl.base.errors import UsageError
from mtl.cli.table_columns import check_names, chosen_columns, columns_of_row


def test_columns_that_an_option_names() -> None:
    assert chosen_columns([], ["text"]) == {}
    assert chosen_columns(["question"], ["text"]) == {"text": "question"}
    pair = ["query", "document"]
    assert chosen_columns(["document=body=x"], pair) == {"document": "body=x"}
    for given in ("querry=q", "body", "query="):
        with pytest.raises(UsageError) as error:
            chosen_columns([given], pair)
        hint = " Did you mean 'query'?" if given.startswith("querry") else ""
        assert str(error.value) == (
            f"--column should be INPUT=COLUMN, with an input of the task (query, document). Found '{given}'.{hint}"
        )
    with pytest.raises(UsageError) as error:
        chosen_columns(["query=a", "document=d", "query=b"], pair)
    assert str(error.value) == "--column should name one column of an input. Found 'a' and 'b'."


def test_only_a_column_that_no_option_names_is_looked_for_by_the_name_of_its_input() -> None:
    row = {"text": "a", "query": "b"}
    known = {"text": "sentence", "query": "q"}
    assert columns_of_row(row, {}, known) == {"text": "text", "query": "query"}
    assert columns_of_row(row, {"text": "uterance"}, known) == {"text": "uterance", "query": "query"}
    assert columns_of_row({"sentence": "a", "text": "b"}, {}, {"text": "sentence"}) == {"text": "sentence"}


def test_names_of_columns_that_cannot_be() -> None:
    check_names(["word", "tag", "", "", "..."])
    for names, sentence in (
        (["word", "tag", "word"], "--columns should name each column once. Found 'word' more than once."),
        (["word", "caf\udce9"], "--columns should be utf-8 text. Found 'caf\\udce9'."),
    ):
        with pytest.raises(UsageError) as error:
            check_names(names)
        assert str(error.value) == sentence
