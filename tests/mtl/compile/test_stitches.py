# ruff: noqa: E501  # messages and recipes stand in one piece
"""Groups of kind `cross_stitch`: what they are written out as, and what is wrong with them."""

from __future__ import annotations

from mtl.compile.loading import recipe_from_dict, recipe_from_text
from mtl.recipe.filling import filled
from mtl.recipe.yaml_core import parse
from tests.mtl.recipe.texts import ALTERNATING, RANKING, changed, faults, graph

HEAD = '  encoder: ["*.representation"]'
STITCHED = changed(
    ALTERNATING, (HEAD, '  encoder: {kind: cross_stitch, members: "*.representation", type: bilstm, hidden: 8}')
)
WRITTEN_OUT = changed(
    ALTERNATING,
    ("      representation: {type: bilstm, hidden: 8}", "      representation: {type: cross_stitch, own: slots, parts: {slots: {type: bilstm, hidden: 8}, chunks: {}}}"),
    ("    model:\nshare", "    model:\n      representation: {type: cross_stitch, own: chunks, parts: {slots: {}, chunks: {type: bilstm, hidden: 8}}}\nshare"),
    (HEAD, "  encoder_slots: [slots.representation.slots, chunks.representation.slots]\n  encoder_chunks: [slots.representation.chunks, chunks.representation.chunks]"),
)  # fmt: skip


def with_group(text: str) -> str:
    return changed(ALTERNATING, (HEAD, f"  encoder: {text}"))


def test_a_group_is_a_mixture_at_each_member_and_a_tie_for_each_part() -> None:
    assert filled(recipe_from_text(STITCHED)) == filled(recipe_from_text(WRITTEN_OUT))
    assert filled(recipe_from_text(filled(recipe_from_text(STITCHED)))) == filled(recipe_from_text(STITCHED))
    assert filled(recipe_from_dict(parse(STITCHED, "r.yaml").tree)) == filled(recipe_from_text(STITCHED))


def test_members_may_be_configured_each_in_its_place_or_in_part_under_the_group() -> None:
    text = changed(
        with_group('{kind: cross_stitch, members: ["*.representation"], type: bilstm, layers: 2}'),
        ("    model:\nshare", "    model: {representation: {hidden: 8}}\nshare"),
    )
    found = graph(text).addresses()
    for task in ("slots", "chunks"):
        mixture = found[f"{task}.representation"]
        assert (mixture.type, mixture.values["own"]) == ("cross_stitch", task)
        assert {part.values["layers"] for part in mixture.parts.values()} == {2}


def test_inputs_of_one_task_are_told_apart() -> None:
    text = changed(RANKING, ("  towers: [", "  towers: {kind: cross_stitch, members: ["), ("question.representation]", "question.representation], type: bilstm, hidden: 4}"))  # fmt: skip
    found = graph(text)
    names = ["towers_relevance_query", "towers_relevance_document", "towers_question"]
    assert [name for name in found.components if name.startswith("towers")] == names
    assert found.addresses()["relevance.document.representation"].values["own"] == "relevance_document"
    applied = [call.component for call in found.calls(found.recipe.tasks)]
    assert [applied.count(name) for name in names] == [3, 3, 3]  # every representation reads every text


def test_a_part_is_reported_where_it_is_written() -> None:
    text = with_group('{kind: cross_stitch, members: ["*.representation"], type: bilstm, hiden: 3}')
    assert faults(text) == [
        f"r.yaml:22: tasks.{task}.model.representation.parts.{task}: the representation 'bilstm' has no key 'hiden'. Did you mean 'hidden'?"
        for task in ("slots", "chunks")
    ]


def test_a_member_that_does_not_exist() -> None:
    assert faults(with_group("{kind: cross_stitch, members: [slots.representation, chunk.representation]}")) == [
        "r.yaml:22: share.encoder: 'chunk.representation' is not a module of a task. Did you mean 'chunks.representation'?"
    ]


def test_a_member_that_is_no_representation() -> None:
    assert faults(
        with_group("{kind: cross_stitch, members: [slots.representation, chunks.decoder], type: bilstm}")
    ) == ["r.yaml:22: share.encoder: a cross-stitch should be of representations. Found 'chunks.decoder' (decoder)."]


def test_a_member_that_nobody_configures() -> None:
    text = changed(
        with_group("{kind: cross_stitch, members: ['*.representation']}"),
        ("      representation: {type: bilstm, hidden: 8}\n", ""),
    )
    assert faults(text) == [
        "r.yaml:21: share.encoder: should be configured in one member or here. Found no configuration."
    ]


def test_a_member_may_leave_its_configuration_to_another() -> None:
    text = with_group("{kind: cross_stitch, members: ['*.representation']}")
    assert filled(recipe_from_text(text)) == filled(recipe_from_text(STITCHED))


def test_a_single_member() -> None:
    assert faults(with_group("{kind: cross_stitch, members: [slots.representation]}")) == [
        "r.yaml:22: share.encoder: should name two representations or more. Found one, 'slots.representation'."
    ]


def test_a_group_of_the_name_of_a_part() -> None:
    group = "{kind: cross_stitch, members: ['*.representation'], type: bilstm}"
    assert faults(with_group(f"{group}\n  encoder_slots: ['*.decoder']")) == [
        "r.yaml:23: share.encoder_slots: should have another name. Found that of a group that 'encoder' has for 'slots.representation'."
    ]


def test_a_strength_is_of_soft_groups_alone() -> None:
    group = "{kind: cross_stitch, strength: 1, members: ['*.representation'], type: bilstm}"
    assert faults(with_group(group)) == [
        "r.yaml:22: share.encoder.strength: should be a key of a group with 'kind: soft'. Found it in one of kind 'cross_stitch'."
    ]
