"""Two kinds of tasks that mtl does not have: importing this package registers them."""

from . import question, rating

__all__ = ["question", "rating"]
