"""What tasks learn from and answer with, one kind per file; importing this package registers all of them.

`class` (one label per unit), `classes` (any number of labels), `tags` (one label per token), `number`, `grade` (of a
judged pair), `span` (the part of a text that answers a question), `text_labels` (one label per text of a list),
`next_token` (the text itself), `next_token_of_stream` (a part of one), `previous_token` and `previous_token_of_stream`
(both from the end), `masked_token` (masked words of a text), `tree` (over the tokens of a text), `intent_of_tree` and
`slots_of_tree` (of its outermost bracket). A plugin adds its own with `register("target", name)`: see `base`.
"""

from .base import Target
from .flat_trees import IntentOfTree, SlotsOfTree
from .grade import Grade, Grades
from .label_target import LabelTarget
from .labels import Classes
from .masked_token import MaskedToken
from .next_token import NextToken, NextTokenOfStream, PreviousToken, PreviousTokenOfStream
from .number import Number
from .one_label import OneLabel
from .parts import Answer, Example, Names, Remark
from .span import AnswerSpan
from .tags import Tags
from .text_labels import TextLabels
from .tree import TreeOfTokens

__all__ = [
    "Answer",
    "AnswerSpan",
    "Classes",
    "Example",
    "Grade",
    "Grades",
    "IntentOfTree",
    "LabelTarget",
    "MaskedToken",
    "Names",
    "NextToken",
    "NextTokenOfStream",
    "Number",
    "OneLabel",
    "PreviousToken",
    "PreviousTokenOfStream",
    "Remark",
    "SlotsOfTree",
    "Tags",
    "Target",
    "TextLabels",
    "TreeOfTokens",
]
