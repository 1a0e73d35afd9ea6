from __future__ import annotations

import pytest

from mtl.base.errors import Wording
from mtl.text.named_lines import NamedText, from_fields, from_json, repeated


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("d1\tplay music", NamedText("d1", "play music")),
        ("d1\ta\tb", NamedText("d1", "a\tb")),
        ("d 1\t", NamedText("d 1", "")),
        ("", "should be an id, a tab and a text. Found no tab."),
        ("d1 play", "should be an id, a tab and a text. Found no tab."),
        ("\tplay", "should be an id, a tab and a text. Found nothing before the tab."),
    ],
)
def test_a_line_of_fields(line: str, found: NamedText | str) -> None:
    assert _said(from_fields(line)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"_id": "d1", "text": "play"}', NamedText("d1", "play")),
        ('{"id": "d1", "text": "play", "url": "x"}', NamedText("d1", "play")),
        ('{"id": "no", "_id": 7, "text": ""}', NamedText("7", "")),
        ('{"_id": "d1", "title": "Tea", "text": "is hot"}', NamedText("d1", "Tea is hot")),
        ('{"_id": "d1", "title": 2001, "text": 3}', NamedText("d1", "2001 3")),
        ('{"_id": "d1", "title": "", "text": " a "}', NamedText("d1", " a ")),
        ('{"_id": "d1", "title": "Tea", "text": ""}', NamedText("d1", "Tea")),
        (r'{"_id": "d\ud800", "text": "\udfffa\ud83d\ude00"}', NamedText("d\ufffd", "\ufffda\U0001f600")),
        ('{"_id": ', "should be a JSON object. Found what is not JSON: Expecting value."),
        ("[" * 100_000, "should be a JSON object. Found what is not JSON: "),
        ('["d1", "play"]', "should be a JSON object. Found list."),
        ("{}", "should have an id at '_id' or 'id'. Found no keys."),
        ('{"text": "a", "name": "b"}', "should have an id at '_id' or 'id'. Found the keys text, name."),
        ('{"_id": "", "text": "a"}', "should have an id at '_id' or 'id'. Found nothing."),
        ('{"id": true, "text": "a"}', "should have an id at '_id' or 'id'. Found bool."),
        ('{"_id": "d1"}', "should have a text at 'text'. Found the keys _id."),
        ('{"_id": "d1", "text": null}', "should have a text at 'text'. Found nothing."),
        ('{"_id": "d1", "text": ["a"]}', "should have a text at 'text'. Found list."),
    ],
)
def test_a_line_of_json(line: str, found: NamedText | str) -> None:
    held = _said(from_json(line))
    assert held == found or (len(line) > 1000 and isinstance(held, str) and held.startswith(str(found)))


def _said(found: NamedText | Wording) -> NamedText | str:
    return str(found) if isinstance(found, Wording) else found


def test_an_id_a_second_time() -> None:
    assert str(repeated("d1", 3)) == "should have an id of its own. Found 'd1', which line 3 has."
