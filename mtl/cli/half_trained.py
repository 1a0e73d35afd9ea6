"""What is said of a run whose training has not ended, or of an export of one: answers may come from it all the same."""

from __future__ import annotations

from pathlib import Path

from ..base.errors import Fault
from ..base.folders import kind_of
from ..base.unfinished import unfinished
from .checking import warn


def warn_if_unfinished(folder: Path) -> None:
    """Print a warning where a run has not finished training, or an export was made before its run had.

    A run without a best checkpoint gets none: it cannot be loaded, and the error says what to do.
    """
    kind = kind_of(folder)
    if kind == "export":
        from ..serve.bundle import Bundle

        facts = Bundle(folder).manifest.get("unfinished")
        if facts is not None:
            message = (
                f"was exported before its run had finished training, at step {facts['step']:,} of {facts['steps']:,}. "
                "Finish the training (`mtl train`, --resume), then export the run again."
            )
            warn([Fault(message, file=str(folder))])
    elif kind == "run":
        run = unfinished(folder)
        if run is not None and run.best is not None:
            message = (
                f"has not finished training ({run.so_far}): its best checkpoint so far, that of step {run.best:,}, is "
                f"used. `{run.again}` goes on with it."
            )
            warn([Fault(message, file=str(folder))])
