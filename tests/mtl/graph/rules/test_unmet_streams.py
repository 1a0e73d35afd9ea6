"""A balance of sources' gradients where none of them meet."""

from __future__ import annotations

import pytest

from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, changed, warnings

BALANCE = "train: {balance: equal_norms}\n"
NOTHING = (
    "'equal_norms' changes nothing: it scales gradients where tasks on different sources share a module, and no module "
    "that is trained is shared by such tasks."
)


def test_one_source_alone() -> None:
    assert warnings(INTENT_SLOT + BALANCE) == [f"r.yaml:32: train.balance: {NOTHING}"]


def test_all_that_is_shared_is_frozen() -> None:
    components = "{words: {freeze: true}, encoder: {freeze: true}}"
    frozen = f"train:\n  balance: {{type: equal_norms, power: 0.5}}\n  components: {components}\n"
    assert warnings(ALTERNATING + frozen) == [f"r.yaml:24: train.balance: {NOTHING}"]


@pytest.mark.parametrize("train", [BALANCE, "train: {balance: equal_norms, components: {words: {freeze: true}}}\n"])
def test_sources_that_meet(train: str) -> None:
    assert warnings(ALTERNATING + train) == []


def test_another_balance() -> None:
    assert warnings(changed(INTENT_SLOT + BALANCE, ("equal_norms", "sum"))) == []
