"""What makes a loss focal: what is right already counts little.

Source: Lin, Goyal, Girshick, He and Dollár (2017), "Focal Loss for Dense Object Detection", section 3.2.
"""

from __future__ import annotations

from torch import Tensor


def far_from_right(cross_entropy: Tensor, exponent: float) -> Tensor:
    """Return (1 - p)^exponent, p the probability of what is right, from its -log p.

    1 - p is kept above 0: there the derivative of a power below 1 is infinite.
    """
    return (-(-cross_entropy).expm1()).clamp(min=1e-12) ** exponent
