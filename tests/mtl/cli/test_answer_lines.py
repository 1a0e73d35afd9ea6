from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtl.cli.answer_lines import Answered, answer_line, written_to

SCORES = {"a": 0.1, "b": 0.3, "c": 0.3, "d": 0.3}


def test_the_highest_scores_come_first() -> None:
    answer = {"label": "b", "score": 0.3, "scores": SCORES}
    found = json.loads(answer_line(answer, 2))
    assert found == {"label": "b", "score": 0.3, "scores": {"b": 0.3, "c": 0.3}}
    assert list(json.loads(answer_line(answer, 9))["scores"]) == ["b", "c", "d", "a"]
    assert list(json.loads(answer_line(answer, None))["scores"]) == ["a", "b", "c", "d"]
    assert answer_line({"label": "é"}, 5, {"label": "x"}) == '{"row": {"label": "x"}, "label": "é"}\n'.encode()


def test_a_file_is_complete_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    with written_to(path) as out:
        out.write(b"one\n")
        assert not path.exists()
    assert path.read_bytes() == b"one\n"
    with pytest.raises(ValueError, match="stop"), written_to(path) as out:
        out.write(b"two\n")
        raise ValueError("stop")
    assert path.read_bytes() == b"one\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["answers"]


def test_now_and_then_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 5.0, 10.0, 19.0, 21.0])
    shares = iter([None, 0.5])
    answered = Answered(lambda: next(shares), lambda: next(times))
    for _ in range(4):
        answered.add(500)
    assert capsys.readouterr().err == (
        "1,000 rows answered, 100 rows/s\n2,000 rows answered, 50% of the input, 95 rows/s\n"
    )
