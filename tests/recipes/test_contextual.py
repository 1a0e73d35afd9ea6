"""The character language models that ship, and the recipe whose words' vectors are made of their states."""

from __future__ import annotations

from pathlib import Path

from mtl.compile.loading import load_recipe
from mtl.runs.check import check_recipe
from mtl.runs.runner import Run

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
PARTS = {"words": "characters", "forward": "forward.representation", "backward": "backward.representation"}
SENTENCES = ["add a song to my list", "play some music", "rate this book five stars"]


def test_the_language_models_are_possible_and_have_one_table() -> None:
    graph = check_recipe(load_recipe(RECIPES / "zoo" / "character_lm.yaml"), initial=False).graph
    assert graph.warnings == ()
    for task in ("forward", "backward"):
        assert graph.predicted_words(task) == graph.component_of(f"{task}.embedding") == "characters"
    readme = (RECIPES / "README.md").read_text("utf-8")
    assert all(f"zoo/{name}.yaml" in readme for name in ("character_lm", "contextual"))


def test_their_states_are_taken_and_frozen(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        (tmp_path / "snips" / split).mkdir(parents=True)
        for file, lines in {
            "seq.in": SENTENCES,
            "seq.out": [" ".join("O" for _ in sentence.split()) for sentence in SENTENCES],
            "label": ["add", "play", "rate"],
        }.items():
            (tmp_path / "snips" / split / file).write_text("\n".join(lines) + "\n")
    lms = tmp_path / "character_lm"
    recipe = RECIPES / "zoo" / "character_lm.yaml"
    for _ in Run.start(recipe, lms, data=tmp_path, overrides=["train.max_steps=2"]).train():
        pass
    place = "tasks.intent.model.embedding.parts.context"
    settings = [f"{place}.{part}.from={lms}#{name}" for part, name in PARTS.items()]
    graph = check_recipe(load_recipe(RECIPES / "zoo" / "contextual.yaml", overrides=settings, data=tmp_path)).graph
    assert graph.warnings == ()
    assert all(graph.training(f"words.context.{part}").freeze for part in PARTS)
