"""DropConnect on the recurrent weights of an LSTM or a GRU."""

from __future__ import annotations

import copy
from typing import TypeVar

from torch import nn

from .dropout import dropout

RNN = TypeVar("RNN", bound=nn.RNNBase)
RECURRENT = "weight_hh"  # how torch's names of recurrent weights begin


def with_dropped_weights(rnn: RNN, rate: float) -> RNN:
    """Return the layers for one pass in training: a share of their recurrent weights is zero, the others scaled up.

    One draw holds for all rows and all tokens of the pass. The weights that are learned stay what they are, and get
    the gradients. Source: Merity et al. (2018), "Regularizing and Optimizing LSTM Language Models", section 3.1.
    """
    dropped = copy.copy(rnn)  # shares all that it does not set itself
    for name in rnn._flat_weights_names:
        if name.startswith(RECURRENT):
            dropped.__dict__[name] = dropout(getattr(rnn, name), rate)  # found before the parameter of that name
    dropped._flat_weights = [getattr(dropped, name) for name in rnn._flat_weights_names]
    return dropped
