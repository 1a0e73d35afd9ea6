"""Data as the model needs it: read once, fitted, encoded into a memory-mapped cache, given out in padded batches."""

from .batch import Batch, raw_batch
from .encoded_split import EncodedSplit
from .fitted import Fitted
from .prepare import prepare
from .prepared import Prepared
from .ranking import Pairs

__all__ = ["Batch", "EncodedSplit", "Fitted", "Pairs", "Prepared", "prepare", "raw_batch"]
