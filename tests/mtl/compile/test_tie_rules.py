# ruff: noqa: E501  # messages and recipes stand in one piece
"""The rules of the graph that are kept while ties are read, each by a recipe that breaks it."""

from __future__ import annotations

from tests.mtl.recipe.texts import INTENT_SLOT, changed, faults


def test_address_exists() -> None:
    assert faults(changed(INTENT_SLOT, ("[intent.embedding, slots", "[intent.embeding, slots"))) == [
        "r.yaml:30: share.words: 'intent.embeding' is not a module. Did you mean 'intent.embedding'?"
    ]


def test_a_module_is_in_one_group_only() -> None:
    assert faults(INTENT_SLOT + "  more: [slots.embedding]\n") == [
        "r.yaml:32: share.more: 'slots.embedding' should be in one group only. Found it in 'words' (line 30) too."
    ]


def test_members_are_of_one_kind() -> None:
    assert faults(INTENT_SLOT + "  more: [intent.decoder, slots.output]\n") == [
        "r.yaml:32: share.more: members should be of one kind. Found 'intent.decoder' (decoder) and 'slots.output' (output)."
    ]


def test_configurations_agree() -> None:
    assert faults(
        INTENT_SLOT + "  decoders: [intent.decoder, slots.decoder]\n", "tasks.slots.model.decoder={hidden: [64]}"
    ) == [
        "--set tasks.slots.model.decoder={hidden: [64]}: tasks.slots.model.decoder.hidden: should be the same value as in "
        "tasks.intent.model.decoder.hidden (line 19): tied modules have one configuration. Found another value."
    ]
