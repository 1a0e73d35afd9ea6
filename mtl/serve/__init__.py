"""Answers from an export folder: onnxruntime and numpy, no torch."""
