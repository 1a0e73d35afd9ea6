"""Mixtures: rates, epochs, state, and messages."""

from __future__ import annotations

import json
from collections import Counter
from itertools import product

import pytest

from mtl.base.errors import UsageError
from mtl.base.registry import lookup, names
from mtl.train.mixture import (
    Annealed,
    Mixture,
    Proportional,
    RoundRobin,
    Temperature,
    TrainingStream,
    Weighted,
    build_mixture,
)

STREAMS = (
    TrainingStream("big", 1000, 40, ("pos",), {"pos.accuracy": True}),
    TrainingStream("small", 10, 2, ("age",), {"age.rmse": False}),
)
VALUES = {"weighted": {"rates": {"big": 1.0, "small": 3.0}}}


def build(name: str, epochs: int = 5, seed: int = 1) -> Mixture:
    return build_mixture(lookup("mixture", name), VALUES.get(name, {}), STREAMS, seed, epochs)


@pytest.mark.parametrize("name", names("mixture"))
def test_state_resumes_the_same_draws(name: str) -> None:
    mixture = build(name)
    for _ in range(57):
        mixture.draw()
    state = json.loads(json.dumps(mixture.state()))
    expected = [mixture.draw() for _ in range(200)]
    other = build(name, seed=9)
    other.load_state(state)
    assert [other.draw() for _ in range(200)] == expected


@pytest.mark.parametrize("name", names("mixture"))
def test_one_stream_is_read_through_once_an_epoch(name: str) -> None:
    values = {"rates": {"only": 1.0}} if name == "weighted" else {}
    mixture = build_mixture(
        lookup("mixture", name), values, (TrainingStream("only", 100, 7, ("pos",), {"pos.accuracy": True}),), 1, 3
    )
    assert mixture.epoch_steps == 7
    assert [(mixture.epoch, mixture.draw()) for _ in range(14)] == [(0, "only")] * 7 + [(1, "only")] * 7


def test_round_robin_takes_turns_until_the_longest_is_read() -> None:
    mixture = RoundRobin(STREAMS, 1, 5)
    assert mixture.epoch_steps == 80
    assert [mixture.draw() for _ in range(5)] == ["big", "small", "big", "small", "big"]


def test_streams_that_take_turns_are_together_where_steps_put_them() -> None:
    for count, draws in product(range(2, 8), range(2, 10)):
        turns = RoundRobin([TrainingStream(str(place), 10, 5) for place in range(count)], 1, 5)
        steps = [{turns.draw() for _ in range(draws)} for _ in range(count)]
        for one, other in product(range(count), repeat=2):
            seen = any({str(one), str(other)} <= step for step in steps)
            assert RoundRobin.together(one, other, count, draws) == seen, (one, other, count, draws)
    assert Proportional.together(0, 2, 4, 2)
    assert not RoundRobin.together(0, 2, 4, 2)


def test_weighted_rates_count_batches() -> None:
    mixture = build("weighted")
    assert mixture.epoch_steps == 42
    drawn = Counter(mixture.draw() for _ in range(8000))
    assert drawn["small"] / drawn["big"] == pytest.approx(3, rel=0.1)


def test_proportional_reads_every_batch_once_an_epoch() -> None:
    mixture = Proportional(STREAMS, 1, 5)
    for _ in range(3):
        assert Counter(mixture.draw() for _ in range(mixture.epoch_steps)) == {"big": 40, "small": 2}


def test_temperature_levels_the_rates() -> None:
    assert Temperature(STREAMS, 1, 5, temperature=1.0).weights() == [1000, 10]
    assert Temperature(STREAMS, 1, 5, temperature=2.0).weights() == pytest.approx([31.6, 3.16], rel=0.01)


def test_annealed_goes_from_start_to_end() -> None:
    mixture = Annealed(STREAMS, 1, 3, start=1.0, end=0.0)
    exponents = []
    for _ in range(4):
        exponents.append(mixture.weights())
        mixture.position += mixture.epoch_steps
    assert exponents == [[1000, 10], pytest.approx([31.6, 3.16], rel=0.01), [1, 1], [1, 1]]
    assert Annealed(STREAMS, 1, 1).weights() == [1000, 10]


@pytest.mark.parametrize("name", names("mixture"))
def test_streams_that_are_left_out_are_not_drawn(name: str) -> None:
    mixture = build(name)
    for _ in range(5):
        mixture.draw()
    mixture.left_out = frozenset({"big"})
    drawn = [mixture.draw() for _ in range(20)]
    asked_again = [one for one in drawn if one == "small"]
    assert len(asked_again) == (10 if name == "round_robin" else 20)  # whose turns go on


MESSAGES = [
    (
        Weighted,
        {"rates": {"bigg": 1.0}},
        "train.mixture.rates: 'bigg' should be a source that a task trains on: big, small. Did you mean 'big'?",
    ),
    (Weighted, {"rates": {"big": 1.0}}, "train.mixture.rates: source 'small' should have a rate. There is none."),
    (Weighted, {"rates": {"big": 0.0, "small": 1.0}}, "train.mixture.rates.big: should be a positive number. Found 0."),
    (
        Weighted,
        {"rates": {"big": float("nan"), "small": 1.0}},
        "train.mixture.rates.big: should be a positive number. Found nan.",
    ),
    (Temperature, {"temperature": 0.5}, "train.mixture.temperature: should be at least 1. Found 0.5."),
    (Annealed, {"start": 2.0}, "train.mixture.start: should be a number from 0 to 1. Found 2."),
    (Annealed, {"end": -1.0}, "train.mixture.end: should be a number from 0 to 1. Found -1."),
]


@pytest.mark.parametrize(("cls", "values", "message"), MESSAGES)
def test_messages(cls: type[Mixture], values: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_mixture(cls, values, STREAMS, 1, 5)
    assert str(caught.value) == message


def test_a_stream_without_rows() -> None:
    with pytest.raises(UsageError) as caught:
        build_mixture(RoundRobin, {}, (TrainingStream("big", 1, 1), TrainingStream("none", 0, 0)), 1, 5)
    assert str(caught.value) == "source 'none' should have rows to train on. There are none."


def test_no_stream_at_all() -> None:
    with pytest.raises(UsageError) as caught:
        build_mixture(RoundRobin, {}, (), 1, 5)
    assert str(caught.value) == "the mixture 'round_robin' should have streams to draw. There are none."
