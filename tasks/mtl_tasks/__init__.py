"""The task types that come with `mtl`: importing this package registers all of them."""

from .text_classification import TextClassification
from .word_tagging import WordTagging

__all__ = ["TextClassification", "WordTagging"]
