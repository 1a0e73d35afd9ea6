"""What a run keeps of the runs that its modules come from: it is resumed without them.

from/index.json             {run: folder in here}
from/1/recipe.yaml          what the first of them said
from/1/fitted.json          the vocabularies and labels that it was fitted to
from/1/labels.json          labels that had another name by then
from/1/tokenizers/          files of its tokenizers
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..base.files import replace
from ..base.folders import FITTED
from ..compile.origins import INDEX
from ..compile.tokenizers import KEPT as TOKENIZERS
from ..data.fitted import RENAMED
from ..data.origins import Origins
from ..graph.sharing_graph import SharingGraph

KEPT = "from"


def keep_runs(graph: SharingGraph, folder: Path) -> None:
    """Write a folder of what is needed of the runs that a graph's components come from; none where there are none."""
    shutil.rmtree(folder, ignore_errors=True)
    origins = Origins(graph)
    origins.raise_faults()
    index: dict[str, str] = {}
    for source in origins.sources.values():
        place = folder / index.setdefault(str(source.run), str(len(index) + 1))
        if not place.is_dir():
            place.mkdir(parents=True)
            there = origins.folder(source.run)
            for file in ("recipe.yaml", FITTED, *([RENAMED] if (there / RENAMED).is_file() else [])):
                replace(place / file, (there / file).read_bytes())
            if (there / TOKENIZERS).is_dir():
                shutil.copytree(there / TOKENIZERS, place / TOKENIZERS)
    if index:
        replace(folder / INDEX, (json.dumps(index, indent=1) + "\n").encode())
