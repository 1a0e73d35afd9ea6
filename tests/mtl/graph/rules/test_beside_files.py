"""Keys that say how a file of vectors is used, without one."""

from __future__ import annotations

from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, faults

HERE = "tasks.slots.model.embedding"


def test_how_other_words_start_comes_with_a_file() -> None:
    assert faults(ALTERNATING, f"{HERE}.unknown=mean") == [
        f"--set {HERE}.unknown=mean: {HERE}.unknown: should come with 'pretrained', as it says what starts otherwise "
        "than that file's words. Found 'unknown: mean' alone. Write 'pretrained', or leave 'unknown' out."
    ]
    assert faults(ALTERNATING, f"{HERE}.unknown=mean", f"{HERE}.pretrained=vectors.txt") == []
    assert faults(ALTERNATING, f"{HERE}.unknown=random") == []


def test_saved_weights_need_no_file() -> None:
    assert faults(ALTERNATING, f"{HERE}.unknown=mean", f"{HERE}.weights=words.safetensors") == []
    whole = "tasks.intent.model.embedding"
    assert len(faults(INTENT_SLOT, f"{whole}.parts.word.unknown=zero")) == 1
    assert faults(INTENT_SLOT, f"{whole}.parts.word.unknown=zero", f"{whole}.weights=words.safetensors") == []
