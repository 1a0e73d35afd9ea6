"""Members' probabilities and votes as one answer."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from mtl.data.labels import Labels
from mtl.model.module import PaddedSequence
from mtl.model.output import Output
from mtl.runs.ensembling.answering import AveragedLabel, AveragedLabels, AveragedNumber, VotedLabel, VotedLabels
from mtl.runs.ensembling.near_ties import Voter
from mtl_modules.outputs.crf import CRF
from mtl_modules.outputs.ordinal import Ordinal
from mtl_modules.outputs.softmax import Softmax

AB = Labels(("a", "b"), (1, 1))
TIE = 2e-5  # what verification takes for one


def voters(*outputs: Output) -> list[Voter]:
    return [Voter(output, 1) for output in outputs]


def two(count: int = 2) -> list[Voter]:
    """Return members that answer with the label of the highest score."""
    return voters(*(Softmax(AB) for _ in range(count)))


def cast(*members: tuple[Voter, Any]) -> tuple[Any, ...]:
    """Return what flows into the vote of members with these scores."""
    voters, scores = zip(*members, strict=True)
    outputs = [voter.output for voter in voters]
    probabilities = [output.probabilities(own) for output, own in zip(outputs, scores, strict=True)]
    return (*probabilities, *(output.decided(own) for output, own in zip(outputs, scores, strict=True)), *scores)


def test_the_label_with_the_highest_mean_probability_is_the_answer() -> None:
    members = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.4, 0.6]]), torch.tensor([[0.4, 0.6]])
    answer = AveragedLabel(AB).answer(*members)
    assert answer["best"].tolist() == [0]
    assert torch.allclose(answer["scores"], torch.tensor([[1.7 / 3, 1.3 / 3]]))
    assert torch.equal(answer["score"], answer["scores"].amax(1))


def test_most_votes_win_whatever_the_probabilities() -> None:
    members = torch.tensor([[0.9, 0.1]]), torch.tensor([[0.4, 0.6]]), torch.tensor([[0.4, 0.6]])
    answer = VotedLabel(AB, two(3)).answer(*members, *(member.argmax(1) for member in members))
    assert answer["best"].tolist() == [1]
    assert torch.allclose(answer["scores"], torch.tensor([[1 / 3, 2 / 3]]))


def test_of_as_many_votes_the_mean_probability_decides() -> None:
    members = torch.tensor([[0.9, 0.1], [0.6, 0.4]]), torch.tensor([[0.4, 0.6], [0.1, 0.9]])
    answer = VotedLabel(AB, two()).answer(*members, *(member.argmax(1) for member in members))
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
    answer = VotedLabel(AB, two(3), scoped=True).answer(*members, *decided)
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
    assert VotedLabel(AB, two()).answer(first, second, *votes)["score"].tolist() == [[1.0, 0.5]]


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


def ids(*labels: int) -> Any:
    """Return an answer as verification gives it: of a unit its id, of several tokens or labels theirs."""
    return np.array(labels) if len(labels) > 1 else np.array(labels[0])


def test_a_vote_is_a_tie_where_a_member_is_one() -> None:
    near, clear = torch.tensor([[0.0, -1e-6]]), torch.tensor([[2.0, 0.0]])
    output = VotedLabel(AB, two())
    for scores, tied in (((near, clear), True), ((clear, clear), False)):
        gap = output.gap(cast(*zip(two(), scores, strict=True)), "best", 0, ids(0), ids(1))
        assert (gap < TIE) == tied


def test_a_tie_of_votes_is_one_in_the_logarithms_of_the_probabilities() -> None:
    labels = Labels(tuple("abcd"), (1, 1, 1, 1))
    clear = torch.tensor([[0.0, -9.0, -9.0, -12.0]])
    members = [(Voter(Softmax(labels), 1), clear[:, order]) for order in ([0, 1, 2, 3], [1, 0, 2, 3])]
    output = VotedLabel(labels, [voter for voter, _ in members])
    assert output.gap(cast(*members), "best", 0, ids(0), ids(1)) < TIE  # a vote and a mean probability each
    assert output.gap(cast(*members), "best", 0, ids(0), ids(2)) > 1  # nobody voted for it


def test_a_small_threshold_is_near_by_its_own_size() -> None:
    output = AveragedLabels(AB, [torch.tensor([1e-4, 0.5])] * 2)
    assert abs(output.gap((torch.tensor([[1.1e-4, 0.9]]),) * 2, "chosen", 0, ids(0, 1), ids(-1, 1)) - 0.1) < 1e-4
    voted = VotedLabels(AB, [torch.tensor([1e-4, 0.5])] * 2)
    members = (torch.tensor([[1.1e-4, 0.9]]),) * 2
    assert abs(voted.gap((*members, *(torch.tensor([[0, 1]]),) * 2), "chosen", 0, ids(0, 1), ids(-1, 1)) - 0.1) < 1e-4
    scoped = AveragedLabel(AB, [torch.tensor(0.99995)] * 2)
    members = (torch.tensor([[0.99996, 4e-5]]),) * 2
    assert abs(scoped.gap(members, "best", 0, ids(0), ids(2)) - 1e-5 / 5e-3) < 1e-4


def test_a_member_at_its_threshold_is_a_tie_of_a_vote() -> None:
    target: Any = SimpleNamespace(out_of_scope="none")
    scores = torch.tensor([[0.7, 0.3]]).log(), torch.tensor([[0.9, 0.1]]).log()
    members = voters(Softmax(AB, target, threshold=0.7 - 1e-7), Softmax(AB, target, threshold=0.95))
    output = VotedLabel(AB, members, scoped=True)
    given = cast(*zip(members, scores, strict=True))
    assert output.answer(*given)["best"].tolist() == [0]
    assert output.gap(given, "best", 0, ids(0), ids(2)) < TIE
    members = voters(Softmax(AB, target, threshold=0.6), Softmax(AB, target, threshold=0.95))
    assert VotedLabel(AB, members, scoped=True).gap(given, "best", 0, ids(0), ids(2)) > 0.01


@torch.no_grad()
def test_a_sequence_that_is_nearly_as_good_is_a_tie_of_a_vote() -> None:
    crf = CRF(AB)
    crf.transitions.copy_(torch.tensor([[2.0, -2.0], [-2.0, 2.0]]))
    crf.start.zero_()
    crf.end.zero_()
    for ahead, tied in ((1e-6, True), (0.1, False)):
        scores = PaddedSequence(torch.tensor([[[ahead, 0.0], [0.0, 0.0]]]), torch.tensor([2]))
        members = [(Voter(crf, 1), scores), (Voter(crf, 1), scores)]
        given = cast(*members)
        output = VotedLabel(AB, [voter for voter, _ in members])
        assert output.answer(*given)["best"].tolist() == [[0, 0]]
        assert (output.gap(given, "best", 0, ids(0, 0), ids(1, 1)) < TIE) == tied


@torch.no_grad()
def test_a_median_that_is_nearly_another_is_a_tie_of_a_vote() -> None:
    labels = Labels(("1", "2", "3"), (1, 1, 1))
    ordinal = Ordinal(labels)
    ordinal.score.weight.fill_(1.0)
    ordinal.first.fill_(1e-6)
    ordinal.steps.fill_(1.0)
    for score, tied in ((0.0, True), (0.2, False)):
        scores = torch.tensor([[score, 0.0, 0.0]])
        members = [(Voter(ordinal, 1), scores)] * 2
        given = cast(*members)
        output = VotedLabel(labels, voters(ordinal, ordinal))
        assert output.answer(*given)["best"].tolist() == [1]
        assert (output.gap(given, "best", 0, ids(1), ids(0)) < TIE) == tied


def test_a_label_that_cannot_be_otherwise_is_no_tie() -> None:
    one = Labels(("a",), (1,))
    members = [(Voter(Softmax(one), 1), torch.tensor([[0.0]]))] * 2
    assert VotedLabel(one, [voter for voter, _ in members]).gap(cast(*members), "best", 0, ids(0), ids(0)) == 0
