# ruff: noqa: E501  # messages and recipes stand in one piece
from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from mtl.base import registry
from mtl.recipe.document import from_values
from mtl.recipe.schema import fitted_to

Share = Annotated[float, Field(gt=0, lt=1)]


class Component:
    def __init__(
        self,
        input_dim: int,
        *,
        size: int = 1,
        rate: float = 0.5,
        name: str = "",
        on: bool = False,
        sizes: list[int] = [],  # noqa: B006
        rates: dict[str, float] = {},  # noqa: B006
        rows: list[list[str]] = [],  # noqa: B006
        how: Literal["sum", "middle"] | None = None,
        weights: dict[str, float] | Literal["balanced"] | None = None,
        sides: Literal["both"] = "both",
        anything: Any = None,
        either: int | str = 0,
        threshold: Share | dict[str, Share] | Literal["dev", "each"] | None = 0.5,
        between: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None,
        pair: Annotated[list[int], Field(min_length=2, max_length=2)] = [1, 2],  # noqa: B006
        few: Annotated[list[str], Field(max_length=1)] = [],  # noqa: B006
        some: Annotated[list[str], Field(min_length=1, max_length=3)] | None = None,
        full: Annotated[list[str], Field(min_length=1)] = ["a"],  # noqa: B006
        inner: list[Annotated[list[str], Field(max_length=2)]] = [],  # noqa: B006
        mark: Annotated[str, Field(min_length=1, max_length=3)] = "a",
        widths: list[Annotated[int, Field(ge=1)]] | int = 3,
    ) -> None: ...


SHARE = "should be a number less than 1"


def rows(**values: Any) -> list[str]:
    document = from_values({"a": values}, "r.yaml")
    return [str(fault) for fault in fitted_to(registry.schema(Component), values, document, ("a",), "it")[1]]


def test_right_values_are_kept_and_defaults_filled_in() -> None:
    values = {"rate": 1, "sizes": [1, 2], "weights": "balanced"}
    found, faults = fitted_to(registry.schema(Component), values, from_values({"a": values}, "r"), ("a",), "it")
    assert faults == []
    assert found is not None
    assert (found["rate"], found["sizes"], found["weights"], found["on"]) == (1.0, [1, 2], "balanced", False)
    assert type(found["rate"]) is float


