"""The modules that come with `mtl`: importing this package registers all of them."""

from .decoders.attention_flow import AttentionFlow
from .decoders.mlp import MLP
from .decoders.rnng import RNNG
from .decoders.transition import Transition
from .embeddings.byte import ByteCNN
from .embeddings.categorical import Categorical
from .embeddings.char_cnn import CharCNN
from .embeddings.char_lstm import CharLSTM
from .embeddings.character import CharacterEmbedding
from .embeddings.concat import Concat
from .embeddings.contextual import Contextual
from .embeddings.dense import Dense
from .embeddings.gazetteer import Gazetteer
from .embeddings.lexical import Lexical
from .embeddings.mix import Mix
from .embeddings.piece import PieceEmbedding
from .embeddings.positional import PositionalEmbedding
from .embeddings.shape import Shape
from .embeddings.sum import Sum
from .embeddings.transformer import TransformerEmbedding
from .embeddings.word import WordEmbedding
from .outputs.adaptive_softmax import AdaptiveSoftmax
from .outputs.crf import CRF
from .outputs.hinge import Hinge
from .outputs.in_batch_softmax import InBatchSoftmax
from .outputs.language_model import LanguageModelOutput
from .outputs.listwise_softmax import ListwiseSoftmax
from .outputs.masked_language_model import MaskedLanguageModelOutput
from .outputs.ordinal import Ordinal
from .outputs.pairwise_hinge import PairwiseHinge
from .outputs.pairwise_logistic import PairwiseLogistic
from .outputs.pointwise_cross_entropy import PointwiseCrossEntropy
from .outputs.regression import Regression
from .outputs.sigmoid import Sigmoid
from .outputs.softmax import Softmax
from .outputs.span import SpanOutput
from .outputs.transition import TransitionOutput
from .pairs.bilinear import Bilinear
from .pairs.comparison import Comparison
from .pairs.cosine import Cosine
from .pairs.dot import Dot
from .pairs.interaction import Interaction
from .pairs.mlp_scorer import MLPScorer
from .pairs.one_pass import OnePass
from .poolings.boundary import Boundary
from .poolings.first import FirstPooling
from .poolings.last import LastPooling
from .poolings.max import MaxPooling
from .poolings.mean import MeanPooling
from .poolings.pooled_side_by_side import PooledSideBySide
from .poolings.query_attention import QueryAttention
from .poolings.self_attention import SelfAttention
from .representations.adapter import Adapter
from .representations.bottleneck import Bottleneck
from .representations.bseqcnn import BSeqCNN
from .representations.cnn import CNN
from .representations.cross_stitch import CrossStitch
from .representations.dilated_cnn import DilatedCNN
from .representations.gru import BiGRU
from .representations.lora import LoRA
from .representations.lstm import BiLSTM
from .representations.mmoe import MMoE
from .representations.multiplicative_lstm import MultiplicativeLSTM
from .representations.one_way_gru import OneWayGRU
from .representations.one_way_lstm import OneWayLSTM
from .representations.residual import Residual
from .representations.self_attention import TransformerEncoder
from .representations.side_by_side import SideBySide
from .representations.slot_attention import SlotAttention
from .representations.sru import SRU
from .representations.stack import Stack
from .representations.transformer import TransformerLayers
from .wide.ngrams import NgramScores

__all__ = [
    "CNN",
    "CRF",
    "MLP",
    "RNNG",
    "SRU",
    "Adapter",
    "AdaptiveSoftmax",
    "AttentionFlow",
    "BSeqCNN",
    "BiGRU",
    "BiLSTM",
    "Bilinear",
    "Bottleneck",
    "Boundary",
    "ByteCNN",
    "Categorical",
    "CharCNN",
    "CharLSTM",
    "CharacterEmbedding",
    "Comparison",
    "Concat",
    "Contextual",
    "Cosine",
    "CrossStitch",
    "Dense",
    "DilatedCNN",
    "Dot",
    "FirstPooling",
    "Gazetteer",
    "Hinge",
    "InBatchSoftmax",
    "Interaction",
    "LanguageModelOutput",
    "LastPooling",
    "Lexical",
    "ListwiseSoftmax",
    "LoRA",
    "MLPScorer",
    "MMoE",
    "MaskedLanguageModelOutput",
    "MaxPooling",
    "MeanPooling",
    "Mix",
    "MultiplicativeLSTM",
    "NgramScores",
    "OnePass",
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
    "TransformerEmbedding",
    "TransformerEncoder",
    "TransformerLayers",
    "Transition",
    "TransitionOutput",
    "WordEmbedding",
]
