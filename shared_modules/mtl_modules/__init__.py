"""The modules that come with `mtl`: importing this package registers all of them."""

from .adaptive_softmax import AdaptiveSoftmax
from .attention_flow import AttentionFlow
from .bilinear import Bilinear
from .boundary import Boundary
from .bseqcnn import BSeqCNN
from .byte import ByteCNN
from .char_cnn import CharCNN
from .cnn import CNN
from .comparison import Comparison
from .concat import Concat
from .cosine import Cosine
from .crf import CRF
from .cross_stitch import CrossStitch
from .dilated_cnn import DilatedCNN
from .dot import Dot
from .embeddings.categorical import Categorical
from .embeddings.char_lstm import CharLSTM
from .embeddings.dense import Dense
from .embeddings.mix import Mix
from .embeddings.positional import PositionalEmbedding
from .embeddings.sum import Sum
from .gazetteer import Gazetteer
from .gru import BiGRU
from .hinge import Hinge
from .in_batch_softmax import InBatchSoftmax
from .interaction import Interaction
from .language_model import LanguageModelOutput
from .last_pooling import LastPooling
from .lexical import Lexical
from .listwise_softmax import ListwiseSoftmax
from .lstm import BiLSTM
from .max_pooling import MaxPooling
from .mean_pooling import MeanPooling
from .mlp import MLP
from .mlp_scorer import MLPScorer
from .mmoe import MMoE
from .multiplicative_lstm import MultiplicativeLSTM
from .one_way_gru import OneWayGRU
from .one_way_lstm import OneWayLSTM
from .ordinal import Ordinal
from .pairwise_hinge import PairwiseHinge
from .pairwise_logistic import PairwiseLogistic
from .piece import PieceEmbedding
from .pointwise_cross_entropy import PointwiseCrossEntropy
from .pooled_side_by_side import PooledSideBySide
from .query_attention import QueryAttention
from .regression import Regression
from .residual import Residual
from .self_attention import SelfAttention
from .shape import Shape
from .side_by_side import SideBySide
from .sigmoid import Sigmoid
from .slot_attention import SlotAttention
from .softmax import Softmax
from .span import SpanOutput
from .sru import SRU
from .stack import Stack
from .transformer import TransformerEncoder
from .word import WordEmbedding

__all__ = [
    "CNN",
    "CRF",
    "MLP",
    "SRU",
    "AdaptiveSoftmax",
    "AttentionFlow",
    "BSeqCNN",
    "BiGRU",
    "BiLSTM",
    "Bilinear",
    "Boundary",
    "ByteCNN",
    "Categorical",
    "CharCNN",
    "CharLSTM",
    "Comparison",
    "Concat",
    "Cosine",
    "CrossStitch",
    "Dense",
    "DilatedCNN",
    "Dot",
    "Gazetteer",
    "Hinge",
    "InBatchSoftmax",
    "Interaction",
    "LanguageModelOutput",
    "LastPooling",
    "Lexical",
    "ListwiseSoftmax",
    "MLPScorer",
    "MMoE",
    "MaxPooling",
    "MeanPooling",
    "Mix",
    "MultiplicativeLSTM",
    "OneWayGRU",
    "OneWayLSTM",
    "Ordinal",
    "PairwiseHinge",
    "PairwiseLogistic",
    "PieceEmbedding",
    "PointwiseCrossEntropy",
    "PooledSideBySide",
    "PositionalEmbedding",
    "QueryAttention",
    "Regression",
    "Residual",
    "SelfAttention",
    "Shape",
    "SideBySide",
    "Sigmoid",
    "SlotAttention",
    "Softmax",
    "SpanOutput",
    "Stack",
    "Sum",
    "TransformerEncoder",
    "WordEmbedding",
]
