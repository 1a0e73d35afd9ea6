"""Ranges of recipe keys, as annotations: a value outside is a fault of the recipe's line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mtl.text.features import MAX_CHARACTERS

Count = Annotated[int, Field(ge=1)]
CountFromZero = Annotated[int, Field(ge=0)]
WordLength = Annotated[int, Field(ge=1, le=MAX_CHARACTERS)]  # in characters
Rate = Annotated[float, Field(ge=0, lt=1)]
FromZero = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Threshold = Annotated[float, Field(gt=0, lt=1)]  # of a probability
