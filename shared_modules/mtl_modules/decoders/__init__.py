"""Decoders: from what a text or a token is to scores of labels."""
