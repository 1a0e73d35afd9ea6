"""Make train.jsonl, dev.jsonl and test.jsonl: sessions whose last utterance means what the earlier ones say.

`for seven` are seven people at a table, seven o'clock of an alarm. A pattern of last utterances is in one split only,
and a part of the values is never in training. The same code gives the same bytes everywhere: all choices come from
`random.Random.random`, whose sequence Python guarantees.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
COUNTS = {"train": 900, "dev": 150, "test": 240}
FIRST = 0.15  # share of sessions that have one utterance
HELD_OUT = 4  # every fourth value is in dev and test alone

# topic -> how it is opened, and what each kind of value is in it
TOPICS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "table": (
        ("book a table", "I need a table tonight", "find us a restaurant", "we want to eat out", "reserve a table"),
        {"number": "people", "place": "city", "name": "restaurant"},
    ),
    "alarm": (
        ("set an alarm", "wake me up tomorrow", "I need an alarm", "set my alarm clock", "wake me"),
        {"number": "time", "name": "sound"},
    ),
    "flight": (
        ("book a flight", "I have to fly", "find me a plane ticket", "get me on a flight", "I need a flight"),
        {"number": "passengers", "place": "destination", "name": "airline"},
    ),
    "song": (
        ("play some music", "put something on", "I want to hear a record", "music please", "turn on the stereo"),
        {"number": "track", "name": "artist"},
    ),
}
FILLERS = ("let me see", "that is fine", "what does it cost", "ok", "one moment", "hm , I do not know", "yes", "good")
VALUES = {
    "number": ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "one"),
    "place": ("oslo", "paris", "new york", "rome", "cape town", "lima", "vienna", "bombay", "berlin", "nairobi"),
    "name": ("blue moon", "polaris", "sunrise", "the owl", "old town", "red star", "harbour", "north wind", "delta"),
}
LAST = {
    "train": (
        *("make it {}", "{} please", "no , {}", "for {}", "I said {}", "change that to {}", "{}", "I meant {}"),
        *("not that , {}", "with {} if you can", "better {}", "{} is what I want", "ok then {}", "how about {}"),
    ),
    "dev": ("could it be {}", "let us say {}", "{} then", "rather {} I think"),
    "test": ("I would prefer {}", "well , {} I guess", "say {}", "can we do {} instead", "{} sounds good"),
}


def chosen(random: Random, options: Sequence[Any]) -> Any:
    """Return one of some options."""
    return options[int(random.random() * len(options))]


def session(random: Random, split: str) -> dict[str, Any]:
    """Return a session: earlier utterances, the last one, its tags, and what it is about."""
    topic = chosen(random, tuple(TOPICS))
    openings, kinds = TOPICS[topic]
    kind = chosen(random, tuple(kinds))
    values = [v for i, v in enumerate(VALUES[kind]) if split != "train" or i % HELD_OUT]
    words = chosen(random, values).split()
    before, after = (part.split() for part in chosen(random, LAST[split]).split("{}"))
    opening = chosen(random, openings)
    context = [opening]
    if random.random() < FIRST:
        context, before = [], [*opening.split(), *before]
    else:
        context += [chosen(random, FILLERS) for _ in range(int(random.random() * 3))]
    inside = [f"{'I' if place else 'B'}-{kinds[kind]}" for place in range(len(words))]
    tags = [*["O"] * len(before), *inside, *["O"] * len(after)]
    return {"context": context, "text": " ".join([*before, *words, *after]), "tags": " ".join(tags), "topic": topic}


def files() -> dict[str, bytes]:
    """Return the content of each file by its name."""
    found = {}
    for split, count in COUNTS.items():
        random = Random(split)
        rows = [session(random, split) for _ in range(count)]
        found[f"{split}.jsonl"] = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return found


if __name__ == "__main__":
    for name, content in files().items():
        (HERE / name).write_bytes(content)
