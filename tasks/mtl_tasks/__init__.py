"""The task types that come with `mtl`: importing this package registers all of them."""

from .context_tagging import ContextTagging
from .dialog_classification import DialogClassification
from .dialog_tagging import DialogTagging
from .flat_parsing import TreeIntent, TreeSlots
from .language_model import LanguageModel
from .masked_language_model import MaskedLanguageModel
from .multi_label_classification import MultiLabelClassification
from .question_answering import QuestionAnswering
from .semantic_parsing import SemanticParsing
from .text_classification import TextClassification
from .text_pair_classification import TextPairClassification
from .text_pair_ranking import TextPairRanking
from .text_regression import TextRegression
from .word_tagging import WordTagging

__all__ = [
    "ContextTagging",
    "DialogClassification",
    "DialogTagging",
    "LanguageModel",
    "MaskedLanguageModel",
    "MultiLabelClassification",
    "QuestionAnswering",
    "SemanticParsing",
    "TextClassification",
    "TextPairClassification",
    "TextPairRanking",
    "TextRegression",
    "TreeIntent",
    "TreeSlots",
    "WordTagging",
]
