"""Training that goes on from a run: what each row compares, and what is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import warm_start

TEXTS = {
    "RateBook": ("rate {} five", "O B-book O"),
    "PlayMusic": ("play {} now", "O B-song O"),
    "GetWeather": ("weather in {}", "O O B-city"),
}


def write(folder: Path) -> None:
    """Write utterances of three intents, of which a quarter has a quarter of the words."""
    for split, count in (("train", 24), ("dev", 4), ("test", 4)):
        rows = [
            (text.format(f"w{number}"), tags, intent)
            for number in range(count)
            for intent, (text, tags) in TEXTS.items()
        ]
        (folder / "snips" / split).mkdir(parents=True)
        for name, column in zip(("seq.in", "seq.out", "label"), zip(*rows, strict=True), strict=True):
            (folder / "snips" / split / name).write_text("\n".join(column) + "\n")


def test_every_run_begins_as_the_one_it_comes_from_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path)
    monkeypatch.setenv("MTL_CACHE", str(tmp_path / "cache"))  # set anew by the command, and as it was after the test
    monkeypatch.setattr("sys.argv", ["warm_start", "--data", str(tmp_path), "--steps", "8"])
    warm_start.main()
    header, rule, *rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert header == [
        "change",
        "from the run, 2 steps",
        "from scratch, 2 steps",
        "from scratch, 8 steps",
        "before the first step",
    ]
    assert len(rule) == 5
    assert [row[0] for row in rows] == ["a new intent", "a new name", "new words"]
    assert [row[4].split(" equal")[0] for row in rows] == ["8 of 8", "12 of 12", "9 of 9"]
    assert all(0 <= float(figure) <= 1 for row in rows for cell in row[1:4] for figure in cell.split(" / "))


def test_a_quarter_of_the_steps_is_needed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["warm_start", "--data", ".", "--steps", "7"])
    with pytest.raises(SystemExit):
        warm_start.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith(": error: --steps should be at least 8. Found 7.")
