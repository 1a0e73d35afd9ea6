"""What a run keeps of the runs that its modules come from: it is resumed without them.

from/index.json             {run: folder in here}
from/1/recipe.yaml          what the first of them said
from/1/fitted.json          the vocabularies and labels that it was fitted to
from/1/weights.json         SHA-256 of the weights that were taken, by component
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ..base.files import replace, sha256
from ..compile.origins import INDEX
from ..data.origins import Origins
from ..graph.sharing_graph import SharingGraph
from ..train.from_runs import weights_file

KEPT = "from"


def keep_runs(graph: SharingGraph, folder: Path) -> None:
    """Write a folder of what is needed of the runs that a graph's components come from; none where there are none."""
    shutil.rmtree(folder, ignore_errors=True)
    origins = Origins(graph)
    origins.raise_faults()
    index: dict[str, str] = {}
    for name, source in origins.sources.items():
        place = folder / index.setdefault(str(source.run), str(len(index) + 1))
        if not place.is_dir():
            place.mkdir(parents=True)
            for file in ("recipe.yaml", "fitted.json"):
                replace(place / file, (origins.folder(source.run) / file).read_bytes())
        weights = place / "weights.json"
        known = json.loads(weights.read_text("utf-8")) if weights.is_file() else {}
        known[source.component] = sha256(weights_file(origins, name))
        replace(weights, (json.dumps(known, indent=1) + "\n").encode())
    if index:
        replace(folder / INDEX, (json.dumps(index, indent=1) + "\n").encode())
