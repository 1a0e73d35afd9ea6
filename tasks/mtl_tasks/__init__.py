"""The task types that come with `mtl`: importing this package registers all of them."""

from .text_classification import TextClassification
from .text_pair_classification import TextPairClassification
from .text_pair_ranking import TextPairRanking
from .word_tagging import WordTagging

__all__ = ["TextClassification", "TextPairClassification", "TextPairRanking", "WordTagging"]
