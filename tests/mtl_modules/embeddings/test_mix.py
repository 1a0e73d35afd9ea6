from __future__ import annotations

from typing import Any

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence
from mtl_modules import MaxPooling, Mix, Sum

LENGTHS = torch.tensor([3, 2])


@pytest.fixture
def parts() -> dict[str, Any]:
    return {"word": MaxPooling(4), "char": MaxPooling(4)}  # only their output_dim is asked for


@pytest.fixture
def sequences() -> list[PaddedSequence]:
    return [PaddedSequence(torch.randn(2, 3, 4), LENGTHS) for _ in range(2)]


def test_a_sum_adds_the_parts(parts: dict[str, Any], sequences: list[PaddedSequence]) -> None:
    values = Sum(parts=parts)(LENGTHS, *sequences).values
    torch.testing.assert_close(values, sequences[0].values + sequences[1].values)


def test_per_part_is_the_scalar_mix(parts: dict[str, Any], sequences: list[PaddedSequence]) -> None:
    module = Mix(parts=parts)
    torch.testing.assert_close(module(LENGTHS, *sequences).values, (sequences[0].values + sequences[1].values) / 2)
    with torch.no_grad():
        module.gate.scores.copy_(torch.tensor([1.0, -1.0]))  # type: ignore[union-attr, operator]
        module.gate.factor.fill_(3.0)  # type: ignore[union-attr, operator]
    one, two = torch.tensor([1.0, -1.0]).softmax(0).tolist()
    wanted = 3 * (one * sequences[0].values + two * sequences[1].values)
    torch.testing.assert_close(module(LENGTHS, *sequences).values, wanted)


def test_per_token_scores_the_parts_of_each_token(parts: dict[str, Any], sequences: list[PaddedSequence]) -> None:
    module = Mix(parts=parts, per="token")
    score = module.gate.score.weight[0]  # type: ignore[union-attr, index]
    both = [part.values[1, 0] for part in sequences]
    weights = torch.stack([part @ score for part in both]).softmax(0)
    wanted = weights[0] * both[0] + weights[1] * both[1]
    torch.testing.assert_close(module(LENGTHS, *sequences).values[1, 0], wanted)


def test_per_dimension_of_two_parts_is_a_sigmoid_gate(parts: dict[str, Any], sequences: list[PaddedSequence]) -> None:
    module = Mix(parts=parts, per="dimension")
    word, char = (part.values[0, 2] for part in sequences)
    hidden = torch.tanh(module.gate.hidden.weight @ torch.cat([word, char]))  # type: ignore[union-attr, operator]
    difference = module.gate.scores.weight[:4] - module.gate.scores.weight[4:]  # type: ignore[union-attr, index]
    gate = torch.sigmoid(difference @ hidden)
    torch.testing.assert_close(module(LENGTHS, *sequences).values[0, 2], gate * word + (1 - gate) * char)


@pytest.mark.parametrize("per", ["part", "token", "dimension"])
def test_parts_of_other_sizes_are_projected_to_one(per: Any) -> None:
    sequences = [PaddedSequence(torch.randn(2, 3, size), LENGTHS) for size in (4, 1)]
    module = Mix(parts={"word": MaxPooling(4), "year": MaxPooling(1)}, per=per, dim=5)
    projected = [
        PaddedSequence(sequence.values @ layer.weight.T + layer.bias, LENGTHS)  # type: ignore[operator, union-attr]
        for sequence, layer in zip(sequences, module.projections, strict=True)
    ]
    alike = Mix(parts={"word": MaxPooling(5), "year": MaxPooling(5)}, per=per)
    alike.load_state_dict({name: value for name, value in module.state_dict().items() if "projections" not in name})
    torch.testing.assert_close(module(LENGTHS, *sequences).values, alike(LENGTHS, *projected).values)
    assert module.output_dim == 5


@pytest.mark.parametrize(
    ("build", "otherwise"), [(Mix, ", or 'dim' the size that each of them gets"), (Sum, "")], ids=["mix", "sum"]
)
def test_parts_should_be_of_one_size(build: Any, otherwise: str) -> None:
    with pytest.raises(UsageError) as error:
        build(parts={"word": MaxPooling(4), "char": MaxPooling(3)})
    assert str(error.value) == f"'parts' should be embeddings of one size{otherwise}. Found 4 of 'word', 3 of 'char'."


def test_one_part_is_no_mixture() -> None:
    with pytest.raises(UsageError) as error:
        Mix(parts={"word": MaxPooling(4)})
    assert str(error.value) == "'parts' should be at least two embeddings. Found 'word' alone."
