"""Embeddings: vectors of a text's tokens, and what they are made of."""
