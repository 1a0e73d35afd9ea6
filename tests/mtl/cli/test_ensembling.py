"""What `mtl ensemble` is asked for: options that do not go together."""

from __future__ import annotations

import pytest

from tests.commands import within


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--by", "votes"], "--by should be average or vote. Found 'votes'. Did you mean 'vote'?"),
        (["--verify", "ful"], "--verify should be full, sample or none. Found 'ful'. Did you mean 'full'?"),
        (["--runs", "3"], "--runs should come with one recipe, which is trained so often. Found 2."),
        (["--seed", "3"], "--seed should come with --runs, as finished runs are what they are. Found no --runs."),
        (["--set", "seed=3"], "--set should come with --runs, as finished runs are what they are. Found no --runs."),
    ],
)
def test_options_that_do_not_go_together(options: list[str], message: str) -> None:
    done = within("ensemble", "a", "b", "--out", "c", *options)
    assert (done.returncode, done.stderr.strip()) == (2, message)
