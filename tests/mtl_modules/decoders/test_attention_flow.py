"""What flows into attention flow: the tokens of a text and those of a question."""

from __future__ import annotations

import pytest
import torch

from mtl.base.errors import UsageError
from mtl.model.module import PaddedSequence
from mtl_modules import AttentionFlow


def test_it_gets_two_texts() -> None:
    with pytest.raises(UsageError) as error:
        AttentionFlow((4,), 2)
    assert str(error.value) == "'attention_flow' should get a text and a question. Found 1 input."


def test_it_gets_their_tokens() -> None:
    text = PaddedSequence(torch.zeros(1, 3, 4), torch.tensor([3]))
    with pytest.raises(UsageError) as error:
        AttentionFlow((4, 4), 2)(text, torch.zeros(1, 4))
    assert str(error.value) == (
        "'attention_flow' should get the tokens of both texts. Found a pooled text: leave its pooling out."
    )
