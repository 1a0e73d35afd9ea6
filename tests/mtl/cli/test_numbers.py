"""Numbers that options take, and what is told of others."""

from __future__ import annotations

import pytest

from mtl.base.errors import UsageError
from mtl.cli.numbers import number, whole
from tests.commands import within


def test_what_can_be_read_is_a_number() -> None:
    assert (whole("--top", least=1)("1"), whole("--top", least=1)(20), whole("--seed")("-3")) == (1, 20, -3)
    assert (number("--at-most", least=0)("0"), number("--at-most")("-1e-3")) == (0.0, -0.001)


@pytest.mark.parametrize(
    ("given", "found"), [("0", "0"), ("-1", "-1"), ("x", "'x'"), ("", "''"), ("1.5", "'1.5'"), ("nan", "'nan'")]
)
def test_what_is_no_whole_number_of_a_least(given: str, found: str) -> None:
    with pytest.raises(UsageError) as error:
        whole("--top", least=1)(given)
    assert str(error.value) == f"--top should be a whole number of at least 1. Found {found}."


@pytest.mark.parametrize(("given", "found"), [("-0.5", "-0.5"), ("nan", "nan"), ("0,5", "'0,5'"), ("", "''")])
def test_what_is_no_number_of_a_least(given: str, found: str) -> None:
    with pytest.raises(UsageError) as error:
        number("--at-most", least=0)(given)
    assert str(error.value) == f"--at-most should be a number of at least 0. Found {found}."


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("errors RUN --top 0", "--top should be a whole number of at least 1. Found 0."),
        ("errors RUN --top -1", "--top should be a whole number of at least 1. Found -1."),
        ("report RUN --top 0", "--top should be a whole number of at least 1. Found 0."),
        ("predict RUN --top -1", "--top should be a whole number of at least 1. Found -1."),
        ("predict RUN --top ten", "--top should be a whole number of at least 1. Found 'ten'."),
        ("predict RUN --batch-size 0", "--batch-size should be a whole number of at least 1. Found 0."),
        ("rank RUN --documents D --top x", "--top should be a whole number of at least 1. Found 'x'."),
        ("rank RUN --documents D --top 0", "--top should be a whole number of at least 1. Found 0."),
        ("rank RUN --documents D --batch-size -2", "--batch-size should be a whole number of at least 1. Found -2."),
        ("export RUN --int8 --at-most -1", "--at-most should be a number of at least 0. Found -1."),
        ("compare R --seeds two", "--seeds should be a whole number. Found 'two'."),
        ("compare R --jobs 1.5", "--jobs should be a whole number. Found '1.5'."),
        ("ensemble R --out D --runs x", "--runs should be a whole number. Found 'x'."),
        ("tune R --trials x", "--trials should be a whole number. Found 'x'."),
        ("tune R --jobs x", "--jobs should be a whole number. Found 'x'."),
        ("tune R --minutes x", "--minutes should be a number. Found 'x'."),
        ("run R --seed 1e3", "--seed should be a whole number. Found '1e3'."),
    ],
)
def test_options_are_told_as_other_wrong_values_are(command: str, message: str) -> None:
    done = within(*command.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{message}\n")
