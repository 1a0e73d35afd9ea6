"""Makes `dev.tsv` and `test.tsv`: the texts and intents of ../intent_slot, and utterances that none of these fits."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
LABEL = "out_of_scope"
SPLITS = ("dev", "test")


def topics() -> list[list[str]]:
    """Return the utterances of each topic; a paragraph begins with the topic's name."""
    _, text = (HERE / "outside.txt").read_text("utf-8").split("\n", 1)
    return [paragraph.strip().split("\n")[1:] for paragraph in text.split("\n\n")]


def files() -> dict[str, bytes]:
    """Return the name and content of each file: a split's sentences, then every other topic."""
    made = {}
    for number, split in enumerate(SPLITS):
        rows = (HERE.parent / "intent_slot" / f"{split}.tsv").read_text("utf-8").splitlines()
        inside = ["\t".join(row.split("\t")[:2]) for row in rows]
        outside = [f"{text}\t{LABEL}" for topic in topics()[number::2] for text in topic]
        made[f"{split}.tsv"] = "".join(f"{row}\n" for row in inside + outside).encode()
    return made


def main() -> None:
    """Write the files beside this one."""
    for name, content in files().items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
