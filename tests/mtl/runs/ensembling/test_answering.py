"""Members' probabilities and votes as one answer."""

from __future__ import annotations

import math

import torch

from mtl.data.labels import Labels
from mtl.model.module import PaddedSequence
from mtl.runs.ensembling.answering import AveragedLabel, AveragedLabels, AveragedNumber, VotedLabel, VotedLabels

AB = Labels(("a", "b"), (1, 1))


def test_the_label_with_the_highest_mean_probability_is_the_answer() -> None:
    members = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.4, 0.6]]), torch.tensor([[0.4, 0.6]])
    answer = AveragedLabel(AB).answer(*members)
    assert answer["best"].tolist() == [0]
    assert torch.allclose(answer["scores"], torch.tensor([[1.7 / 3, 1.3 / 3]]))
    assert torch.equal(answer["score"], answer["scores"].amax(1))


def test_most_votes_win_whatever_the_probabilities() -> None:
    members = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.4, 0.6]]), torch.tensor([[0.4, 0.6]])
    answer = VotedLabel(AB).answer(*members, *(member.argmax(1) for member in members))
    assert answer["best"].tolist() == [1]
    assert torch.allclose(answer["scores"], torch.tensor([[1 / 3, 2 / 3]]))


def test_of_as_many_votes_the_mean_probability_decides() -> None:
    members = torch.tensor([[0.9, 0.1], [0.6, 0.4]]), torch.tensor([[0.4, 0.6], [0.1, 0.9]])
    answer = VotedLabel(AB).answer(*members, *(member.argmax(1) for member in members))
    assert answer["best"].tolist() == [0, 1]
    assert answer["score"].tolist() == [0.5, 0.5]


def test_what_is_below_the_mean_threshold_is_out_of_scope() -> None:
    output = AveragedLabel(AB, [torch.tensor(0.9), torch.tensor(0.5)])
    answer = output.answer(torch.tensor([[0.9, 0.1], [0.6, 0.4]]), torch.tensor([[0.9, 0.1], [0.6, 0.4]]))
    assert answer["best"].tolist() == [0, 2]
    assert torch.allclose(answer["score"], torch.tensor([0.9, 0.4]))


def test_what_is_out_of_scope_can_be_voted_for() -> None:
    members = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.6, 0.4]]), torch.tensor([[0.6, 0.4]])
    decided = torch.tensor([0]), torch.tensor([2]), torch.tensor([2])
    answer = VotedLabel(AB, scoped=True).answer(*members, *decided)
    assert answer["best"].tolist() == [2]
    assert torch.allclose(answer["scores"], torch.tensor([[1 / 3, 0.0]]))


def test_tokens_are_averaged_and_voted_on_one_by_one() -> None:
    lengths = torch.tensor([2])
    first = PaddedSequence(torch.tensor([[[0.9, 0.1], [0.3, 0.7]]]), lengths)
    second = PaddedSequence(torch.tensor([[[0.8, 0.2], [0.6, 0.4]]]), lengths)
    averaged = AveragedLabel(AB).answer(first, second)
    assert averaged.keys() == {"best", "score"}
    assert averaged["best"].tolist() == [[0, 1]]
    assert torch.allclose(averaged["score"], torch.tensor([[0.85, 0.55]]))
    votes = [PaddedSequence(member.values.argmax(-1), lengths) for member in (first, second)]
    assert VotedLabel(AB).answer(first, second, *votes)["score"].tolist() == [[1.0, 0.5]]


def test_several_labels_are_those_that_reach_the_mean_threshold() -> None:
    output = AveragedLabels(AB, [torch.tensor([0.5, 0.2]), torch.tensor([0.7, 0.4])])
    answer = output.answer(torch.tensor([[0.6, 0.25]]), torch.tensor([[0.5, 0.4]]))
    assert answer["chosen"].tolist() == [[-1, 1]]
    assert torch.allclose(answer["scores"], torch.tensor([[0.55, 0.325]]))


def test_several_labels_need_more_than_half_of_the_votes_or_half_and_the_probability() -> None:
    output = VotedLabels(AB, [torch.tensor([0.5, 0.5]), torch.tensor([0.5, 0.5])])
    members = torch.tensor([[0.9, 0.6], [0.8, 0.9]]), torch.tensor([[0.3, 0.1], [0.7, 0.2]])
    decided = torch.tensor([[0, 1], [0, 1]]), torch.tensor([[-1, -1], [0, -1]])
    answer = output.answer(*members, *decided)
    assert answer["chosen"].tolist() == [[0, -1], [0, 1]]
    assert answer["scores"].tolist() == [[0.5, 0.5], [1.0, 0.5]]


def test_numbers_are_averaged() -> None:
    members = torch.tensor([1.0, 4.0]), torch.tensor([2.0, 8.0])
    assert AveragedNumber().answer(*members)["value"].tolist() == [1.5, 6.0]
    assert AveragedNumber()(*members).tolist() == [[1.5], [6.0]]


def test_a_gap_says_how_near_to_a_tie_answers_are() -> None:
    near = torch.tensor([[0.5, 0.5 - 1e-6]])
    scores = (near, torch.tensor([[0.9, 0.1]]))
    assert abs(AveragedLabel(AB).gap(scores, "best", 0, 0, 1) - math.log(0.7 / 0.3)) < 1e-5
    voted = (*scores, torch.tensor([0]), torch.tensor([0]))
    assert VotedLabel(AB).gap(voted, "best", 0, torch.tensor(0).numpy(), torch.tensor(1).numpy()) < 1e-5
    clear = (scores[1], scores[1], torch.tensor([0]), torch.tensor([0]))
    assert VotedLabel(AB).gap(clear, "best", 0, torch.tensor(0).numpy(), torch.tensor(1).numpy()) > 0.7
