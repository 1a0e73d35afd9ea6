"""One of several processes that train together (torchrun): the first one speaks for all."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..base.errors import UsageError
from .codes import FAILED

if TYPE_CHECKING:
    from ..base.processes import Processes


@contextmanager
def together() -> Iterator[Processes]:
    """Join the processes that torchrun started, if any; all but the first are silent and leave interrupts to it.

    Where one of them ends by an error or without a word, the first one's error says so: torchrun then ends all others
    by SIGTERM.
    """
    from ..base.launched import here

    processes = here()
    if processes.count == 1:
        yield processes
        return
    if not processes.first:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # until the process ends

    def ended(*_: Any) -> None:
        raise processes.lost()

    signal.signal(signal.SIGTERM, ended)
    try:
        with processes.reporting():
            yield processes
    except BaseException:
        for number in (signal.SIGTERM, signal.SIGINT):  # it is ending
            signal.signal(number, signal.SIG_IGN)
        if not processes.first:
            os._exit(FAILED)
        raise


def refuse_torchrun(command: str, environment: Mapping[str, str]) -> None:
    """Raise `UsageError` where torchrun started several processes, each of which would do the whole command."""
    from ..base.launched import several

    if several(environment):
        if environment.get("RANK", "0") != "0":
            sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # one process speaks for all
        raise UsageError(
            f"mtl {command}: should be started without torchrun; processes share the work of 'train' and 'run' alone. "
            f"Found {environment['WORLD_SIZE']} processes."
        )


def launched(environment: Mapping[str, str]) -> list[str]:
    """Return how a command of this process begins in a shell.

    >>> launched({"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none"})
    ['torchrun', '--nproc-per-node', '2', '-m', 'mtl']
    """
    from ..base.launched import several

    if not several(environment):
        return ["mtl"]
    return ["torchrun", "--nproc-per-node", environment["LOCAL_WORLD_SIZE"], "-m", "mtl"]
