"""The modules that come with `mtl`: importing this package registers all of them."""

from .char_cnn import CharCNN
from .concat import Concat
from .crf import CRF
from .lstm import BiLSTM
from .max_pooling import MaxPooling
from .mlp import MLP
from .self_attention import SelfAttention
from .softmax import Softmax
from .word import WordEmbedding

__all__ = ["CRF", "MLP", "BiLSTM", "CharCNN", "Concat", "MaxPooling", "SelfAttention", "Softmax", "WordEmbedding"]
