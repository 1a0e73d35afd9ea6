"""Writes small splits for the four tasks: `python make_data.py FOLDER`."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

SUBJECTS = {
    "sport": ["match", "goal", "team"],
    "money": ["bank", "price", "market"],
    "weather": ["rain", "sun", "wind"],
}
STARS = {"awful": 1.0, "poor": 2.0, "fine": 3.0, "good": 4.0, "superb": 5.0}
ACTS = {"greet": ["hello", "good morning"], "ask": ["when does it open", "how much is it"], "thank": ["thanks a lot"]}
PEOPLE, PLACES = ["Ada", "Mary Ann", "Tom"], ["Paris", "New York", "Oslo"]


def topics(draw: random.Random) -> dict[str, object]:
    chosen = [name for name in SUBJECTS if draw.random() < 0.5]
    words = [draw.choice(SUBJECTS[name]) for name in chosen for _ in range(2)] + ["today"]
    draw.shuffle(words)
    return {"text": " ".join(words), "topics": chosen if draw.random() < 0.9 else None}


def rating(draw: random.Random) -> dict[str, object]:
    word = draw.choice(list(STARS))
    return {"text": f"the {draw.choice(['food', 'room'])} was {word}", "stars": STARS[word]}


def question(draw: random.Random) -> dict[str, object]:
    person, place = draw.choice(PEOPLE), draw.choice(PLACES)
    asked, answer = draw.choice([("who lives there ?", person), ("which city is it ?", place)])
    return {"question": asked, "context": f"For years now , {person} lives in {place} .", "answer": answer}


def dialog(draw: random.Random) -> dict[str, object]:
    acts = [draw.choice(list(ACTS)) for _ in range(draw.randint(1, 4))]
    return {"turns": [draw.choice(ACTS[act]) for act in acts], "acts": acts}


def main(folder: Path) -> None:
    draw = random.Random(0)
    for name, make in {"topics": topics, "rating": rating, "question": question, "dialog": dialog}.items():
        for split, count in {"train": 96, "dev": 24, "test": 24}.items():
            rows = "".join(json.dumps(make(draw)) + "\n" for _ in range(count))
            (folder / f"{name}.{split}.jsonl").write_text(rows, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
