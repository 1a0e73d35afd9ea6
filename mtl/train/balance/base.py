"""What a balance is; the plain sum of weighted losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...base.registry import register

if TYPE_CHECKING:
    from torch import Tensor


class Balance:
    """Says how the losses of several tasks become one update.

    Registered with `register("balance", name)`; keyword-only arguments are recipe keys under `train.balance`. `tasks`
    are the recipe's; `seed` is the recipe's, for what is drawn. `rows` says whether gradients are computed apart, of
    each task or each stream; None: of the sum of losses, in one pass. A balance that `compares_rows` does something
    only where several of them meet at a component in one update, and is the plain sum elsewhere: a recipe in which none
    ever do is refused.
    """

    kind: ClassVar[str] = "balance"
    scaled: ClassVar[bool] = False  # whether `scale` is asked where streams meet
    compares_rows: ClassVar[bool] = False  # whether all it does is done by `combine`
    rows: str | None = None

    def __init__(self, tasks: Sequence[str], seed: int) -> None:
        self.tasks = tuple(tasks)
        self.seed = seed

    def factors(self, losses: Mapping[str, float]) -> Mapping[str, float]:
        """Return what each task's loss is multiplied with, beside its weight; 1 where a task is left out.

        `losses` are those of the batch at hand.
        """
        return {}

    def combine(self, component: str, names: Sequence[str], rows: Tensor) -> Tensor:
        """Return one gradient [P] of a component from its rows [N, P], N at least 2, of the named tasks or streams."""
        raise NotImplementedError

    def scale(self, component: str, norms: Mapping[str, float]) -> Mapping[str, float]:
        """Return what each stream's gradient in an update is multiplied with at a component in which streams meet.

        `norms` are those of the gradients there, each over the mean weight of the stream's tasks that reach the
        component; all are above 0.
        """
        return dict.fromkeys(norms, 1.0)

    def updated(self, losses: Mapping[str, float]) -> None:
        """Take note of an update, and the losses before it of the tasks that took part."""

    def state(self) -> dict[str, Any]:
        """Return all that later updates depend on, fit for JSON."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken."""


@register("balance", "sum")
class LossSum(Balance):
    """The sum of the tasks' losses, times their declared weights."""
