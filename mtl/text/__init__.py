"""Texts as tokens and features: the C++ featurizer for training, and the same work inside an exported graph."""
