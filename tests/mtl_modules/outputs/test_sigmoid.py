"""What a sigmoid output decides by: one threshold, one per label, those of dev, and a temperature."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import pytest
import torch

from mtl.base.errors import UsageError
from mtl.data.labels import Labels
from mtl.model.distribution import FINEST
from mtl.model.output import DevUnits
from mtl_modules import Sigmoid

LABELS = Labels(("calm", "loud"), (3, 2))
SCORES = torch.tensor([[2.0, -1.0], [1.0, 0.5], [-1.0, -0.8], [-3.0, -2.0]])
APPLIED = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
DEV = [DevUnits((SCORES,), APPLIED, torch.ones(4, dtype=torch.bool))]


def chosen(output: Sigmoid, scores: torch.Tensor = SCORES) -> list[list[int]]:
    return [[label for label in row if label >= 0] for row in output.answer(scores)["chosen"].tolist()]


def test_a_threshold_per_label_is_a_half_where_none_is_given() -> None:
    assert chosen(Sigmoid(LABELS)) == [[0], [0, 1], [], []]
    assert chosen(Sigmoid(LABELS, threshold={"calm": 0.8})) == [[0], [1], [], []]


def test_thresholds_name_labels() -> None:
    with pytest.raises(UsageError) as error:
        Sigmoid(LABELS, threshold={"lowd": 0.2})
    assert str(error.value) == "'threshold' should name labels of the task. Found 'lowd'. Did you mean 'loud'?"


def test_one_threshold_has_the_highest_micro_f1_on_dev() -> None:
    output = Sigmoid(LABELS, threshold="dev")
    assert output.found_on_dev == ("threshold",)
    assert chosen(output) == [[0], [0, 1], [], []]  # a half, before it is found
    # From the highest score on: calm of the 1st, calm of the 2nd (not there), loud of the 2nd, loud of the 3rd.
    (sentence,) = output.decide(DEV)
    value = (torch.tensor([-0.8, -1.0]).sigmoid()).mean()
    assert output.thresholds is not None
    assert output.thresholds.tolist() == pytest.approx([float(value)] * 2)
    assert sentence == f"threshold {float(value):.4f}, tuned on dev: micro F1 0.8571 there"
    assert chosen(output) == [[0], [0, 1], [1], []]


def test_thresholds_per_label_have_the_highest_f1_of_each() -> None:
    output = Sigmoid(LABELS, threshold="dev_per_label")
    (sentence,) = output.decide(DEV)
    calm, loud = (float(torch.tensor(pair).sigmoid().mean()) for pair in ([2.0, 1.0], [-0.8, -1.0]))
    assert sentence == f"thresholds, tuned on dev: calm {calm:.4f}, loud {loud:.4f}"
    assert chosen(output) == [[0], [1], [1], []]


@pytest.mark.parametrize("threshold", ["dev", "dev_per_label"])
def test_undecided_it_is_as_a_new_one(threshold: Literal["dev", "dev_per_label"]) -> None:
    output = Sigmoid(LABELS, threshold=threshold, calibrate=True)
    list(output.decide(DEV))
    assert chosen(output) != [[0], [0, 1], [], []]
    output.undecide()
    assert {name: value.tolist() for name, value in output.state_dict().items()} == {
        "thresholds": [0.5, 0.5],
        "temperature": 1.0,
    }
    assert chosen(output) == [[0], [0, 1], [], []]


def test_given_thresholds_stay() -> None:
    output = Sigmoid(LABELS, threshold={"calm": 0.8}, calibrate=True)
    output.undecide()
    assert output.thresholds is not None
    assert output.thresholds.tolist() == pytest.approx([0.8, 0.5])


def test_a_label_that_dev_never_has_keeps_a_half() -> None:
    output = Sigmoid(LABELS, threshold="dev_per_label")
    none = APPLIED * torch.tensor([0.0, 1.0])
    list(output.decide([DevUnits((SCORES,), none, torch.ones(4, dtype=torch.bool))]))
    assert output.thresholds is not None
    assert float(output.thresholds[0]) == 0.5


def test_units_without_an_answer_do_not_count() -> None:
    scores, applied = torch.cat([SCORES, torch.tensor([[9.0, 9.0]])]), torch.cat([APPLIED, torch.zeros(1, 2)])
    more, output = Sigmoid(LABELS, threshold="dev", calibrate=True), Sigmoid(LABELS, threshold="dev", calibrate=True)
    answered = torch.tensor([True] * 4 + [False])
    assert list(more.decide([DevUnits((scores,), applied, answered)])) == list(output.decide(DEV))


def test_a_temperature_changes_probabilities_and_what_a_condition_carries_stays() -> None:
    output = Sigmoid(Labels(("calm",), (1,)), calibrate=True)
    assert output.found_on_dev == ("calibrate",)
    scores, applied = torch.full((4, 1), 3.0), torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    (sentence,) = output.decide([DevUnits((scores,), applied, torch.ones(4, dtype=torch.bool))])
    wanted = 3 / math.log(3)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    before = math.log1p(math.exp(-3)) + 0.75
    assert sentence == f"temperature {wanted:.4f}, fitted to dev: log loss {entropy:.4f}, without it {before:.4f}"
    assert output.answer(scores)["scores"][:, 0].tolist() == pytest.approx([0.75] * 4)
    torch.testing.assert_close(output(scores), scores.sigmoid())


def test_where_dev_is_all_right_the_temperature_stays_1() -> None:
    output = Sigmoid(LABELS, threshold="dev", calibrate=True)
    scores, applied = torch.tensor([[4.0, -3.0], [2.0, 0.5]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    first, _ = output.decide([DevUnits((scores,), applied, torch.ones(2, dtype=torch.bool))])
    assert first == "temperature 1, not fitted: on dev the lower the better, down to 0.01"
    torch.testing.assert_close(output.answer(scores)["scores"], scores.sigmoid())


@pytest.mark.parametrize("threshold", ["dev", "dev_per_label"])
def test_what_is_found_does_not_depend_on_where_the_module_is(threshold: Literal["dev", "dev_per_label"]) -> None:
    here, elsewhere = (Sigmoid(LABELS, threshold=threshold, calibrate=True) for _ in range(2))
    assert list(elsewhere.to("meta").decide(DEV)) == list(here.decide(DEV))


def test_what_is_found_is_kept_and_what_is_given_is_not() -> None:
    assert list(Sigmoid(LABELS).state_dict()) == []
    assert list(Sigmoid(LABELS, threshold={"calm": 0.2}).state_dict()) == []
    assert list(Sigmoid(LABELS, threshold="dev", calibrate=True).state_dict()) == ["thresholds", "temperature"]


def test_a_gap_is_the_distance_from_the_threshold() -> None:
    output = Sigmoid(LABELS, threshold={"loud": 0.6})
    wanted, given = torch.tensor([0, 1]).numpy(), torch.tensor([0, -1]).numpy()
    found = output.gap((SCORES,), "chosen", 1, wanted, given)
    assert found == pytest.approx(abs(float(torch.tensor(0.5).sigmoid()) - 0.6) / 0.4, abs=1e-6)


@pytest.mark.parametrize(("threshold", "score"), [(1e-6, -13.0), (0.999, 8.0)])
def test_a_gap_means_as_much_where_thresholds_are_extreme(threshold: float, score: float) -> None:
    output = Sigmoid(LABELS, threshold=threshold)
    wanted, given = np.array([0, -1]), np.array([-1, -1])
    probability = 1 / (1 + math.exp(-score))
    near = min(threshold, max(1 - threshold, FINEST))
    found = output.gap((torch.full((1, 2), score),), "chosen", 0, wanted, given)
    assert found == pytest.approx(abs(probability - threshold) / near, rel=1e-3)
    assert found > 0.1


def test_dev_without_answers_shows_nothing() -> None:
    output = Sigmoid(LABELS, threshold="dev", calibrate=True)
    assert list(output.lacking_on_dev([(APPLIED, torch.zeros(4, dtype=torch.bool))])) == [
        ("calibrate", "should come with units in dev that have an answer, on which it is found. There are none."),
        ("threshold", "should come with units in dev that have an answer, on which it is found. There are none."),
    ]
    assert list(output.lacking_on_dev([(APPLIED, torch.ones(4, dtype=torch.bool))])) == []
