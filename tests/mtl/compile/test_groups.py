# ruff: noqa: E501  # messages and recipes stand in one piece
"""Soft groups as a recipe writes them, and what is wrong with them."""

from __future__ import annotations

from mtl.compile.loading import recipe_from_text
from mtl.recipe.filling import filled
from tests.mtl.recipe.texts import ALTERNATING, INTENT_SLOT, changed, faults

SOFT = changed(
    ALTERNATING,
    ('  encoder: ["*.representation"]', '  encoder: {kind: soft, strength: 0.1, members: ["*.representation"]}'),
)


def with_group(text: str) -> str:
    return changed(SOFT, ('{kind: soft, strength: 0.1, members: ["*.representation"]}', text))


def test_a_soft_group_has_one_configuration_and_is_filled_with_its_own_keys() -> None:
    recipe = recipe_from_text(SOFT)
    group = recipe.share["encoder"]
    assert (group.kind, group.strength) == ("soft", 0.1)
    assert group.members == ("slots.representation", "chunks.representation")
    assert recipe.tasks["chunks"].model["representation"] == recipe.tasks["slots"].model["representation"]
    assert (
        "  encoder:\n    members: [slots.representation, chunks.representation]\n    kind: soft\n    strength: 0.1\n    type: bilstm\n"
        in filled(recipe)
    )
    assert filled(recipe_from_text(filled(recipe))) == filled(recipe)


def test_a_hard_group_may_say_so_and_is_filled_as_before() -> None:
    said = with_group('{kind: hard, members: ["*.representation"]}')
    assert filled(recipe_from_text(said)) == filled(recipe_from_text(ALTERNATING))
    assert "kind" not in filled(recipe_from_text(said)).partition("share:")[2].partition("train:")[0]


def test_a_group_may_configure_its_soft_members() -> None:
    text = changed(
        with_group('{kind: soft, strength: 0.1, members: ["*.representation"], type: bilstm, hidden: 4}'),
        ("      representation: {type: bilstm, hidden: 8}\n", ""),
    )
    recipe = recipe_from_text(text)
    assert [task.model["representation"].values["hidden"] for task in recipe.tasks.values()] == [4, 4]  # type: ignore[union-attr]


def test_parts_of_soft_members_may_be_tied() -> None:
    text = changed(
        INTENT_SLOT,
        (
            "  words: [intent.embedding, slots.embedding]",
            "  words: {kind: soft, strength: 1, members: [intent.embedding, slots.embedding]}\n  chars: [slots.embedding.char, intent.embedding.char]",
        ),
    )
    assert recipe_from_text(text).share["chars"].members == ("intent.embedding.char", "slots.embedding.char")
    assert filled(recipe_from_text(filled(recipe_from_text(text)))) == filled(recipe_from_text(text))


def test_a_kind_that_is_none() -> None:
    assert faults(with_group('{kind: sofd, strength: 0.1, members: ["*.representation"]}')) == [
        "r.yaml:22: share.encoder.kind: should be one of 'hard', 'soft', 'cross_stitch'. Found 'sofd'. Did you mean 'soft'?"
    ]


def test_a_strength_below_zero() -> None:
    assert faults(with_group('{kind: soft, strength: -1, members: ["*.representation"]}')) == [
        "r.yaml:22: share.encoder.strength: should be a number of at least 0, or null. Found -1."
    ]


def test_no_strength() -> None:
    assert faults(with_group('{kind: soft, members: ["*.representation"]}')) == [
        "r.yaml:22: share.encoder: should have a key 'strength', a number of at least 0: it is soft. There is none."
    ]


def test_a_strength_of_a_hard_group() -> None:
    assert faults(with_group('{strength: 1, members: ["*.representation"]}')) == [
        "r.yaml:22: share.encoder.strength: should be a key of a group with 'kind: soft'. Found it in one of kind 'hard'."
    ]


def test_soft_members_with_other_values() -> None:
    assert faults(
        changed(SOFT, ("    model:\nshare", "    model: {representation: {type: bilstm, hidden: 9}}\nshare"))
    ) == [
        "r.yaml:19: tasks.chunks.model.representation.hidden: should be 8 as in tasks.slots.model.representation.hidden (line 13): modules that are pulled together have one configuration. Found 9."
    ]


def test_a_module_is_in_a_hard_or_a_soft_group() -> None:
    assert faults(SOFT + "  more: [chunks.representation]\n") == [
        "r.yaml:23: share.more: 'chunks.representation' should be in one group only. Found it in 'encoder' (line 22) too."
    ]


def test_a_group_without_members() -> None:
    assert faults(changed(ALTERNATING, ('  encoder: ["*.representation"]', "  encoder: {members: null}"))) == [
        "r.yaml:22: share.encoder: should have a key 'members', a list of addresses. There is none."
    ]
