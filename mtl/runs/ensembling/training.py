"""The members of an ensemble that is trained at once: runs of one recipe that differ by their seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ...base.errors import UsageError
from ...data.fitted import Fitted
from ...train.checkpoint import Checkpoints
from ..check import check_recipe
from ..given_recipe import RecipeLike, loaded
from ..kept_runs import KEPT
from ..runner import Run
from .answering import By
from .combining import Candidate, combined_tasks
from .members import check_folder


def member_folders(out: Path, count: int) -> list[Path]:
    """Return where so many members are trained; raises `UsageError` where these are fewer than two."""
    if count < 2:
        raise UsageError(f"an ensemble should be of two runs or more. Found {count}.")
    return [out / "runs" / str(number) for number in range(1, count + 1)]


def members_to_train(
    recipe: RecipeLike,
    out: str | Path,
    count: int,
    *,
    by: By = "average",
    tasks: Sequence[str] = (),
    data: str | Path | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
) -> Iterator[Run]:
    """Yield the runs of an ensemble as they are to be trained, one after another, those begun before to be resumed.

    Seeds count from the recipe's, or from `seed`. With `train.bootstrap` each run also learns from other rows. Raises
    as `Run.start` does, and `UsageError` where the folder holds something else, or the recipe has none of these `tasks`
    (by default any) that can be combined.
    """
    folders = member_folders(Path(out), count)
    check_folder(Path(out), folders, by)
    begun = bool(Checkpoints(folders[0]).pointer())
    first = loaded(recipe, data, seed, overrides, folders[0] / KEPT if begun else None)
    graph = check_recipe(first, initial=not begun).graph
    combined_tasks([Candidate(Path(first.title), graph, Fitted.placeholder(graph))], by, tasks)
    for number, folder in enumerate(folders):
        begun = bool(Checkpoints(folder).pointer()) or (folder / "recipe.yaml").exists()
        yield Run.start(recipe, folder, data=data, resume=begun, seed=first.seed + number, overrides=overrides)
