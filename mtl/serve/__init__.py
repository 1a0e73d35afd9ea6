"""Answers from an export folder: onnxruntime and numpy, no torch.

answered_together  Which texts a graph answers together: so many that one long text costs little
arrays             texts as arrays that a graph takes, and a graph's arrays as answers that JSON knows
bundle             answers from an export folder: onnxruntime and numpy only, no torch
collection         A file of documents to rank, found by their place: identifiers in memory, texts where they are
encoder            what a collection can be ranked with: whatever makes vectors of texts
exact_search       the vectors of the highest inner products with a query, exactly
ranker             A collection of documents ranked for queries, with the two encoders of a separable scorer
vectors            vectors of a collection in one safetensors file, written as they come: `vectors` float32 [N, E]
"""
