"""Poolings: one vector of a text from those of its tokens."""
