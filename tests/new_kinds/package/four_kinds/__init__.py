"""Four kinds of tasks that mtl does not have: importing this package registers them."""

from . import dialog, question, rating, topics

__all__ = ["dialog", "question", "rating", "topics"]
