"""The modules that come with `mtl`: importing this package registers all of them."""

from .bilinear import Bilinear
from .char_cnn import CharCNN
from .comparison import Comparison
from .concat import Concat
from .cosine import Cosine
from .crf import CRF
from .cross_stitch import CrossStitch
from .dot import Dot
from .in_batch_softmax import InBatchSoftmax
from .interaction import Interaction
from .lexical import Lexical
from .listwise_softmax import ListwiseSoftmax
from .lstm import BiLSTM
from .max_pooling import MaxPooling
from .mlp import MLP
from .mlp_scorer import MLPScorer
from .mmoe import MMoE
from .pairwise_hinge import PairwiseHinge
from .pairwise_logistic import PairwiseLogistic
from .piece import PieceEmbedding
from .pointwise_cross_entropy import PointwiseCrossEntropy
from .regression import Regression
from .self_attention import SelfAttention
from .side_by_side import SideBySide
from .sigmoid import Sigmoid
from .softmax import Softmax
from .stack import Stack
from .word import WordEmbedding

__all__ = [
    "CRF",
    "MLP",
    "BiLSTM",
    "Bilinear",
    "CharCNN",
    "Comparison",
    "Concat",
    "Cosine",
    "CrossStitch",
    "Dot",
    "InBatchSoftmax",
    "Interaction",
    "Lexical",
    "ListwiseSoftmax",
    "MLPScorer",
    "MMoE",
    "MaxPooling",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PieceEmbedding",
    "PointwiseCrossEntropy",
    "Regression",
    "SelfAttention",
    "SideBySide",
    "Sigmoid",
    "Softmax",
    "Stack",
    "WordEmbedding",
]
