from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mtl.recipe.tuning import Dimension, Range
from mtl.runs.tuning.plot import Axis, svg
from mtl.runs.tuning.study import Trial

SPACE: dict[str, Dimension] = {"lr": Range(low=1e-3, high=1.0, log=True), "type": ("<a>", None, [1, 2])}
NAMES = {"lr": "lr", "type": "the <type>"}
TRIALS = [
    Trial(1, "complete", {"lr": 0.1, "type": "<a>"}, (1, 2), (0.2, 0.5)),
    Trial(2, "pruned", {"lr": 0.01, "type": None}, (1,), (0.1,)),
    Trial(3, "failed", {"lr": 0.5, "type": [1, 2]}, error="no memory"),
    Trial(4, "complete", {"lr": 0.2, "type": [1, 2]}, (1, 2), (0.9, 0.7)),
]
SVG = "{http://www.w3.org/2000/svg}"


def test_every_trial_is_in_every_panel_that_it_has_a_place_in() -> None:
    drawn = svg("small & <good>", TRIALS, SPACE, NAMES)
    assert drawn == svg("small & <good>", TRIALS, SPACE, NAMES)
    root = ElementTree.fromstring(drawn)
    tooltips = [title.text for title in root.iter(f"{SVG}title")]
    assert tooltips[0] == "small & <good>"
    legend = 3  # marks, which have tooltips as all have
    first = "trial 1, complete: 0.5000\nlr: 0.1\ntype: <a>"
    assert tooltips.count(first) == 1 + 1 + 2
    assert tooltips.count("trial 3, failed: no score\nlr: 0.5\ntype: [1, 2]") == 1 + 1
    assert len(tooltips) == 1 + legend + 4 + 3 + 3
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for text in (
        "small & <good>",
        "lr",
        "the <type>",
        "<a>",
        "null",
        "[1, 2]",
        "complete: 2",
        "pruned: 1",
        "failed: 1",
    ):
        assert text in texts
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")  # nothing is loaded from elsewhere
    circles = [circle for circle in root.iter(f"{SVG}circle") if circle.findtext(f"{SVG}title") == first]
    assert all(0 < float(circle.attrib["cx"]) < 960 for circle in circles)
    best = next(path.attrib["d"] for path in root.iter(f"{SVG}path") if path.attrib.get("opacity"))
    assert best.count("V") == 1  # one step up, from trial 1 to trial 4


def test_a_study_in_which_all_failed_is_drawn() -> None:
    root = ElementTree.fromstring(svg("x", [TRIALS[2]], SPACE, NAMES))
    assert [title.text for title in root.iter(f"{SVG}title")].count(
        "trial 3, failed: no score\nlr: 0.5\ntype: [1, 2]"
    ) == 2


@pytest.mark.parametrize(
    ("axis", "ticks"),
    [
        (Axis(0, 1, 0, 10), [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (Axis(0.31, 0.36, 0, 10), [0.31, 0.32, 0.33, 0.34, 0.35, 0.36]),
        (Axis(-250, 130, 0, 10), [-200, -100, 0, 100]),
        (Axis(1e-3, 0.5, 0, 10, log=True), [1e-3, 1e-2, 1e-1]),
        (Axis(2, 9, 0, 10, log=True), [2, 9]),
    ],
)
def test_ticks_are_round_numbers_on_the_axis(axis: Axis, ticks: list[float]) -> None:
    assert axis.ticks() == pytest.approx(ticks)
    assert (axis.at(axis.low), axis.at(axis.high)) == (0, 10)
