"""What a run keeps of its tokenizers: it cuts texts without the files that they were read from.

tokenizers/0123456789abcdef.json   a file, by the beginning of its SHA-256
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ..base.files import replace
from ..compile.tokenizers import KEPT
from ..recipe.config import Recipe


def keep_tokenizers(recipe: Recipe, run: Path) -> None:
    """Write the files of a recipe's tokenizers into a run's folder; no folder where there are none."""
    shutil.rmtree(run / KEPT, ignore_errors=True)
    made = [given.front_end.made for task in recipe.tasks.values() for given in task.inputs.values()]
    for name, content in {
        name: file for one in made if one is not None for name, file in one.kept_files().items()
    }.items():
        (run / KEPT).mkdir(exist_ok=True)
        replace(run / KEPT / name, content)
