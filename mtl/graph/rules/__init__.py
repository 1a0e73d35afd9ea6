"""The rules of a sharing graph, one rule or one family a file; `broken_rules` and `warnings_of` apply them all.

A rule is a function from a graph to its faults: a new one gets a file and its place in `RULES` or `WARNINGS`.

adapted         adapters: their encoders take them
beside_files    keys that say how a file of initial weights is used come with one
category_lists  lists of categories with weights: what reads them reads them as such, one vector a row
causality       a text is predicted token by token: no token is seen before; its words and its end are read
conditions      conditions between tasks on single texts or on lists of them
cycles          what flows makes no cycle
dead_ends       every component leads to an output
directions      modules that read in one direction: which do, and parts of a composite that should
embeddings      what embeddings read: one input, and what is tied reads the same tokens
grammars        answers are kept to the grammar of tags where there is one
input_names     the inputs of exported graphs have names of their own
label_sets      tasks with one decoder or one output layer have one label set
loose_ties      warnings about groups that share nothing, or less than it seems
masks           masked words: a mask is one token, and no other task reads masked texts
meetings        where the texts of a task meet: two columns, in the form that is taken there
out_of_scope    a label for what is out of scope: output layers can answer with it, metrics of it have one
output_layers   an output layer is made for what its task predicts
own_pieces      tokenizers that have a vocabulary of pieces: nothing is asked of it that it does not do
places          where a recipe writes what a rule finds wrong, and how messages name it
rankings        tasks on judged pairs: a source of their own, negatives, no conditions
running_texts   running texts: a source of their own, nothing left out of them, modules that read them on
shapes          what is predicted and what is made for it: element and axes
side_branches   side branches of texts that meet: at every text, taken where they lead, reading alike
soft_groups     soft groups: modules of their own, each pulled in one group
unread_sources  warning about sources that no task names
values_beside   values beside texts: decoders of the texts alone have no place for them
wide_modules    what scores a text's labels: an encoder with its decoder, a wide module, or both

Rules need the modules and the edges between them, not what flows: they hold before any input is connected. Four are
kept where tied configurations are merged, since there is no graph without them: addresses exist, a module is in one
group only, members are of one kind (`compile/ties`), and configurations agree (`compile/modules`). That dimensions
agree along every edge is proven by building the model without memory (`runs/check`); that a tied decoder has one label
set shows once the data is read (`data/prepare`, and whatever builds a `model`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...base.errors import Fault
from .adapted import adapted_encoders_take_adapters
from .beside_files import keys_of_files_come_with_one
from .category_lists import (
    lists_of_categories_are_read_as_such,
    lists_of_categories_have_no_answers_of_their_own,
)
from .causality import (
    output_words_are_read_where_they_have_no_use_else,
    texts_are_predicted_from_what_came_before,
    texts_are_read_to_the_end_that_is_predicted,
)
from .conditions import (
    conditions_have_like_units,
    conditions_line_up,
    conditions_name_outputs,
    conditions_read_the_same_text,
    misnamed_condition,
)
from .cycles import no_cycle
from .dead_ends import every_component_reaches_an_output
from .directions import parts_read_in_their_direction
from .embeddings import embeddings_read_one_input, tied_embeddings_read_the_same_tokens
from .grammars import constrained_tags_mark_spans
from .input_names import inputs_are_not_named_like_those_of_lists
from .label_sets import label_ties, tasks_alike, tied_label_sets
from .loose_ties import groups_of_one, lone_groups, tasks_tied_to_nothing, tied_over_untied
from .masks import masked_tasks_have_a_source_of_their_own, masks_are_one_token
from .meetings import (
    scorers_take_what_there_is_of_texts,
    texts_flow_into_decoders_as_they_are_taken,
    texts_meet_in_the_form_that_is_taken,
    texts_of_a_pair_differ,
)
from .out_of_scope import metrics_of_scope_have_a_label, outputs_know_what_is_out_of_scope
from .output_layers import outputs_fit_their_task
from .own_pieces import (
    vectors_of_pieces_are_all_in_use,
    vocabularies_of_pieces_are_not_counted,
    words_are_normalized_where_they_are_looked_up,
)
from .rankings import (
    drawn_negatives_are_there_where_they_are_needed,
    rankings_have_a_source_of_their_own,
    rankings_have_negatives,
    rankings_take_and_give_no_conditions,
)
from .running_texts import (
    running_texts_are_read_on,
    running_texts_have_a_source_of_their_own,
    running_texts_have_no_gaps,
)
from .shapes import fits, shape_of, shapes_of
from .side_branches import side_branches_are_taken, side_branches_read_alike, side_branches_stand_at_every_text
from .soft_groups import components_are_pulled_once, soft_members_are_modules_of_their_own
from .unread_sources import idle_sources, sources_without_tasks
from .values_beside import values_beside_texts_are_taken
from .wide_modules import encoders_are_whole_or_left_out

if TYPE_CHECKING:
    from ..sharing_graph import SharingGraph

__all__ = [
    "RULES",
    "WARNINGS",
    "broken_but_for_names",
    "broken_rules",
    "fits",
    "idle_sources",
    "label_ties",
    "lone_groups",
    "misnamed_condition",
    "shape_of",
    "shapes_of",
    "tasks_alike",
    "tied_label_sets",
    "warnings_of",
]

Rule = Callable[["SharingGraph"], Iterator[Fault]]

RULES: tuple[Rule, ...] = (
    no_cycle,
    outputs_fit_their_task,
    outputs_know_what_is_out_of_scope,
    metrics_of_scope_have_a_label,
    constrained_tags_mark_spans,
    conditions_read_the_same_text,
    conditions_have_like_units,
    conditions_line_up,
    tied_embeddings_read_the_same_tokens,
    embeddings_read_one_input,
    vocabularies_of_pieces_are_not_counted,
    words_are_normalized_where_they_are_looked_up,
    every_component_reaches_an_output,
    texts_of_a_pair_differ,
    texts_meet_in_the_form_that_is_taken,
    scorers_take_what_there_is_of_texts,
    texts_flow_into_decoders_as_they_are_taken,
    side_branches_stand_at_every_text,
    side_branches_are_taken,
    values_beside_texts_are_taken,
    encoders_are_whole_or_left_out,
    lists_of_categories_are_read_as_such,
    lists_of_categories_have_no_answers_of_their_own,
    rankings_have_a_source_of_their_own,
    rankings_have_negatives,
    drawn_negatives_are_there_where_they_are_needed,
    rankings_take_and_give_no_conditions,
    inputs_are_not_named_like_those_of_lists,
    parts_read_in_their_direction,
    texts_are_predicted_from_what_came_before,
    texts_are_read_to_the_end_that_is_predicted,
    output_words_are_read_where_they_have_no_use_else,
    masked_tasks_have_a_source_of_their_own,
    masks_are_one_token,
    running_texts_have_a_source_of_their_own,
    running_texts_have_no_gaps,
    running_texts_are_read_on,
    soft_members_are_modules_of_their_own,
    components_are_pulled_once,
    keys_of_files_come_with_one,
    adapted_encoders_take_adapters,
)

WARNINGS: tuple[Rule, ...] = (
    groups_of_one,
    tasks_tied_to_nothing,
    tied_over_untied,
    sources_without_tasks,
    side_branches_read_alike,
    vectors_of_pieces_are_all_in_use,
)
OF_ALL_TASKS = (tasks_tied_to_nothing, sources_without_tasks)  # those that say what no task does


def broken_rules(graph: SharingGraph) -> list[Fault]:
    """Return every fault of a graph."""
    return broken_but_for_names(graph) + list(conditions_name_outputs(graph))


def broken_but_for_names(graph: SharingGraph) -> list[Fault]:
    """Return the faults of a graph that may lack tasks of its recipe, for which its conditions may be meant."""
    return [fault for rule in RULES for fault in rule(graph)]


def warnings_of(graph: SharingGraph, *, partial: bool = False) -> Iterator[Fault]:
    """Yield what is possible but probably not intended, and its effect; a `partial` graph lacks tasks of its recipe."""
    for rule in WARNINGS:
        if not (partial and rule in OF_ALL_TASKS):
            yield from rule(graph)
