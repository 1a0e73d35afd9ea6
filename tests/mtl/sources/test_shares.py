"""Shares in place of files: what is one, and every message about one that cannot be."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from mtl.base.errors import UsageError
from mtl.sources.delimited import Tsv
from mtl.sources.shares import shares_of

REFUSED: list[tuple[dict[str, str], str]] = [
    ({"train": "10%"}, "train should be a file, of which dev and test may be shares. Found '10%'."),
    (
        {"dev": "10%", "test": "5%"},
        "there should be a train file for dev or test to be a share of. Found dev: 10% and test: 5% and no train.",
    ),
    (
        {"train": "a.tsv", "dev": "60%", "test": "40%"},
        "dev and test should leave rows for train. Found 60% and 40%.",
    ),
    *(
        (
            {"train": "a.tsv", "dev": found},
            "dev should be a file, or a share of train of more than 0% and less than 100%, such as 10%. "
            f"Found '{found}'.",
        )
        for found in ("0%", "100%", "-5%", "12,5%")
    ),
]


@pytest.mark.parametrize(("paths", "sentence"), REFUSED)
def test_shares_that_cannot_be(paths: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        Tsv(**paths)
    assert str(error.value) == sentence


def test_what_is_a_share_and_what_a_file() -> None:
    paths = {"train": "train.tsv", "dev": " 0.5 %", "test": "./10%"}
    assert shares_of(paths) == {"dev": Fraction(1, 200)}
    source = Tsv(**paths)
    assert source.splits == ("train", "dev", "test")
    assert source.paths == {"train": "train.tsv", "dev": "train.tsv", "test": "./10%"}
