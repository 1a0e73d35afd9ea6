"""Whether torchrun started this process among others, and then those."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .process_group import ProcessGroup
    from .processes import Processes

LAUNCHED = "TORCHELASTIC_RUN_ID"  # torchrun sets it in the processes that it starts


def here() -> Processes:
    """Return the processes that torchrun started this one among; this one alone where it started no others."""
    from .processes import Processes  # it imports torch, which commands on an export do without

    return _group() if several(os.environ) else Processes()


def several(environment: Mapping[str, str]) -> bool:
    """Return whether torchrun started several processes.

    >>> several({"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none"}), several({"WORLD_SIZE": "2"})
    (True, False)
    """
    return LAUNCHED in environment and int(environment.get("WORLD_SIZE", "1")) > 1


@cache
def _group() -> ProcessGroup:
    """Join the others, once in a process."""
    from .process_group import ProcessGroup

    return ProcessGroup.joined()