@pytest.mark.parametrize(
    ("values", "row"),
    [
        ({"size": "x"}, "a.size: should be a whole number. Found 'x'."),
        ({"between": [3]}, "a.between: should be a list of whole numbers, exactly 2 of them, or null. Found a list of 1."),
        ({"between": [3, 4, 5]}, "a.between: should be a list of whole numbers, exactly 2 of them, or null. Found a list of 3."),
        ({"between": []}, "a.between: should be a list of whole numbers, exactly 2 of them, or null. Found an empty list."),
        ({"pair": [1]}, "a.pair: should be a list of whole numbers, exactly 2 of them. Found a list of 1."),
        ({"few": ["a", "b"]}, "a.few: should be a list of strings, at most 1 of them. Found a list of 2."),
        ({"some": []}, "a.some: should be a list of strings, 1 to 3 of them, or null. Found an empty list."),
        ({"some": ["a", "b", "c", "d"]}, "a.some: should be a list of strings, 1 to 3 of them, or null. Found a list of 4."),
        ({"inner": [["a"], ["a", "b", "c"]]}, "a.inner.1: should be a list of strings, at most 2 of them. Found a list of 3."),
        ({"mark": ""}, "a.mark: should be a string, 1 to 3 characters. Found ''."),
        ({"full": []}, "a.full: should be a list of strings that is not empty. Found an empty list."),
        ({"mark": "abcd"}, "a.mark: should be a string, 1 to 3 characters. Found 'abcd'."),
        ({"size": 1.5}, "a.size: should be a whole number. Found 1.5."),
        ({"size": True}, "a.size: should be a whole number. Found true."),
        ({"size": None}, "a.size: should be a whole number. Found null."),
        ({"rate": "1e-3"}, "a.rate: should be a number. Found '1e-3'."),
        ({"name": 3}, "a.name: should be a string. Found 3."),
        ({"on": "yes"}, "a.on: should be true or false. Found 'yes'."),
        ({"on": 1}, "a.on: should be true or false. Found 1."),
        ({"sizes": 3}, "a.sizes: should be a list of whole numbers. Found 3."),
        ({"sizes": [1, "b"]}, "a.sizes.1: should be a whole number. Found 'b'."),
        ({"rates": {"x": "b"}}, "a.rates.x: should be a number. Found 'b'."),
        ({"rates": []}, "a.rates: should be a mapping to numbers. Found a list."),
        ({"rows": [["a"], [1]]}, "a.rows.1.0: should be a string. Found 1."),
        ({"rows": 1}, "a.rows: should be a list of lists of strings. Found 1."),
        ({"how": "summ"}, "a.how: should be one of 'sum', 'middle' or null. Found 'summ'. Did you mean 'sum'?"),
        ({"weights": "equal"}, "a.weights: should be a mapping to numbers or 'balanced' or null. Found 'equal'."),
        ({"weights": {"x": "y"}}, "a.weights.x: should be a number. Found 'y'."),
        ({"sides": "left"}, "a.sides: should be 'both'. Found 'left'."),
        ({"either": 1.5}, "a.either: should be a whole number or a string. Found 1.5."),
        ({"threshold": 1.0}, f"a.threshold: {SHARE}, or a mapping to numbers, or one of 'dev', 'each', or null. Found 1.0."),
        ({"threshold": 0}, f"a.threshold: {SHARE.replace('less than 1', 'greater than 0')}, or a mapping to numbers, or one of 'dev', 'each', or null. Found 0."),
        ({"threshold": {"x": 0.5, "y": 2}}, f"a.threshold.y: {SHARE}. Found 2."),
        ({"threshold": {"x": None}}, "a.threshold.x: should be a number. Found null."),
        ({"threshold": "deev"}, "a.threshold: should be a number or a mapping to numbers or one of 'dev', 'each' or null. Found 'deev'. Did you mean 'dev'?"),
        ({"threshold": [1]}, "a.threshold: should be a number or a mapping to numbers or one of 'dev', 'each' or null. Found a list."),
        ({"widths": [2, 0]}, "a.widths.1: should be a whole number of at least 1. Found 0."),
        ({"widths": [2, "x"]}, "a.widths.1: should be a whole number. Found 'x'."),
        ({"size": "x" * 99}, f"a.size: should be a whole number. Found '{'x' * 57}...'."),
        ({"siez": 1}, "a: it has no key 'siez'. Did you mean 'size'?"),
        (
            {"colour": 1},
            "a: it has no key 'colour'. Its keys: anything, between, either, few, full, how, inner, mark, name, on, pair, rate, rates, rows, sides, size, "
            "sizes, some, threshold, weights, widths.",
        ),
        ({"input_dim": 1}, "a: it has no key 'input_dim'. Its keys: anything, between, either, few, full, how, inner, mark, name, on, pair, rate, rates, rows, "
         "sides, size, sizes, some, threshold, weights, widths."),
    ],
)  # fmt: skip
def test_sentences(values: dict[str, Any], row: str) -> None:
    assert rows(**values) == [f"r.yaml: {row}"]


def test_all_at_once() -> None:
    assert len(rows(size="x", rate="y", sizes=[1, "a", "b"])) == 4


def test_a_component_without_keys() -> None:
    class Bare:
        def __init__(self, input_dim: int) -> None: ...

    values = {"dim": 3}
    found = fitted_to(registry.schema(Bare), values, from_values({"a": values}, "r.yaml"), ("a",), "the pooling 'max'")[
        1
    ]
    assert [str(fault) for fault in found] == ["r.yaml: a: the pooling 'max' has no key 'dim'. It has no keys."]


def test_a_required_key() -> None:
    class Needy:
        def __init__(self, *, columns: list[str]) -> None: ...

    def check_keys(**values: Any) -> list[str]:
        document = from_values({"a": values}, "r.yaml")
        return [str(fault) for fault in fitted_to(registry.schema(Needy), values, document, ("a",), "it")[1]]

    assert check_keys() == ["r.yaml: a: should have a key 'columns', a list of strings. There is none."]
    assert check_keys(colums=["x"]) == ["r.yaml: a: it has no key 'colums'. Did you mean 'columns'?"]
