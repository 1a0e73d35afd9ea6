"""What output layers have in common."""

from __future__ import annotations

import pytest

from mtl.model.output import Output


class Rounded(Output):
    """An output layer that asks dev for something."""

    found_on_dev = ("digits",)


def test_what_is_found_on_dev_has_to_be_reset() -> None:
    with pytest.raises(NotImplementedError) as error:
        Rounded().undecide()
    assert str(error.value) == "Rounded has keys that are found on dev, and no method 'undecide'"
    Output().undecide()
