"""Python's collector of cycles, paused and put back."""

from __future__ import annotations

import gc

import pytest

from mtl.base.collector import collector_paused


def test_it_is_off_meanwhile_and_as_before_afterwards() -> None:
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_puts_it_back() -> None:
    with pytest.raises(ValueError, match=r"^told$"), collector_paused():
        raise ValueError("told")
    assert gc.isenabled()
