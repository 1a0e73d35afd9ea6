from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from mtl.base.errors import TrainingError, UsageError
from mtl.base.process_group import ProcessGroup, what_was_lost


class Store(dict[str, str]):
    """A store of one process."""

    def check(self, keys: list[str]) -> bool:
        return all(key in self for key in keys)

    def set(self, key: str, value: str) -> None:
        self[key] = value


def group(store: Any = None, number: int = 0) -> ProcessGroup:
    return ProcessGroup(Store() if store is None else store, number, 2, number)


def test_what_was_lost() -> None:
    end = "Checkpoints are unharmed: start 2 processes again, with --resume."
    assert what_was_lost(2, late=False) == (
        "all 2 processes should train to the end. Found that another one ended, or that torchrun was asked to end. "
        f"{end}"
    )
    assert what_was_lost(2, late=True) == (
        f"all 2 processes should train to the end. Found that another one did not answer for 60 seconds. {end}"
    )


def test_one_gpu_for_several_processes_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        group().device("cuda:1")
    assert str(caught.value) == (
        "train.device: several processes should have a GPU each. Found 'cuda:1', which is one. Write 'auto' or 'cuda'."
    )
    assert group().device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("this should be that."), "this should be that."),
        (ValueError("odd"), "process 1: unexpected ValueError: odd"),
        (KeyboardInterrupt(), what_was_lost(2, late=False)),
    ],
)
def test_why_one_ended_is_what_ends_those_that_wait(error: BaseException, said: str) -> None:
    store = Store()
    with pytest.raises(type(error)), group(store, 1).reporting():
        raise error
    with pytest.raises(TrainingError) as caught:
        group(store).from_each(1)
    assert str(caught.value) == said


def test_what_the_first_makes_is_made_once() -> None:
    store = Store()
    made: list[int] = []
    first, second = group(store), group(store, 1)
    assert first.from_first(lambda: made.append(1) or {"a": 0.1}) == {"a": 0.1}  # type: ignore[func-returns-value]
    assert second.from_first(lambda: made.append(2) or {}) == {"a": 0.1}  # type: ignore[func-returns-value]
    assert made == [1]
    assert json.loads(store["1"]) == {"a": 0.1}
