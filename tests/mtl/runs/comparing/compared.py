"""What a comparison may have found: given figures, of names that pages have to escape."""

from __future__ import annotations

from typing import Any


def figure(mean: float, std: float | None) -> dict[str, Any]:
    """Return a run's figure."""
    return {"mean": mean, "std": std, "values": []}


def difference(mean: float, low: float | None, high: float | None, verdict: str) -> dict[str, Any]:
    """Return a difference's figure."""
    return {"mean": mean, "std": 0.01, "low": low, "high": high, "verdict": verdict}


def result() -> dict[str, Any]:
    """Return a recipe, its tasks alone by minutes, and a variant of it, over three seeds."""
    joint, single, variant = "a|b <x>", "a|b <x>, each task alone, as many minutes", "a|b <x> seed=7"
    trained = [{"tasks": ["tags*", "class"], "source": "s_1", "steps": [1200, 1203, 1206], "rows": [9000, 9000, 9003]}]
    apart = [
        {"tasks": [task], "source": "s_1", "steps": [700, 700, 700], "rows": [5000, 5000, 5000]}
        for task in ("tags*", "class")
    ]
    common = {"seeds": 3, "first_seed": 4, "recipe": "ab12", "matched": None, "trained": trained}
    return {
        "versions": {"mtl": ["0.1.0"], "torch": ["2.12.0", "2.13.0"]},
        "runs": [
            {
                **common,
                "name": joint,
                "minutes": [1.0, 1.2, 1.1],
                "test": {"tags*": {"f1": figure(0.9, 0.01)}, "joint": {"exact_match": figure(0.7, 0.02)}},
            },
            {
                **common,
                "name": single,
                "matched": "minutes",
                "trained": apart,
                "minutes": [1.0, 1.2, 1.13],
                "test": {"tags*": {"f1": figure(0.85, 0.012)}},
            },
            {
                **common,
                "name": variant,
                "recipe": "cd34",
                "minutes": [2.0, 2.0, 2.0],
                "test": {"tags*": {"f1": figure(0.8, None)}, "joint": {"exact_match": figure(0.7, 0.02)}},
            },
        ],
        "differences": [
            {"name": joint, "minus": single, "test": {"tags*": {"f1": difference(0.05, 0.01, 0.09, "better")}}},
            {
                "name": variant,
                "minus": joint,
                "test": {
                    "tags*": {"f1": difference(-0.1, -0.15, -0.05, "worse")},
                    "joint": {"exact_match": difference(0.0, None, None, "undecided: one seed")},
                },
            },
        ],
    }
