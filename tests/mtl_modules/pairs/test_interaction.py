"""Kernels and attention over the tokens of two texts, against loops over single tokens."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from mtl.model.module import PaddedSequence
from mtl_modules.pairs.cross_attention import CrossAttention
from mtl_modules.pairs.kernel_pooling import KernelPooling


def texts() -> tuple[PaddedSequence, PaddedSequence]:
    generator = torch.Generator().manual_seed(3)
    query, document = (torch.randn(3, steps, 4, generator=generator) for steps in (3, 5))
    document[0, 2] = query[0, 1] * 3  # the same direction: the kernel of equal tokens
    return PaddedSequence(query, torch.tensor([3, 1, 2])), PaddedSequence(document, torch.tensor([4, 5, 1]))


def rows(text: PaddedSequence, number: int) -> list[Tensor]:
    return list(text.values[number, : int(text.lengths[number])])


@pytest.mark.parametrize("kernels", [1, 2, 11])
def test_kernels_are_sums_over_pairs_of_tokens(kernels: int) -> None:
    query, document = texts()
    pooling = KernelPooling(kernels)
    found = pooling(query, document)
    assert found.shape == (3, kernels)
    for number in range(3):
        for k, (centre, width) in enumerate(pooling.kernels):
            total = 0.0
            for word in rows(query, number):
                cosines = [float(F.cosine_similarity(word, other, dim=0)) for other in rows(document, number)]
                total += math.log(max(sum(math.exp(-((c - centre) ** 2) / (2 * width**2)) for c in cosines), 1e-10))
            assert float(found[number, k]) == pytest.approx(total / 100, abs=2e-5)


def test_kernels_are_those_of_the_paper() -> None:
    centres = [centre for centre, _ in KernelPooling(11).kernels]
    assert centres == pytest.approx([1, 0.9, 0.7, 0.5, 0.3, 0.1, -0.1, -0.3, -0.5, -0.7, -0.9])
    assert [width for _, width in KernelPooling(11).kernels] == [0.001, *[0.1] * 10]


def test_attention_compares_each_token_with_its_counterpart() -> None:
    torch.manual_seed(2)
    attention = CrossAttention(4, 6).eval()
    query, document = texts()
    with torch.no_grad():
        found = attention(query, document)
        for number in range(3):
            some, others = ([attention.project(word) for word in rows(text, number)] for text in (query, document))
            pooled = []
            for own, their in ((some, others), (others, some)):
                compared = []
                for word in own:
                    weights = torch.stack([word @ other / 6**0.5 for other in their]).softmax(0)
                    mean = sum((w * other for w, other in zip(weights, their, strict=True)), torch.zeros(6))
                    compared.append(attention.compare(torch.cat([word, mean, word * mean, (word - mean).abs()])))
                pooled += [torch.stack(compared).mean(0), torch.stack(compared).amax(0)]
            torch.testing.assert_close(found[number], attention.aggregate(torch.cat(pooled)))
