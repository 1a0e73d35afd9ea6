"""What goes on from one segment of a running text to the next: the states that its modules leave."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..base.errors import UsageError

State = tuple[Tensor, ...]


class Carry:
    """One module's: the state `before` the rows of a batch, None where a text begins; the module sets that `after`."""

    __slots__ = ("after", "before")

    def __init__(self, before: State | None) -> None:
        self.before = before
        self.after: State | None = None


class CarriedStates:
    """The states at which a running text is read on, each by the place of its module in the walk over the model.

    A batch may be read more than once before `go_on`, as adversarial training does: every reading begins with the same
    states, and those that the first one leaves count.
    """

    def __init__(self) -> None:
        self.states: dict[str, State] = {}
        self._left: dict[str, Carry] = {}

    def at(self, place: str) -> Carry:
        """Return what the module at a place begins with, for it to say what it ends with."""
        carry = Carry(self.states.get(place))
        self._left.setdefault(place, carry)
        return carry

    def go_on(self) -> None:
        """Let the next batch begin where this one has ended; no gradient goes back over that.

        Raises `UsageError` where a module that carries has not said what it ends with.
        """
        found: dict[str, State] = {}
        for place, carry in self._left.items():
            if carry.after is None:
                raise UsageError(f"the module at '{place}' carries a state, and should set 'carry.after'. It does not.")
            found[place] = tuple(tensor.detach() for tensor in carry.after)
        self.states, self._left = found, {}

    def tensors(self) -> dict[str, Tensor]:
        """Return all states by place and number, for a checkpoint."""
        return {f"{place}/{i}": value for place, state in self.states.items() for i, value in enumerate(state)}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from where `tensors` were taken."""
        found: dict[str, list[tuple[int, Tensor]]] = {}
        for name, value in tensors.items():
            place, _, number = name.rpartition("/")
            found.setdefault(place, []).append((int(number), value))
        self.states = {
            place: tuple(value for _, value in sorted(numbered, key=lambda pair: pair[0]))
            for place, numbered in found.items()
        }
