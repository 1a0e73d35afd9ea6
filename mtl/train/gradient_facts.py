"""What happens inside the shared parts: how the gradients of the tasks that meet there agree, and who moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..base.progress import GradientReport, MeetingGradients
from .rows import Rows

if TYPE_CHECKING:
    from ..graph.sharing_graph import SharingGraph
    from .draws import Draw

LOOKS = 40  # of a training, where the recipe does not say how often
MOST_OFTEN = 50  # steps between looks from which on a look costs next to nothing


class GradientFacts:
    """Looks at the gradients of one update in `every`, at the components in which several tasks meet.

    A look is a round of updates: the next one of every stream. Gradients of streams that are not in one update are
    compared with those of the same round. A look changes nothing: where a step has several tasks it takes a backward
    pass for each of them more.
    """

    def __init__(
        self,
        graph: SharingGraph,
        owned: Mapping[str, Mapping[str, Tensor]],
        parameters: Sequence[nn.Parameter],
        every: int,
    ) -> None:
        meeting = {name: of for name, of in owned.items() if len(graph.tasks_meeting_at(name)) > 1}
        self.every = every
        self.sources = tuple(graph.trained_streams())
        self.rows = Rows(meeting, parameters)
        self.shared = {name: own for name, own in self.rows.parameters.items() if own}
        self.left: set[str] = set()  # streams that the round has not seen
        self.steps = dict.fromkeys(self.sources, 0)  # of each stream since it was looked at
        self._seen: dict[str, dict[str, Tensor]] = {}  # by component and task, the gradients of this round
        self._before: dict[str, list[Tensor]] = {}
        self._found: tuple[str, dict[str, MeetingGradients]] | None = None

    @classmethod
    def of(
        cls,
        graph: SharingGraph,
        owned: Mapping[str, Mapping[str, Tensor]],
        parameters: Sequence[nn.Parameter],
        steps: int,
    ) -> GradientFacts | None:
        """Return what looks at a training of so many steps as its recipe says; None where there is nothing to see."""
        every = graph.recipe.train.gradients_every
        if every is None:
            every = min(MOST_OFTEN, max(1, steps // LOOKS))
        found = None if every == 0 else cls(graph, owned, parameters, every)
        return found if found is not None and found.shared else None

    def begin(self, step: int, draws: Sequence[Draw]) -> bool:
        """Return whether to look at this update; `step` counts the updates before."""
        self._found = None
        if step % self.every == 0:
            self.left = set(self.sources)
            self._seen = {}
        drawn = {draw.source for draw in draws}
        for source in drawn:
            self.steps[source] += 1
        if not drawn & self.left:
            return False
        self.left -= drawn
        self.rows.clear()
        return True

    def take(self, draws: Sequence[Draw]) -> None:
        """Compare the gradients of an update, as they are before they are balanced and clipped."""
        found = {}
        for component in self.shared:
            of_component = self.rows.matrix(component)
            if of_component is not None:
                found[component] = self._meeting(component, *of_component)
        self._found = (", ".join(draw.source for draw in draws), found)
        self._before = {name: [p.detach().clone() for p in self.shared[name]] for name in found}

    def _meeting(self, component: str, tasks: Sequence[str], rows: Tensor) -> MeetingGradients:
        norms = rows.norm(dim=1)
        total = rows.sum(0)
        along = rows @ total / total.square().sum().clamp(min=1e-30)
        seen = self._seen.setdefault(component, {})
        seen.update(zip(tasks, rows, strict=True))
        cosines: dict[str, dict[str, float]] = {}
        for one, other in combinations(seen, 2):
            if one in tasks or other in tasks:
                cosine = torch.nn.functional.cosine_similarity(seen[one], seen[other], dim=0)
                cosines.setdefault(one, {})[other] = float(cosine)
        by_task = {name: dict(zip(tasks, of.tolist(), strict=True)) for name, of in (("norm", norms), ("along", along))}
        return MeetingGradients(by_task["norm"], by_task["along"], cosines)

    def updated(self) -> None:
        """Measure how far the update went: shares of the gradient become shares of the way."""
        if self._found is None:
            return
        source, found = self._found
        counted = max(self.steps[name] for name in source.split(", "))
        self.steps.update(dict.fromkeys(source.split(", "), 0))
        for name, meeting in found.items():
            pairs = zip(self._before[name], self.shared[name], strict=True)
            way = sum(float((new.detach() - old).double().square().sum()) for old, new in pairs) ** 0.5
            updates = {task: share * way * counted for task, share in meeting.updates.items()}
            found[name] = meeting._replace(updates=updates)
        self._before = {}

    def report(self, step: int) -> GradientReport | None:
        """Return what was found in the update that made `step`, if anything."""
        return None if self._found is None else GradientReport(step, *self._found)

    def state(self) -> dict[str, Any]:
        """Return where a round is, fit for JSON."""
        return {"left": sorted(self.left), "steps": self.steps}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Continue from where `state` was taken; gradients of a round that was begun are not compared further."""
        self.left, self.steps = set(state["left"]), dict(state["steps"])
