from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mtl.base.errors import UsageError
from mtl.cli.together import refuse_torchrun
from tests.commands import within


def test_commands_that_processes_do_not_share_are_refused_once() -> None:
    several = {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "none"}
    told = (
        "mtl compare: should be started without torchrun; processes share the work of 'train' and 'run' alone. "
        "Found 2 processes."
    )
    with pytest.raises(UsageError) as error:
        refuse_torchrun("compare", several)
    assert str(error.value) == told
    refuse_torchrun("compare", {"WORLD_SIZE": "2"})  # a variable that others set, too
    printed = []
    for rank in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-m", "mtl", "compare", "recipe.yaml", "--out", "runs"],
            env={**os.environ, **several, "RANK": rank},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 2
        printed.append(done.stdout + done.stderr)
    assert printed == [f"{told}\n", ""]


def test_every_command_explains_itself_to_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    for command in ("predict", "errors", "components", "train"):
        done = within(command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
        assert f"Usage: mtl {command} " in done.stdout
    assert within("components").stderr == (
        "mtl components: should be started without torchrun; processes share the work of 'train' and 'run' alone. "
        "Found 2 processes.\n"
    )
