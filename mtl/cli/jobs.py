"""The option `--jobs`: so many trainings at a time, each in a process of its own."""

from __future__ import annotations

import os

from ..base.errors import UsageError, counted


def check_at_least_one(**options: int) -> None:
    """Raise `UsageError` for the first of these options, by name, whose number is too small."""
    for option, value in options.items():
        if value < 1:
            raise UsageError(f"--{option} should be at least 1. Found {value}.")


def too_many(jobs: int, threads: int | None, setting: str = "--set") -> str:
    """Return a sentence where so many trainings at a time have more threads than there are cores, else nothing.

    `threads` are those of each training, None where torch decides; `setting` is the option that changes all of them.
    """
    import torch

    cores = os.cpu_count() or 1
    each = threads or torch.get_num_threads()
    if jobs == 1 or jobs * each <= cores:
        return ""
    advice = "Fewer --jobs are faster" + (f", or {setting} train.threads=1." if each > 1 else ".")
    return f"{jobs} jobs of {counted(each, 'thread')} should fit into {counted(cores, 'core')}. {advice}"
